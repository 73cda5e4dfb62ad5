"""Whether a file has changed, as far as storage tells."""

import os
from pathlib import Path

import fsspec
import pytest

from openface_core.errors import MediaError
from openface_core.media.file_state import file_state, states_below
from openface_core.media.sources import locate


def test_a_file_that_is_left_alone_keeps_its_state(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"content")
    assert file_state(str(path)) == file_state(str(path))


def test_every_change_shows(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"content")
    states = [file_state(str(path))]
    path.write_bytes(b"content and more")
    states.append(file_state(str(path)))
    os.utime(path, ns=(0, 0))
    states.append(file_state(str(path)))
    (tmp_path / "b.mp4").write_bytes(b"content and less")
    os.utime(tmp_path / "b.mp4", ns=(0, 0))
    (tmp_path / "b.mp4").replace(path)
    states.append(file_state(str(path)))
    assert len(set(states)) == 4


def test_a_folder_changes_with_its_images(tmp_path: Path) -> None:
    for name in ("1.png", "2.png"):
        (tmp_path / name).write_bytes(b"x")
    states = [file_state(str(tmp_path))]
    (tmp_path / "2.png").write_bytes(b"xy")
    states.append(file_state(str(tmp_path)))
    (tmp_path / "3.png").write_bytes(b"x")
    states.append(file_state(str(tmp_path)))
    assert len(set(states)) == 3


def test_a_remote_file_changes_with_what_its_storage_tells() -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/state/a.mp4", b"content")
    before = file_state("memory://state/a.mp4")
    assert before is not None
    assert file_state("memory://state/a.mp4") == before
    memory.pipe_file("/state/a.mp4", b"another")
    assert file_state("memory://state/a.mp4") != before


def test_storage_that_tells_only_the_size_gives_no_state(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = fsspec.filesystem("memory")
    memory.pipe_file("/state/b.mp4", b"content")
    monkeypatch.setattr(type(memory), "info", lambda self, path: {"type": "file", "size": 7})
    assert file_state("memory://state/b.mp4") is None


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="no such file"):
        file_state(str(tmp_path / "no.mp4"))


@pytest.mark.parametrize("scheme", ["", "memory:/"])
def test_files_below_a_folder(scheme: str, tmp_path: Path) -> None:
    folder = locate(f"{scheme}{tmp_path}/frames")
    assert states_below(folder, "x.parquet") == {}
    files = folder.filesystem or fsspec.filesystem("file")

    def write(name: str, content: bytes) -> dict[str, str | None]:
        files.makedirs(f"{folder.path}/{name}".rpartition("/")[0], exist_ok=True)
        files.pipe_file(f"{folder.path}/{name}", content)
        return states_below(folder, "x.parquet")

    first = write("a/x.parquet", b"content")
    assert list(first) == [f"{folder.path}/a/x.parquet"]
    assert write("a/y.parquet", b"content") == first
    both = write("b/x.parquet", b"content")
    assert first.items() < both.items()
    again = write("a/x.parquet", b"another one")
    assert again.keys() == both.keys()
    assert again != both
