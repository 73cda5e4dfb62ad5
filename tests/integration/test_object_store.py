"""A whole run on an object store: inputs and output in a bucket, killed and resumed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.demo import main as make_demo
from tests.fixtures.places import REPOSITORY

pytestmark = pytest.mark.slow

RUN_SECONDS = 600.0
BUCKET = "study"


@dataclass(frozen=True)
class Store:
    """A server that speaks S3, with a bucket.

    Parameters
    ----------
    environment : dict of str
        Environment in which processes reach it.
    url : str
        Its address.
    """

    environment: dict[str, str]
    url: str

    def keys(self, prefix: str) -> dict[str, bytes]:
        """Return every object whose name begins so, without that."""
        import fsspec

        files = fsspec.filesystem("s3", endpoint_url=self.url, key="x", secret="y",
                                  use_listings_cache=False)  # fmt: skip
        root = f"{BUCKET}/{prefix}/"
        return {str(key).removeprefix(root): files.cat(key) for key in files.find(root)}


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
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
    yield Store(environment, url)
    server.stop()


@pytest.fixture(scope="module")
def clips(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return local clips, whose copies are in the bucket."""
    pytest.importorskip("skimage", reason="the photograph is inside scikit-image")
    import fsspec

    folder = tmp_path_factory.mktemp("store")
    assert make_demo(["--output", str(folder), "--quiet"]) == 0
    files = fsspec.filesystem("s3", endpoint_url=store.url, key="x", secret="y")
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
    whole = start(store, f"s3://{BUCKET}/in/", f"s3://{BUCKET}/whole", log)
    assert whole.wait(RUN_SECONDS) == 3, log.read_text()  # one clip is broken on purpose
    expected = store.keys("whole")
    assert len(plain(expected)) == len([*clips.iterdir()]) - 1

    killed = start(store, f"s3://{BUCKET}/in/", f"s3://{BUCKET}/out", log)
    while not any(".work/" in key for key in store.keys("out")):
        assert killed.poll() is None, log.read_text()
        time.sleep(0.2)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    again = start(store, f"s3://{BUCKET}/in/", f"s3://{BUCKET}/out", log)
    assert again.wait(RUN_SECONDS) == 3, log.read_text()
    found = store.keys("out")
    assert not [key for key in found if ".work" in key or key.endswith((".tmp", ".lock"))]
    for objects in (found, expected):
        objects.pop("metrics.json")
    assert found == expected
