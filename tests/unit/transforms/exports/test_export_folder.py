"""The folder of exports: what is complete, and what appears in it."""

import json
from pathlib import Path

import fsspec
import pytest

from openface_core.errors import ConfigError
from transforms.exports.export_folder import (
    DESCRIPTION_NAME,
    ExportFolder,
    ExportRecord,
)


def stage(folder: ExportFolder, names: tuple[str, ...], content: str) -> None:
    """Publish a file or folder of each name."""
    with folder.staging() as staged:
        for name in names:
            path = staged / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        files = tuple(sorted({name.split("/")[0] for name in names}))
        folder.publish("csv", "v", staged, ExportRecord("sha256:1", files, {"n": 1}))


@pytest.fixture(params=["local", "memory"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> ExportFolder:
    root = str(tmp_path / "out") if request.param == "local" else f"memory://{tmp_path.name}/out"
    found = ExportFolder(root)
    found.begin("results")
    return found


def text_of(folder: ExportFolder, name: str) -> str:
    with fsspec.open(f"{folder.root}/{name}", "rt") as file:
        return str(file.read())


def exists(folder: ExportFolder, name: str) -> bool:
    filesystem, path = fsspec.core.url_to_fs(f"{folder.root}/{name}")
    return bool(filesystem.exists(path))


def test_what_is_published_is_known(folder: ExportFolder) -> None:
    assert folder.record("csv", "v") is None
    stage(folder, ("v.csv", "v_aligned/1.bmp", "v_aligned/2.bmp"), "old")
    record = folder.record("csv", "v")
    assert record is not None
    assert (record.identity, record.notes) == ("sha256:1", {"n": 1})
    assert record.files == ("v.csv", "v_aligned")
    assert text_of(folder, "csv/v_aligned/2.bmp") == "old"


def test_what_is_published_again_replaces_all_of_it(folder: ExportFolder) -> None:
    stage(folder, ("v_aligned/1.bmp", "v_aligned/2.bmp"), "old")
    stage(folder, ("v_aligned/1.bmp",), "new")
    assert text_of(folder, "csv/v_aligned/1.bmp") == "new"
    assert not exists(folder, "csv/v_aligned/2.bmp")


def test_a_record_without_its_files_is_none(folder: ExportFolder) -> None:
    stage(folder, ("v.csv",), "old")
    filesystem, path = fsspec.core.url_to_fs(f"{folder.root}/csv/v.csv")
    filesystem.rm_file(path)
    assert folder.record("csv", "v") is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"identity": 1}', "{"])
def test_a_damaged_record_is_none(folder: ExportFolder, text: str) -> None:
    stage(folder, ("v.csv",), "old")
    with fsspec.open(f"{folder.root}/export_records/csv/v.json", "wt") as file:
        file.write(text)
    assert folder.record("csv", "v") is None


def test_what_a_killed_export_left_is_removed(tmp_path: Path) -> None:
    folder = ExportFolder(str(tmp_path))
    (tmp_path / ".staging" / "x").mkdir(parents=True)
    folder.check()
    folder.begin("results")
    left = tmp_path / "export_records" / "csv" / f".v.json.{32 * 'a'}.tmp"
    left.parent.mkdir(parents=True)
    left.write_text("half")
    folder.begin("results")
    assert not left.exists()
    assert not (tmp_path / ".staging").exists()


def test_folders_of_others_are_refused(tmp_path: Path) -> None:
    folder = ExportFolder(str(tmp_path))
    folder.check()
    (tmp_path / DESCRIPTION_NAME).write_text(json.dumps({"GeneratedBy": [{"Name": "other"}]}))
    with pytest.raises(ConfigError, match="holds other files"):
        folder.check()
    with pytest.raises(ConfigError, match="not a folder"):
        ExportFolder(str(tmp_path / DESCRIPTION_NAME)).check()
