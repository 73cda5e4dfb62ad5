"""Where a file that a user names can be written."""

import os
from pathlib import Path

import pytest

from openface_core.errors import OutputError
from transforms.dataset.output_file import check_output_file, check_place


@pytest.mark.parametrize("name", ["a.json", "new/folder/a.json", "memory://a.json"])
def test_a_place_that_is_fine(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    check_place(name)
    if "://" not in name:
        check_place(str(tmp_path / name))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_is_replaced_later(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")
    check_place(str(path))
    assert path.read_text() == "old"


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("", "this is a folder"),
        ("file/a.json", "file is not a folder"),
        ("file/deeper/a.json", "file is not a folder"),
        ("nowhere/a.json", "nowhere is not a folder"),
    ],
)
def test_a_place_where_there_can_be_no_file(name: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "nowhere").symlink_to(tmp_path / "gone")
    with pytest.raises(OutputError) as caught:
        check_place(str(tmp_path / name))
    assert told in caught.value.cause


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="nobody may write there on Linux")
def test_a_folder_that_takes_no_file() -> None:
    with pytest.raises(OutputError, match="it cannot be written"):
        check_output_file("/proc/a.json", [])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="Permission denied"):
        check_place(str(tmp_path / "a.json"))
    tmp_path.chmod(0o700)


def test_a_path_of_no_folder_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.path.lexists", lambda _: False)
    with pytest.raises(OutputError, match="there is no such folder"):
        check_place("drive/a.json")
