"""Which models are trained, in which order, and what is said where something is missing."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from models.training import command_line
from models.training.settings import TrainingFolders, TrainingSettings
from openface_core.errors import OutputError

Call = tuple[str, TrainingFolders, TrainingSettings]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """Every training replaced by one that only notes that it was called."""
    made: list[Call] = []
    for model, (package, function) in command_line.MODELS.items():
        module = ModuleType(package)

        def train(folders: TrainingFolders, settings: TrainingSettings, model: str = model) -> None:
            made.append((model, folders, settings))

        setattr(module, function, train)
        monkeypatch.setitem(sys.modules, package, module)
    return made


def arguments(folder: Path, *more: str) -> list[str]:
    names = ("reference", "work", "output")
    return [*(word for name in names for word in (f"--{name}", str(folder / name))), *more]


def test_all_models_are_trained_in_their_order(tmp_path: Path, calls: list[Call]) -> None:
    assert command_line.main(arguments(tmp_path, "--threads", "2", "--seed", "5")) == 0
    assert [model for model, _, _ in calls] == [
        "detector",
        "landmarks",
        "shape",
        "patch_experts",
        "stiffness",
        "head_turns",
        "eyes",
        "confidence",
        "action_units",
    ]
    _, folders, settings = calls[0]
    assert folders.faces == tmp_path / "reference" / "faces"
    assert settings == TrainingSettings(threads=2, seed=5)


def test_named_models_are_trained_in_the_order_of_all(tmp_path: Path, calls: list[Call]) -> None:
    assert command_line.main(arguments(tmp_path, "shape", "detector")) == 0
    assert [model for model, _, _ in calls] == ["detector", "shape"]


def test_a_missing_extra_package_is_told_in_one_line(
    tmp_path: Path,
    calls: list[Call],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def needs_torch(folders: TrainingFolders, settings: TrainingSettings) -> None:
        raise ModuleNotFoundError("No module named 'torch'", name="torch")

    package, function = command_line.MODELS["landmarks"]
    monkeypatch.setattr(sys.modules[package], function, needs_torch)
    assert command_line.main(arguments(tmp_path, "landmarks")) == 2
    error = capsys.readouterr().err
    assert "pip install 'openface-beam[train]'" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("more", [["nose"], ["--threads", "0"]])
def test_a_wrong_command_line_is_refused(
    tmp_path: Path, calls: list[Call], more: list[str]
) -> None:
    with pytest.raises(SystemExit):
        command_line.main(arguments(tmp_path, *more))
    assert calls == []


def test_hashes_are_recorded_after_a_training_of_the_embedded_models(
    tmp_path: Path, calls: list[Call], monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded: list[int] = []

    def record() -> int:
        recorded.append(1)
        return 1

    monkeypatch.setattr(command_line, "record_pack", record)
    assert command_line.main(arguments(tmp_path, "shape")) == 0
    assert recorded == []
    monkeypatch.setattr(command_line, "EMBEDDED_FOLDER", (tmp_path / "output").resolve())
    assert command_line.main(arguments(tmp_path, "shape")) == 0
    assert recorded == [1]
    assert len(calls) == 2


def test_recording_alone_needs_no_folders(
    calls: list[Call], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command_line, "record_pack", lambda: 62)
    assert command_line.main(["record"]) == 0
    assert calls == []
    assert capsys.readouterr().out == "62 files of the embedded pack are recorded\n"
    with pytest.raises(SystemExit):
        command_line.main(["shape"])


def test_recording_another_folder_is_refused(
    tmp_path: Path, calls: list[Call], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        command_line.main(["record", "--output", str(tmp_path)])
    assert "record is of the embedded models" in capsys.readouterr().err


def test_a_file_in_place_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "work").touch()
    with pytest.raises(OutputError, match="the folder cannot be made"):
        TrainingFolders(tmp_path, tmp_path / "work", tmp_path).work_of("shape")
    with pytest.raises(SystemExit):
        command_line.main(["shape", "--reference=r", "--work=w", f"--output={tmp_path / 'work'}"])
