"""One row per video and face: what the frames of a table come to."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from openface_core.action_units.meanings import AU_MEANINGS
from openface_core.fields import Column, frame_schema
from openface_core.tables.frame_table import FrameActionUnits
from openface_core.tables.side_summary import ASYMMETRY, side_columns

_MEAN, _SD, _PRESENT = "_r_mean", "_r_sd", "_c_percent_present"


def summary_columns(
    intensity_names: Sequence[str], presence_names: Sequence[str], *, has_sides: bool = False
) -> tuple[Column, ...]:
    """Return the columns of the summary in order.

    Parameters
    ----------
    intensity_names, presence_names : sequence of str
        Action units with an intensity and with a presence, as ``AU01``.
    has_sides : bool
        Whether the left and the right side of faces are measured too.

    Returns
    -------
    tuple of Column
        The columns.
    """
    real, text = pa.float64(), pa.string()
    return (
        Column("video_id", text, "1", "name of the input in the dataset", False),
        Column("person_id", text, "1", "who is seen, as the manifest says"),
        Column(
            "face_id",
            pa.int32(),
            "1",
            "number of the face in the video, 0 is the one seen longest; null for a video that "
            "shows nobody",
        ),
        Column("uri", text, "1", "path or URL of the input when it was analysed", False),
        Column("frames", pa.int64(), "1", "decoded frames of the video", False),
        Column(
            "seconds",
            real,
            "s",
            "length of the video: last minus first time stamp, plus the mean of one frame",
        ),
        Column("first_frame", pa.int64(), "1", "the first frame with the face, counted from 1"),
        Column("last_frame", pa.int64(), "1", "the last frame with the face"),
        Column("success_rate", real, "1", "share of the frames in which the face was found"),
        Column("mean_confidence", real, "1", "mean confidence over the frames with a face"),
        Column(
            "camera",
            text,
            "px",
            "the camera that millimetres, head pose and gaze depend on: fx,fy,cx,cy in the upright "
            "frame",
        ),
        Column(
            "camera_is_assumed",
            pa.bool_(),
            "1",
            "whether nobody has named the camera, so that it is OpenFace's guess by the frame size",
        ),
        Column(
            "calibration", text, "1", "what action units are relative to: see the settings", False
        ),
        Column("calibration_frames", pa.int64(), "1", "frames that moved the medians", False),
        Column(
            "calibration_is_short",
            pa.bool_(),
            "1",
            "whether these are fewer than calibration.few_frames; null without medians",
        ),
        *_action_unit_columns(intensity_names, presence_names),
        *(side_columns(intensity_names, presence_names) if has_sides else ()),
    )


def _action_unit_columns(
    intensity_names: Sequence[str], presence_names: Sequence[str]
) -> Iterator[Column]:
    real = pa.float64()
    unit = "intensity from 0 to 5"
    over = "over the frames with a face"
    for name in intensity_names:
        what = f"{name}, {AU_MEANINGS.get(name, 'action unit')}"
        yield Column(f"{name}{_MEAN}", real, unit, f"{what}: mean intensity {over}")
        yield Column(
            f"{name}{_SD}", real, unit, f"{what}: sample standard deviation (n - 1) {over}"
        )
    for name in presence_names:
        what = f"{name}, {AU_MEANINGS.get(name, 'action unit')}"
        yield Column(
            f"{name}{_PRESENT}", real, "%", f"{what}: present in so many of the frames with a face"
        )


def length_seconds(timestamps: NDArray[np.float64]) -> float | None:
    """Return the length of a video by the time stamps of its frames.

    Parameters
    ----------
    timestamps : (n,) ndarray of float64
        Time stamps in order; NaN where unknown.

    Returns
    -------
    float or None
        Last minus first time stamp in seconds, and the mean distance between two once more for the
        last frame; None with fewer than two time stamps.
    """
    known = timestamps[~np.isnan(timestamps)]
    return seconds_between(known[0], known[-1], len(known)) if len(known) else None


def seconds_between(first: float, last: float, count: int) -> float | None:
    """Return the length of a video by its first and last time stamp, and how many it has.

    As :func:`length_seconds`.
    """
    return float(last - first) * count / (count - 1) if count > 1 else None


def summarise(
    timestamps: NDArray[np.float64],
    first_number: int,
    confidence: NDArray[np.float32],
    success: NDArray[np.bool_],
    action_units: FrameActionUnits,
    intensity_names: Sequence[str],
    presence_names: Sequence[str],
) -> dict[str, float | int | None]:
    """Return what was measured of one face, by the names of the summary's columns.

    Parameters
    ----------
    timestamps : (n,) ndarray of float64
        Time stamps of all frames of the video; NaN where unknown.
    first_number : int
        Number of the first of the m frames that follow, counted from 1.
    confidence : (m,) ndarray of float32
        Confidence in the face; NaN where there is no candidate.
    success : (m,) ndarray of bool
        Whether the face was found.
    action_units : FrameActionUnits
        Final action units of the same m frames.
    intensity_names, presence_names : sequence of str
        Their names.

    Returns
    -------
    dict of str to float, int or None
        Plain values; None where there is nothing to tell.
    """
    frames, found = len(timestamps), int(success.sum())
    places = np.flatnonzero(success)
    certain = confidence[success].astype(np.float64)
    certain = certain[~np.isnan(certain)]
    row: dict[str, float | int | None] = {
        "frames": frames,
        "seconds": length_seconds(timestamps),
        "first_frame": first_number + int(places[0]) if found else None,
        "last_frame": first_number + int(places[-1]) if found else None,
        "success_rate": found / frames if frames else None,
        "mean_confidence": float(certain.mean()) if len(certain) else None,
    }
    withheld = action_units.withheld
    for k, name in enumerate(intensity_names):
        values = action_units.intensities[success, k].astype(np.float64)
        given = 0 if f"{name}_r" in withheld else found
        row[f"{name}{_MEAN}"] = float(values.mean()) if given else None
        row[f"{name}{_SD}"] = float(values.std(ddof=1)) if given > 1 else None
    for k, name in enumerate(presence_names):
        present = int(np.count_nonzero(action_units.presences[success, k]))
        given = 0 if f"{name}_c" in withheld else found
        row[f"{name}{_PRESENT}"] = 100.0 * present / found if given else None
    return row


def summarise_nobody(
    timestamps: NDArray[np.float64],
    intensity_names: Sequence[str],
    presence_names: Sequence[str],
) -> dict[str, float | int | None]:
    """Return what :func:`summarise` does for a video that shows nobody."""
    nothing = FrameActionUnits(
        np.empty((0, len(intensity_names)), dtype=np.float32),
        np.empty((0, len(presence_names)), dtype=np.bool_),
    )
    confidence, success = np.empty(0, dtype=np.float32), np.empty(0, dtype=np.bool_)
    return summarise(timestamps, 1, confidence, success, nothing, intensity_names, presence_names)


def names_in(rows: Iterable[Mapping[str, Any]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the action units that rows speak of, with an intensity and with a presence."""
    keys = {key for row in rows for key in row}
    intensities = {key.removesuffix(_MEAN) for key in keys if key.endswith(_MEAN)}
    presences = {key.removesuffix(_PRESENT) for key in keys if key.endswith(_PRESENT)}
    return tuple(sorted(intensities)), tuple(sorted(presences))


def have_sides(rows: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether any row speaks of the left and the right side of a face."""
    return any(key.endswith(ASYMMETRY) for row in rows for key in row)


def _place(row: Mapping[str, Any]) -> tuple[str, int]:
    face_id = row["face_id"]
    return row["video_id"], -1 if face_id is None else face_id


def summary_table(rows: Iterable[Mapping[str, Any]], columns: Sequence[Column]) -> pa.Table:
    """Return rows as a table, ordered by video and face.

    Parameters
    ----------
    rows : iterable of mapping
        Values by column name; what is missing is null.
    columns : sequence of Column
        The columns, as :func:`summary_columns` gives them.

    Returns
    -------
    pyarrow.Table
        One row per video and face.

    Raises
    ------
    pyarrow.ArrowException
        If a value is of another type than its column.
    """
    ordered = sorted(rows, key=_place)
    arrays = [
        pa.array([row.get(column.name) for row in ordered], type=column.type) for column in columns
    ]
    return pa.Table.from_arrays(arrays, schema=frame_schema(columns))
