"""The registry holds facts that can be checked, and refuses what could do harm."""

import re
from pathlib import Path

import pytest

from models.locate import SPECS_FOLDER
from models.registry import (
    PACKS_FOLDER,
    PackFile,
    Registry,
    default_registry,
    how_to_get,
    load_registry,
)
from openface_core.errors import ConfigError
from openface_core.landmarks import load_landmark_spec
from tests.fixtures.synthetic_models.packs import NETWORK, write_registry


def files_of(registry: Registry) -> list[PackFile]:
    return [file for pack in registry.packs.values() for file in pack.files]


def test_packs_of_this_program() -> None:
    registry = default_registry()
    assert registry.combinations["default"] == (
        "retinaface-mobilenet025",
        "ghostone98",
        "openface22",
    )
    assert {"openface22", "mobilefacenet68", "openseeface66", "mediapipe468", "star98"} <= set(
        registry.packs
    )
    for file in files_of(registry):
        assert file.role
        assert file.licence
        assert file.citation
        assert file.origin
        # Your own export; and lists, whose line ends differ.
        assert (file.sha256 is None) == (file.pack == "star98" or file.role == "lists of CE-CLM")


def test_addresses_are_fixed_to_a_commit() -> None:
    pinned = re.compile(r"https://raw\.githubusercontent\.com/[\w-]+/[\w-]+/[0-9a-f]{40}/.+")
    urls = [file.url for file in files_of(default_registry()) if file.url]
    assert len(urls) == len(set(urls)) == 107
    assert all(pinned.fullmatch(url) for url in urls)


def test_every_landmark_specification_has_a_pack() -> None:
    for path in SPECS_FOLDER.glob("*.toml"):
        spec = load_landmark_spec(path)
        pack = default_registry().pack_of(spec.model)
        assert pack is not None
        assert pack.licence.split()[0] == spec.licence.split()[0].rstrip(":;")


def test_what_a_pack_says(tmp_path: Path) -> None:
    registry = load_registry(write_registry(tmp_path))
    face, network = registry.select("both")
    assert face.can_be_fetched
    assert not network.can_be_fetched
    shape, predictor, _ = face.files
    assert shape.path == "openface/AU_predictors/shape.txt"
    assert shape.url is not None
    assert shape.url.endswith("/lib/shape.txt")
    assert predictor.url is not None
    assert predictor.url.endswith("/lib/svr/AU_1.dat")
    assert predictor.name == predictor.upstream_name == "AU_1.dat"
    assert (shape.citation, predictor.citation) == ("Doe, On Faces, 1999", "Roe, 2001")
    assert face.citations == ("Doe, On Faces, 1999", "Roe, 2001")
    assert network.files[0].upstream_name == "upstream_name.onnx"
    assert network.size_bytes == network.files[0].max_bytes == len(NETWORK)
    assert registry.pack_of("somewhere/network.onnx") is network
    assert registry.pack_of("other.onnx") is None
    assert registry.select("own")[0].files[0].sha256 is None


def test_an_unknown_pack(registry: Registry) -> None:
    with pytest.raises(ConfigError, match="no such pack") as caught:
        registry.select("nothing")
    assert "both, face, network, own, tiny" in caught.value.remedy


def test_how_to_get_a_file() -> None:
    fetched = "Run `openface-beam models fetch openface22 --accept-license`. "
    assert how_to_get("AU_predictors/AU_all_best.txt") == fetched
    assert how_to_get("star98.onnx") == "Run `openface-beam models import star98 --from FOLDER`. "
    assert how_to_get("my.onnx") == ""
    assert how_to_get("detector.onnx") == "It comes with the program: --models embedded. "


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ('name = "face"', 'name = "other"', "should be face"),
        ('name = "face"', "name = ", "not a TOML file"),
        ('terms = "', 'words = "', "terms should be a text"),
        ('[[groups]]\nrole = "a', '[[groups]]\ndole = "a', "role should be a text"),
        ('"shape.txt"', '"../shape.txt"', "leads out"),
        ('folder = "openface', 'folder = "/openface', "leads out"),
        ('folder = "openface', 'folder = "C:/openface', "leads out"),
        ('\nurl = "https', '\nurl = "file', "https"),
        ("bytes = 1000", "bytes = 0", "size"),
        ("bytes = 1000", "bytes = 99999999999", "size"),
        ("bytes = 1000, ", "", "size"),
        ('sha256 = "', 'sha256 = "z', "SHA-256"),
        ('terms = "', 'embedded = 1\nterms = "', "embedded should be true or false"),
        ('folder = "openface/model"', 'folder = "openface/AU_predictors"', "each once"),
    ],
)
def test_a_wrong_registry(old: str, new: str, cause: str, tmp_path: Path) -> None:
    path = write_registry(tmp_path) / "face.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(ConfigError, match=cause) as caught:
        load_registry(tmp_path)
    assert "face.toml" in caught.value.subject


