"""Examples are right or wrong as they are made; a training of a few steps makes a file to read."""

from pathlib import Path

import numpy as np
import pytest

from models.training.confidence.examples import (
    Examples,
    empty_examples,
    face_examples,
    packed,
    unpacked,
)
from models.training.landmarks.labels import LabelledFaces
from openface_core.inference import OnnxSettings
from openface_core.landmark_confidence import LandmarkJudge
from openface_core.landmark_confidence.face_crop import standard_face
from openface_core.landmarks import LandmarkResult
from tests.fixtures.faces.shape import synthetic_pdm

torch = pytest.importorskip("torch")
training = pytest.importorskip("models.training.confidence.training")
network = pytest.importorskip("models.training.confidence.network")
steps = pytest.importorskip("models.training.network_training")

PDM = synthetic_pdm()
STANDARD = standard_face(PDM.mean_mm)
SCHEDULE = training.ConfidenceSchedule(
    steps=6, batch=8, warm_up=2, checkpoint_every=3, report_every=3
)


@pytest.fixture(scope="module")
def examples(drawn_faces: LabelledFaces) -> Examples:
    chance = np.random.default_rng(0)
    parts: list[tuple[np.ndarray, bool]] = []
    for image, points in zip(drawn_faces.images, drawn_faces.landmarks, strict=True):
        parts += face_examples(image, points, points + 1, drawn_faces.landmarks, STANDARD, chance)
    return Examples.of(parts)


def test_some_examples_are_right_and_some_are_wrong(examples: Examples) -> None:
    assert examples.crops.shape == (len(examples.is_right), 2, 48, 48)
    assert 0.2 < examples.is_right.mean() < 0.8


def test_crops_survive_in_bytes() -> None:
    chance = np.random.default_rng(1)
    crop = chance.normal(size=(2, 48, 48)).astype(np.float32)
    crop[1] = chance.uniform(0, 2, (48, 48))
    found = unpacked(packed(crop)[None])[0]
    np.testing.assert_allclose(found, np.clip(crop, -4, 4), atol=0.017)


def test_nothing_is_right_where_there_is_no_face(drawn_faces: LabelledFaces) -> None:
    class Sees:
        """A network that sees a face in every other box."""

        calls = 0

        def locate(self, _: np.ndarray, box: np.ndarray) -> LandmarkResult | None:
            self.calls += 1
            if self.calls % 2:
                return None
            size = box[2:] - box[:2]
            return LandmarkResult((STANDARD / 48 * size + box[:2]).astype(np.float32), 0.9)

    models = type("Models", (), {"network": Sees()})()
    picture = np.random.default_rng(2).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    found = list(
        empty_examples(picture, models, drawn_faces.landmarks, STANDARD, np.random.default_rng(3))
    )
    assert len(found) == 12 + 6
    assert not any(is_right for _, is_right in found)


def trained(folder: Path, examples: Examples) -> bytes:
    torch.manual_seed(0)
    trainer = steps.NetworkTrainer(network.ConfidenceNetwork(), SCHEDULE, folder / "checkpoint.pt")
    batches = training.ConfidenceBatches(examples, SCHEDULE.batch, SCHEDULE.steps, 0)
    others = training.HeldOutExamples.of(examples)
    trainer.train(batches, lambda model, batch, _: training.batch_loss(model, batch), others.report)
    calibrated = others.calibrated(trainer.averaged)
    network.export_confidence(calibrated, folder / "validator.onnx", seed=7)
    return (folder / "validator.onnx").read_bytes()


def test_two_trainings_give_one_file_that_can_be_read(tmp_path: Path, examples: Examples) -> None:
    torch.set_num_threads(1)
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    first, second = (trained(folder, examples) for folder in folders)
    assert first == second
    judge = LandmarkJudge(folders[0] / "validator.onnx", PDM.mean_mm, OnnxSettings("cpu"))
    picture = np.random.default_rng(0).integers(0, 256, (150, 170), dtype=np.uint8)
    landmarks = PDM.mean_mm.reshape(3, -1)[:2].T + 70
    assert 0.0 <= judge.confidence(picture, landmarks, np.zeros(3)) <= 1.0


def test_calibration_brings_the_mean_to_the_share_that_is_right(examples: Examples) -> None:
    torch.manual_seed(0)
    others = training.HeldOutExamples.of(examples)
    calibrated = others.calibrated(network.ConfidenceNetwork()).eval()
    with torch.inference_mode():
        found = calibrated(others.crops)
    assert float(found.mean()) == pytest.approx(float(others.is_right.mean()), abs=0.02)
