"""Files appear whole or not at all."""

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from openface_core.errors import MediaError, OutputError
from openface_core.media.sources import locate
from transforms.dataset.storage import (
    is_temporary,
    join,
    read_whole,
    remove_tree,
    write_if_changed,
    write_whole,
)


def failing_writer(error: Exception) -> Callable[[IO[bytes]], None]:
    def write(file: IO[bytes]) -> None:
        file.write(b"half of it")
        raise error

    return write


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("out", "a"), "out/a"),
        (("out/", "a", "b"), "out/a/b"),
        (("/", "a"), "/a"),
        (("s3://bucket/x/", "a"), "s3://bucket/x/a"),
        (("memory://x", "a"), "memory://x/a"),
    ],
)
def test_join(parts: tuple[str, ...], expected: str) -> None:
    assert join(*parts) == expected


def test_missing_folders_are_made(tmp_path: Path) -> None:
    uri = str(tmp_path / "a" / "b" / "c.bin")
    assert write_whole(uri, lambda file: file.write(b"content")) == len(b"content")
    assert Path(uri).read_bytes() == b"content"
    assert list(Path(uri).parent.iterdir()) == [Path(uri)]
    assert read_whole(uri).read() == b"content"


def test_an_existing_file_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "c.bin"
    path.write_bytes(b"something much longer than the new content")
    write_whole(str(path), lambda file: file.write(b"new"))
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("scheme", ["", "memory:/"])
def test_a_file_is_written_if_that_changes_it(scheme: str, tmp_path: Path) -> None:
    uri = f"{scheme}{tmp_path}/c.bin"
    assert write_if_changed(uri, b"first")
    assert not write_if_changed(uri, b"first")
    for content in (b"other", b"longer than before", b""):
        assert write_if_changed(uri, content)
        assert read_whole(uri).read() == content


@pytest.mark.parametrize("error", [ValueError("no"), OSError(28, "No space left on device")])
def test_a_failing_writer_leaves_the_old_file_and_nothing_else(
    error: Exception, tmp_path: Path
) -> None:
    path = tmp_path / "c.bin"
    expected = OutputError if isinstance(error, OSError) else type(error)
    with pytest.raises(expected):
        write_whole(str(path), failing_writer(error))
    assert list(tmp_path.iterdir()) == []
    path.write_bytes(b"old")
    with pytest.raises(expected):
        write_whole(str(path), failing_writer(error))
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"old"


def test_a_full_disk_in_plain_words(tmp_path: Path) -> None:
    uri = str(tmp_path / "c.bin")
    with pytest.raises(OutputError, match="No space left") as caught:
        write_whole(uri, failing_writer(OSError(28, "No space left on device")))
    assert caught.value.subject == uri
    assert "Free some space" in caught.value.remedy


def test_a_file_where_a_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    with pytest.raises(OutputError):
        write_whole(str(tmp_path / "file" / "c.bin"), lambda file: None)


def test_a_folder_where_the_file_should_be(tmp_path: Path) -> None:
    (tmp_path / "c.bin" / "inner").mkdir(parents=True)
    with pytest.raises(OutputError):
        write_whole(str(tmp_path / "c.bin"), lambda file: None)
    assert list(tmp_path.iterdir()) == [tmp_path / "c.bin"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="Permission denied"):
            write_whole(str(tmp_path / "c.bin"), lambda file: None)
    finally:
        tmp_path.chmod(0o700)


def test_another_filesystem() -> None:
    assert write_whole("memory://store/sub/c.bin", lambda file: file.write(b"content")) == 7
    assert fsspec.filesystem("memory").cat("/store/sub/c.bin") == b"content"
    assert read_whole("memory://store/sub/c.bin").read() == b"content"


