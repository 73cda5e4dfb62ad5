"""``--models`` takes a pack or a folder, and says how to get what is missing."""

from pathlib import Path

import pytest

from models import models_folder
from models.locate import MODELS_VARIABLES
from models.registry import Registry
from models.store import default_store
from openface_core.errors import ConfigError, ModelFileError
from tests.fixtures.synthetic_models.packs import FILES, write_files


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in MODELS_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


def test_the_embedded_pack(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "embedded"
    assert models_folder("tiny", registry=registry) == folder
    assert models_folder(None, needed="tiny", registry=registry) == folder
    monkeypatch.setenv(MODELS_VARIABLES[0], "/first")
    assert models_folder(None, needed="tiny", registry=registry) == folder
    assert models_folder("other", needed="tiny", registry=registry) == Path("other")


@pytest.mark.parametrize("content", [b"a great network", b"", None])
def test_a_damaged_embedded_pack(content: bytes | None, registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "embedded" / "tiny.onnx"
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ModelFileError, match="model pack 'tiny'") as caught:
        models_folder("tiny", registry=registry)
    assert str(path.parent) in caught.value.cause
    assert caught.value.remedy.startswith("Install the program anew")


def test_a_preset_that_needs_another_pack(registry: Registry) -> None:
    with pytest.raises(ModelFileError, match="model pack 'face'"):
        models_folder(None, needed="face", registry=registry)


def test_a_folder(registry: Registry) -> None:
    assert models_folder("OpenFace/", registry=registry) == Path("OpenFace")
    assert models_folder("./face", registry=registry) == Path("face")


@pytest.mark.parametrize("name", ["", " "])
def test_an_empty_name_is_not_the_current_folder(registry: Registry, name: str) -> None:
    with pytest.raises(ConfigError, match="--models: the name is empty"):
        models_folder(name, registry=registry)


def test_the_environment_names_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for number, variable in reversed(list(enumerate(MODELS_VARIABLES))):
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.setenv(variable, str(folder))
        assert models_folder(None) == folder
    assert models_folder("third") == Path("third")


@pytest.mark.parametrize("variable", MODELS_VARIABLES)
def test_the_environment_names_what_does_not_exist(
    variable: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(variable, str(tmp_path / "gone"))
    with pytest.raises(ModelFileError) as caught:
        models_folder(None)
    assert caught.value.subject == variable
    assert str(tmp_path / "gone") in caught.value.cause
    assert models_folder("third") == Path("third")
    assert (models_folder(None, needed="embedded") / "detector.onnx").is_file()


@pytest.mark.skipif("sys.platform in ('win32', 'darwin')")
def test_the_folder_of_the_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert default_store().root == tmp_path / "data" / "openface-beam" / "models-1"
    # Where tests find their material is no place to put models.
    monkeypatch.setenv(MODELS_VARIABLES[1], "/second")
    assert default_store().root == tmp_path / "data" / "openface-beam" / "models-1"
    monkeypatch.setenv(MODELS_VARIABLES[0], "/first")
    assert default_store().root == Path("/first")


def test_a_user_without_a_home_has_what_is_in_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_home(*_: object, **__: object) -> Path:
        raise RuntimeError("could not determine the home directory")

    monkeypatch.setattr("platformdirs.user_data_path", no_home)
    assert not default_store().root.is_relative_to(Path.cwd())
    assert (models_folder("embedded") / "detector.onnx").is_file()
    with pytest.raises(ModelFileError, match="model pack 'default'"):
        models_folder(None)


@pytest.mark.parametrize("name", ["face", "both"])
def test_a_pack(name: str, registry: Registry) -> None:
    root = write_files(default_store().root)
    assert models_folder(name, registry=registry) == root


def test_nothing_named(registry: Registry) -> None:
    with pytest.raises(ModelFileError, match="model pack 'default'") as caught:
        models_folder(None)
    assert "108 of its files are missing" in caught.value.cause
    with pytest.raises(ModelFileError, match="model pack 'openface22'"):
        models_folder(None, with_networks=False)


@pytest.mark.parametrize(
    ("name", "missing", "remedy"),
    [
        ("face", 3, "Run `openface-beam models fetch face --accept-license`."),
        ("network", 1, "Run `openface-beam models import network --from FOLDER`."),
        (
            "both",
            4,
            "Run `openface-beam models fetch face --accept-license` and "
            "`openface-beam models import network --from FOLDER`.",
        ),
    ],
)
def test_an_absent_pack(name: str, missing: int, remedy: str, registry: Registry) -> None:
    with pytest.raises(ModelFileError, match=f"{missing} of its files are missing") as caught:
        models_folder(name, registry=registry)
    assert caught.value.remedy == remedy
    assert str(default_store().root) in caught.value.cause


@pytest.mark.parametrize(
    ("content", "words"), [(b"x", "bytes, found 1"), (None, "expected SHA-256 [0-9a-f]{64}, found")]
)
def test_a_damaged_file(content: bytes | None, words: str, registry: Registry) -> None:
    place = list(FILES)[1]
    path = write_files(default_store().root) / place
    path.write_bytes(FILES[place][::-1] if content is None else content)
    with pytest.raises(ModelFileError, match=words) as caught:
        models_folder("face", registry=registry)
    assert place in caught.value.cause
    fetch = "`openface-beam models fetch face --accept-license`"
    assert caught.value.remedy == f"Remove the wrong ones. Run {fetch}."
    assert models_folder("network", registry=registry)
