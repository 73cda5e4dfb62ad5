"""What the summary says of the left and the right side of a face."""

from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from openface_core.action_units.meanings import AU_MEANINGS
from openface_core.action_units.side_weights import SIDES
from openface_core.face_sides import MEASURES
from openface_core.fields import Column
from openface_core.tables.frame_table import FrameActionUnits

ASYMMETRY = "_asymmetry"
"""End of the names of the columns that compare both sides."""

LEAST_SUM = 0.2
"""Below it, two mean intensities are too small to be compared: on a scale from 0 to 5, both sides
are at rest."""

_EYES = "eye_opening"
_OVER = "over the frames with sides_valid"
_INDEX = "(left - right) / (left + right) of both means, from -1 to 1"


def side_columns(intensity_names: Sequence[str], presence_names: Sequence[str]) -> Iterator[Column]:
    """Yield the columns of the summary that are about the person's left and right side.

    Parameters
    ----------
    intensity_names, presence_names : sequence of str
        Action units with an intensity and with a presence, as ``AU01``.
    """
    real, intensity = pa.float64(), "intensity from 0 to 5"
    yield Column(
        "sides_valid_rate",
        real,
        "1",
        "share of the frames with a face in which the left and the right side can be compared",
    )
    for name in intensity_names:
        what = f"{name}, {AU_MEANINGS.get(name, 'action unit')}"
        for side in SIDES:
            meaning = f"{what}: mean intensity on the person's {side} side {_OVER}"
            yield Column(f"{name}_r_{side}_mean", real, intensity, meaning)
        meaning = f"{what}: {_INDEX}; null where left + right is below {LEAST_SUM}"
        yield Column(f"{name}_r{ASYMMETRY}", real, "1", meaning)
    for name in presence_names:
        what = f"{name}, {AU_MEANINGS.get(name, 'action unit')}"
        for side in SIDES:
            meaning = f"{what}: present on the person's {side} side in so many of the frames with "
            yield Column(f"{name}_c_{side}_percent_present", real, "%", f"{meaning}sides_valid")
    for side in SIDES:
        meaning = f"mean opening of the person's {side} eye {_OVER}"
        yield Column(f"{_EYES}_{side}_mean", real, "1", meaning)
    yield Column(f"{_EYES}{ASYMMETRY}", real, "1", f"opening of the eyes: {_INDEX}")


def asymmetry_index(left: float, right: float, least_sum: float = LEAST_SUM) -> float | None:
    """Return how much stronger the left side is, from -1 (right alone) to 1 (left alone).

    Parameters
    ----------
    left, right : float
        Means of both sides, not negative.
    least_sum : float
        With a smaller sum there is nothing to compare.

    Returns
    -------
    float or None
        ``(left - right) / (left + right)``; None below the least sum.

    References
    ----------
    The laterality quotient, with its sign turned: R. C. Oldfield, "The assessment and analysis of
    handedness: the Edinburgh inventory", Neuropsychologia 9(1), 1971.
    """
    total = left + right
    return (left - right) / total if total >= least_sum and total > 0.0 else None


def summarise_sides(
    measures: NDArray[np.float32],
    success: NDArray[np.bool_],
    action_units: FrameActionUnits,
    intensity_names: Sequence[str],
    presence_names: Sequence[str],
) -> dict[str, float | int | None]:
    """Return what was measured of both sides of one face, by the names of the summary's columns.

    Parameters
    ----------
    measures : (m, 3) ndarray of float32
        See :func:`openface_core.face_sides.side_measures`.
    success : (m,) ndarray of bool
        Whether the face was found.
    action_units : FrameActionUnits
        Final action units of the same m frames, those of the sides among them.
    intensity_names, presence_names : sequence of str
        Their names.

    Returns
    -------
    dict of str to float, int or None
        Plain values; None where there is nothing to tell. Empty where sides are not measured.
    """
    if not action_units.sides:
        return {}
    valid = success & (measures[:, 0] > 0)
    found, count = int(success.sum()), int(valid.sum())
    row: dict[str, float | int | None] = {"sides_valid_rate": count / found if found else None}
    withheld = action_units.withheld
    for k, name in enumerate(intensity_names):
        means = [
            float(units.intensities[valid, k].mean(dtype=np.float64))
            if count and f"{name}_r_{side}" not in withheld
            else None
            for side, units in zip(SIDES, action_units.sides, strict=True)
        ]
        row |= _compared(f"{name}_r", means, LEAST_SUM)
    for k, name in enumerate(presence_names):
        for side, units in zip(SIDES, action_units.sides, strict=True):
            column = f"{name}_c_{side}"
            is_given = count and column not in withheld
            percent = 100.0 * int(units.presences[valid, k].sum()) / count if is_given else None
            row[f"{column}_percent_present"] = percent
    eyes = [
        float(measures[valid, 1 + side].mean(dtype=np.float64)) if count else None
        for side in range(len(SIDES))
    ]
    return row | _compared(_EYES, eyes, 0.0)


def _compared(
    name: str, means: Sequence[float | None], least_sum: float
) -> dict[str, float | int | None]:
    """Return the means of both sides, and their asymmetry."""
    row: dict[str, float | int | None] = {
        f"{name}_{side}_mean": mean for side, mean in zip(SIDES, means, strict=True)
    }
    left, right = means
    row[f"{name}{ASYMMETRY}"] = None
    if left is not None and right is not None:
        row[f"{name}{ASYMMETRY}"] = asymmetry_index(left, right, least_sum)
    return row


def summarise_no_sides(
    intensity_names: Sequence[str], presence_names: Sequence[str]
) -> dict[str, float | int | None]:
    """Return what :func:`summarise_sides` does for a video that shows nobody."""
    nothing = FrameActionUnits(
        np.empty((0, len(intensity_names)), dtype=np.float32),
        np.empty((0, len(presence_names)), dtype=np.bool_),
    )
    both = FrameActionUnits(nothing.intensities, nothing.presences, sides=(nothing, nothing))
    measures, success = np.empty((0, MEASURES), dtype=np.float32), np.empty(0, dtype=np.bool_)
    return summarise_sides(measures, success, both, intensity_names, presence_names)
