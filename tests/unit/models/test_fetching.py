"""Downloads arrive whole and right, or leave the models folder as it was."""

import errno
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from models import downloading
from models.checked_file import CheckedWriter
from models.downloading import address_of
from models.fetching import fetch_pack
from models.registry import Registry
from models.store import ModelStore
from openface_core.errors import (
    ConfigError,
    DownloadError,
    ModelFileError,
    OpenFaceBeamError,
    OutputError,
)
from tests.fixtures.synthetic_models.packs import (
    FACE_PLACES,
    PREDICTOR,
    PREDICTOR_PLACE,
    SHAPE,
    SHAPE_PLACE,
    Mirror,
    answer,
)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)


def fetch(registry: Registry, store: ModelStore, url: str | None, name: str = "face") -> int:
    return fetch_pack(registry.packs[name], store, url, lambda _: None)


def placed(store: ModelStore) -> set[str]:
    """Files of the models folder that count, by place."""
    if not store.root.exists():
        return set()
    found = {path.relative_to(store.root) for path in store.root.rglob("*") if path.is_file()}
    return {path.as_posix() for path in found if path.parts[0] != ".incoming"}


def test_good(registry: Registry, store: ModelStore, server: Mirror) -> None:
    came: list[int] = []
    assert fetch_pack(registry.packs["face"], store, f"{server.url}/", came.append) == 3
    assert placed(store) == FACE_PLACES
    assert (store.root / PREDICTOR_PLACE).read_bytes() == PREDICTOR
    assert sum(came) == 2 * len(SHAPE) + len(PREDICTOR)
    assert {path.name for path in store.root.iterdir()} == {"openface"}
    assert fetch(registry, store, server.url) == 0
    assert len(server.requests) == 3


def test_a_mirror_has_files_without_an_address(
    registry: Registry, store: ModelStore, server: Mirror
) -> None:
    with pytest.raises(ModelFileError, match=r"no address to fetch network\.onnx from") as caught:
        fetch(registry, store, None, "network")
    assert "https://points.invalid" in caught.value.cause
    assert "`openface-beam models import network --from FOLDER`" in caught.value.remedy
    assert not store.root.exists()
    assert fetch(registry, store, server.url, "network") == 1


def test_addresses(registry: Registry) -> None:
    shape = registry.packs["face"].files[0]
    assert address_of(shape, None) == shape.url
    assert address_of(shape, "http://host/a/") == f"http://host/a/{SHAPE_PLACE}"
    with pytest.raises(ConfigError, match="web server"):
        address_of(shape, "file:///etc")


def wrong(handler: BaseHTTPRequestHandler, content: bytes) -> None:
    answer(handler, b"x" * len(content))


def longer(handler: BaseHTTPRequestHandler, content: bytes) -> None:
    answer(handler, content + b"x")


