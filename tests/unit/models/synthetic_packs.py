"""Packs of a few small files, in a registry of their own, and a web server that has them."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from models.registry import Registry, load_registry

SHAPE = b"the shape of a face\n" * 50
PREDICTOR = bytes(range(256)) * 1200
NETWORK = b"\x08\x07onnx" * 5000

FILES = {
    "openface/AU_predictors/shape.txt": SHAPE,
    "openface/AU_predictors/svr/AU_1.dat": PREDICTOR,
    "models/network.onnx": NETWORK,
    "openface/model/shape.txt": SHAPE,
}
EMBEDDED = b"a small network"
"""Everything whose content is known, by place in a models folder; one file is there twice."""

SHAPE_PLACE, PREDICTOR_PLACE, NETWORK_PLACE, TWIN_PLACE = FILES
FACE_PLACES = {SHAPE_PLACE, PREDICTOR_PLACE, TWIN_PLACE}

_PACK = """\
name = "{name}"
title = "{title}"
licence = "research only"
licence_url = "https://models.invalid/licence.txt"
terms = "For research only, and not to be passed on."
citation = "Doe, On Faces, 1999"
origin = "{origin}"
{groups}"""

_ADDRESS = "https://models.invalid/0123456789abcdef0123456789abcdef01234567"


def _entry(name: str, content: bytes, upstream: str = "") -> str:
    digest = hashlib.sha256(content).hexdigest()
    more = f', upstream = "{upstream}"' if upstream else ""
    return f'{{ name = "{name}", bytes = {len(content)}, sha256 = "{digest}"{more} }}'


def _group(folder: str, entry: str, more: str = "") -> str:
    return f'[[groups]]\nrole = "a role"\nfolder = "{folder}"\n{more}\nfiles = [{entry}]\n'


def write_registry(folder: Path) -> Path:
    """Write packs: ``face`` with addresses, ``network`` and ``own`` without, ``both`` for two.

    ``tiny`` comes with the program: its file is in a folder beside that of the registry.
    """
    predictors = "openface/AU_predictors"
    url = f'url = "{_ADDRESS}/lib/"'
    face = _group(predictors, _entry("shape.txt", SHAPE), url)
    face += _group(predictors, _entry("svr/AU_1.dat", PREDICTOR), f'{url}\ncitation = "Roe, 2001"')
    face += _group("openface/model", _entry("shape.txt", SHAPE), f'url = "{_ADDRESS}/model/"')
    network = _group("models", _entry("network.onnx", NETWORK, "upstream_name.onnx"))
    own = _group("models", '{ name = "own.onnx" }')
    tiny = _group(".", _entry("tiny.onnx", EMBEDDED))
    embedded = folder.parent / "embedded" / "tiny.onnx"
    for needed in (folder, embedded.parent):
        needed.mkdir(parents=True, exist_ok=True)
    embedded.write_bytes(EMBEDDED)
    for name, title, origin, groups in (
        ("face", "Faces", "a checkout of https://models.invalid", face),
        ("network", "Points", "the weights of https://points.invalid, converted", network),
        ("own", "Your own export", "your own conversion", own),
        ("tiny", "Small ones", "this program", f"embedded = true\n{tiny}"),
    ):
        text = _PACK.format(name=name, title=title, origin=origin, groups=groups)
        (folder / f"{name}.toml").write_text(text)
    (folder / "both.toml").write_text('name = "both"\nmembers = ["face", "network"]\n')
    return folder


def synthetic_registry(folder: Path) -> Registry:
    """Return the packs of :func:`write_registry`."""
    return load_registry(write_registry(folder))


def write_files(root: Path) -> Path:
    """Write the content of all packs into a models folder."""
    for place, content in FILES.items():
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


class Mirror:
    """A web server with the files of all packs, and what went wrong on purpose.

    `behaviour` maps a place to a function that gets the request's handler and the content, and
    answers instead of the server; `requests` has every place that was asked for.
    """

    def __init__(self) -> None:
        self.behaviour: dict[str, Callable[[BaseHTTPRequestHandler, bytes], None]] = {}
        self.requests: list[str] = []
        self.url = ""


def answer(handler: BaseHTTPRequestHandler, content: bytes, status: int = 200) -> None:
    """Send an answer as it should be."""
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


@contextmanager
def mirror() -> Iterator[Mirror]:
    """Run a web server on this machine."""
    found = Mirror()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            place = self.path.lstrip("/")
            found.requests.append(place)
            content = FILES.get(place)
            if content is None:
                answer(self, b"not here", 404)
            elif place in found.behaviour:
                found.behaviour[place](self, content)
            else:
                answer(self, content)

        def log_message(self, *_: object) -> None:
            pass

    with _running(Handler) as found.url:
        yield found


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Run a web server that has the files of a folder; gives its address."""

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *words: Any) -> None:
            super().__init__(*words, directory=str(folder))

        def log_message(self, *_: object) -> None:
            pass

    with _running(Handler) as url:
        yield url


@contextmanager
def _running(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
