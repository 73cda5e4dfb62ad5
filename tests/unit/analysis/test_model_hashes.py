"""Hashes of model files, which are remembered as long as the files are the same."""

import hashlib
import os
import shutil
import time
from pathlib import Path

import pytest

from models import locate_models
from openface_core.analysis import model_set
from openface_core.analysis.model_set import ModelFiles
from openface_core.errors import ModelFileError
from openface_core.kept_files import FOLDER_VARIABLE
from tests.fixtures.synthetic_models.tiny_networks import tiny_selection


@pytest.fixture
def files(
    network_models_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> ModelFiles:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "kept"))
    monkeypatch.setattr(model_set, "_YOUNG_NS", 0)  # else, what was written just now is read
    folder = shutil.copytree(network_models_folder, tmp_path / "models")
    return locate_models(folder, tiny_selection(folder))


def hashes(files: ModelFiles) -> dict[str, str]:
    return {
        name: hashlib.sha256(path.read_bytes()).hexdigest() for path, name in files.names.items()
    }


def test_they_are_remembered(files: ModelFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    assert files.sha256() == hashes(files)
    read: list[Path] = []
    monkeypatch.setattr(model_set, "_sha256", read.append)
    assert files.sha256() == hashes(files)
    assert not read


def test_another_content_has_another_hash_whatever_its_size_and_time(files: ModelFiles) -> None:
    before = files.sha256()
    path = files.all_files()[0]
    status, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    time.sleep(0.02)  # the disk's clock is that fine
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert files.sha256() == hashes(files) != before


def test_a_file_that_is_gone_is_named(files: ModelFiles) -> None:
    files.sha256()
    path = files.all_files()[0]
    path.unlink()
    with pytest.raises(ModelFileError, match=path.name):
        files.sha256()


def test_young_files_are_read(files: ModelFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_set, "_YOUNG_NS", 3_600_000_000_000)
    assert files.sha256() == hashes(files)
    assert not list(Path(os.environ[FOLDER_VARIABLE]).glob("*"))
