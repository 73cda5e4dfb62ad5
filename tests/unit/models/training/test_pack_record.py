"""Sizes and hashes of the embedded models, as they are noted in the registry."""

import hashlib
from pathlib import Path

import pytest

from models.locate import EMBEDDED_FOLDER
from models.registry import load_registry
from models.training.pack_record import EMBEDDED_PACK_FILE, record_pack
from openface_core.errors import ModelFileError

FILES = {
    "AU_image.txt": b"svr_combined/AU_1_static.dat AU01",
    "detector.onnx": b"a detector",
    "shape.txt": b"a shape",
    "svr_combined/AU_1_static.dat": b"a predictor",
}
HEAD = """\
name = "embedded"
title = "small models"
licence = "own"
terms = "None."
citation = "none"
origin = "here"
embedded = true

"""


@pytest.fixture
def pack_file(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        path = tmp_path / "embedded" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (tmp_path / "embedded" / "MODEL_CARD.md").write_text("what they are")
    path = tmp_path / "packs" / "embedded.toml"
    path.parent.mkdir()
    path.write_text(f'{HEAD}[[groups]]\nrole = "gone"\nfolder = "."\nfiles = []\n')
    return path


def test_every_model_file_is_recorded(pack_file: Path, tmp_path: Path) -> None:
    assert record_pack(tmp_path / "embedded", pack_file) == len(FILES)
    assert pack_file.read_text().startswith(f"{HEAD}[[groups]]")
    pack = load_registry(pack_file.parent).packs["embedded"]
    assert {file.path: file.sha256 for file in pack.files} == {
        name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()
    }
    assert {file.role for file in pack.files} >= {"face detector", "action-unit predictors"}


def test_recording_twice_changes_nothing(pack_file: Path, tmp_path: Path) -> None:
    record_pack(tmp_path / "embedded", pack_file)
    text = pack_file.read_text()
    record_pack(tmp_path / "embedded", pack_file)
    assert pack_file.read_text() == text


def test_a_stray_file_is_refused(pack_file: Path, tmp_path: Path) -> None:
    (tmp_path / "embedded" / "detector.pt").write_bytes(b"a checkpoint")
    before = pack_file.read_text()
    with pytest.raises(ModelFileError, match="not a file of the embedded pack"):
        record_pack(tmp_path / "embedded", pack_file)
    assert pack_file.read_text() == before


def test_the_places_of_this_program() -> None:
    assert EMBEDDED_PACK_FILE.is_file()
    assert EMBEDDED_FOLDER.name == "embedded"
