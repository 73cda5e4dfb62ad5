"""Frames gathered and turned into a table: missing is null, never 0 and never NaN."""

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openface_core.descriptors import FHOG_SIZE, GEOMETRY_SIZE
from openface_core.eyes import EyeMeasurement
from openface_core.faces import Face, FaceStatus
from openface_core.fields import (
    Derivation,
    Extent,
    FaceSeries,
    frame_columns,
    frame_schema,
)
from openface_core.media import DecodedFrame
from openface_core.shards import ShardRecorder
from openface_core.tables import FrameActionUnits, frame_table
from tests.fixtures.faces.shape import synthetic_pdm
from tests.fixtures.synthetic_models.action_units import synthetic_action_unit_models

MODES = 34
MODELS = synthetic_action_unit_models()
EXTENT = Extent(MODES, ("AU01",), ("AU01", "AU28"))
RECORDED = Extent(MODES, MODELS.intensity_names, MODELS.presence_names)
SCHEMA = frame_schema(frame_columns(EXTENT))
PICTURE = np.zeros((480, 640, 3), dtype=np.uint8)


def landmarks_of(frame: int) -> np.ndarray:
    return (np.arange(136, dtype=np.float32) + 1000 * frame).reshape(68, 2)


def face_of(frame: int, with_eyes: bool = True, confidence: float | None = 0.5) -> Face:
    """Return a measured face whose every number is another one."""
    base = 1000.0 * frame
    fit = SimpleNamespace(
        scale_px_per_mm=base + 0.5,
        rotation_radians=np.array([1, 2, 3], dtype=np.float32) + base,
        translation_px=np.array([4, 5], dtype=np.float32) + base,
        shape_parameters=np.arange(6, 6 + MODES, dtype=np.float32) + base,
    )
    pose = SimpleNamespace(
        translation_mm=np.array([11.0, 12.0, 13.0]) + base,
        rotation_radians=np.array([14.0, 15.0, 16.0]) + base,
    )
    eyes = None
    if with_eyes:
        eyes = EyeMeasurement(
            (np.arange(112, dtype=np.float32) + base + 500).reshape(2, 28, 2),
            (np.arange(168, dtype=np.float32) + base + 700).reshape(2, 28, 3),
            np.array([[0.6, 0.0, -0.8], [0.0, 0.6, -0.8]], dtype=np.float32),
        )
    return Face(
        FaceStatus.FOUND,
        landmarks_of(frame),
        confidence,
        cast(Any, fit),
        pose=cast(Any, pose),
        fhog=np.zeros(FHOG_SIZE, dtype=np.float32),
        geometry=np.zeros(GEOMETRY_SIZE),
        eyes=eyes,
    )


def series_of(faces: list[tuple[float | None, Face]]) -> FaceSeries:
    """Return the series of faces at some times."""
    recorder = ShardRecorder(MODELS, RECORDED)
    for index, (pts_seconds, face) in enumerate(faces):
        recorder.add(DecodedFrame(index, pts_seconds, PICTURE), face)
    derivation = Derivation(synthetic_pdm(), calibration_frames=7)
    return recorder.features().series.with_derived_fields(derivation)


def recorded(successes: list[bool]) -> FaceSeries:
    return series_of(
        [
            (index / 25, face_of(index)) if success else (None, Face(FaceStatus.NOT_DETECTED))
            for index, success in enumerate(successes)
        ]
    )


def action_units(successes: list[bool]) -> FrameActionUnits:
    count = len(successes)
    return FrameActionUnits(
        np.linspace(0, 5, count, dtype=np.float32).reshape(count, 1),
        np.tile([True, False], (count, 1)),
    )


def table_of(successes: list[bool]) -> pa.Table:
    return frame_table(SCHEMA, EXTENT, recorded(successes), action_units(successes))


def test_every_number_lands_in_its_column() -> None:
    row = table_of([True, True]).to_pylist()[1]
    assert (row["frame"], row["face_id"], row["timestamp"], row["confidence"], row["success"]) == (
        2, 0, 0.04, 0.5, True,
    )  # fmt: skip
    assert [row[f"pose_T{a}"] for a in "xyz"] == [1011, 1012, 1013]
    assert [row[f"pose_R{a}"] for a in "xyz"] == [1014, 1015, 1016]
    assert [row[f"x_{k}"] for k in range(68)] == [1000 + 2 * k for k in range(68)]
    assert [row[f"y_{k}"] for k in range(68)] == [1001 + 2 * k for k in range(68)]
    points = recorded([True, True])["landmarks_3d_mm"][1]
    assert len(np.unique(points)) == points.size
    for offset, axis in enumerate("XYZ"):
        assert [row[f"{axis}_{k}"] for k in range(68)] == points[:, offset].tolist()
    assert [row[f"p_{name}"] for name in ("scale", "rx", "ry", "rz", "tx", "ty")] == [
        1000.5, 1001, 1002, 1003, 1004, 1005,
    ]  # fmt: skip
    assert [row[f"p_{k}"] for k in range(MODES)] == [1006 + k for k in range(MODES)]
    assert (row["AU01_r"], row["AU01_c"], row["AU28_c"]) == (5.0, True, False)
    gaze = [row[f"gaze_{eye}_{axis}"] for eye in (0, 1) for axis in "xyz"]
    assert gaze == pytest.approx([0.6, 0, -0.8, 0, 0.6, -0.8])
    assert row["gaze_angle_x"] == row["gaze_angle_y"] == pytest.approx(np.arctan2(0.3, 0.8))
    for offset, axis in enumerate("xy"):
        assert [row[f"eye_lmk_{axis}_{k}"] for k in range(56)] == [
            1500 + 2 * k + offset for k in range(56)
        ]
    points = recorded([True, True])["eye_landmarks_3d_mm"][1].reshape(56, 3)
    assert [row[f"eye_lmk_Z_{k}"] for k in range(56)] == [1702 + 3 * k for k in range(56)]
    for offset, axis in enumerate("XYZ"):
        assert [row[f"eye_lmk_{axis}_{k}"] for k in range(56)] == points[:, offset].tolist()


