"""Whoever looks at a part of a picture asks for all of it that is read.

Pixels that nobody asked for are noise here: each test compares with the whole picture, for faces in
its middle, at its border and beyond it, rolled and of many sizes.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from openface_core.alignment import FaceAligner, warp_affine
from openface_core.face_tracking.scene_cuts import _thumbnail
from openface_core.landmark_confidence import LandmarkValidator
from openface_core.landmark_confidence.face_crop import (
    CHANNELS,
    CROP_PX,
    box_of_crop,
    cut_face,
    standard_face,
)
from openface_core.landmark_confidence.piecewise_affine import warp_piecewise
from openface_core.landmarks.crop import CropSquare, cut_square
from openface_core.model_files import read_landmark_validator
from openface_core.partial_pictures import pixels_within
from openface_core.refinement import FaceRefiner, RefinementSettings
from openface_core.refinement.grey import grey_from_bgr
from openface_core.refinement.landmark_model import FaceLandmarkModel
from openface_core.refinement.own_frame import OwnFrame, PictureFrame
from openface_core.refinement.rolled_frame import RolledFrame
from openface_core.shape import ShapeFit, calc_params
from openface_core.shape.rolled import fit_at_any_roll
from openface_core.shift_averaging import shift_averaged_fhog
from openface_core.surroundings import cut_surroundings
from tests.fixtures.faces.shape import plausible_shape_parameters, project_face, synthetic_pdm
from tests.fixtures.faces.triangles import synthetic_triangles
from tests.fixtures.noisy_pictures import NoisyPicture
from tests.fixtures.synthetic_models.patch_experts import synthetic_landmark_model
from tests.fixtures.synthetic_models.validator import write_validator

PDM = synthetic_pdm()
HEIGHT, WIDTH = 360, 480
SEEDS = range(24)


def image(seed: int) -> np.ndarray:
    """Colours with structure that is coarser than a pixel."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (HEIGHT // 6, WIDTH // 6, 3))
    return np.kron(coarse, np.ones((6, 6, 1), dtype=np.int64)).astype(np.uint8)


def face(seed: int) -> np.ndarray:
    """Landmarks of a face anywhere, half of it beyond the picture at times."""
    rng = np.random.default_rng(seed)
    roll = rng.uniform(-np.pi, np.pi) if seed % 3 == 0 else rng.uniform(-0.5, 0.5)
    rotation = (rng.uniform(-0.3, 0.3), rng.uniform(-0.4, 0.4), roll)
    place = (rng.uniform(-30.0, WIDTH + 30.0), rng.uniform(-30.0, HEIGHT + 30.0))
    scale = float(np.exp(rng.uniform(np.log(0.3), np.log(2.0))))
    return project_face(PDM, scale, rotation, place, plausible_shape_parameters(seed))


def same(look: Callable[[Any], Any], picture: np.ndarray, *, grey: bool = False) -> bool:
    """Whether a part of a picture says what the whole of it does; `look` returns arrays."""
    seen = grey_from_bgr(picture) if grey else picture
    pairs = zip(look(NoisyPicture(seen)), look(seen), strict=True)
    return all(np.array_equal(one, other, equal_nan=True) for one, other in pairs)


@pytest.mark.parametrize("seed", SEEDS)
def test_alignment_and_descriptors(seed: int) -> None:
    aligner = FaceAligner(PDM.mean_mm, synthetic_triangles())
    landmarks = face(seed)
    translation = fit_at_any_roll(PDM, landmarks).translation_px

    def look(picture: Any) -> list[np.ndarray]:
        aligned = aligner.align(picture, landmarks, translation)
        # Another picture: what was asked for before should not help.
        again = NoisyPicture(image(seed)) if isinstance(picture, NoisyPicture) else picture
        features = shift_averaged_fhog(aligner, again, landmarks, aligned)
        return [aligned.image, aligned.matrix, features]

    assert same(look, image(seed))


