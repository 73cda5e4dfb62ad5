"""Gaze and eyes beside OpenFace's CSV: which frames count, and what is found."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from openface_core.eyes import EyeMeasurement, gaze_directions
from openface_core.faces import Face, FaceStatus
from openface_core.fields import Derivation, Extent, frame_columns, frame_schema
from openface_core.shards import ShardRecorder
from openface_core.tables import FrameActionUnits, frame_table
from pipelines.comparison.eyes import compare_csv_gaze, eye_rows
from pipelines.comparison.openface_output import GAZE_COLUMNS, OpenFaceOutput
from tests.fixtures.faces.shape import MODES, synthetic_pdm
from tests.fixtures.shards.shard_videos import (
    decoded_frame,
    extent_of_models,
    measured_face,
    models_and_pool,
)

FRAMES = 6
WITHOUT_FACE, WITHOUT_EYES = 1, 3


def _eyes(rng: np.random.Generator, face_mm: np.ndarray, rotation: np.ndarray) -> EyeMeasurement:
    """Return eyes before a face at (0, 0, 500) mm, and the gaze that follows from them."""
    points = rng.normal(scale=3.0, size=(2, 28, 3)).astype(np.float32)
    points += np.array([[[-30, 0, 495]], [[30, 0, 495]]], dtype=np.float32)
    gaze = gaze_directions(points, face_mm, rotation).astype(np.float32)
    return EyeMeasurement(rng.uniform(0, 300, (2, 28, 2)).astype(np.float32), points, gaze)


@pytest.fixture(scope="module")
def table() -> pa.Table:
    models, pool = models_and_pool()
    recorder = ShardRecorder(models, extent_of_models())
    points = np.zeros((FRAMES, 68, 3), dtype=np.float32)
    eye_points = np.zeros((FRAMES, 2, 28, 3), dtype=np.float32)
    for i in range(FRAMES):
        rng = np.random.default_rng(i)
        if i == WITHOUT_FACE:
            recorder.add(decoded_frame(i, i / 25), Face(FaceStatus.NOT_DETECTED))
            continue
        face = measured_face(pool.descriptors[0], i, with_eyes=False)
        face.landmarks_3d_mm[:] += (0, 0, 500)
        face.landmarks_3d_mm[[36, 39], 0] -= 30
        face.landmarks_3d_mm[[42, 45], 0] += 30
        points[i] = face.landmarks_3d_mm
        if i != WITHOUT_EYES:
            eyes = _eyes(rng, face.landmarks_3d_mm, face.pose.rotation_radians)
            face = replace(face, eyes=eyes)
            eye_points[i] = eyes.landmarks_3d_mm
        recorder.add(decoded_frame(i, i / 25), face)
    series = recorder.features().series.with_derived_fields(Derivation(synthetic_pdm()))
    series = series.with_arrays(landmarks_3d_mm=points, eye_landmarks_3d_mm=eye_points)
    extent = Extent(MODES, (), ())
    units = FrameActionUnits(np.empty((FRAMES, 0), np.float32), np.empty((FRAMES, 0), np.bool_))
    return frame_table(frame_schema(frame_columns(extent)), extent, series, units)


@pytest.fixture
def csv(table: pa.Table) -> pd.DataFrame:
    """The same as OpenFace writes it: zeros for what is missing."""
    frame = table.to_pandas()
    frame["success"] = frame["success"].astype(float)
    return frame.astype(np.float64).fillna(0.0)


def test_equal_eyes(table: pa.Table, csv: pd.DataFrame) -> None:
    (row,) = compare_csv_gaze(OpenFaceOutput("a.csv", csv))
    assert row.status == "pass"
    assert row.count == 6 * (FRAMES - 2)
    assert row.max_difference < 1e-6
    rows = list(eye_rows(table, OpenFaceOutput("a.csv", csv)))
    assert [row.compared for row in rows] == [
        "gaze, unit vectors", "gaze, rad", "point distance, px",
    ]  # fmt: skip
    counts = [6, 2, 56]
    assert [row.count for row in rows] == [count * (FRAMES - 2) for count in counts]
    assert all(row.max_difference == 0 for row in rows)


def test_eyes_elsewhere(table: pa.Table, csv: pd.DataFrame) -> None:
    moved = csv.copy()
    moved[[f"eye_lmk_x_{k}" for k in range(56)]] += 3.0
    moved[[f"eye_lmk_y_{k}" for k in range(56)]] -= 4.0
    rows = list(eye_rows(table, OpenFaceOutput("a.csv", moved)))
    assert rows[2].mean_difference == pytest.approx(5.0)
    turned = csv.copy()
    turned["gaze_1_x"] += 0.1
    (row,) = compare_csv_gaze(OpenFaceOutput("a.csv", turned))
    assert row.failures == ("mean",)


@pytest.mark.parametrize("prefix", ["gaze_", "eye_lmk_"])
def test_a_csv_without_eyes(prefix: str, table: pa.Table, csv: pd.DataFrame) -> None:
    bare = csv[[name for name in csv.columns if not name.startswith(prefix)]]
    assert compare_csv_gaze(OpenFaceOutput("a.csv", bare)) == ()
    assert list(eye_rows(table, OpenFaceOutput("a.csv", bare))) == []


def test_a_csv_made_without_eye_models(table: pa.Table, csv: pd.DataFrame) -> None:
    csv[list(GAZE_COLUMNS)] = 0.0
    assert compare_csv_gaze(OpenFaceOutput("a.csv", csv)) == ()
    assert list(eye_rows(table, OpenFaceOutput("a.csv", csv))) == []


def test_an_analysis_without_eye_models(table: pa.Table, csv: pd.DataFrame) -> None:
    rows = [WITHOUT_FACE, WITHOUT_EYES]
    reference = OpenFaceOutput("a.csv", csv.assign(success=1.0, gaze_0_x=1.0).iloc[rows])
    assert list(eye_rows(table.take(rows), reference)) == []
