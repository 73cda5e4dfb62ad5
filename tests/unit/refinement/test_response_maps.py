"""Grey pictures, sampled squares and response maps against their twins."""

import dataclasses
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from openface_core.refinement import CcnfExperts, grey_from_bgr
from openface_core.refinement.ccnf_maps import CcnfView, ccnf_maps
from openface_core.refinement.expert_maps import expert_maps
from openface_core.refinement.patch_areas import (
    new_places,
    new_steps,
    sample_area,
    sample_columns,
    square_with_room,
)
from openface_core.refinement.smoothing import SmoothingMatrices
from openface_core.refinement.svr_maps import SvrView, svr_maps
from openface_core.shape.similarity import align_with_scale
from tests.fixtures.faces.rendering import render_face
from tests.fixtures.faces.shape import MODES, project_face, synthetic_pdm
from tests.fixtures.synthetic_models.patch_experts import (
    SUPPORT_PX,
    synthetic_ccnf_experts,
    synthetic_landmark_model,
    synthetic_svr_experts,
)
from tests.twins import refinement as twin

RESPONSE_TOLERANCE = 1e-5
AREA_TOLERANCE = 1e-4
SIMILARITY_TOLERANCE = 1e-6
FACE = (1.1, (0.05, -0.1, 0.08), (150.0, 140.0), np.zeros(MODES))
VIEW_1_HIDDEN = 1


@pytest.fixture(scope="module")
def picture() -> NDArray[np.uint8]:
    return grey_from_bgr(render_face(synthetic_pdm(), *FACE, (300, 280)))


@pytest.fixture(scope="module")
def landmarks() -> NDArray[np.float32]:
    return project_face(synthetic_pdm(), *FACE)


def test_grey_is_opencvs_and_the_twins() -> None:
    image = np.random.default_rng(0).integers(0, 256, (37, 53, 3)).astype(np.uint8)
    np.testing.assert_array_equal(grey_from_bgr(image), cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))
    np.testing.assert_array_equal(grey_from_bgr(image), twin.grey(image))
    np.testing.assert_array_equal(grey_from_bgr(image[::2, ::-1]), twin.grey(image[::2, ::-1]))


@pytest.mark.parametrize("wrong", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3), np.float32)])
def test_grey_refuses_other_pictures(wrong: NDArray[Any]) -> None:
    with pytest.raises(ValueError, match="uint8"):
        grey_from_bgr(wrong)


def test_similarity_is_that_of_the_twin() -> None:
    rng = np.random.default_rng(1)
    source = rng.normal(scale=40.0, size=(68, 2)).astype(np.float32) + np.float32(200.0)
    target = (source @ np.array([[0.4, 0.2], [-0.2, 0.4]]) + rng.normal(size=(68, 2))).astype(
        np.float32
    )
    found = np.empty((2, 2), dtype=np.float32)
    align_with_scale(source, target, found)
    np.testing.assert_allclose(found, twin.align(source, target), atol=SIMILARITY_TOLERANCE)


