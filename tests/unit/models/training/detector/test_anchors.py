"""Anchors and what they shall say, against the code that decodes them."""

import numpy as np

from models.training.detector.anchors import (
    BACKGROUND,
    BEST_ANCHORS,
    FACE,
    IGNORED,
    anchor_squares,
    anchor_targets,
    overlaps,
)
from openface_core.detection.decoding import anchor_count, decode_faces

NO_BOXES = np.zeros((0, 4), np.float32)
NO_POINTS = np.zeros((0, 5, 2), np.float32)


def test_the_detector_decodes_the_targets_to_the_face() -> None:
    height, width = 101, 150  # neither is a multiple of a stride
    box = np.array([[40.0, 20.0, 77.0, 69.0]], np.float32)
    points = np.linspace(42, 66, 10, dtype=np.float32).reshape(1, 5, 2)
    squares = anchor_squares(height, width)
    assert len(squares) == anchor_count(height, width)
    targets = anchor_targets(squares, box, points, NO_BOXES)
    is_face = (targets.labels == FACE).astype(np.float32)
    faces = np.empty((len(squares), 15), np.float32)
    count = decode_faces(
        targets.boxes, np.stack([1 - is_face, is_face], 1), targets.points,
        height, width, 0.5, faces,
    )  # fmt: skip
    assert count == is_face.sum() >= BEST_ANCHORS
    np.testing.assert_allclose(faces[:count, :4] - box, 0, atol=1e-3)
    np.testing.assert_allclose(faces[:count, 5:] - points.reshape(1, 10), 0, atol=1e-3)


def test_each_face_has_anchors_even_beside_a_larger_one() -> None:
    boxes = np.array([[10, 10, 90, 100], [50, 60, 62, 75]], np.float32)
    squares = anchor_squares(128, 128)
    targets = anchor_targets(squares, boxes, np.zeros((2, 5, 2), np.float32), NO_BOXES)
    sides = squares[targets.labels == FACE, 2] * np.exp(
        0.2 * targets.boxes[targets.labels == FACE, 2]
    )
    np.testing.assert_allclose(np.unique(sides.round()), [12, 80])


def test_anchors_in_ignored_boxes_are_ignored_and_others_are_background() -> None:
    ignored = np.array([[0, 0, 64, 64]], np.float32)
    squares = anchor_squares(128, 128)
    labels = anchor_targets(squares, NO_BOXES, NO_POINTS, ignored).labels
    _, cover = overlaps(squares, ignored)
    assert (labels[cover[:, 0] > 0.5] == IGNORED).all()
    assert (labels[cover[:, 0] == 0] == BACKGROUND).all()
    assert not (labels == FACE).any()


def test_overlaps_of_an_anchor_and_boxes() -> None:
    square = np.array([[8, 8, 16]], np.float32)
    boxes = np.array([[0, 0, 16, 16], [0, 0, 8, 16], [16, 0, 32, 16]], np.float32)
    iou, cover = overlaps(square, boxes)
    np.testing.assert_allclose(iou, [[1, 0.5, 0]])
    np.testing.assert_allclose(cover, [[1, 0.5, 0]])