@pytest.mark.parametrize(
    "matrix",
    [
        [[0.5, 0.1, -20.0], [-0.1, 0.5, 10.0]],
        [[1e-5, 0.0, 3.0], [0.0, 1e-5, 2.0]],
        [[1e-12, 0.0, 3.0], [0.0, 1e-12, 2.0]],
        [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]],
        [[1.0, 2.0, 5.0], [2.0, 4.0, 5.0]],
        [[np.nan, 0.0, 0.0], [0.0, 1.0, 0.0]],
        [[-1.0, 0.0, 1e9], [0.0, 1.0, 0.0]],
    ],
)
def test_any_transform(matrix: list[list[float]]) -> None:
    transform = np.array(matrix, dtype=np.float32)
    assert same(lambda picture: [warp_affine(picture, transform, 112)], image(0))


@pytest.mark.parametrize("seed", SEEDS)
def test_crops_and_surroundings(seed: int) -> None:
    rng = np.random.default_rng(seed)
    angle, side = rng.uniform(-np.pi, np.pi), float(np.exp(rng.uniform(1.5, 7.0)))
    x, y = (float(value) for value in rng.uniform(-100.0, WIDTH + 100.0, 2))
    square = CropSquare(x, y, side, float(np.cos(angle)), float(np.sin(angle)))
    gain, bias = np.ones(3, np.float32), np.zeros(3, np.float32)

    def look(picture: Any) -> list[np.ndarray]:
        out = np.empty((3, 40, 40), dtype=np.float32)
        cut_square(picture, square, gain, bias, False, out)
        return [out]

    def surroundings(picture: Any) -> list[np.ndarray]:
        return [cut_surroundings(picture, int(x), int(y), int(side), int(side / 2) + 1)]

    assert same(look, image(seed))
    assert same(surroundings, image(seed))


@pytest.mark.parametrize("kind", [PictureFrame, OwnFrame, RolledFrame])
@pytest.mark.parametrize("seed", SEEDS)
def test_patch_experts(kind: Callable[[Any], PictureFrame], seed: int) -> None:
    frame = RolledFrame(OwnFrame(PDM)) if kind is RolledFrame else kind(PDM)
    settings = RefinementSettings(windows_px=(11, 9))
    refiner = FaceRefiner(FaceLandmarkModel(synthetic_landmark_model(), ()), settings, {})
    start = frame.fit(face(seed))
    if not start.is_finite:
        start = ShapeFit(1.0, np.zeros(3, np.float32), np.full(2, 90.0, np.float32),
                         np.zeros(PDM.mode_count, np.float32), 0)  # fmt: skip

    def look(grey: Any) -> list[np.ndarray]:
        found = frame.refine(refiner, grey, start).face
        return [found.landmarks, np.array([found.log_likelihood, found.is_fitted])]

    assert same(look, image(seed), grey=True)


@pytest.fixture(scope="module")
def validator(tmp_path_factory: pytest.TempPathFactory) -> LandmarkValidator:
    path = write_validator(tmp_path_factory.mktemp("model") / "v.txt")
    return LandmarkValidator(read_landmark_validator(path))


@pytest.mark.parametrize("kind", [PictureFrame, OwnFrame])
@pytest.mark.parametrize("seed", SEEDS)
def test_validators(
    validator: LandmarkValidator, kind: Callable[[Any], PictureFrame], seed: int
) -> None:
    landmarks = face(seed)
    rotation = calc_params(PDM, landmarks).rotation_radians

    def look(grey: Any) -> list[np.ndarray]:
        picture, points = kind(PDM).judged_picture(grey, landmarks)
        warped = warp_piecewise(validator.model.views[0].warp, picture, points)
        confidence = validator.confidence(picture, points, rotation)
        return [np.zeros(0) if warped is None else warped, np.array(confidence)]

    assert same(look, image(seed), grey=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_pictures_that_networks_judge_by(seed: int) -> None:
    standard = standard_face(PDM.mean_mm)
    far = np.array([2000.0, 0.0]) if seed % 4 == 0 else np.zeros(2)
    landmarks = np.asarray(face(seed) - far, dtype=np.float32)

    def look(grey: Any) -> list[np.ndarray]:
        out = np.empty((CHANNELS, CROP_PX, CROP_PX), dtype=np.float32)
        box = box_of_crop(landmarks, standard, grey.shape)
        assert cut_face(pixels_within(grey, *box), landmarks, standard, out)
        return [out]

    assert same(look, image(seed), grey=True)


def test_scene_cuts(tmp_path: Path) -> None:
    assert same(lambda picture: [_thumbnail(picture)], image(1))
