from pathlib import Path

import numpy as np
import pytest

from openface_core.detection import DetectionSettings, MtcnnDetector
from openface_core.detection.mtcnn import Convolution, Dense, LayeredNetwork, MtcnnNetworks
from openface_core.model_files import read_mtcnn
from tests.fixtures.synthetic_models.mtcnn import write_mtcnn


def bright_networks() -> MtcnnNetworks:
    """Networks that see a face wherever the middle of what they see is bright."""

    def network(side: int, answers: int, gain: float, bias: float) -> LayeredNetwork:
        weights = np.zeros((answers, 3 * side * side), dtype=np.float32)
        planes = np.zeros((3, side, side), dtype=np.float32)
        planes[:, side // 4 : -side // 4, side // 4 : -side // 4] = 1.0
        weights[1] = gain * planes.ravel() / planes.sum()
        biases = np.zeros(answers, dtype=np.float32)
        biases[0] = bias
        return LayeredNetwork([Dense(weights, biases)])

    # The first network is convolutional: its weights are a kernel that sees 12 x 12 px.
    dense = network(12, 6, 8.0, 5.0).layers[0]
    assert isinstance(dense, Dense)
    kernel = dense.weights.reshape(6, 3, 12, 12)
    proposal = LayeredNetwork([Convolution(kernel, dense.biases)])
    return MtcnnNetworks(proposal, network(24, 6, 8.0, 5.0), network(48, 16, 8.0, 5.0))


def frame_with_squares() -> np.ndarray:
    frame = np.zeros((240, 320, 3), dtype=np.uint8)
    frame[40:120, 60:140] = 255
    frame[100:220, 180:300] = 255
    return frame


def test_bright_squares_are_found_once_each_or_are_too_small() -> None:
    found = MtcnnDetector(bright_networks()).detect(frame_with_squares())
    centres = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
    for centre in ((100, 80), (240, 160)):
        assert (np.abs(centres - centre).max(axis=1) < 45).any()
    assert found.landmark_boxes is not None
    assert found.landmark_boxes.shape == found.boxes.shape
    assert (np.diff(found.scores) <= 0).all()
    first = MtcnnDetector(bright_networks(), DetectionSettings(max_faces=1))
    assert first.detect(frame_with_squares()).scores.tolist() == found.scores[:1].tolist()
    none = MtcnnDetector(bright_networks(), DetectionSettings(min_face_px=1000.0))
    assert len(none.detect(frame_with_squares())) == 0


@pytest.mark.parametrize("size", [(1, 1), (12, 12), (59, 400), (61, 60), (600, 70)])
def test_frames_of_any_size_are_taken(tmp_path: Path, size: tuple[int, int]) -> None:
    detector = MtcnnDetector(read_mtcnn(write_mtcnn(tmp_path)))
    frame = np.random.default_rng(1).integers(0, 256, (*size, 3), dtype=np.uint8)
    found = detector.detect(frame)
    assert found.boxes.shape == (len(found), 4)
    assert np.isfinite(found.boxes).all()
    again = detector.detect(frame)
    np.testing.assert_array_equal(again.boxes, found.boxes)


def test_what_is_no_frame_is_refused() -> None:
    detector = MtcnnDetector(bright_networks())
    with pytest.raises(ValueError, match="H x W x 3"):
        detector.detect(np.zeros((5, 5), dtype=np.uint8))
    with pytest.raises(ValueError, match="no pixels"):
        detector.detect(np.zeros((0, 5, 3), dtype=np.uint8))


def test_networks_must_answer_with_enough_numbers() -> None:
    networks = bright_networks()
    few = Dense(np.zeros((5, 3 * 24 * 24), np.float32), np.zeros(5, np.float32))
    with pytest.raises(ValueError, match="5 x 1 x 1 numbers of 24 x 24 px"):
        MtcnnNetworks(networks.proposal, LayeredNetwork([few]), networks.last)