class ReplacedFileSystem(MemoryFileSystem):
    """A filesystem whose files are replaced between being opened and read, as S3 tells it."""

    protocol = "replaced"

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(super()._strip_protocol(path.removeprefix("replaced://")))

    def _open(self, path: str, *args: Any, **options: Any) -> Any:
        file = super()._open(path, *args, **options)

        def refuse(count: int = -1) -> bytes:
            raise OSError(errno.EBUSY, "the remote file no longer exists")

        file.read = refuse
        return file

    def cat_file(self, path: str, *_: Any, **__: Any) -> bytes:
        return bytes(self.store[self._strip_protocol(path)].getvalue())


def test_a_file_of_ours_may_be_replaced_while_it_is_read() -> None:
    fsspec.register_implementation("replaced", ReplacedFileSystem, clobber=True)
    write_whole("replaced://store/mark", lambda file: file.write(b"content"))
    assert read_whole("replaced://store/mark").read() == b"content"
    with (
        locate("replaced://store/mark").open() as file,
        pytest.raises(MediaError, match="replaced, or"),
    ):
        file.read()


def test_a_failing_writer_leaves_nothing_on_another_filesystem() -> None:
    with pytest.raises(ValueError, match="no"):
        write_whole("memory://store/failed.bin", failing_writer(ValueError("no")))
    assert not fsspec.filesystem("memory").exists("/store/failed.bin")


def test_a_filesystem_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    class StrangeError(Exception):
        """As remote filesystems have them, outside of OSError."""

    def refuse(*_: object, **__: object) -> None:
        raise StrangeError("quota\nexceeded.")

    monkeypatch.setattr(type(fsspec.filesystem("memory")), "pipe_file", refuse)
    with pytest.raises(OutputError, match=r"StrangeError: quota exceeded\)\. Check"):
        write_whole("memory://store/c.bin", lambda file: None)


def test_an_unknown_protocol() -> None:
    with pytest.raises(OutputError):
        write_whole("nosuch://store/c.bin", lambda file: None)


def test_reading_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="no such file"):
        read_whole(str(tmp_path / "none"))


def test_a_folder_goes_while_others_still_write_into_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "work"
    progress = folder / "progress"
    progress.mkdir(parents=True)
    remove_folder, left_writes = os.rmdir, ["third", "second", "first"]

    def written_before_removal(path: str, **place: int) -> None:
        if left_writes and str(path).endswith("progress"):
            (progress / left_writes.pop()).touch()
        remove_folder(path, **place)

    monkeypatch.setattr(os, "rmdir", written_before_removal)
    remove_tree(str(folder))
    assert not left_writes
    assert not folder.exists()


def test_two_may_remove_one_folder(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    for number in range(200):
        write_whole(str(folder / f"{number % 7}" / f"{number}"), lambda file: file.write(b"x"))
    failures: list[Exception] = []

    def remove() -> None:
        try:
            remove_tree(str(folder))
        except OutputError as error:
            failures.append(error)

    threads = [threading.Thread(target=remove) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert not folder.exists()


def test_a_file_is_put_together_elsewhere(tmp_path: Path) -> None:
    path, scratch = tmp_path / "tables" / "c.bin", tmp_path / "scratch"

    def write(file: IO[bytes]) -> None:
        file.write(b"content")
        (name,) = (found.name for found in scratch.iterdir())
        assert is_temporary(name)
        assert not path.parent.exists()

    write_whole(str(path), write, scratch=str(scratch))
    assert path.read_bytes() == b"content"
    assert list(scratch.iterdir()) == []
    with pytest.raises(ValueError, match="no"):
        write_whole(str(path), failing_writer(ValueError("no")), scratch=str(scratch))
    assert path.read_bytes() == b"content"
    assert list(scratch.iterdir()) == []


def test_a_file_is_copied_where_it_cannot_be_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, scratch = tmp_path / "tables" / "c.bin", tmp_path / "scratch"
    replace = Path.replace

    def between_disks(made: Path, target: Path) -> Path:
        if made.parent == scratch:
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
        return replace(made, target)

    monkeypatch.setattr(Path, "replace", between_disks)
    write_whole(str(path), lambda file: file.write(b"content"), scratch=str(scratch))
    assert path.read_bytes() == b"content"
    assert [*scratch.iterdir(), *path.parent.iterdir()] == [path]