def test_faces_whose_eyes_were_not_measured() -> None:
    series = series_of(
        [(None, face_of(frame, with_eyes, None)) for frame, with_eyes in enumerate((True, False))]
    )
    assert series.has_eyes.tolist() == [True, False]
    table = frame_table(SCHEMA, EXTENT, series, action_units([True, True]))
    for name in table.column_names:
        is_of_eyes = name.startswith(("gaze_", "eye_lmk_"))
        assert (table[name][1].as_py() is None) == (is_of_eyes or name == "timestamp"
                                                    or name == "confidence"), name  # fmt: skip
        assert table[name][0].as_py() is not None or not is_of_eyes


@given(st.lists(st.booleans(), max_size=12))
def test_failed_frames_are_null_and_nothing_else_is(successes: list[bool]) -> None:
    table = table_of(successes)
    table.validate(full=True)
    assert table.schema.equals(SCHEMA, check_metadata=True)
    assert table["frame"].to_pylist() == list(range(1, len(successes) + 1))
    assert table["success"].to_pylist() == successes
    for name in table.column_names:
        values = table[name].to_pylist()
        if name in ("frame", "face_id", "success"):
            assert None not in values
        else:
            assert [value is not None for value in values] == successes, name
            assert not any(value != value for value in values if value is not None)


def test_a_failed_frame_keeps_time_and_confidence() -> None:
    # The landmarks of the second one could not be measured.
    failed = Face(FaceStatus.NOT_TRUSTED, confidence=0.25)
    no_face = Face(FaceStatus.NOT_A_FACE, landmarks_of(0), 0.125)
    series = series_of([(0.5, failed), (1.0, no_face)])
    rows = frame_table(SCHEMA, EXTENT, series, action_units([False, False])).to_pylist()
    assert [(row["timestamp"], row["confidence"]) for row in rows] == [(0.5, 0.25), (1.0, 0.125)]
    assert [row["x_0"] for row in rows] == [None, None]
    assert [row["AU01_r"] for row in rows] == [None, None]


def test_the_types_of_a_series() -> None:
    series = recorded([True, False])
    assert series.pts_seconds.dtype == np.float64
    assert series.success.tolist() == [True, False]
    for name, shape in (
        ("confidence", (2,)),
        ("landmarks_px", (2, 68, 2)),
        ("landmarks_3d_mm", (2, 68, 3)),
        ("pose", (2, 6)),
        ("global_parameters", (2, 6)),
        ("shape_parameters", (2, MODES)),
        ("eye_landmarks_px", (2, 2, 28, 2)),
        ("eye_landmarks_3d_mm", (2, 2, 28, 3)),
        ("gaze_directions", (2, 2, 3)),
    ):
        values = series[name]
        assert values.dtype == np.float32
        assert values.shape == shape
        assert np.isnan(values[1]).all()
        assert np.isfinite(values[0]).all()


def test_no_frames() -> None:
    series = series_of([])
    assert len(series) == 0
    assert series["landmarks_px"].shape == (0, 68, 2)
    assert frame_table(SCHEMA, EXTENT, series, action_units([])).num_rows == 0


def test_series_of_different_lengths() -> None:
    with pytest.raises(ValueError, match="2 frames, but 1"):
        frame_table(SCHEMA, EXTENT, recorded([True, True]), action_units([True]))


def test_parts_of_a_table_join_to_the_whole() -> None:
    successes = [True, False, True, True, False]
    series, units = recorded(successes), action_units(successes)
    parts = []
    for rows in (slice(0, 2), slice(2, 2), slice(2, 5)):
        part = FaceSeries({name: values[rows] for name, values in series.arrays.items()})
        part = part.with_derived_fields(
            Derivation(synthetic_pdm(), rows.start + 1, calibration_frames=7)
        )
        parts.append(frame_table(SCHEMA, EXTENT, part, units[rows]))
    whole = frame_table(SCHEMA, EXTENT, series, units)
    assert pa.concat_tables(parts).equals(whole, check_metadata=True)