def not_there(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    answer(handler, b"", 404)


def broken(handler: BaseHTTPRequestHandler, _: bytes) -> None:
    answer(handler, b"", 503)


def closes_midway(handler: BaseHTTPRequestHandler, content: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content[: len(content) // 2])
    handler.wfile.flush()
    handler.connection.shutdown(socket.SHUT_RDWR)


def truncated(handler: BaseHTTPRequestHandler, content: bytes) -> None:
    answer(handler, content[:-1])


@pytest.mark.parametrize(
    ("behaviour", "error", "cause", "asked"),
    [
        (wrong, ModelFileError, r"expected .* SHA-256 [0-9a-f]{64}, found [0-9a-f]{64}", 1),
        (longer, ModelFileError, f"more than the {len(PREDICTOR)} bytes", 1),
        (not_there, DownloadError, "is not there .*404", 1),
        (broken, DownloadError, "503", 4),
        (closes_midway, DownloadError, "could not be downloaded", 4),
        (truncated, DownloadError, f"{len(PREDICTOR) - 1} of {len(PREDICTOR)} bytes", 4),
    ],
)
def test_a_bad_server(
    behaviour: Callable[[BaseHTTPRequestHandler, bytes], object],
    error: type[OpenFaceBeamError],
    cause: str,
    asked: int,
    registry: Registry,
    store: ModelStore,
    server: Mirror,
) -> None:
    server.behaviour[PREDICTOR_PLACE] = behaviour
    came: list[int] = []
    with pytest.raises(error, match=cause) as caught:
        fetch_pack(registry.packs["face"], store, server.url, came.append)
    assert caught.value.subject == f"{server.url}/{PREDICTOR_PLACE}"
    assert server.requests.count(PREDICTOR_PLACE) == asked
    assert sum(came) == len(SHAPE)
    assert placed(store) == set()
    # Nothing is half-written, and what came whole is not asked for again.
    server.behaviour.clear()
    assert fetch(registry, store, server.url) == 3
    assert server.requests.count(SHAPE_PLACE) == 1
    assert (store.root / PREDICTOR_PLACE).read_bytes() == PREDICTOR
    assert not (store.root / ".incoming").exists()


def test_a_server_that_recovers(registry: Registry, store: ModelStore, server: Mirror) -> None:
    tries: list[int] = []

    def recovers(handler: BaseHTTPRequestHandler, content: bytes) -> None:
        tries.append(1)
        (closes_midway if len(tries) < 3 else answer)(handler, content)

    server.behaviour[PREDICTOR_PLACE] = recovers
    assert fetch(registry, store, server.url) == 3
    assert len(tries) == 3


def test_no_server(registry: Registry, store: ModelStore) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(DownloadError, match="the server cannot be reached"):
        fetch(registry, store, url)


def test_a_silent_server(
    registry: Registry, store: ModelStore, server: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloading, "_TIMEOUT_SECONDS", (0.2, 0.2))
    done = threading.Event()
    server.behaviour[SHAPE_PLACE] = lambda _handler, _content: done.wait(10.0) and None
    try:
        with pytest.raises(DownloadError, match="does not answer"):
            fetch(registry, store, server.url)
    finally:
        done.set()


def test_another_file_in_the_place_of_one_is_left_alone(
    registry: Registry, store: ModelStore, server: Mirror
) -> None:
    path = store.root / SHAPE_PLACE
    path.parent.mkdir(parents=True)
    path.write_bytes(b"my own")
    with pytest.raises(ModelFileError, match=r"SHA-256 [0-9a-f]{64}, found [0-9a-f]{64}") as caught:
        fetch(registry, store, server.url)
    assert caught.value.subject == str(path)
    assert path.read_bytes() == b"my own"
    assert server.requests == []


def test_a_damaged_file_that_waits_is_downloaded_again(
    registry: Registry, store: ModelStore, server: Mirror
) -> None:
    store.make_incoming()
    store.incoming(registry.packs["face"].files[0]).write_bytes(b"damaged")
    assert fetch(registry, store, server.url) == 3
    assert (store.root / SHAPE_PLACE).read_bytes() == SHAPE


def test_a_folder_that_cannot_be_made(registry: Registry, tmp_path: Path, server: Mirror) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = ModelStore(tmp_path / "file" / "store")
    with pytest.raises(OutputError, match="cannot be written") as caught:
        fetch(registry, store, server.url)
    assert caught.value.subject == str(store.root)
    assert server.requests == []


def test_a_full_disk(
    registry: Registry, store: ModelStore, server: Mirror, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = CheckedWriter.write

    def full(self: CheckedWriter, chunk: bytes) -> int:
        if self.written_bytes:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(self, chunk)

    with monkeypatch.context() as patched:
        patched.setattr(CheckedWriter, "write", full)
        with pytest.raises(OutputError, match="No space left on device"):
            fetch(registry, store, server.url)
    assert placed(store) == set()
    assert fetch(registry, store, server.url) == 3


_KILLED = """
import sys
from models.fetching import fetch_pack
from models.registry import load_registry
from models.store import ModelStore
from pathlib import Path
pack = load_registry(Path(sys.argv[1])).packs["face"]
fetch_pack(pack, ModelStore(Path(sys.argv[2])), sys.argv[3], lambda _: None)
"""


def test_killed_midway(
    registry: Registry, store: ModelStore, server: Mirror, tmp_path: Path
) -> None:
    half_sent, go_on = threading.Event(), threading.Event()

    def slow(handler: BaseHTTPRequestHandler, content: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content[: len(content) // 2])
        handler.wfile.flush()
        half_sent.set()
        go_on.wait(30.0)

    server.behaviour[PREDICTOR_PLACE] = slow
    words = [str(tmp_path / "registry"), str(store.root), server.url]
    process = subprocess.Popen([sys.executable, "-c", _KILLED, *words])
    try:
        assert half_sent.wait(60.0)
    finally:
        process.kill()
        process.wait()
        go_on.set()
    assert placed(store) == set()
    server.behaviour.clear()
    assert fetch(registry, store, server.url) == 3
    assert placed(store) == FACE_PLACES
    assert server.requests.count(SHAPE_PLACE) == 1
