"""The folder of exports: what is complete, what appears in it, and what goes."""

import errno
import json
from pathlib import Path

import fsspec
import pytest

from openface_core.errors import ConfigError, OutputError, StorageFullError
from transforms.dataset.run_lock import LOCK_NAME
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


def test_what_no_export_has_written_is_not_replaced(folder: ExportFolder) -> None:
    stage(folder, ("v.csv",), "old")
    with fsspec.open(f"{folder.root}/csv/w.csv", "wt") as file:
        file.write("mine")
    with pytest.raises(ConfigError, match=r"w\.csv: no export has written this"):
        stage(folder, ("v.csv", "w.csv"), "new")
    assert text_of(folder, "csv/w.csv") == "mine"
    assert text_of(folder, "csv/v.csv") == "old"
    assert folder.record("csv", "v") is not None


def test_an_export_that_was_killed_goes_on(
    folder: ExportFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage(folder, ("v.csv",), "old")
    place = ExportFolder._place

    def killed(self: ExportFolder, staged: Path, uri: str) -> None:
        if uri.endswith("w.csv"):
            raise KeyboardInterrupt
        place(self, staged, uri)

    with monkeypatch.context() as patch:
        patch.setattr(ExportFolder, "_place", killed)
        with pytest.raises(KeyboardInterrupt):
            stage(folder, ("u.csv", "w.csv"), "new")
    assert not exists(folder, "csv/v.csv")
    assert folder.record("csv", "v") is None
    stage(folder, ("u.csv", "w.csv"), "newer")
    assert [text_of(folder, f"csv/{name}.csv") for name in "uw"] == ["newer", "newer"]


def test_what_is_outdated_goes_with_its_record(folder: ExportFolder) -> None:
    stage(folder, ("v.csv", "v_aligned/1.bmp"), "old")
    folder.discard_outdated("csv", "v", "sha256:1")
    assert folder.record("csv", "v") is not None
    folder.discard_outdated("csv", "v", "sha256:2")
    folder.discard_outdated("csv", "w", "sha256:2")
    assert not any(exists(folder, f"csv/{name}") for name in ("v.csv", "v_aligned"))
    assert not exists(folder, "export_records/csv/v.json")


def test_a_record_without_its_files_is_none(folder: ExportFolder) -> None:
    stage(folder, ("v.csv",), "old")
    filesystem, path = fsspec.core.url_to_fs(f"{folder.root}/csv/v.csv")
    filesystem.rm_file(path)
    assert folder.record("csv", "v") is None


def test_what_there_is_nothing_new_for_is_removed(folder: ExportFolder) -> None:
    stage(folder, ("v.csv", "v_aligned/1.bmp", "v.hog"), "old")
    stage(folder, ("w.csv",), "another input's")
    stage(folder, ("v.hog",), "new")
    assert not exists(folder, "csv/v.csv")
    assert not exists(folder, "csv/v_aligned")
    assert text_of(folder, "csv/v.hog") == "new"
    stage(folder, (), "")
    assert not exists(folder, "csv/v.hog")
    record = folder.record("csv", "v")
    assert record is not None
    assert record.files == ()


def test_what_is_gone_already_needs_no_removing(folder: ExportFolder) -> None:
    stage(folder, ("v.csv", "v.hog"), "old")
    filesystem, path = fsspec.core.url_to_fs(f"{folder.root}/csv/v.csv")
    filesystem.rm_file(path)
    stage(folder, (), "")
    assert not exists(folder, "csv/v.hog")


@pytest.mark.parametrize(
    "name", ["../mine.txt", "../../mine.txt", "..", ".", "", "sub/mine.txt", "..\\mine.txt", "\x00"]
)
def test_records_remove_nothing_elsewhere(folder: ExportFolder, name: str) -> None:
    stage(folder, ("v.csv",), "old")
    for place in ("mine.txt", "csv/sub/mine.txt", "../mine.txt"):
        with fsspec.open(f"{folder.root}/{place}", "wt") as file:
            file.write("mine")
    write_record(folder, json.dumps({"identity": "1", "files": [name, "v.csv"], "notes": {}}))
    stage(folder, (), "")
    for place in ("mine.txt", "csv/sub/mine.txt", "../mine.txt"):
        assert text_of(folder, place) == "mine"
    assert not exists(folder, "csv/v.csv")


def test_a_link_goes_and_not_what_it_leads_to(tmp_path: Path) -> None:
    folder = ExportFolder(str(tmp_path / "out"))
    folder.begin("results")
    stage(folder, ("v_aligned/1.bmp",), "old")
    (tmp_path / "mine").mkdir()
    (tmp_path / "out" / "csv" / "v_aligned").rename(tmp_path / "old")
    (tmp_path / "out" / "csv" / "v_aligned").symlink_to(tmp_path / "mine")
    stage(folder, (), "")
    assert not (tmp_path / "out" / "csv" / "v_aligned").is_symlink()
    assert (tmp_path / "mine").is_dir()


def write_record(folder: ExportFolder, text: str) -> None:
    with fsspec.open(f"{folder.root}/export_records/csv/v.json", "wt") as file:
        file.write(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", '{"identity": 1}', "{",
        '{"identity": "1", "files": "v.csv", "notes": {}}',
        '{"identity": "1", "files": [1], "notes": {}}',
        '{"identity": "1", "files": ["v.csv"], "notes": []}',
    ],
)  # fmt: skip
def test_a_damaged_record_is_none(folder: ExportFolder, text: str) -> None:
    stage(folder, ("v.csv",), "old")
    write_record(folder, text)
    assert folder.record("csv", "v") is None
    stage(folder, ("v.csv",), "new")
    assert text_of(folder, "csv/v.csv") == "new"


def test_what_cannot_be_written_is_told_as_such(folder: ExportFolder) -> None:
    with pytest.raises(StorageFullError), folder.staging():
        raise OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(OutputError, match="it cannot be written"), folder.staging() as staged:
        (staged / "no such folder" / "v.csv").write_text("")


def test_what_a_killed_export_left_is_removed(tmp_path: Path) -> None:
    folder = ExportFolder(str(tmp_path))
    (tmp_path / ".staging" / "x").mkdir(parents=True)
    (tmp_path / LOCK_NAME).write_text("{}")
    folder.check()
    folder.begin("results")
    left = tmp_path / "export_records" / "csv" / f".v.json.{32 * 'a'}.tmp"
    left.parent.mkdir(parents=True)
    left.write_text("half")
    folder.begin("results")
    assert not left.exists()
    assert not (tmp_path / ".staging").exists()


@pytest.mark.parametrize("scheme", ["", "file://", "memory://others"])
def test_folders_of_others_are_refused(scheme: str, tmp_path: Path) -> None:
    root = f"{scheme}{tmp_path}"
    folder = ExportFolder(root)
    folder.check()
    with fsspec.open(f"{root}/{DESCRIPTION_NAME}", "w") as file:
        json.dump({"GeneratedBy": [{"Name": "other"}]}, file)
    with pytest.raises(ConfigError, match="holds other files"):
        folder.check()
    with pytest.raises(ConfigError, match="not a folder"):
        ExportFolder(f"{root}/{DESCRIPTION_NAME}").check()


def test_a_link_to_nowhere_is_something_of_others(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    with pytest.raises(ConfigError, match="holds other files"):
        ExportFolder(str(tmp_path)).check()
