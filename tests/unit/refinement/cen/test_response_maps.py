"""Response maps of small networks against a plain NumPy twin."""

import numpy as np
import pytest
from numpy.typing import NDArray

from openface_core.refinement import expert_maps as maps_module
from openface_core.refinement.cen.experts import Evaluation
from openface_core.refinement.cen.response_maps import CenMaps
from openface_core.refinement.patch_areas import sample_area
from tests.fixtures.synthetic_models.cen_experts import (
    LANDMARKS,
    SUPPORT_PX,
    VISIBLE,
    experts,
    networks,
)
from tests.twins.cen_experts import response_map, sparse_map

TO_IMAGE = np.array([[1.3, -0.2], [0.2, 1.3]], dtype=np.float32)
CENTRES = np.array([[30.4, 28.1], [41.0, 33.5], [3.0, 55.0]], dtype=np.float32)
TOLERANCE = 1e-6


@pytest.fixture(scope="module")
def grey() -> NDArray[np.uint8]:
    random = np.random.default_rng(7)
    return random.integers(0, 256, size=(60, 64), dtype=np.uint8)


def expected_map(grey: NDArray[np.uint8], view: int, landmark: int, window: int) -> np.ndarray:
    area = np.empty((window + SUPPORT_PX - 1,) * 2, dtype=np.float32)
    x, y = CENTRES[landmark]
    sample_area(grey, x, y, TO_IMAGE, area)
    own = networks()[view][landmark]
    if own is not None:
        return response_map(area, own, SUPPORT_PX)
    mirrored = networks()[(0, 2, 1)[view]][(1, 0, 2)[landmark]]
    assert mirrored is not None
    return response_map(area[:, ::-1], mirrored, SUPPORT_PX)[:, ::-1]


@pytest.mark.parametrize("view", range(3))
@pytest.mark.parametrize("window", [3, 5, 7, 11])
@pytest.mark.parametrize("is_sparse", [True, False])
def test_maps_are_those_of_the_twin(
    grey: NDArray[np.uint8], view: int, window: int, is_sparse: bool
) -> None:
    out = np.full((LANDMARKS, window**2), np.nan, dtype=np.float32)
    maps = CenMaps(experts(), window, is_sparse=is_sparse)
    maps.write(grey, CENTRES, TO_IMAGE, view, out)
    for landmark in range(LANDMARKS):
        expected = np.zeros((window, window))
        if VISIBLE[view][landmark]:
            expected = expected_map(grey, view, landmark, window)
            expected = sparse_map(expected) if is_sparse else expected
        assert np.abs(out[landmark] - expected.ravel()).max() <= TOLERANCE


def test_a_picture_without_contrast_gives_one_value_everywhere() -> None:
    out = np.empty((LANDMARKS, 25), dtype=np.float32)
    flat = np.full((60, 64), 90, dtype=np.uint8)
    inside = np.full((LANDMARKS, 2), 30.0, dtype=np.float32)
    CenMaps(experts(), 5).write(flat, inside, TO_IMAGE, 0, out)
    assert np.isfinite(out).all()
    assert np.ptp(out, axis=1).max() < 1e-6


def test_a_network_serves_a_landmark_and_its_mirror_image_at_once() -> None:
    found = experts()
    assert found.evaluations(0) == (Evaluation(0, 0, 0, 1), Evaluation(0, 2, 2, -1))
    assert found.evaluations(1) == (Evaluation(1, 0, 0, -1), Evaluation(1, 2, 2, -1))
    assert found.evaluations(2) == (Evaluation(1, 0, -1, 1), Evaluation(1, 2, -1, 2))


def test_the_setting_for_every_position_reaches_the_maps(grey: NDArray[np.uint8]) -> None:
    window = 7
    both = []
    for is_sparse in (True, False):
        out = np.empty((LANDMARKS, window**2), dtype=np.float32)
        found = maps_module.expert_maps(experts(), window, is_sparse=is_sparse)
        found.write(grey, CENTRES, TO_IMAGE, 0, out)
        both.append(out)
    differs = (both[0] != both[1]).reshape(LANDMARKS, window, window)
    rows, columns = np.indices((window, window))
    assert not differs[:, (rows + columns) % 2 == 1].any()
    assert differs[:, (rows + columns) % 2 == 0].any()
