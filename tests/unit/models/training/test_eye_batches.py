"""Crops of eyes: made of seed and number alone, and their points are where the picture has them."""

import cv2
import numpy as np
import pytest

from models.training.eyes.batches import (
    EyeBatches,
    EyePictures,
    as_input,
    cut_eye,
    mapped,
    to_crop,
    undistorted,
)
from openface_core.eyes.eye_network import eye_tensor
from openface_core.eyes.eye_square import eye_squares

GREY_TOLERANCE = 0.06
"""Between the training's way of shrinking a crop and the program's, at the edges of a drawing."""


def test_a_batch_depends_on_its_number_only(drawn_eyes: EyePictures) -> None:
    batches = EyeBatches(drawn_eyes, 8, 10, seed=3)
    batches[1]
    for first, second in zip(batches[4], EyeBatches(drawn_eyes, 8, 5, seed=3)[4], strict=True):
        np.testing.assert_array_equal(first, second)
    assert not np.array_equal(batches[0][0], batches[1][0])
    assert len(batches) == 10
    with pytest.raises(IndexError):
        batches[10]


def test_crops_are_of_the_network_s_size(drawn_eyes: EyePictures) -> None:
    crops, points = EyeBatches(drawn_eyes, 8, 1, seed=0)[0]
    assert crops.shape == (8, 48, 48)
    assert points.shape == (8, 28, 2)
    assert np.abs(points).max() < 0.8


def test_the_training_sees_what_the_program_sees(drawn_eyes: EyePictures) -> None:
    picture = drawn_eyes.images[0]
    squares = (drawn_eyes.squares[0], drawn_eyes.squares[1])
    expected = eye_tensor(picture, squares)
    for eye, square in enumerate(squares):
        transform = to_crop(square, undistorted(), is_right=eye == 1)
        crop = as_input(cut_eye(picture, transform, cv2.BORDER_CONSTANT))
        assert np.abs(crop / 255.0 - expected[eye, 0]).mean() < GREY_TOLERANCE / 4
        assert np.corrcoef(crop.ravel(), expected[eye, 0].ravel())[0, 1] > 1 - GREY_TOLERANCE


def test_points_follow_the_crop() -> None:
    landmarks = np.zeros((68, 2), dtype=np.float32)
    landmarks[36:42], landmarks[42:48] = (40.0, 60.0), (80.0, 60.0)
    square = eye_squares(landmarks, 0.5)[1]
    at_middle = mapped(np.array([[80.0, 60.0]]), to_crop(square, undistorted(), True))
    np.testing.assert_allclose(at_middle, 0.0, atol=1e-6)
    right_of_it = mapped(
        np.array([[80.0 + square.side_px / 2, 60.0]]), to_crop(square, undistorted(), True)
    )
    np.testing.assert_allclose(right_of_it, [[-0.5, 0.0]], atol=1e-6)
