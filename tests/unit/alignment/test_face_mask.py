"""The face mask against its twin, bit by bit, and its properties."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from openface_core.alignment import apply_mask, mask_of_aligned_face, warp_matrix
from openface_core.alignment.face_mask import (
    RAISED_BY_PX,
    RAISED_POINTS,
    _rasterise,
    _transform_points,
)
from tests.fixtures.faces.shape import (
    MODES,
    plausible_shape_parameters,
    project_face,
    synthetic_pdm,
)
from tests.fixtures.faces.triangles import synthetic_triangles
from tests.twins.alignment import mask_of_points, mask_points

IDENTITY = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], dtype=np.float32)

_place = st.floats(-20.0, 60.0, width=32)
_whole_place = st.integers(-3, 20).map(float)


def _rasterised(
    points: NDArray[np.float32], triangles: NDArray[np.int32], size_px: int
) -> NDArray[np.uint8]:
    out = np.full((size_px, size_px), 9, dtype=np.uint8)
    _rasterise(points, triangles, out)
    return out


@pytest.mark.parametrize("seed", range(4))
def test_mask_of_a_face_equals_its_twin(seed: int) -> None:
    pdm, triangles = synthetic_pdm(), synthetic_triangles()
    rotation = (0.15 * seed - 0.2, 0.3 - 0.25 * seed, 0.1 * seed)
    landmarks = project_face(pdm, 1.7, rotation, (200.0, 180.0), plausible_shape_parameters(seed))
    matrix = warp_matrix(landmarks, np.array([200.0, 180.0], dtype=np.float32), pdm.mean_mm)
    mask = mask_of_aligned_face(landmarks, matrix, triangles, 112)
    expected = mask_of_points(mask_points(landmarks, matrix), triangles, 112)
    np.testing.assert_array_equal(mask, expected)
    assert 0.3 < mask.mean() < 0.95


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(
        st.lists(st.tuples(_place, _place), min_size=6, max_size=6),
        # Corners on pixel centres: pixels lie exactly on edges.
        st.lists(st.tuples(_whole_place, _whole_place), min_size=6, max_size=6),
    )
)
def test_any_triangles_equal_the_twins(corners: list[tuple[float, float]]) -> None:
    points = np.array(corners, dtype=np.float32)
    triangles = np.array([[0, 1, 2], [3, 5, 4], [0, 3, 0]], dtype=np.int32)
    np.testing.assert_array_equal(
        _rasterised(points, triangles, 40), mask_of_points(points, triangles, 40)
    )


def test_landmarks_are_mapped_as_the_twin_maps_them_bit_by_bit() -> None:
    """Rounded to single precision before the translation is added, as well as after."""
    rng = np.random.default_rng(0)
    landmarks = rng.uniform(0.0, 1000.0, (68, 2)).astype(np.float32)
    matrix = rng.normal(0.0, 0.5, (2, 3)).astype(np.float32) * np.float32(0.9)
    matrix[:, 2] = rng.normal(0.0, 300.0, 2)
    out = np.empty((68, 2), dtype=np.float32)
    _transform_points(landmarks, matrix, RAISED_POINTS, RAISED_BY_PX, out)
    np.testing.assert_array_equal(out, mask_points(landmarks, matrix))


def test_edges_and_corners_belong_to_the_mask_whatever_the_corners_order() -> None:
    points = np.array([[2.0, 1.0], [10.0, 1.0], [2.0, 9.0]], dtype=np.float32)
    masks = [
        _rasterised(points, np.array([order], dtype=np.int32), 12)
        for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0])
    ]
    y, x = np.mgrid[0:12, 0:12]
    expected = (x >= 2) & (y >= 1) & (x + y <= 11)
    for mask in masks:
        np.testing.assert_array_equal(mask, expected)


def test_triangle_out_of_the_picture_leaves_no_trace() -> None:
    points = np.array([[-30.0, -30.0], [-5.0, -30.0], [-5.0, -3.0]], dtype=np.float32)
    assert not _rasterised(points, np.array([[0, 1, 2]], dtype=np.int32), 16).any()


@pytest.mark.parametrize("seed", range(3))
def test_mask_is_the_union_over_its_triangles(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.uniform(-5.0, 35.0, (12, 2)).astype(np.float32)
    triangles = rng.integers(0, 12, (9, 3)).astype(np.int32)
    union = np.zeros((30, 30), dtype=np.uint8)
    for triangle in triangles:
        union |= _rasterised(points, triangle[None], 30)
    np.testing.assert_array_equal(_rasterised(points, triangles, 30), union)
    np.testing.assert_array_equal(_rasterised(points, triangles[::-1].copy(), 30), union)


def test_forehead_belongs_to_the_face() -> None:
    """The upper ends of jaw and brows are moved up by 30 px, everything else stays."""
    assert RAISED_POINTS.tolist() == [0, 16, *range(17, 27)]
    landmarks = project_face(synthetic_pdm(), 0.7, (0.0, 0.0, 0.0), (80.0, 85.0), np.zeros(MODES))
    mask = mask_of_aligned_face(landmarks, IDENTITY, synthetic_triangles(), 160)
    brow_x, brow_y = np.rint(landmarks[19]).astype(int)
    assert mask[brow_y - 28, brow_x]
    assert not mask[brow_y - 33, brow_x]
    chin_x, chin_y = np.rint(landmarks[8]).astype(int)
    assert mask[chin_y - 2, chin_x]
    assert not mask[chin_y + 2 :].any()


def test_landmarks_without_a_place_mask_everything() -> None:
    landmarks = np.full((68, 2), np.nan, dtype=np.float32)
    assert not mask_of_aligned_face(landmarks, IDENTITY, synthetic_triangles(), 112).any()
    landmarks = np.full((68, 2), 50.0, dtype=np.float32)
    nowhere = np.full((2, 3), np.inf, dtype=np.float32)
    assert not mask_of_aligned_face(landmarks, nowhere, synthetic_triangles(), 112).any()


@pytest.mark.parametrize("size", [1e20, 1e38])
def test_landmarks_far_out_do_no_harm(size: float) -> None:
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (68, 2))
    landmarks = (signs * size).astype(np.float32)
    mask = mask_of_aligned_face(landmarks, IDENTITY, synthetic_triangles(), 112)
    assert set(np.unique(mask)) <= {0, 1}


def test_masking_blackens_what_is_not_face_and_keeps_the_rest() -> None:
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (20, 30, 3), dtype=np.uint8)
    mask = rng.integers(0, 2, (20, 30), dtype=np.uint8)
    out = np.empty_like(image)
    apply_mask(image, mask, out)
    np.testing.assert_array_equal(out, image * mask[:, :, None])
    apply_mask(image, mask, image)  # in place
    np.testing.assert_array_equal(image, out)