def test_packs_that_contradict_each_other(tmp_path: Path) -> None:
    folder = write_registry(tmp_path)
    text = (folder / "own.toml").read_text()
    (folder / "own.toml").write_text(text.replace("own.onnx", "network.onnx"))
    with pytest.raises(ConfigError, match="belongs to the pack network"):
        load_registry(folder)
    (folder / "own.toml").unlink()
    (folder / "network.toml").unlink()
    with pytest.raises(ConfigError, match="no pack network"):
        load_registry(folder)


def test_an_embedded_pack(tmp_path: Path) -> None:
    folder = write_registry(tmp_path / "packs")
    registry = load_registry(folder)
    (tiny,) = registry.select("tiny")
    assert tiny.is_embedded
    assert tiny.embedded_in == tmp_path / "embedded"
    assert not any(pack.is_embedded for pack in registry.select("both"))
    (folder / "both.toml").write_text('name = "both"\nmembers = ["face", "tiny"]\n')
    with pytest.raises(ConfigError, match="a folder of its own"):
        load_registry(folder)


def test_a_file_name_of_two_packs_means_the_one_that_is_not_embedded(tmp_path: Path) -> None:
    folder = write_registry(tmp_path / "packs")
    text = (folder / "tiny.toml").read_text()
    (folder / "another.toml").write_text(
        text.replace('"tiny"', '"another"').replace('folder = "."', 'folder = "x"')
    )
    (folder / "own.toml").write_text(
        (folder / "own.toml").read_text().replace("own.onnx", "tiny.onnx")
    )
    found = load_registry(folder).pack_of("tiny.onnx")
    assert found is not None
    assert found.name == "own"


def test_no_model_file_is_in_the_repository() -> None:
    assert {path.suffix for path in PACKS_FOLDER.iterdir()} == {".toml"}


def test_the_documentation_knows_every_pack() -> None:
    text = (Path(__file__).parents[3] / "docs" / "models.md").read_text(encoding="utf-8")
    assert [name for name in default_registry().names if f"`{name}`" not in text] == []


def test_packs_are_recognised_by_their_files(registry: Registry) -> None:
    predictor, network = registry.packs["face"].files[1], registry.packs["network"].files[0]
    assert network.sha256 is not None
    assert predictor.sha256 is not None
    both = {"openface/svr/AU_1.dat": predictor.sha256, "network.onnx": network.sha256, "x": "00"}
    assert registry.recognise(both) == registry.select("both")
    assert registry.recognise({"any name": network.sha256}) == registry.select("network")
    assert registry.recognise({"x": "00"}) == ()


def test_a_pack_with_a_file_that_differs_is_not_recognised(registry: Registry) -> None:
    shape, predictor, *_ = registry.packs["face"].files
    assert shape.sha256 is not None
    assert predictor.sha256 is not None
    assert registry.recognise({shape.path: shape.sha256, predictor.path: "00"}) == ()
    assert registry.recognise({shape.path: shape.sha256}) == registry.select("face")


def test_a_misspelt_pack() -> None:
    with pytest.raises(ConfigError) as caught:
        default_registry().select("opnface22")
    assert caught.value.remedy.startswith("Did you mean openface22? Use one of default, ")
    with pytest.raises(ConfigError) as caught:
        default_registry().select("")
    assert caught.value.remedy.startswith("Use one of default, ")
