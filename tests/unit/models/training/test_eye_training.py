"""A training of a few steps makes a file that the program reads."""

from pathlib import Path

import numpy as np
import pytest

from models.training.eyes.batches import EyeBatches, EyePictures
from openface_core.eyes import EyeNetwork
from openface_core.inference import OnnxSettings
from tests.fixtures.faces.drawn import face_points

torch = pytest.importorskip("torch")
training = pytest.importorskip("models.training.eyes.training")
network = pytest.importorskip("models.training.eyes.network")
export = pytest.importorskip("models.training.eyes.export")
steps = pytest.importorskip("models.training.network_training")

SIZE = network.EyeNetworkSettings((4, 4, 4), 4, 8)
SETTINGS = training.EyeTrainingSettings(
    steps=6, batch=4, warm_up=2, checkpoint_every=3, report_every=3, network=SIZE
)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def trained(folder: Path, eyes: EyePictures) -> bytes:
    """Train, and return the file."""
    torch.manual_seed(0)
    trainer = steps.NetworkTrainer(network.EyeNetwork(SIZE), SETTINGS, folder / "checkpoint.pt")
    trainer.train(
        EyeBatches(eyes, SETTINGS.batch, SETTINGS.steps, 0),
        lambda model, batch, _: training.batch_loss(model, batch, SETTINGS),
        training.HeldOutEyes.of(eyes).report,
    )
    assert trainer.step == SETTINGS.steps
    export.export_eyes(trainer.averaged, folder / "eyes.onnx", seed=7)
    return (folder / "eyes.onnx").read_bytes()


def test_two_trainings_give_one_file_that_can_be_read(
    tmp_path: Path, drawn_eyes: EyePictures
) -> None:
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    first, second = (trained(folder, drawn_eyes) for folder in folders)
    assert first == second
    reader = EyeNetwork(folders[0] / "eyes.onnx", OnnxSettings("cpu"))
    picture = np.random.default_rng(0).integers(0, 256, (150, 170, 3)).astype(np.uint8)
    found = reader.find(picture, face_points((85.0, 75.0), 55.0), 0.8)
    assert found is not None
    assert np.isfinite(found).all()


def test_the_loss_of_a_knowing_network_is_0(drawn_eyes: EyePictures) -> None:
    crops, points = EyeBatches(drawn_eyes, 4, 1, 0)[0]

    class Knowing(torch.nn.Module):  # type: ignore[name-defined]
        def forward(self, _: object) -> object:
            return torch.from_numpy(points)

    loss, parts = training.batch_loss(Knowing(), (crops, points), SETTINGS)
    assert float(loss) == 0.0
    assert parts == {"points_mm": 0.0, "offset_mm": 0.0}


def test_light_changes_little_of_what_the_network_sees() -> None:
    torch.manual_seed(0)
    model = network.EyeNetwork(SIZE).eval()
    crops = torch.rand(2, 1, 48, 48)
    with torch.inference_mode():
        torch.testing.assert_close(model(crops), model(0.5 * crops + 0.3), rtol=0, atol=2e-2)
