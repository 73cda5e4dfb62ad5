"""Names of inputs."""

import os
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from openface_core.errors import InputError
from openface_core.media.sources import from_root, is_anywhere_the_same, locate, recorded_uri


@pytest.mark.skipif(os.name == "nt", reason="Windows does not delete the current folder")
def test_a_relative_path_in_a_folder_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    whole = str(tmp_path / "a.mp4")
    for place in (recorded_uri, from_root):
        with pytest.raises(InputError, match="the current folder is gone"):
            place("a.mp4")
        assert place(whole) == whole
    assert recorded_uri("s3://bucket/a.mp4") == "s3://bucket/a.mp4"


def test_a_path_means_the_same_in_every_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert from_root("a.mp4") == str(tmp_path / "a.mp4")
    assert from_root("link/../a.mp4") == os.path.join(tmp_path, "link/../a.mp4")  # noqa: PTH118
    for name in ("", "memory:frames", "s3://bucket/a.mp4"):
        assert from_root(name) == name


@pytest.mark.parametrize(
    ("uri", "recorded"),
    [
        ("zip://a.mp4::x.zip", "zip://a.mp4::{folder}/x.zip"),
        ("zip://a.mp4::/data/x.zip", "zip://a.mp4::/data/x.zip"),
        ("zip://a.mp4::https://host/x.zip", "zip://a.mp4::https://host/x.zip"),
        ("simplecache::s3://bucket/a.mp4", "simplecache::s3://bucket/a.mp4"),
        ("odd::name.mp4", "{folder}/odd::name.mp4"),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="a path of Windows has another form")
def test_a_file_of_an_archive_is_recorded_by_where_the_archive_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uri: str, recorded: str
) -> None:
    monkeypatch.chdir(tmp_path)
    expected = recorded.format(folder=tmp_path)
    assert recorded_uri(uri) == recorded_uri(expected) == expected
    assert is_anywhere_the_same(expected)
    assert is_anywhere_the_same(uri) == (uri == recorded)


class MarkedFileSystem(MemoryFileSystem):
    """A store without folders, which lists the object that marks one among what is in it."""

    protocol = "marked"

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(super()._strip_protocol(path.removeprefix("marked://")))

    def ls(self, path: str, detail: bool = True, **options: Any) -> list[Any]:
        found = super().ls(path, detail=True, **options)
        marks = ({"name": f"{path}/", "size": 0, "type": kind} for kind in ("file", "directory"))
        found = [*marks, *found]
        return found if detail else [entry["name"] for entry in found]


def test_the_mark_of_a_folder_is_none_of_its_files() -> None:
    fsspec.register_implementation("marked", MarkedFileSystem, clobber=True)
    files = fsspec.filesystem("marked")
    files.pipe_file("/study/clips/a.mp4", b"a")
    files.pipe_file("/study/clips/more/b.mp4", b"b")
    for uri in ("marked://study/clips", "marked://study/clips/"):
        assert locate(uri).names() == ["a.mp4"]
        assert locate(uri).folder_names() == ["more"]
        assert sorted(locate(uri).entry_names()) == ["a.mp4", "more"]
