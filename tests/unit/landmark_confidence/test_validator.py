"""Confidence of landmarks against the twin, and on landmarks that are no face's."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openface_core.landmark_confidence import LandmarkValidationModel, LandmarkValidator
from openface_core.landmark_confidence.piecewise_affine import warp_piecewise
from openface_core.model_files import read_landmark_validator
from tests.fixtures.faces.shape import plausible_shape_parameters, project_face, synthetic_pdm
from tests.fixtures.synthetic_models.validator import (
    synthetic_view,
    synthetic_views,
    write_validator,
)
from tests.twins import landmark_confidence as twin

HEIGHT, WIDTH = 240, 320
CLASSES = 10
FRONT = np.zeros(3)
SCORE_TOLERANCE = 1e-3
GREY_TOLERANCE = 0.02


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> LandmarkValidationModel:
    return read_landmark_validator(write_validator(tmp_path_factory.mktemp("model") / "v.txt"))


@pytest.fixture(scope="module")
def validator(model: LandmarkValidationModel) -> LandmarkValidator:
    return LandmarkValidator(model)


def _frame(seed: int) -> np.ndarray:
    """Return a grey frame with structure that is coarser than a pixel."""
    coarse = np.random.default_rng(seed).integers(0, 256, (HEIGHT // 8, WIDTH // 8))
    return np.kron(coarse, np.ones((8, 8), dtype=np.int64)).astype(np.uint8)


def _face(seed: int, x: float = 160.0, y: float = 115.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    rotation = tuple(rng.uniform(-0.4, 0.4, 3))
    scale = rng.uniform(0.4, 1.0)
    parameters = plausible_shape_parameters(seed)
    return project_face(synthetic_pdm(), scale, rotation, (x, y), parameters)


@pytest.mark.parametrize("seed", range(8))
def test_pixels_equal_the_twins(model: LandmarkValidationModel, seed: int) -> None:
    for view, raw in zip(model.views, synthetic_views(), strict=True):
        pixels = warp_piecewise(view.warp, _frame(seed), _face(seed))
        assert pixels is not None
        difference = np.abs(pixels - twin.warp(raw, _frame(seed), _face(seed)))
        # A rounded position may fall to the other side, which is 1/32 of a grey step.
        assert np.mean(difference > GREY_TOLERANCE) < 0.01
        assert difference.max() < 2 * 255 / 32


@pytest.mark.parametrize("side", [24, 25, 31, 40])
def test_scores_equal_the_twins(tmp_path: Path, side: int) -> None:
    raw = synthetic_view(0.0, side)
    (view,) = read_landmark_validator(write_validator(tmp_path / "v.txt", [raw])).views
    image = np.random.default_rng(side).normal(size=(side, side)).astype(np.float32)
    np.testing.assert_allclose(
        view.network.scores(image),
        twin.network_scores(raw, image.astype(np.float64)),
        atol=SCORE_TOLERANCE,
        rtol=SCORE_TOLERANCE,
    )


def test_confidence_equals_the_twins(validator: LandmarkValidator) -> None:
    views = synthetic_views()
    found, expected = [], []
    for seed in range(40):
        euler = np.random.default_rng(seed).uniform(-0.8, 0.8, 3)
        frame, face = _frame(seed), _face(seed)
        found.append(validator.confidence(frame, face, euler))
        expected.append(twin.confidence(views, frame, face, euler))
    assert len(set(expected)) > 3
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_confidence_is_the_centre_of_a_class(validator: LandmarkValidator) -> None:
    found = {validator.confidence(_frame(s), _face(s), FRONT) for s in range(20)}
    centres = (np.arange(CLASSES) + 0.5) / CLASSES
    assert all(np.abs(centres - value).min() < 1e-12 for value in found)


@pytest.mark.parametrize(("turn", "index"), [(0.0, 0), (-0.34, 0), (-0.36, 1), (0.36, 2), (9.0, 2)])
def test_nearest_view_is_chosen(validator: LandmarkValidator, turn: float, index: int) -> None:
    assert validator.view(np.array([0.1, turn, -0.1])) is validator.model.views[index]


def test_floating_frame_gives_the_same(validator: LandmarkValidator) -> None:
    for seed in range(5):
        frame = _frame(seed)
        assert validator.confidence(frame, _face(seed), FRONT) == validator.confidence(
            frame.astype(np.float32), _face(seed), FRONT
        )


def test_part_of_a_larger_array_gives_the_same(validator: LandmarkValidator) -> None:
    frame = _frame(3)
    larger = np.zeros((HEIGHT + 9, WIDTH + 7), dtype=np.uint8)
    larger[4 : 4 + HEIGHT, 5 : 5 + WIDTH] = frame
    part = larger[4 : 4 + HEIGHT, 5 : 5 + WIDTH]
    assert validator.confidence(part, _face(3), FRONT) == validator.confidence(
        frame, _face(3), FRONT
    )


def test_calls_and_threads_do_not_influence_each_other(validator: LandmarkValidator) -> None:
    def confidence(seed: int) -> float:
        return validator.confidence(_frame(seed), _face(seed), FRONT)

    alone = [confidence(seed) for seed in range(24)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(confidence, range(24))) == alone


# --------------------------------------------------------------------------- the frame's border


def _pixels(model: LandmarkValidationModel, frame: np.ndarray, face: np.ndarray) -> np.ndarray:
    pixels = warp_piecewise(model.views[0].warp, frame, face)
    assert pixels is not None
    return pixels


@pytest.mark.parametrize(
    ("x", "y"), [(10.0, 115.0), (310.0, 115.0), (160.0, 10.0), (160.0, 230.0), (4.0, 4.0)]
)
def test_outside_of_the_frame_is_black(model: LandmarkValidationModel, x: float, y: float) -> None:
    face = _face(1, x, y)
    padded = np.zeros((HEIGHT + 400, WIDTH + 400), dtype=np.uint8)
    padded[200 : 200 + HEIGHT, 200 : 200 + WIDTH] = _frame(1)
    # OpenFace leaves out the frame's last column and row where the face reaches them.
    padded[200 + HEIGHT - 1] = padded[:, 200 + WIDTH - 1] = 0
    frame = padded[200 : 200 + HEIGHT, 200 : 200 + WIDTH]
    difference = np.abs(_pixels(model, frame, face) - _pixels(model, padded, face + 200.0))
    # Positions are float32: 200 px further on, a few round to the other 1/32 pixel.
    assert np.mean(difference > GREY_TOLERANCE) < 0.02


def test_last_column_and_row_count_as_black(model: LandmarkValidationModel) -> None:
    white = np.full((HEIGHT, WIDTH), 255, dtype=np.uint8)
    face = _face(2)
    face += (WIDTH - 1, HEIGHT - 1) - face.max(axis=0)
    with_border, without = white.copy(), white.copy()
    without[-1] = without[:, -1] = 0
    np.testing.assert_array_equal(_pixels(model, with_border, face), _pixels(model, without, face))


@pytest.mark.parametrize("shift", [(-400, 0), (400, 0), (0, -400), (0, 400), (1e9, 1e9)])
def test_face_outside_of_the_frame_has_no_confidence(
    validator: LandmarkValidator, shift: tuple[float, float]
) -> None:
    assert validator.confidence(_frame(0), _face(0) + np.array(shift, np.float32), FRONT) == 0.0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e300])
def test_landmark_that_is_not_finite_gives_no_confidence(
    validator: LandmarkValidator, value: float
) -> None:
    face = _face(0).astype(np.float64)
    face[30, 1] = value
    assert validator.confidence(_frame(0), face, FRONT) == 0.0
    assert validator.confidence(_frame(0), _face(0), np.array([0.0, np.nan, 0.0])) == 0.0


@pytest.mark.parametrize("size", [(0, 0), (0, 5), (1, 1), (1, 400), (2, 2), (3, 3)])
def test_tiny_frames_are_taken(validator: LandmarkValidator, size: tuple[int, int]) -> None:
    found = validator.confidence(np.zeros(size, dtype=np.uint8), _face(0), FRONT)
    assert 0.0 <= found <= 1.0


_points = st.floats(allow_nan=False, allow_infinity=False, width=32) | st.floats(-50, 400, width=32)


@settings(max_examples=80, deadline=None)
@given(st.lists(_points, min_size=1, max_size=12), st.floats(-7, 7), st.booleans())
def test_no_landmarks_cause_an_error(
    validator: LandmarkValidator, values: list[float], turn: float, as_float: bool
) -> None:
    face = np.resize(np.array(values, dtype=np.float32), (68, 2))
    frame = _frame(0).astype(np.float32) if as_float else _frame(0).astype(np.uint8)
    found = validator.confidence(frame, face, np.array([0.0, turn, 0.0]))
    assert 0.0 <= found <= 1.0


@pytest.mark.parametrize(
    ("frame", "landmarks", "euler"),
    [
        (np.zeros((9, 9, 3), np.uint8), np.zeros((68, 2), np.float32), FRONT),
        (np.zeros((9, 9)), np.zeros((68, 2), np.float32), FRONT),
        (np.zeros((9, 9), np.uint8), np.zeros((66, 2), np.float32), FRONT),
        (np.zeros((9, 9), np.uint8), np.zeros(136, np.float32), FRONT),
        (np.zeros((9, 9), np.uint8), np.zeros((68, 2), np.float32), np.zeros(4)),
    ],
)
def test_other_forms_are_refused(
    validator: LandmarkValidator, frame: np.ndarray, landmarks: np.ndarray, euler: np.ndarray
) -> None:
    with pytest.raises(ValueError, match="expected, found"):
        validator.confidence(frame, landmarks, euler)
