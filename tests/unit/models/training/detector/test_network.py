"""The network: its anchors, its file, its losses, and that it learns and goes on learning."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from models.training.detector import training as training_module
from models.training.detector.anchors import FACE, anchor_squares, anchor_targets
from models.training.detector.batches import LabelledSet
from models.training.detector.export import export_detector
from models.training.detector.losses import detector_losses, distance_iou_loss
from models.training.detector.network import DetectorShape, FaceDetectorNetwork
from models.training.detector.training import Schedule, Training
from models.training.detector.views import Views
from models.training.photographs import Photograph
from openface_core.detection import DetectionSettings, RetinaFaceDetector
from openface_core.detection.decoding import anchor_count
from openface_core.inference import OnnxSettings


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Let tiny operations not wait for a second thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


TINY = DetectorShape(4, 4, 8, 8, 8, 0, 0, 0, 8, 1)


def test_the_network_has_the_detectors_anchors() -> None:
    network = FaceDetectorNetwork(TINY).eval()
    for height, width in ((64, 64), (101, 75), (33, 200)):
        logits, boxes, points = network(torch.zeros(2, 3, height, width))
        n = anchor_count(height, width)
        assert logits.shape == (2, n)
        assert boxes.shape == (2, n, 4)
        assert points.shape == (2, n, 10)


def test_the_file_is_read_by_the_detector(tmp_path: Path) -> None:
    torch.manual_seed(0)
    path = export_detector(FaceDetectorNetwork(TINY), tmp_path / "detector.onnx", (0.2, 0.0, -0.2))
    settings = DetectionSettings(score_threshold=0.9)
    detector = RetinaFaceDetector(path, settings, OnnxSettings("cpu"))
    assert len(detector.detect(np.full((75, 101, 3), 120, np.uint8))) == 0


def test_the_distance_iou_loss_of_known_boxes() -> None:
    """Anchor side 1: an equal box; a box beside it; a box of half the width."""
    boxes = torch.tensor([[0.0, 0, 0, 0], [10.0, 0, 0, 0], [0.0, 0, np.log(0.5) / 0.2, 0]])
    loss = distance_iou_loss(boxes, torch.zeros(3, 4))
    np.testing.assert_allclose(loss.numpy(), [0, 1 + 1 / 5, 0.5], atol=1e-6)


def test_what_is_right_costs_little_and_what_is_ignored_nothing() -> None:
    squares = anchor_squares(64, 64)
    box = np.array([[16, 16, 48, 50]], np.float32)
    targets = anchor_targets(squares, box, np.full((1, 5, 2), 30, np.float32), box[:0])
    labels, boxes, points = (
        torch.from_numpy(values)[None] for values in (targets.labels, targets.boxes, targets.points)
    )
    sure = torch.where(labels == FACE, 9.0, -9.0)
    right = detector_losses(sure, boxes, points, labels, boxes, points)
    wrong = detector_losses(-sure, boxes + 3, points + 3, labels, boxes, points)
    assert float(right.total) < 1e-3
    assert min(float(wrong.score), float(wrong.box), float(wrong.points)) > 0.2
    nothing = detector_losses(-sure, boxes, points, torch.full_like(labels, -1), boxes, points)
    assert float(nothing.total) == 0.0


def test_a_training_that_was_stopped_goes_on(
    photographs: list[np.ndarray], views: Views, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures = []
    for number, picture in enumerate(photographs):
        path = tmp_path / f"{number}.png"
        cv2.imwrite(str(path), picture)
        pictures.append(Photograph("synthetic", str(number), path, None))
    sets = (LabelledSet(tuple(pictures), views, 1.0),)
    monkeypatch.setattr("models.training.detector.batches._SIZES", ((96, 2, 1.0),))
    monkeypatch.setattr("models.training.detector.batches._HELD_OUT_EVERY", 2)
    monkeypatch.setattr(training_module, "_HELD_OUT_CANVASES", 1)
    monkeypatch.setattr(training_module, "_CALIBRATION_CANVASES", 1)
    monkeypatch.setattr(training_module, "_CANVAS_SIDE_PX", 96)
    monkeypatch.setattr(training_module, "FaceDetectorNetwork", lambda: FaceDetectorNetwork(TINY))
    checkpoint = tmp_path / "checkpoint.pt"

    asked: list[int] = []

    def taught(_: object) -> Any:
        asked.append(1)
        return photographs

    def trained(steps: int) -> np.ndarray:
        network = (
            Training(
                sets,
                Schedule(steps, mistakes_from=3, warm_up=2),
                checkpoint,
                0,
                taught,
            )
            .run()
            .network
        )
        return network.outputs[0].weight.detach().numpy().copy()

    first = trained(2)
    np.testing.assert_array_equal(trained(2), first)  # finished: nothing is left to do
    assert not np.array_equal(trained(4), first)
    assert torch.load(checkpoint, weights_only=True)["step"] == 4
    assert asked == [1]  # for mistakes, after the third step
