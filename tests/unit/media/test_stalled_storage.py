"""Storage that stops answering ends an input after the time limit, with the reason."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from openface_core.errors import MediaError
from openface_core.media import DecodeLimits, fingerprint, open_media
from openface_core.media.sources import locate
from openface_core.media.time_limit import TimedFile, within
from tests.fixtures.media.writing import moving_square, write_video

LIMITS = DecodeLimits(io_timeout_seconds=0.3)
PATIENCE_SECONDS = 20.0
"""Far above the limit, far below what a stalled read would take."""


class StallingFileSystem(MemoryFileSystem):
    """A filesystem that never answers once it has given so many bytes."""

    protocol = "stalling"
    released = threading.Event()

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(super()._strip_protocol(path.removeprefix("stalling://")))

    def _open(self, path: str, *args: Any, **options: Any) -> Any:
        file = super()._open(path, *args, **options)
        if path.endswith("open.mp4"):
            self.released.wait()
        read = file.read

        def stalling(count: int = -1) -> bytes:
            if file.tell() + (count if count > 0 else len(file.getbuffer())) > 8000:
                self.released.wait()
            return bytes(read(count))

        file.read = stalling
        return file

    def info(self, path: str, **options: Any) -> Any:
        if path.endswith("info.mp4"):
            self.released.wait()
        return super().info(path, **options)


@pytest.fixture
def stalling(tmp_path: Path) -> Iterator[str]:
    fsspec.register_implementation("stalling", StallingFileSystem, clobber=True)
    content = write_video(tmp_path / "a.mp4", moving_square(40)).read_bytes()
    for name in ("a", "open", "info"):
        fsspec.filesystem("memory").pipe(f"/stalling/{name}.mp4", content)
    StallingFileSystem.released.clear()
    yield "stalling:///stalling"
    StallingFileSystem.released.set()


def read(uri: str) -> None:
    """Read all frames of a video."""
    with open_media(uri, limits=LIMITS) as media:
        for _ in media:
            pass


@pytest.mark.parametrize("name", ["a", "open", "info"], ids=["read", "open", "stat"])
def test_a_filesystem_that_does_not_answer(name: str, stalling: str) -> None:
    begin = time.monotonic()
    with pytest.raises(MediaError) as found:
        read(f"{stalling}/{name}.mp4")
    assert found.value.cause == "the storage does not answer (no answer for 0.3 s)"
    assert "io_timeout_seconds" in found.value.remedy
    assert time.monotonic() - begin < PATIENCE_SECONDS


def test_one_that_answers_reads_as_before(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", moving_square(12))
    fsspec.filesystem("memory").pipe("/timed/a.mp4", path.read_bytes())
    with open_media("memory://timed/a.mp4") as remote, open_media(str(path)) as local:
        pairs = zip(remote, local, strict=True)
        assert all((a.image == b.image).all() for a, b in pairs)
    assert fingerprint("memory://timed/a.mp4") == fingerprint(str(path))


def test_a_file_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"first\nsecond\n")
    with TimedFile((tmp_path / "a").open("rb"), 5.0) as file:
        assert file.readline() == b"first\n"
        assert file.tell() == 6
        buffer = bytearray(3)
        assert file.readinto(buffer) == 3
        assert bytes(buffer) == b"sec"
        assert file.seek(-3, 2) == 10
        assert file.read() == b"nd\n"
        assert file.readable()
        assert file.seekable()
    assert file.closed


def test_what_a_call_raises_is_raised() -> None:
    with pytest.raises(ValueError, match="mine"):
        within(5.0, lambda: int("mine"))
    assert within(5.0, lambda: None) is None


@contextmanager
def server(content: bytes, stall_after: int | None) -> Iterator[str]:
    """Serve bytes over HTTP; from a place on, nothing comes any more."""
    released = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._head(0, len(content), 200)

        def do_GET(self) -> None:
            begin, end, status = 0, len(content), 200
            asked = self.headers.get("Range")
            if asked is not None:
                first, last = asked.removeprefix("bytes=").split("-")
                begin, end, status = int(first), min(end, int(last) + 1), 206
            self._head(begin, end, status)
            stop = end if stall_after is None else min(end, stall_after)
            self.wfile.write(content[begin:stop])
            self.wfile.flush()
            if stop < end:
                released.wait()

        def _head(self, begin: int, end: int, status: int) -> None:
            self.send_response(status)
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(end - begin))
            if status == 206:
                self.send_header("Content-Range", f"bytes {begin}-{end - 1}/{len(content)}")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    serving = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    serving.daemon_threads = True
    thread = threading.Thread(target=serving.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{serving.server_address[1]}/a.mp4"
    finally:
        released.set()
        serving.shutdown()
        serving.server_close()
        thread.join()


@pytest.mark.parametrize("share", [0.0, 0.5], ids=["at once", "in the middle"])
def test_a_server_that_stalls(share: float, tmp_path: Path) -> None:
    pytest.importorskip("aiohttp")
    content = write_video(tmp_path / "a.mp4", moving_square(40)).read_bytes()
    begin = time.monotonic()
    with (
        server(content, int(share * len(content))) as url,
        pytest.raises(MediaError, match="the storage does not answer"),
    ):
        read(url)
    assert time.monotonic() - begin < PATIENCE_SECONDS


def test_a_video_on_a_server_is_the_one_on_the_disk(tmp_path: Path) -> None:
    pytest.importorskip("aiohttp")
    path = write_video(tmp_path / "a.mp4", moving_square(12))
    with server(path.read_bytes(), None) as url:
        assert locate(url).size_bytes() == path.stat().st_size
        with open_media(url) as remote, open_media(str(path)) as local:
            pairs = zip(remote, local, strict=True)
            assert all((a.image == b.image).all() for a, b in pairs)
