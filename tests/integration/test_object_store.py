"""A whole run on an object store: inputs and output in a bucket, killed and resumed."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec
import pytest

from pipelines.demo import main as make_demo
from tests.fixtures.places import REPOSITORY

pytestmark = pytest.mark.slow

RUN_SECONDS = 600.0
BUCKET = "study"


@dataclass(frozen=True)
class Store:
    """A server of an object store, with a bucket.

    Parameters
    ----------
    protocol : str
        What its URLs begin with.
    environment : dict of str
        Environment in which processes reach it.
    options : dict of str
        What fsspec is told to reach it.
    """

    protocol: str
    environment: dict[str, str]
    options: dict[str, str]

    def files(self) -> Any:
        """Return its filesystem."""
        return fsspec.filesystem(self.protocol, use_listings_cache=False, **self.options)

    def url(self, name: str) -> str:
        """Return the URL of a folder."""
        return f"{self.protocol}://{BUCKET}/{name}"

    def names(self, prefix: str) -> list[str]:
        """Return the name of every object that begins so, without that; a run may be writing."""
        root = f"{BUCKET}/{prefix}/"
        return [str(key).removeprefix(root) for key in self.files().find(root)]

    def objects(self, prefix: str) -> dict[str, bytes]:
        """Return every object whose name begins so, without that; no run may be writing."""
        files = self.files()
        return {name: files.cat(f"{BUCKET}/{prefix}/{name}") for name in self.names(prefix)}


@contextmanager
def s3() -> Iterator[Store]:
    """Have Moto's server play Amazon's store."""
    moto = pytest.importorskip("moto.server", reason="moto plays the object store")
    pytest.importorskip("s3fs", reason="fsspec opens s3:// with it")
    server = moto.ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"
    environment = {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "y",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    yield Store("s3", environment, {"endpoint_url": url, "key": "x", "secret": "y"})
    server.stop()


@contextmanager
def gs() -> Iterator[Store]:
    """Have fake-gcs-server play Google's store: go install github.com/fsouza/fake-gcs-server."""
    program = shutil.which("fake-gcs-server")
    if program is None:
        pytest.skip("fake-gcs-server plays the object store; it is not on the PATH")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    words = ["-scheme", "http", "-host", "127.0.0.1", "-port", str(port), "-backend", "memory"]
    log = subprocess.DEVNULL
    server = subprocess.Popen([program, *words, "-public-host", url], stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 30.0
        while not answers(port):
            assert server.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
        environment = {
            "STORAGE_EMULATOR_HOST": url,
            # It would ask for the kind of the bucket by gRPC, which the server does not speak.
            "GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT": "false",
        }
        with pytest.MonkeyPatch.context() as patch:
            for name, value in environment.items():
                patch.setenv(name, value)
            # It looks at them when it is imported.
            pytest.importorskip("gcsfs", reason="fsspec opens gs:// with it")
            yield Store("gs", environment, {"endpoint_url": url, "token": "anon"})
    finally:
        server.kill()
        server.wait()


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1.0).close()
    except OSError:
        return False
    return True


@pytest.fixture(scope="module", params=[s3, gs])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    with request.param() as started:
        yield started


@pytest.fixture(scope="module")
def clips(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return local clips, whose copies are in the bucket."""
    pytest.importorskip("skimage", reason="the photograph is inside scikit-image")
    folder = tmp_path_factory.mktemp("store")
    assert make_demo(["--output", str(folder), "--quiet"]) == 0
    files = store.files()
    files.mkdir(BUCKET)
    for clip in (folder / "clips").iterdir():
        files.put(str(clip), f"{BUCKET}/in/{clip.name}")
    return folder / "clips"


def start(store: Store, source: str, output: str, log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "pipelines.run", "--models", "embedded"]
    words = [*command, "--input", source, "--output", output]
    with log.open("ab") as file:
        return subprocess.Popen(
            words, cwd=REPOSITORY, env={**os.environ, **store.environment}, stdout=file, stderr=file
        )


def plain(objects: dict[str, bytes]) -> dict[str, bytes]:
    """Return the tables, which alone are free of places."""
    return {key: value for key, value in objects.items() if key.endswith("frames.parquet")}


def test_a_killed_run_goes_on(store: Store, clips: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    whole = start(store, store.url("in/"), store.url("whole"), log)
    assert whole.wait(RUN_SECONDS) == 3, log.read_text()  # one clip is broken on purpose
    expected = store.objects("whole")
    assert len(plain(expected)) == len([*clips.iterdir()]) - 1, log.read_text()

    killed = start(store, store.url("in/"), store.url("out"), log)
    while not any(".work/" in name for name in store.names("out")):
        assert killed.poll() is None, log.read_text()
        time.sleep(0.2)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    again = start(store, store.url("in/"), store.url("out"), log)
    assert again.wait(RUN_SECONDS) == 3, log.read_text()
    found = store.objects("out")
    assert not [key for key in found if ".work" in key or key.endswith((".tmp", ".lock"))]
    for objects in (found, expected):
        objects.pop("metrics.json")
    assert found == expected
