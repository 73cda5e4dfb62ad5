"""The fields of the left and the right side of a face; without columns where they are not measured.

Left and right are the person's. Each name of a column ends with its side.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from openface_core.action_units.meanings import AU_MEANINGS
from openface_core.action_units.side_weights import SIDES
from openface_core.face_sides import (
    MAX_TURN_DEGREES,
    are_comparable,
    eye_openings,
    side_log_densities,
)
from openface_core.fields.column import Column
from openface_core.fields.field import (
    AnyArray,
    Derivation,
    Dimension,
    Extent,
    Field,
    Observation,
)

Placed = tuple[tuple[int, ...], Column]


def _places(extent: Extent) -> Iterator[tuple[int, str, str]]:
    """Yield the sides that are measured: place, name, and what the name means."""
    for place, side in enumerate(SIDES[: extent.side_count]):
        in_picture = side if extent.is_mirrored else SIDES[1 - place]
        yield place, side, f"the person's {side} side, at the {in_picture} in the picture"


def _comparable(values: Mapping[str, AnyArray], _to: Derivation) -> NDArray[np.bool_]:
    return are_comparable(
        values["global_parameters"], values["success"], values["side_log_densities"]
    )


def _side_log_densities(seen: Observation) -> NDArray[np.float32]:
    sides = seen.models.sides
    if sides is None:
        return np.empty(0, dtype=np.float32)
    return side_log_densities(seen.face.log_densities, is_mirrored=sides.is_mirrored)


def _eye_openings(seen: Observation) -> NDArray[np.float32]:
    sides, landmarks = seen.models.sides, seen.face.seen_landmarks
    if sides is None or landmarks is None:
        return np.empty(0, dtype=np.float32)
    (openings,) = eye_openings(landmarks[None], is_mirrored=sides.is_mirrored)
    return np.asarray(openings)


def _comparable_columns(extent: Extent) -> Iterator[Placed]:
    if extent.has_sides:
        meaning = (
            "whether the left and the right side can be compared: the head is turned at most "
            f"{MAX_TURN_DEGREES:.0f} degrees to a side, and nothing covers a half of the face"
        )
        yield (), Column("sides_valid", pa.bool_(), "1", meaning)


def _intensity_columns(extent: Extent) -> Iterator[Placed]:
    for k, name in enumerate(extent.intensity_names):
        for place, side, meaning in _places(extent):
            what = f"{name}, {AU_MEANINGS.get(name, 'action unit')}: intensity on {meaning}"
            yield (
                (place, k),
                Column(f"{name}_r_{side}", pa.float32(), "intensity from 0 to 5", what),
            )


def _presence_columns(extent: Extent) -> Iterator[Placed]:
    for k, name in enumerate(extent.presence_names):
        for place, side, meaning in _places(extent):
            what = f"{name}, {AU_MEANINGS.get(name, 'action unit')}: present or not on {meaning}"
            yield (place, k), Column(f"{name}_c_{side}", pa.bool_(), "1", what)


def _eye_opening_columns(extent: Extent) -> Iterator[Placed]:
    for place, side, meaning in _places(extent):
        what = f"opening of the eye, distance of the lids over that of the corners, on {meaning}"
        yield (place,), Column(f"eye_opening_{side}", pa.float32(), "1", what)


SIDE_FIELDS = (
    Field(
        "sides_valid",
        "whether the left and the right side can be compared",
        shape=(),
        dtype=np.bool_,
        missing=False,
        derive=_comparable,
        columns=_comparable_columns,
    ),
    Field(
        "side_intensities",
        "final intensities of the action units on the person's left and right side, 0 to 5",
        shape=(Dimension.SIDES, Dimension.INTENSITIES),
        dtype=np.float32,
        missing=np.nan,
        columns=_intensity_columns,
    ),
    Field(
        "side_presences",
        "final presences of the action units on the person's left and right side",
        shape=(Dimension.SIDES, Dimension.PRESENCES),
        dtype=np.bool_,
        missing=False,
        columns=_presence_columns,
    ),
    Field(
        "eye_openings",
        "openings of the person's left and right eye: distance of the lids over that of the "
        "corners",
        shape=(Dimension.SIDES,),
        dtype=np.float32,
        missing=np.nan,
        take=_eye_openings,
        columns=_eye_opening_columns,
    ),
    Field(
        "side_log_densities",
        "how well patch experts see the person's left and right half: mean log density of their "
        "response maps at its landmarks",
        shape=(Dimension.SIDES,),
        dtype=np.float32,
        missing=np.nan,
        take=_side_log_densities,
    ),
)
"""The fields, in the order of their columns, which follow those of the whole face."""
