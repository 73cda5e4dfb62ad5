"""Response maps of CEN experts against the C++ program: all views, direct and mirrored."""

from pathlib import Path

import numpy as np
import pytest

from openface_core.model_files import read_face_landmark_model
from openface_core.refinement import FaceLandmarkModel
from openface_core.refinement.cen.experts import CenExperts
from openface_core.refinement.cen.response_maps import CenMaps
from tests.fixtures.ceclm_sets import Dump, ceclm_set, points_of

MAP_TOLERANCE = 5e-6
"""Largest difference of a response, which lies between 0 and 1, where all positions are evaluated.
OpenFace's tracker does not do that, and rounds differently there; its own maps are met exactly."""
SETS = ("glasses", "expressive", "expressive_noterm")
FULL_MAPS = 398
"""Maps of the landmarks that were dumped at every position."""


def maps_of(model: FaceLandmarkModel, dump: Dump, *, is_sparse: bool) -> np.ndarray:
    """Return the maps (68, w * w) around the dumped landmarks."""
    experts = model.face.experts[dump.scale]
    assert isinstance(experts, CenExperts)
    maps = CenMaps(experts, dump.window, is_sparse=is_sparse)
    out = np.empty((68, dump.window**2), dtype=np.float32)
    to_image = np.ascontiguousarray(dump["sim_ref_to_img"], dtype=np.float32)
    maps.write(dump.grey, points_of(dump["start.landmarks"]), to_image, dump.view, out)
    return out


@pytest.fixture(scope="module")
def model(ceclm_folder: Path) -> FaceLandmarkModel:
    return read_face_landmark_model(ceclm_folder / "main_ceclm_general.txt")


@pytest.mark.parametrize("name", SETS)
def test_sparse_maps_are_those_that_the_cpp_tracker_used(
    model: FaceLandmarkModel, name: str
) -> None:
    for dump in ceclm_set(name).dumps_with_maps:
        found = maps_of(model, dump, is_sparse=True)
        np.testing.assert_array_equal(found, dump["resp_sparse"], dump.prefix)


def test_full_maps_are_those_of_the_cpp_program_in_every_view(model: FaceLandmarkModel) -> None:
    count, seen = 0, set()
    for name in SETS:
        for dump in ceclm_set(name).dumps_with_maps:
            chosen = dump["sel"]
            visible = model.face.experts[dump.scale].grid.visible[dump.view, chosen]
            found = maps_of(model, dump, is_sparse=False)[chosen]
            difference = np.abs(found - dump["resp_full_sel"])[visible]
            assert difference.max() <= MAP_TOLERANCE, dump.prefix
            count += int(visible.sum())
            seen.add(dump.view)
    assert count == FULL_MAPS
    assert seen == set(range(7))
