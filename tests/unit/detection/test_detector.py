"""The detector as a whole, with a network whose answer is known."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from openface_core.detection import (
    DetectionSettings,
    FaceDetections,
    RetinaFaceDetector,
    select_face,
)
from openface_core.detection.decoding import anchor_count
from openface_core.errors import ConfigError, ModelFileError
from openface_core.inference import OnnxSettings
from tests.fixtures.synthetic_models.networks import retinaface_network

CPU = OnnxSettings("cpu")
NEUTRAL = (0.0, 0.0, 0.0, 0.0)
POINTS = tuple(float(v) for v in range(-5, 5))
PLACE_TOLERANCE_PX = 1e-3


def anchor_index(height: int, width: int, level: int, row: int, column: int, side: int) -> int:
    counts = [(-(-height // s), -(-width // s)) for s in (8, 16, 32)]
    before = sum(2 * h * w for h, w in counts[:level])
    return before + 2 * (row * counts[level][1] + column) + side


def detector(
    path: Path, size: tuple[int, int], faces: Mapping[int, Sequence[Any]], **settings: Any
) -> RetinaFaceDetector:
    anchors = {index: tuple(face) for index, face in faces.items()}
    retinaface_network(path / "net.onnx", anchors, anchor_count(*size))
    return RetinaFaceDetector(path / "net.onnx", DetectionSettings(**settings), CPU)


def black(height: int, width: int) -> np.ndarray:
    return np.zeros((height, width, 3), dtype=np.uint8)


def test_a_face_is_where_its_anchor_is(tmp_path: Path) -> None:
    index = anchor_index(96, 128, 1, 2, 3, 1)
    found = detector(tmp_path, (96, 128), {index: (0.9, NEUTRAL, POINTS)}).detect(black(96, 128))
    np.testing.assert_allclose(found.boxes, [[56 - 64, 40 - 64, 56 + 64, 40 + 64]])
    np.testing.assert_allclose(found.scores, [0.9])
    expected = np.array([56, 40]) + 12.8 * np.array(POINTS).reshape(5, 2)
    np.testing.assert_allclose(found.five_points[0], expected, atol=PLACE_TOLERANCE_PX)
    arrays = (found.boxes, found.scores, found.five_points)
    assert [a.dtype for a in arrays] == [np.float32] * 3


def test_results_of_a_shrunken_frame_are_in_pixels_of_the_frame(tmp_path: Path) -> None:
    index = anchor_index(96, 128, 1, 2, 3, 0)
    shrinking = detector(tmp_path, (96, 128), {index: (0.9, NEUTRAL, POINTS)}, max_side_px=128)
    found = shrinking.detect(black(288, 384))
    # Pixel edges scale by 3; pixel centres lie half a pixel off them.
    edges = np.array([24.5, 8.5, 88.5, 72.5]) * 3 - 0.5
    np.testing.assert_allclose(found.boxes[0], edges, atol=PLACE_TOLERANCE_PX)
    points = (np.array([56, 40]) + 6.4 * np.array(POINTS).reshape(5, 2) + 0.5) * 3 - 0.5
    np.testing.assert_allclose(found.five_points[0], points, atol=PLACE_TOLERANCE_PX)


def test_faces_are_sorted_thresholded_and_limited(tmp_path: Path) -> None:
    faces = {
        anchor_index(96, 128, 0, 1, 1, 0): (0.6, NEUTRAL, POINTS),
        anchor_index(96, 128, 0, 1, 9, 1): (0.9, NEUTRAL, POINTS),
        anchor_index(96, 128, 0, 9, 1, 0): (0.7, NEUTRAL, POINTS),
        anchor_index(96, 128, 0, 9, 2, 0): (0.65, NEUTRAL, POINTS),  # overlaps
        anchor_index(96, 128, 0, 9, 9, 0): (0.49, NEUTRAL, POINTS),
    }
    size, frame = (96, 128), black(96, 128)
    tops = detector(tmp_path, size, faces, nms_iou=0.3).detect(frame).scores
    np.testing.assert_allclose(tops, [0.9, 0.7, 0.6])
    more = detector(tmp_path, size, faces, nms_iou=0.4).detect(frame)
    np.testing.assert_allclose(more.scores, [0.9, 0.7, 0.65, 0.6])
    few = detector(tmp_path, size, faces, max_faces=2).detect(frame)
    np.testing.assert_allclose(few.scores, [0.9, 0.7])
    large = detector(tmp_path, size, faces, min_face_px=20).detect(frame)
    np.testing.assert_allclose(large.scores, [0.9])


def test_a_frame_without_a_face_gives_empty_arrays(tmp_path: Path) -> None:
    found = detector(tmp_path, (96, 128), {}).detect(black(96, 128))
    assert len(found) == 0
    assert found.boxes.shape == (0, 4)
    assert found.five_points.shape == (0, 5, 2)
    assert select_face(found) is None


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (1, 200), (31, 33)])
def test_tiny_frames_are_no_trouble(tmp_path: Path, size: tuple[int, int]) -> None:
    found = detector(tmp_path, size, {0: (0.9, NEUTRAL, POINTS)}).detect(black(*size))
    np.testing.assert_allclose(found.boxes, [[-4, -4, 12, 12]])


def test_a_very_long_frame_keeps_at_least_one_pixel(tmp_path: Path) -> None:
    found = detector(tmp_path, (1, 16), {}, max_side_px=16).detect(black(1, 4000))
    assert len(found) == 0


def test_the_widest_face_is_selected() -> None:
    boxes = np.array([[0, 0, 10, 99], [5, 5, 25, 10], [0, 0, 20, 20]], dtype=np.float32)
    scores = np.array([0.9, 0.8, 0.7], dtype=np.float32)
    found = FaceDetections(boxes, scores, np.zeros((3, 5, 2), dtype=np.float32))
    assert select_face(found) == 1


def test_a_wide_box_of_a_low_score_does_not_win() -> None:
    boxes = np.array([[0, 0, 10, 10], [0, 0, 30, 30], [0, 0, 15, 15]], dtype=np.float32)
    points = np.zeros((3, 5, 2), dtype=np.float32)
    beside = FaceDetections(boxes, np.array([0.99, 0.6, 0.75], dtype=np.float32), points)
    assert select_face(beside) == 2
    alone = FaceDetections(boxes[1:2], np.array([0.6], dtype=np.float32), points[:1])
    assert select_face(alone) == 0


def test_another_kind_of_retinaface_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="expected 504 anchors, found"):
        detector(tmp_path, (64, 64), {}).detect(black(96, 128))


def test_arrays_that_are_no_picture_are_refused(tmp_path: Path) -> None:
    found = detector(tmp_path, (96, 128), {})
    arrays: tuple[NDArray[Any], ...] = (
        np.zeros((4, 4)),
        np.zeros((4, 4, 3)),
        np.zeros((0, 4, 3), dtype=np.uint8),
    )
    for bad in arrays:
        with pytest.raises(ValueError, match="image"):
            found.detect(bad)


@pytest.mark.parametrize(
    "settings",
    [
        {"score_threshold": 0.0},
        {"score_threshold": float("nan")},
        {"nms_iou": 1.1},
        {"max_side_px": 8},
        {"min_face_px": -1.0},
        {"max_faces": 0},
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(settings))):
        DetectionSettings(**settings)


def test_a_network_without_numbers_is_named(tmp_path: Path) -> None:
    nothing = {k: (np.nan, NEUTRAL, POINTS) for k in range(anchor_count(32, 32))}
    with pytest.raises(ModelFileError, match="gives no numbers"):
        detector(tmp_path, (32, 32), nothing).detect(black(32, 32))
