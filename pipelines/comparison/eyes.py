"""Gaze and the points of the eyes against OpenFace's own CSV."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from openface_core.eyes import EYE_COUNT, EYE_POINT_COUNT, gaze_directions
from openface_core.landmarks.conventions import LANDMARK_COUNT
from pipelines.comparison.components import table_row
from pipelines.comparison.openface_output import (
    EYE_LANDMARK_COLUMNS,
    EYE_POINT_3D_COLUMNS,
    GAZE_ANGLE_COLUMNS,
    GAZE_COLUMNS,
    POINT_3D_COLUMNS,
    POSE_COLUMNS,
    OpenFaceOutput,
    table_values,
)
from pipelines.comparison.report import Bound, Row

CSV_GAZE_BOUND = Bound(mean_difference=3e-3)
"""What points rounded to 0.1 mm turn an eyeball of 12 mm, on average."""


def _has_eyes(reference: OpenFaceOutput) -> NDArray[np.bool_]:
    """Return the frames with eyes, (n,): without eye models, OpenFace writes a gaze of zero."""
    gaze = reference.values(GAZE_COLUMNS)
    return np.asarray(reference.is_successful & gaze.any(axis=1))


def _points(flat: NDArray[np.float64], *shape: int) -> NDArray[np.float64]:
    """Return columns (n, axes * points), one axis after the other, as (n, *shape, axes)."""
    axes = flat.shape[1] // int(np.prod(shape))
    return np.moveaxis(flat.reshape(len(flat), axes, *shape), 1, -1)


def compare_csv_gaze(reference: OpenFaceOutput) -> tuple[Row, ...]:
    """Compare gaze with the CSV's, from the CSV's own eyes, face and pose.

    Parameters
    ----------
    reference : OpenFaceOutput
        What OpenFace found.

    Returns
    -------
    tuple of Row
        Empty where the CSV knows nothing of eyes. Its points are rounded: the bound is on the
        mean.
    """
    if not reference.has((*GAZE_COLUMNS, *EYE_POINT_3D_COLUMNS, *POINT_3D_COLUMNS)):
        return ()
    ok = _has_eyes(reference)
    if not ok.any():
        return ()
    eyes = _points(reference.values(EYE_POINT_3D_COLUMNS)[ok], EYE_COUNT, EYE_POINT_COUNT)
    face = _points(reference.values(POINT_3D_COLUMNS)[ok], LANDMARK_COUNT)
    rotation = reference.values(POSE_COLUMNS)[ok, 3:]
    found = np.array(
        [
            gaze_directions(eyes[i].astype(np.float32), face[i].astype(np.float32), rotation[i])
            for i in range(len(eyes))
        ]
    )
    return (
        table_row(
            "gaze from the CSV's eyes",
            "unit vectors",
            found,
            reference.values(GAZE_COLUMNS)[ok],
            CSV_GAZE_BOUND,
        ),
    )


def eye_rows(table: pa.Table, reference: OpenFaceOutput) -> Iterator[Row]:
    """Yield the rows of gaze and eye points of an analysis.

    Parameters
    ----------
    table : pyarrow.Table
        Its table; without measured eyes there are no rows.
    reference : OpenFaceOutput
        What OpenFace found in the same video; without eyes there are none either.
    """
    if not reference.has((*GAZE_COLUMNS, *GAZE_ANGLE_COLUMNS, *EYE_LANDMARK_COLUMNS)):
        return
    both = _has_eyes(reference) & ~np.isnan(table_values(table, GAZE_COLUMNS)).any(axis=1)
    if not both.any():
        return
    for name, columns in (("gaze, unit vectors", GAZE_COLUMNS), ("gaze, rad", GAZE_ANGLE_COLUMNS)):
        measured, expected = table_values(table, columns), reference.values(columns)
        yield table_row("eyes", name, measured[both], expected[both])
    measured, expected = (
        _points(values[both], EYE_COUNT * EYE_POINT_COUNT)
        for values in (
            table_values(table, EYE_LANDMARK_COLUMNS),
            reference.values(EYE_LANDMARK_COLUMNS),
        )
    )
    distance = np.linalg.norm(measured - expected, axis=-1)
    yield Row(
        "eyes",
        "point distance, px",
        distance.size,
        mean_difference=float(distance.mean()),
        max_difference=float(distance.max()),
    )
