"""A training of a few steps: it learns, goes on where it stopped, and its file can be used."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from models.training.landmarks.labels import LabelledFaces
from openface_core.inference import OnnxSettings
from openface_core.landmarks import LandmarkNetwork, load_landmark_spec
from tests.fixtures.places import REPOSITORY

if TYPE_CHECKING:
    from torch import Tensor

torch = pytest.importorskip("torch")
training = pytest.importorskip("models.training.landmarks.training")
network = pytest.importorskip("models.training.landmarks.network")
export = pytest.importorskip("models.training.landmarks.export")
network_file = pytest.importorskip("models.training.network_file")

SETTINGS = training.LandmarkTrainingSettings(
    steps=6,
    batch=4,
    warm_up=2,
    checkpoint_every=3,
    report_every=3,
    network=network.NetworkSettings((8, 8, 8, 8), (1, 1, 1), 8, 8),
)
SPEC = REPOSITORY / "models" / "landmark_specs" / "embedded68.toml"


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


def test_the_rate_warms_up_and_falls() -> None:
    settings = replace(SETTINGS, steps=100, warm_up=10)
    rates = [settings.rate(step) for step in range(101)]
    assert np.argmax(rates) in (9, 10)
    assert max(rates) == settings.peak_rate
    assert rates[0] == pytest.approx(settings.peak_rate / 10)
    assert rates[100] == pytest.approx(settings.last_rate)
    assert (np.diff(rates[10:]) < 0.0).all()


def test_a_training_goes_on_where_it_was_stopped(
    tmp_path: Path, drawn_faces: LabelledFaces
) -> None:
    held_out = training.HeldOutFaces.of(drawn_faces)
    whole = training.Trainer(SETTINGS, 1, tmp_path / "whole.pt")
    whole.run(drawn_faces, held_out)
    assert whole.step == SETTINGS.steps

    class Killed(Exception):
        pass

    first = training.Trainer(SETTINGS, 1, tmp_path / "parts.pt")
    average = first._average

    def killed_in_the_fifth_step() -> None:
        if first.step == 4:
            raise Killed
        average()

    first._average = killed_in_the_fifth_step
    with pytest.raises(Killed):
        first.run(drawn_faces, held_out)
    second = training.Trainer(SETTINGS, 1, tmp_path / "parts.pt")
    assert second.step == 3
    second.run(drawn_faces, held_out)
    for name, value in whole.averaged.state_dict().items():
        torch.testing.assert_close(second.averaged.state_dict()[name], value, msg=name)


def test_a_checkpoint_of_something_else_is_not_gone_on_from(
    tmp_path: Path, drawn_faces: LabelledFaces, capsys: pytest.CaptureFixture[str]
) -> None:
    held_out, path = training.HeldOutFaces.of(drawn_faces), tmp_path / "checkpoint.pt"
    training.Trainer(SETTINGS, 1, path, origin="seed 1").run(drawn_faces, held_out)
    assert training.Trainer(SETTINGS, 1, path, origin="seed 1").step == SETTINGS.steps
    assert "made anew" not in capsys.readouterr().err
    assert training.Trainer(SETTINGS, 2, path, origin="seed 2").step == 0
    assert f"{path}: made from other photographs, models or seeds" in capsys.readouterr().err


def test_held_out_faces_are_measured_against_the_distance_of_the_eyes(
    drawn_faces: LabelledFaces,
) -> None:
    held_out = training.HeldOutFaces.of(drawn_faces)

    class Knowing(torch.nn.Module):  # type: ignore[name-defined]
        """Heat maps with nearly all density where the points are."""

        def forward(self, crops: "Tensor") -> tuple["Tensor", "Tensor"]:
            rows = [int((held_out.crops == crop).all(dim=(1, 2, 3)).nonzero()[0]) for crop in crops]
            centres = (torch.arange(28) + 0.5) * 4.0 - 0.5
            points = torch.from_numpy(held_out.points[rows]).float()
            x = (centres - points[..., :1]).square()
            y = (centres - points[..., 1:]).square()
            return -(y[..., :, None] + x[..., None, :]) / 32.0, torch.zeros(len(rows), 1)

    assert held_out.error(Knowing()) < 0.005


def test_the_exported_file_is_the_network(tmp_path: Path) -> None:
    torch.manual_seed(0)
    model = network.LandmarkHeatMaps(SETTINGS.network)
    paths = tmp_path / "new" / "landmarks.onnx", tmp_path / "again.onnx"
    for path in paths:
        export.export_landmarks(model, path, seed=7)
    assert paths[0].read_bytes() == paths[1].read_bytes()

    onnx = pytest.importorskip("onnx")
    properties = {entry.key: entry.value for entry in onnx.load(paths[0]).metadata_props}
    assert properties["seed"] == "7"
    assert "research" in properties["licence"]

    spec = load_landmark_spec(SPEC)
    assert spec.model == "landmarks.onnx"
    reader = LandmarkNetwork(spec, paths[0], OnnxSettings("cpu"))
    image = np.random.default_rng(0).integers(0, 256, (60, 50, 3)).astype(np.uint8)
    found = reader.locate(image, np.array([10.0, 5.0, 40.0, 50.0], dtype=np.float32))
    assert found is None or found.landmarks.shape == (68, 2)


def test_a_file_that_differs_from_the_network_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network_file, "_GREATEST_DIFFERENCE", -1.0)
    model = network.LandmarkHeatMaps(SETTINGS.network)
    with pytest.raises(RuntimeError, match="differs"):
        export.export_landmarks(model, tmp_path / "landmarks.onnx", seed=0)
    assert not (tmp_path / "landmarks.onnx").exists()
