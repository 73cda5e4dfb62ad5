"""Gaze and eyes beside OpenFace's CSV: which frames count, and what is found."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from openface_core.eyes import EyeMeasurement, gaze_directions
from openface_core.tables import FrameRecorder, frame_columns, frame_schema, frame_table
from openface_core.tables.frame_table import FrameActionUnits
from pipelines.comparison.eyes import compare_csv_gaze, eye_rows
from pipelines.comparison.openface_output import GAZE_COLUMNS, OpenFaceOutput
from tests.fixtures.shards.shard_videos import MODES, measurement_of

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
    recorder = FrameRecorder(MODES)
    for i in range(FRAMES):
        rng = np.random.default_rng(i)
        if i == WITHOUT_FACE:
            recorder.add(i / 25, None, None, None)
            continue
        measured = measurement_of((np.zeros(1, np.float32), np.zeros(1)), i, with_eyes=False)
        measured.landmarks_3d_mm[:] += (0, 0, 500)
        measured.landmarks_3d_mm[[36, 39], 0] -= 30
        measured.landmarks_3d_mm[[42, 45], 0] += 30
        if i != WITHOUT_EYES:
            eyes = _eyes(rng, measured.landmarks_3d_mm, measured.pose.rotation_radians)
            object.__setattr__(measured, "eyes", eyes)
        recorder.add(i / 25, 1.0, np.zeros((68, 2), dtype=np.float32), measured)
    schema = frame_schema(frame_columns(MODES, [], []))
    units = FrameActionUnits(np.empty((FRAMES, 0), np.float32), np.empty((FRAMES, 0), np.bool_))
    return frame_table(schema, recorder.series(), units)


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
