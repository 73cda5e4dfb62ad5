"""A face made of one half and its mirror image."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from models import EMBEDDED_PACK, models_folder
from openface_core.action_units.folding import (
    LEFT,
    RIGHT,
    fold_appearance,
    folded_weights,
    folding,
    mirrored_appearance,
    mirrored_channels,
)
from openface_core.descriptors import FHOG_SIZE
from openface_core.fhog import CHANNELS, fhog, fhog_into, orientations
from openface_core.geometry import geometry_descriptor
from openface_core.model_files import read_pdm
from openface_core.shape import PointDistributionModel, ShapeFit, calc_params
from openface_core.shape.projection import project_shape
from openface_core.shape.upright import upright_residual_mm
from tests.fixtures.faces.looking_ahead import looking_ahead
from tests.fixtures.faces.mirror import MIRROR, upright

FHOG_TOLERANCE = 2e-6
"""Sums in another order, in single precision."""

HALVES = [LEFT, RIGHT]

SCALE_PX_PER_MM = 2.0


def picture(seed: int) -> NDArray[np.uint8]:
    """Return a picture of blots, the same in all colours: so no two of them can tie."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (28, 28))
    smooth = np.kron(coarse, np.ones((4, 4)))
    grey = np.clip(smooth + rng.normal(0, 9, (112, 112)), 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def fhog_with_ties_turned(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return FHOG of a picture where a tie between two orientations goes the other way."""
    turned = mirrored_channels()[:18][orientations()[:, ::-1]].astype(np.uint8)
    out = np.empty((12, 12, CHANNELS), dtype=np.float32)
    fhog_into(np.ascontiguousarray(image), turned, out)
    return out.ravel()


class TestAppearance:
    def test_a_mirror_image_of_a_mirror_image(self) -> None:
        channels, places = mirrored_channels(), mirrored_appearance()
        np.testing.assert_array_equal(channels[channels], np.arange(CHANNELS))
        np.testing.assert_array_equal(places[places], np.arange(FHOG_SIZE))

    @pytest.mark.parametrize("seed", range(5))
    def test_a_mirrored_picture(self, seed: int) -> None:
        image = picture(seed)
        expected = fhog(image).ravel()[mirrored_appearance()]
        found = fhog_with_ties_turned(image[:, ::-1])
        np.testing.assert_allclose(found, expected, atol=FHOG_TOLERANCE)

    def test_only_vertical_gradients_tie(self) -> None:
        turned = mirrored_channels()[:18][orientations()[:, ::-1]]
        _, horizontal = np.nonzero(turned != orientations())
        assert set(horizontal.tolist()) == {orientations().shape[1] // 2}

    @pytest.mark.parametrize("half", HALVES)
    def test_one_half_stays_and_the_other_is_its_mirror_image(self, half: int) -> None:
        descriptor = np.random.default_rng(half).random(FHOG_SIZE)
        folded = fold_appearance(descriptor, half).reshape(12, 12, CHANNELS)
        own = range(6) if half == LEFT else range(6, 12)
        whole = descriptor.reshape(12, 12, CHANNELS)
        mirrored = descriptor[mirrored_appearance()].reshape(12, 12, CHANNELS)
        for tied in (4, 13, 22):  # vertical gradients are counted for these in the mirror too
            mirrored[..., tied] += mirrored[..., tied + 1] / 16
            mirrored[..., tied + 1] *= 15 / 16
        composed = {column: whole[:, column] for column in own}
        composed |= {11 - column: mirrored[:, 11 - column] for column in own}
        nothing = np.zeros((12, CHANNELS))
        for column in range(12):
            if column in own:
                expected = composed[column]
            else:  # a pixel farther to the right
                after, before = (composed.get(column + k, nothing) for k in (1, -1))
                expected = composed[column] - (after - before) * 5 / 64
            np.testing.assert_allclose(folded[:, column], expected, rtol=0, atol=1e-12)

    @pytest.mark.parametrize("half", HALVES)
    def test_the_other_half_has_no_say(self, half: int) -> None:
        rng = np.random.default_rng(half)
        descriptor = rng.random((12, 12, CHANNELS))
        other = descriptor.copy()
        other[:, slice(6, 12) if half == LEFT else slice(6)] = rng.random((12, 6, CHANNELS))
        expected, found = (fold_appearance(each.ravel(), half) for each in (descriptor, other))
        np.testing.assert_array_equal(found, expected)

    @pytest.mark.parametrize("half", HALVES)
    def test_folded_weights_weigh_the_folded_descriptor(self, half: int) -> None:
        rng = np.random.default_rng(half)
        descriptor, weights = rng.random(FHOG_SIZE), rng.normal(size=(FHOG_SIZE, 3))
        is_own = np.zeros((12, 12, CHANNELS), dtype=bool)
        is_own[:, slice(6) if half == LEFT else slice(6, 12)] = True
        found = np.where(is_own.ravel(), descriptor, 0.0) @ folded_weights(weights)
        expected = fold_appearance(descriptor, half) @ weights
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10)


@pytest.fixture(scope="module")
def pdm() -> PointDistributionModel:
    return looking_ahead(read_pdm(Path(models_folder(EMBEDDED_PACK)) / "shape.txt", 68))


def one_sided_fit(pdm: PointDistributionModel, seed: int) -> ShapeFit:
    rng = np.random.default_rng(seed)
    parameters = rng.normal(0.0, 0.7, pdm.mode_count) * np.sqrt(pdm.eigenvalues)
    nothing, place = np.zeros(3, np.float32), np.full(2, 300, np.float32)
    return ShapeFit(SCALE_PX_PER_MM, nothing, place, parameters.astype(np.float32), 0)


def composed(landmarks: NDArray[np.float32], half: int) -> NDArray[np.float32]:
    """Return the landmarks of one half and its mirror image about the middle of eyes and nose."""
    is_left = np.isin(np.arange(68), [*range(8), *range(17, 22), 31, 32, *range(36, 42),
                                      48, 49, 50, 58, 59, 60, 61, 67])  # fmt: skip
    kept = np.flatnonzero(is_left == (half == LEFT))
    result = upright(landmarks.astype(np.float64))
    for point in kept:
        x, y = result[point]
        result[MIRROR[point]] = -x, y
    result[MIRROR[np.arange(68)] == np.arange(68), 0] = 0
    return (result + 300).astype(np.float32)


class TestGeometry:
    @pytest.mark.parametrize("half", HALVES)
    def test_it_is_that_of_composed_landmarks(self, half: int, pdm: PointDistributionModel) -> None:
        fold = folding(pdm, half)
        found, expected = [], []
        for seed in range(20):
            fit = one_sided_fit(pdm, seed)
            points = project_shape(pdm, fit)
            own = calc_params(pdm, points)
            residual = upright_residual_mm(pdm, own, points)
            geometry = geometry_descriptor(pdm, own.shape_parameters)
            found.append(fold.fold_geometry(geometry, residual))
            shape = calc_params(pdm, composed(points, half)).shape_parameters
            expected.append(geometry_descriptor(pdm, shape))
        correlation = np.corrcoef(np.ravel(found), np.ravel(expected))[0, 1]
        # The fit turns the head where that explains some of it; the folding is linear.
        assert correlation > 0.97

    @pytest.mark.parametrize("half", HALVES)
    def test_a_median_is_folded_like_the_faces(
        self, half: int, pdm: PointDistributionModel
    ) -> None:
        fold = folding(pdm, half)
        fit = one_sided_fit(pdm, 3)
        shape = fit.shape_parameters * np.float32(0.1)  # turned so little that it is linear
        own = ShapeFit(SCALE_PX_PER_MM, fit.rotation_radians, fit.translation_px, shape, 0)
        geometry = geometry_descriptor(pdm, shape)
        residual = upright_residual_mm(pdm, own, project_shape(pdm, own))
        found, expected = fold.fold_median(geometry), fold.fold_geometry(geometry, residual)
        np.testing.assert_allclose(found, expected, atol=0.005)
        assert np.abs(expected - fold.fold_geometry(geometry, np.zeros(136))).max() > 0.05

    @pytest.mark.parametrize("half", HALVES)
    def test_both_halves_of_a_symmetric_model_mirror_each_other(
        self, half: int, pdm: PointDistributionModel
    ) -> None:
        fold = folding(pdm, half)
        folded = fold.fold_geometry(
            geometry_descriptor(pdm, one_sided_fit(pdm, 1).shape_parameters), np.zeros(136)
        )
        displacement = folded[:204].reshape(3, 68)
        mirrored = displacement[:, MIRROR] * np.array([[-1.0], [1.0], [1.0]])
        np.testing.assert_allclose(mirrored, displacement, atol=0.05)
        np.testing.assert_allclose(fold.geometry_constant, 0.0, atol=1e-4)