@pytest.mark.parametrize("centre", [(150.3, 140.7), (2.0, 1.5), (299.0, 279.5), (-50.0, 900.0)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_sampled_square_is_that_of_the_twin(
    picture: NDArray[np.uint8], centre: tuple[float, float], dtype: type[Any]
) -> None:
    to_image = np.array([[2.1, -0.4], [0.4, 2.1]], dtype=np.float32)
    found = np.empty((17, 17), dtype=np.float32)
    x, y = (np.float32(v) for v in centre)
    sample_area(picture.astype(dtype), x, y, to_image, found)
    expected = twin.area(picture, np.array(centre), to_image, 17)
    np.testing.assert_allclose(found, expected, rtol=0, atol=AREA_TOLERANCE)


@pytest.mark.parametrize("side", [1, 8, 13, 19, 33])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_a_part_of_a_picture_is_sampled_as_its_copy_is(
    picture: NDArray[np.uint8], side: int, dtype: type[Any]
) -> None:
    seen = picture.astype(dtype)
    for part in (seen[40:200, 30:180], seen[40:200, 30:180].T, seen[::2, 1::2]):
        found, expected = np.full((2, side, side), np.nan, dtype=np.float32)
        place = (np.float32(60.3), np.float32(70.7), to_image_matrix())
        sample_area(part, *place, found)
        sample_area(np.ascontiguousarray(part), *place, expected)
        np.testing.assert_array_equal(found, expected)
        turned = square_with_room(side)
        sample_columns(part, *place, new_places(side), new_steps(side), turned)
        np.testing.assert_array_equal(turned[: side**2].reshape(side, side).T, expected)


@pytest.mark.parametrize("turn", [0.0, 0.7, 2.0, 3.1, 4.5])
def test_all_that_is_sampled_lies_in_the_picture(turn: float) -> None:
    """What fills the last vector of a line, too: before and after the picture, there is nothing."""
    memory = np.full(3 * 80 * 90, np.nan, dtype=np.float32)
    grey = memory[80 * 90 : 2 * 80 * 90].reshape(80, 90)
    grey[:] = np.random.default_rng(0).normal(size=grey.shape)
    cosine, sine = np.float32(np.cos(turn)), np.float32(np.sin(turn))
    to_image = np.array([[cosine, -sine], [sine, cosine]])
    square = square_with_room(19)
    place = (np.float32(45.0), np.float32(40.0), to_image)
    sample_columns(grey, *place, new_places(19), new_steps(19), square)
    # The last line's rest is still there; what it saw is a sample of this picture.
    assert np.isfinite(square).all()


def to_image_matrix() -> NDArray[np.float32]:
    return np.array([[2.2, -0.15], [0.15, 2.2]], dtype=np.float32)


@pytest.mark.parametrize("is_part", [False, True])
def test_a_picture_of_more_pixels_than_32_bits_count_is_sampled(is_part: bool) -> None:
    huge = np.zeros((40_000, 60_000), dtype=np.uint8)  # memory that is never touched is not there
    grey = huge[:, 400:600] if is_part else huge
    grey[39_000:39_040, 100:140] = 7
    found = np.empty((19, 19), dtype=np.float32)
    place = np.float32(120.0), np.float32(39_020.0), np.eye(2, dtype=np.float32)
    sample_area(grey, *place, found)
    np.testing.assert_array_equal(found, 7.0)


@pytest.mark.parametrize("view", [0, VIEW_1_HIDDEN])
@pytest.mark.parametrize("window", [5, 7, 9])  # 5 has no smoothing components
def test_ccnf_maps_are_those_of_the_twin(
    picture: NDArray[np.uint8], landmarks: NDArray[np.float32], view: int, window: int
) -> None:
    experts = synthetic_ccnf_experts(0.5)
    found = np.empty((68, window * window), dtype=np.float32)
    expert_maps(experts, window).write(picture, landmarks, to_image_matrix(), view, found)
    for i in range(68):
        if not experts.grid.visible[view, i]:
            assert not found[i].any()
            continue
        area = twin.area(picture, landmarks[i], to_image_matrix(), window + SUPPORT_PX - 1)
        expected = twin.ccnf_map(experts, view, i, area).ravel()
        np.testing.assert_allclose(found[i], expected, rtol=0, atol=RESPONSE_TOLERANCE)


def test_a_neuron_of_no_strength_has_no_say_and_a_negative_map_is_lifted() -> None:
    rng = np.random.default_rng(2)
    weights = rng.normal(size=(2, 1 + SUPPORT_PX**2)).astype(np.float32)
    picture = rng.integers(0, 256, (60, 60)).astype(np.uint8)
    negative = -np.eye(49, dtype=np.float32)[None] + np.float32(0.001)

    def maps(alphas: list[float]) -> NDArray[np.float32]:
        out = np.empty((1, 49), dtype=np.float32)
        seen = CcnfView(
            np.ones(1, np.bool_), np.zeros(1, np.int64), np.full(1, 2), weights,
            np.array(alphas), negative, np.zeros(1, np.int64),
        )  # fmt: skip
        ccnf_maps(
            picture, np.full((1, 2), 30.0, np.float32), np.eye(2, dtype=np.float32), seen, 7,
            SUPPORT_PX, out,
        )  # fmt: skip
        return out

    np.testing.assert_array_equal(maps([1.0, 1e-5]), maps([1.0, 0.0]))
    assert maps([1.0, 0.5]).min() == 0.0


@pytest.mark.parametrize("view", [0, VIEW_1_HIDDEN])
def test_svr_maps_are_those_of_the_twin(
    picture: NDArray[np.uint8], landmarks: NDArray[np.float32], view: int
) -> None:
    experts = synthetic_svr_experts(0.5)
    window = 7
    centred = experts.weights - experts.weights.mean(axis=1, keepdims=True)
    templates = (centred / np.linalg.norm(centred, axis=1, keepdims=True)).astype(np.float32)
    found = np.empty((68, window * window), dtype=np.float32)
    seen = SvrView(
        experts.grid.visible[view], experts.first_part[view], experts.part_count[view], templates,
        experts.uses_gradient, experts.scalings, experts.biases,
    )  # fmt: skip
    svr_maps(picture, landmarks, to_image_matrix(), seen, window, SUPPORT_PX, found)
    for i in np.flatnonzero(experts.grid.visible[view]):
        area = twin.area(picture, landmarks[i], to_image_matrix(), window + SUPPORT_PX - 1)
        expected = twin.svr_map(experts, view, int(i), area).ravel()
        np.testing.assert_allclose(found[i], expected, rtol=0, atol=RESPONSE_TOLERANCE)


def test_a_flat_picture_gives_flat_finite_maps(landmarks: NDArray[np.float32]) -> None:
    experts = synthetic_ccnf_experts(0.5)
    found = np.empty((68, 25), dtype=np.float32)
    grey = np.full((280, 300), 128, np.uint8)
    expert_maps(experts, 5).write(grey, landmarks, to_image_matrix(), 0, found)
    inner = found[27:31]  # points whose square lies within the picture
    assert (inner == inner[:, :1]).all()
    assert (inner > 0.0).all()


def test_equal_smoothing_is_kept_once() -> None:
    experts = synthetic_landmark_model().experts[1]
    assert isinstance(experts, CcnfExperts)
    matrices = SmoothingMatrices(experts, 7)
    for view, visible in enumerate(experts.grid.visible):
        smoothing, index = matrices.of_view(view)
        assert smoothing.shape == (2 - visible.all(), 49, 49)  # of the visible, of the others
        np.testing.assert_allclose(smoothing, smoothing.transpose(0, 2, 1), atol=1e-7)
        assert len(set(index[visible].tolist())) == 1
        assert matrices.of_view(view)[0] is smoothing


def test_large_smoothing_is_rounded_as_by_openface_or_as_well_as_can_be() -> None:
    experts = synthetic_ccnf_experts(0.5)
    neighbours = np.eye(121, k=1) + np.eye(121, k=-1)
    components = np.diag(neighbours.sum(axis=1)) - neighbours
    experts = dataclasses.replace(
        experts, smoothing_components={11: np.stack([components] * experts.betas.shape[2])}
    )
    found, other = (
        SmoothingMatrices(experts, 11, rounded_as_openface=k).of_view(0)[0] for k in (True, False)
    )
    assert found.shape == other.shape == (len(found), 121, 121)
    np.testing.assert_allclose(found, other, rtol=1e-3, atol=1e-7)
    assert (found != other).any()


def test_impossible_smoothing_is_refused() -> None:
    experts = synthetic_ccnf_experts(0.5)
    with pytest.raises(ValueError, match="positive definite"):
        SmoothingMatrices(dataclasses.replace(experts, betas=-10.0 * experts.betas), 7)
    with pytest.raises(ValueError, match="positive sum"):
        SmoothingMatrices(dataclasses.replace(experts, alphas=-experts.alphas), 5)
    many = np.arange(experts.betas.size).reshape(experts.betas.shape).astype(np.float64)
    components = {25: np.zeros((2, 625, 625))}
    hostile = dataclasses.replace(experts, betas=many, smoothing_components=components)
    with pytest.raises(ValueError, match="more than a model"):
        SmoothingMatrices(hostile, 25)


def test_a_template_without_contrast_correlates_with_everything(
    picture: NDArray[np.uint8], landmarks: NDArray[np.float32]
) -> None:
    """OpenCV's rule; the hidden landmarks of OpenFace's files have such templates."""
    experts = synthetic_svr_experts(0.5)
    experts = dataclasses.replace(
        experts,
        weights=np.full_like(experts.weights, 0.25),
        scalings=np.full_like(experts.scalings, 2.0),
        biases=np.full_like(experts.biases, -1.0),
    )
    found = np.empty((68, 49), dtype=np.float32)
    expert_maps(experts, 7).write(picture, landmarks, to_image_matrix(), 0, found)
    np.testing.assert_allclose(found, twin.logistic(np.array(1.0)) ** 2, rtol=1e-6)
