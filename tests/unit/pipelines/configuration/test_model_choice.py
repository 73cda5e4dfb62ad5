"""Which preset and models a command line means, whatever of it is left out."""

from pathlib import Path

import pytest

from models.locate import EMBEDDED_FOLDER, MODELS_VARIABLES
from models.store import ModelStore
from openface_core.errors import ConfigError
from pipelines.configuration.model_choice import FALLBACK, choose_models

STORE = Path("/of-the-user")
ENVIRONMENT = Path(__file__).resolve().parent  # there must be such a folder


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in MODELS_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("models.choice.require", lambda *_: None)  # as if every pack were there
    monkeypatch.setattr("models.choice.default_store", lambda: ModelStore(STORE))


@pytest.mark.parametrize(
    ("models", "config", "preset", "folder"),
    [
        (None, None, "embedded", EMBEDDED_FOLDER),
        ("embedded", None, "embedded", EMBEDDED_FOLDER),
        (None, "embedded", "embedded", EMBEDDED_FOLDER),
        ("embedded", "embedded", "embedded", EMBEDDED_FOLDER),
        (None, "default", "default", STORE),
        (None, "fast", "fast", STORE),
        ("default", None, "default", STORE),
        ("openface22", None, "default", STORE),
        ("OpenFace/", None, "default", Path("OpenFace")),
        ("OpenFace/", "fast", "fast", Path("OpenFace")),
        ("own/", "embedded", "embedded", Path("own")),
        ("./embedded", None, "default", Path("embedded")),
    ],
)
def test_without_an_environment(
    models: str | None, config: str | None, preset: str, folder: Path
) -> None:
    choice = choose_models(models, config)
    assert choice.config == choice.settings.name == preset
    assert choice.folder() == folder
    assert choice.folder(with_networks=False) == folder
    assert choice.is_fallback is (models is None and config is None)


@pytest.mark.parametrize("variable", MODELS_VARIABLES)
@pytest.mark.parametrize(
    ("models", "config", "preset", "folder"),
    [
        (None, None, "default", ENVIRONMENT),
        (None, "fast", "fast", ENVIRONMENT),
        (None, "embedded", "embedded", EMBEDDED_FOLDER),
        ("embedded", None, "embedded", EMBEDDED_FOLDER),
        ("OpenFace/", None, "default", Path("OpenFace")),
        ("own/", "embedded", "embedded", Path("own")),
    ],
)
def test_with_an_environment(
    variable: str,
    models: str | None,
    config: str | None,
    preset: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(variable, str(ENVIRONMENT))
    choice = choose_models(models, config)
    assert (choice.config, choice.folder(), choice.is_fallback) == (preset, folder, False)


def test_a_fallback_is_announced_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    choose_models(None, None).announce(quiet=True)
    choose_models("embedded", None).announce(quiet=False)
    assert capsys.readouterr().err == ""
    choose_models(None, None).announce(quiet=False)
    assert capsys.readouterr().err == f"{FALLBACK}\n"
    assert "openface-beam models list" in FALLBACK


def test_a_preset_for_a_pack_that_there_is_not(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text("pack = 'nothing'")
    with pytest.raises(ConfigError, match="there is no such pack") as caught:
        choose_models(None, str(path)).folder()
    assert caught.value.subject == f"{path}: pack"
    assert choose_models("mine/", str(path)).folder() == Path("mine")


def test_a_preset_that_there_is_not() -> None:
    with pytest.raises(ConfigError, match="neither a preset nor a file"):
        choose_models(None, "nothing")


def test_the_embedded_models_refuse_a_preset_for_others() -> None:
    with pytest.raises(ConfigError, match="Leave --config out, or name --models default"):
        choose_models("embedded", "fast")
    assert choose_models("embedded", "embedded").config == "embedded"


@pytest.mark.parametrize(
    ("config", "pack"),
    [("openface22", "openface22"), ("default", "default"), ("embedded", "embedded")],
)
def test_the_pack_of_a_preset_is_what_must_be_there(
    config: str, pack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    required: list[str] = []
    monkeypatch.setattr("models.choice.require", lambda name, *_: required.append(name))
    choose_models(None, config).folder()
    choose_models("mine/", config).folder()
    assert required == [pack]
