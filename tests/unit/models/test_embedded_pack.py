"""The models that come with the program are all there, and are those that the registry knows."""

import tomllib
from pathlib import Path

import pytest

from models import EMBEDDED_PACK, default_registry, locate_models, models_folder
from models.locate import EMBEDDED_FOLDER, PACKAGE_FOLDER
from models.store import State, default_store, store_of
from pipelines.configuration.model_choice import choose_models
from pipelines.models import main
from tests.fixtures.places import REPOSITORY

PACK = default_registry().packs[EMBEDDED_PACK]
MAX_BYTES = 8 * 2**20


def files() -> set[str]:
    folder = EMBEDDED_FOLDER
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".md"
    }


def test_every_file_is_the_one_of_the_registry() -> None:
    found = store_of(PACK, default_store()).check(PACK)
    wrong = [str(check) for check in found if check.state is not State.GOOD]
    assert wrong == [], "after a training: python -m models.training record"
    assert files() == {file.path for file in PACK.files}


def test_it_is_small() -> None:
    assert PACK.size_bytes <= MAX_BYTES


def test_the_preset_finds_its_models() -> None:
    choice = choose_models(None, EMBEDDED_PACK)
    found = locate_models(choice.folder(), choice.settings.models)
    assert found.root == EMBEDDED_FOLDER
    assert found.refinement == EMBEDDED_FOLDER / "refinement.txt"
    assert found.validator == EMBEDDED_FOLDER / "validator.onnx"
    spec = f"{choice.settings.models.landmarks}.toml"
    others = {"landmarks.onnx", "eyes.onnx"}  # for other presets
    assert set(found.sha256()) == {spec, *(file.path for file in PACK.files)} - others
    assert default_registry().recognise(found.sha256()) == (PACK,)


def test_a_wheel_has_all_of_it() -> None:
    content = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = content["tool"]["setuptools"]["package-data"]["models"]
    assert files() <= {
        path.relative_to(EMBEDDED_FOLDER).as_posix()
        for pattern in patterns
        if pattern.startswith("embedded/")
        for path in PACKAGE_FOLDER.glob(pattern)
    }


def test_it_needs_no_folder_of_the_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OPENFACE_MODELS_DIR", str(tmp_path / "none"))
    assert models_folder(EMBEDDED_PACK) == EMBEDDED_FOLDER
    assert main(["verify", EMBEDDED_PACK]) == 0
    assert main(["where", EMBEDDED_PACK]) == 0
    assert "as it should be" in capsys.readouterr().out
    assert not (tmp_path / "none").exists()
