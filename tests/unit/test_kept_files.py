"""What is worked out of models, kept from one process to the next."""

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from openface_core import kept_files
from openface_core.kept_files import FOLDER_VARIABLE, kept_array, kept_bytes, kept_folder

LONG = bytes(range(256)) * 500


class Maker:
    """Makes a content, and counts how often."""

    def __init__(self, content: bytes = LONG) -> None:
        self.content = content
        self.calls = 0

    def __call__(self) -> bytes:
        self.calls += 1
        return self.content


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "kept"))
    return tmp_path / "kept"


def test_what_was_made_is_found_again(folder: Path) -> None:
    make = Maker()
    assert [bytes(kept_bytes("a", [b"1"], make)) for _ in range(3)] == [LONG] * 3
    assert make.calls == 1
    assert len(list(folder.iterdir())) == 1


def test_another_kind_or_origin_is_made_by_itself(folder: Path) -> None:
    make = Maker()
    for kind, made_of in (("a", [b"1"]), ("b", [b"1"]), ("a", [b"2"]), ("a", [b"1", b""])):
        kept_bytes(kind, made_of, make)
    assert make.calls == 4


@pytest.mark.parametrize("damage", ["shorter", "empty", "changed", "longer"])
def test_what_is_damaged_is_made_anew(folder: Path, damage: str) -> None:
    kept_bytes("a", [b"1"], Maker())
    (file,) = folder.iterdir()
    content = file.read_bytes()
    changed = {
        "shorter": content[:-1],
        "empty": b"",
        "changed": content[:1000] + b"x" + content[1001:],
        "longer": content + b"x",
    }
    file.write_bytes(changed[damage])
    make = Maker()
    assert bytes(kept_bytes("a", [b"1"], make)) == LONG
    assert make.calls == 1
    assert file.read_bytes() == content


def test_little_is_not_kept(folder: Path) -> None:
    make = Maker(b"short")
    assert [kept_bytes("a", [b"1"], make) for _ in range(2)] == [b"short"] * 2
    assert make.calls == 2
    assert not folder.exists()
    assert bytes(kept_bytes("a", [b"1"], make, least_bytes=0)) == b"short"
    assert len(list(folder.iterdir())) == 1


def test_the_oldest_go(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_files, "_MOST_FILES", 3)
    for k in range(5):
        kept_bytes("a", [bytes([k])], Maker())
    assert len(list(folder.iterdir())) == 3


def test_files_of_the_user_stay(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_files, "_MOST_FILES", 3)
    folder.mkdir()
    (folder / "below").mkdir()
    for k in range(5):
        (folder / f"thesis {k}.txt").write_text("years of work")
    left_half_written = folder / f"{'a' * 32}.new"
    left_half_written.write_text("half")
    os.utime(left_half_written, (0, 0))
    for k in range(5):
        kept_bytes("a", [bytes([k])], Maker())
    assert len(list(folder.glob("thesis *.txt"))) == 5
    assert len(list(folder.iterdir())) == 6 + 3
    assert not left_half_written.exists()


def test_the_oldest_go_where_all_are_too_much(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_files, "_MOST_BYTES_TOGETHER", 2.5 * len(LONG))
    for k in range(4):
        kept_bytes("a", [bytes([k])], Maker())
    assert len(list(folder.iterdir())) == 2
    make = Maker()
    kept_bytes("a", [bytes([3])], make)
    assert make.calls == 0


def test_a_tilde_is_the_home_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv(FOLDER_VARIABLE, "~/kept")
    assert kept_folder() == tmp_path / "kept"
    monkeypatch.setattr("os.path.expanduser", lambda path: path)  # nobody has a home
    assert kept_folder() is None


def test_a_full_disk_and_a_file_in_the_way_do_no_harm(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(kept_files, "_keep", refuse)
    assert kept_bytes("a", [b"1"], Maker()) == LONG
    monkeypatch.undo()
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    folder.write_text("no folder")
    assert kept_bytes("a", [b"1"], Maker()) == LONG


def test_nothing_is_kept_without_a_home_or_where_none_is_wanted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(_: object) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setenv(FOLDER_VARIABLE, "")
    assert kept_folder() is None
    monkeypatch.delenv(FOLDER_VARIABLE)
    assert kept_folder() is not None
    monkeypatch.setattr(Path, "home", classmethod(unknown))
    assert kept_folder() is None
    assert kept_bytes("a", [b"1"], Maker()) == LONG


def test_arrays_are_the_same_and_can_be_written_to(folder: Path) -> None:
    made = np.random.default_rng(0).normal(size=(3, 200, 100)).astype(np.float32)
    for _ in range(2):
        found = kept_array("a", [b"1"], made.shape, lambda: made)
        np.testing.assert_array_equal(found, made)
        assert found.flags.writeable
        assert found.flags.c_contiguous
    assert len(list(folder.iterdir())) == 1
