"""Workers and services that die end a run, which can then be resumed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines.comparison.invariance import hashes
from pipelines.main_job.arguments import RunArguments
from pipelines.main_job.beam_services import BeamServices, beam_services
from pipelines.run import run
from tests.fixtures.faces.clips import face_clip
from tests.fixtures.media.writing import write_video
from tests.fixtures.places import REPOSITORY
from tests.fixtures.runs.clip_corpus import GOP, IN_MEMORY
from tests.fixtures.synthetic_models.tiny_networks import write_config

CLIPS, FRAMES = 4, 300
MULTI_PROCESSING = ("--direct_running_mode=multi_processing", "--direct_num_workers=2")
PATIENCE_SECONDS = 120

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no signals")


class Corpus:
    """Clips that take some seconds, and runs over them in a process of their own."""

    def __init__(self, folder: Path, models: Path) -> None:
        self.folder = folder
        self.models = models
        self.videos = folder / "in"
        self.config = write_config(folder / "settings.toml", models)
        self.config.write_text(self.config.read_text() + "[shards]\nseconds = 1\n")
        self.videos.mkdir()
        pictures = face_clip(16)[0]
        for number in range(CLIPS):
            frames = tuple(pictures[(7 * i + number) % 16] for i in range(FRAMES))
            write_video(self.videos / f"{number}.mp4", frames, options=GOP)

    def run(self, output: Path, beam: tuple[str, ...] = IN_MEMORY) -> None:
        arguments = RunArguments(
            inputs=(str(self.videos),),
            output=str(output),
            config=str(self.config),
            models=str(self.models),
            quiet=True,
            beam=beam,
        )
        summary = run(arguments)
        assert summary.inputs_written + summary.inputs_finished == CLIPS

    @contextmanager
    def started(self, output: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
        """Start the command, and go on when its workers have registered and work."""
        command = [
            sys.executable, "-m", "pipelines.run", "--quiet", "--input", str(self.videos),
            "--models", str(self.models), "--config", str(self.config), "--output", str(output),
            *options,
        ]  # fmt: skip
        temporary = output.parent / "tmp"
        temporary.mkdir()
        process = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env=os.environ | {"TMPDIR": str(temporary)},
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            wait_for(lambda: any(output.glob(".work/**/*.features")))
            yield process
        finally:
            process.kill()

    def workers(self, output: Path) -> list[int]:
        """Return the process numbers of the workers that have registered."""
        files = (output.parent / "tmp").glob("*/openface-beam-workers-*/worker-*")
        return [int(path.read_text()) for path in files]


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_running(number: int) -> bool:
    """Return whether a process does anything: one that its parent has yet to bury does not."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(number)], capture_output=True, text=True, check=False
    )
    return not state.stdout.strip().startswith("Z")


@pytest.fixture(scope="module")
def corpus(network_models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return Corpus(tmp_path_factory.mktemp("dead-workers"), network_models_folder)


@pytest.fixture(scope="module")
def expected(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    output = tmp_path_factory.mktemp("undisturbed") / "out"
    corpus.run(output)
    return hashes(output)


@pytest.mark.slow
def test_a_killed_worker_ends_the_run_which_can_be_resumed(
    corpus: Corpus, expected: dict[str, str], tmp_path: Path
) -> None:
    output = tmp_path / "out"
    with corpus.started(output, *MULTI_PROCESSING) as process:
        workers = corpus.workers(output)
        os.kill(workers[0], signal.SIGKILL)
        _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 2
    last = err.strip().splitlines()[-1]
    assert last.startswith("error: the pipeline: a worker process was killed by signal 9.")
    assert "--direct_num_workers" in last
    assert not [number for number in workers if is_running(number)]
    corpus.run(output)
    assert hashes(output) == expected


def test_an_interrupted_run_leaves_no_workers(corpus: Corpus, tmp_path: Path) -> None:
    output = tmp_path / "out"
    with corpus.started(output, *MULTI_PROCESSING) as process:
        workers = corpus.workers(output)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130
    assert err.strip().endswith("interrupted")
    assert workers
    wait_for(lambda: not any(is_running(number) for number in workers))


@pytest.mark.slow
def test_a_killed_run_leaves_no_workers(corpus: Corpus, tmp_path: Path) -> None:
    output = tmp_path / "out"
    with corpus.started(output, *MULTI_PROCESSING) as process:
        workers = corpus.workers(output)
        process.kill()
        process.wait()
    assert workers
    wait_for(lambda: not any(is_running(number) for number in workers))


@pytest.mark.slow
def test_a_killed_worker_of_a_pool(
    corpus: Corpus, expected: dict[str, str], services: BeamServices, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    options = services.options("EXTERNAL")
    with corpus.started(output, "--runner=PortableRunner", *options) as process:
        workers = corpus.workers(output)
        os.kill(workers[0], signal.SIGKILL)
        _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 2
    assert "worker processes died" in err.strip().splitlines()[-1]
    wait_for(lambda: not any(is_running(number) for number in workers))
    corpus.run(output)
    assert hashes(output) == expected


@pytest.mark.slow
@pytest.mark.parametrize("environment", ["LOOPBACK", "EXTERNAL"])
def test_a_killed_job_service(environment: str, corpus: Corpus, tmp_path: Path) -> None:
    output = tmp_path / "out"
    with beam_services(tmp_path) as services:
        options = services.options(environment)
        with corpus.started(output, "--runner=PortableRunner", *options) as process:
            services.job_service.kill()
            _, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 2
    assert err.strip().splitlines()[-1].startswith("error: the pipeline: a connection failed")
