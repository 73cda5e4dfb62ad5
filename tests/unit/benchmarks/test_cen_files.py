"""CEN experts of OpenFace's size, whose results are those of smaller ones."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks import cen_files
from openface_core.model_files import read_cen_experts
from openface_core.refinement.cen.response_maps import CenMaps
from tests.fixtures.synthetic_models.cen_experts import LANDMARKS, write


def test_idle_units_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "small.dat")
    monkeypatch.setattr(cen_files, "OPENFACE_UNITS", {0.25: (30, 20)})
    large = path.with_name("large.dat")
    cen_files.pad_cen_file(path, large)
    grey = np.random.default_rng(1).integers(0, 256, size=(50, 50), dtype=np.uint8)
    maps = []
    for file in (path, large):
        maps.append(np.empty((LANDMARKS, 49), dtype=np.float32))
        centres = np.full((LANDMARKS, 2), 25.0, dtype=np.float32)
        CenMaps(read_cen_experts(file), 7).write(
            grey, centres, np.eye(2, dtype=np.float32), 0, maps[-1]
        )
    assert large.stat().st_size > 3 * path.stat().st_size
    np.testing.assert_allclose(maps[0], maps[1], atol=1e-6)
