"""Comparing two tables of one video, and the rows that say how they agree."""

import numpy as np
import pyarrow as pa
import pytest

from pipelines.comparison.openface_output import LANDMARK_COLUMNS, POSE_COLUMNS
from pipelines.comparison.video_agreement import compare_videos, summary_row, unit_rows
from tests.fixtures.faces.shape import synthetic_pdm
from tests.fixtures.synthetic_models.action_units import synthetic_action_unit_models

FRAMES = 40
MODELS = synthetic_action_unit_models()


def table(noise: float, lost: slice) -> pa.Table:
    """A table of frames; without noise all tables are the same. Frames are lost."""
    rng = np.random.default_rng(0)
    signal = np.abs(np.sin(np.arange(FRAMES) / 5.0))
    success = np.ones(FRAMES, dtype=bool)
    success[lost] = False
    face = synthetic_pdm().mean_mm.reshape(3, 68)
    columns: dict[str, np.ndarray] = {}
    for k, name in enumerate(MODELS.intensity_names):
        columns[f"{name}_r"] = signal * (k > 0) + noise * rng.normal(size=FRAMES)
    for name in MODELS.presence_names:
        columns[f"{name}_c"] = (signal > 0.5).astype(float)
    for name in POSE_COLUMNS:
        columns[name] = np.full(FRAMES, noise)
    for axis in range(2):
        for k in range(68):
            columns[LANDMARK_COLUMNS[68 * axis + k]] = np.full(FRAMES, face[axis, k] + noise)
    values = {name: pa.array(v, mask=~success, from_pandas=True) for name, v in columns.items()}
    return pa.table({"success": pa.array(success), **values})


def test_equal_tables_agree() -> None:
    found = compare_videos(table(0.0, slice(0, 0)), table(0.0, slice(0, 4)), MODELS)
    assert (found.frames, found.found, found.found_by_both) == (FRAMES, FRAMES - 4, FRAMES - 4)
    assert found.intensities.mean_r == pytest.approx(1.0)
    assert len(found.intensities.varying) == len(MODELS.intensity) - 1
    assert found.equal_presences == 1.0
    np.testing.assert_array_equal(found.rotations_mad_radians, 0.0)
    assert found.point_distance == 0.0


def test_differences_are_told_in_their_units() -> None:
    found = compare_videos(table(0.1, slice(3, 5)), table(0.0, slice(0, 0)), MODELS)
    np.testing.assert_allclose(found.rotations_mad_radians, 0.1)
    face = synthetic_pdm().mean_mm.reshape(3, 68)[:2]
    eyes = np.linalg.norm(face[:, 36:42].mean(axis=1) - face[:, 42:48].mean(axis=1))
    assert found.point_distance == pytest.approx(0.1 * np.sqrt(2) / eyes, rel=1e-4)
    assert 0.5 < found.intensities.mean_r < 1.0
    row = summary_row("a.mp4", found)
    assert row.startswith(f"| a.mp4 | {FRAMES} | {FRAMES} | {FRAMES - 2} |")
    assert "0.100 / 0.100 / 0.100" in row


def test_what_does_not_vary_has_no_correlation() -> None:
    found = compare_videos(table(0.0, slice(0, 0)), table(0.0, slice(0, 0)), MODELS)
    rows = unit_rows(MODELS.intensity_names, {"a.mp4": found})
    assert rows[0] == f"| {MODELS.intensity_names[0]} | - |"
    assert rows[1] == f"| {MODELS.intensity_names[1]} | 1.00 |"
