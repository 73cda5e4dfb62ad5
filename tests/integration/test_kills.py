"""Runs that are killed at any moment are resumed to the same dataset."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from pipelines.command import EXIT_SOME_FAILED
from pipelines.comparison.invariance import hashes
from pipelines.main_job.arguments import RunArguments
from pipelines.run import run
from tests.fixtures.faces.clips import face_clip
from tests.fixtures.media.writing import write_video
from tests.fixtures.places import REPOSITORY
from tests.fixtures.runs.clip_corpus import GOP, IN_MEMORY
from tests.fixtures.runs.datasets import assert_nothing_is_left_over
from tests.fixtures.synthetic_models.tiny_networks import write_config

KILLS = 14
KILLS_PER_ROUND = 4
CLIPS, FRAMES = 5, 60
SEED = 20
STATUS = EXIT_SOME_FAILED  # the noise
PATIENCE_SECONDS = 120.0
POLL_SECONDS = 0.01

Stamp = tuple[str, int, int]
Condition = Callable[[Path], bool]


def stamps(output: Path, pattern: str) -> set[Stamp]:
    """Return path, inode and time of files; one that vanishes meanwhile may be left out."""
    found = set()
    with suppress(OSError):
        for path in output.glob(pattern):
            state = path.stat()
            found.add((str(path), state.st_ino, state.st_mtime_ns))
    return found


def sight_of(pattern: str, count: int = 1) -> Callable[[Path], Condition]:
    """Return a condition's maker: so many files are there that were not when it was made."""

    def from_now_on(output: Path) -> Condition:
        before = stamps(output, pattern)
        return lambda out: len(stamps(out, pattern) - before) >= count

    return from_now_on


TABLES = "frames/*/frames.parquet"


def last_table(output: Path) -> Condition:
    """Return the condition that all tables are there, at least one of them new."""
    return sight_of(TABLES, max(1, CLIPS - len(stamps(output, TABLES))))(output)


SIGHTS = {
    "the documents are written": sight_of("data_dictionary.json"),
    "the first features are written": sight_of(".work/*/*/*.features"),
    "many features are written": sight_of(".work/*/*/*.features", 8),
    "a block has its scores": sight_of(".work/*/*/*.scores"),
    "a table is being written": sight_of(".work/*/.frames.parquet.*.tmp"),
    "a table is written": sight_of(TABLES),
    "two tables are written": sight_of(TABLES, 2),
    "every table is written": last_table,
    "the error table is written": sight_of("errors.parquet"),
    "the summary is written": sight_of("summary.parquet"),
}
"""What is waited for in the output folder; for the other kills, the time decides."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no signals"),
]


class Corpus:
    """Clips, one of them without its end, and noise; tables in many small row groups."""

    def __init__(self, folder: Path, models: Path) -> None:
        self.videos = folder / "in"
        self.videos.mkdir()
        self.models = models
        self.config = write_config(folder / "settings.toml", models)
        text = self.config.read_text() + "[shards]\nseconds = 1\n[output]\nrow_group_rows = 15\n"
        self.config.write_text(text)
        pictures = face_clip(16)[0]
        for number in range(CLIPS):
            frames = tuple(pictures[(7 * i + number) % 16] for i in range(FRAMES))
            write_video(self.videos / f"{number}.mkv", frames, options=GOP)
        cut = self.videos / "0.mkv"
        cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
        (self.videos / "noise.mp4").write_bytes(bytes(range(256)) * 40)

    def undisturbed(self, output: Path) -> None:
        arguments = RunArguments(
            inputs=(str(self.videos),),
            output=str(output),
            config=str(self.config),
            models=str(self.models),
            quiet=True,
            beam=IN_MEMORY,
        )
        summary = run(arguments)
        assert (summary.inputs_written, summary.inputs_failed) == (CLIPS, 1)
        assert summary.warnings > 0

    def started(self, output: Path, mode: str) -> subprocess.Popen[bytes]:
        """Start the command as the leader of a process group."""
        command = [
            sys.executable, "-m", "pipelines.run", "--quiet", "--input", str(self.videos),
            "--models", str(self.models), "--config", str(self.config), "--output", str(output),
            f"--direct_running_mode={mode}", "--direct_num_workers=2",
        ]  # fmt: skip
        return subprocess.Popen(
            command,
            cwd=REPOSITORY,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )


def killed(process: subprocess.Popen[bytes], output: Path, condition: Condition) -> bool:
    """Kill a process group as soon as a condition holds; False if it was done before."""
    end = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None:
        assert time.monotonic() < end, "the run hangs"
        if condition(output):
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return True
        time.sleep(POLL_SECONDS)
    return False


def after(seconds: float) -> Condition:
    begin = time.monotonic()
    return lambda out: time.monotonic() - begin >= seconds


def test_kills_at_any_moment(
    network_models_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("kills")
    corpus = Corpus(folder, network_models_folder)
    corpus.undisturbed(folder / "undisturbed")
    expected = hashes(folder / "undisturbed")

    began = time.monotonic()
    assert corpus.started(folder / "timed", "multi_threading").wait(PATIENCE_SECONDS) == STATUS
    seconds = time.monotonic() - began
    assert hashes(folder / "timed") == expected

    chance = random.Random(SEED)
    count = KILLS - len(SIGHTS)
    waiting: deque[float | str] = deque(SIGHTS)
    waiting.extend((k + chance.random()) / count * seconds for k in range(count))
    chance.shuffle(waiting)

    kills: list[int] = []  # of each round
    unseen: list[str] = []
    while waiting:
        output = folder / f"round {len(kills)}"
        mode = "multi_processing" if len(kills) == 1 else "multi_threading"
        finished: set[Stamp] = set()
        kills.append(0)
        is_done = False
        while not is_done:
            process = corpus.started(output, mode)
            if waiting and kills[-1] < KILLS_PER_ROUND:
                moment = waiting[0]
                sight = moment if isinstance(moment, str) else None
                wait_seconds = seconds if isinstance(moment, str) else moment
                condition = after(wait_seconds) if sight is None else SIGHTS[sight](output)
                is_done = not killed(process, output, condition)
                if not is_done:
                    waiting.popleft()
                    kills[-1] += 1
                elif not kills[-1]:  # a whole run was too fast for it
                    if sight is not None:
                        unseen.append(sight)
                    waiting[0] = 0.7 * wait_seconds
            else:
                process.wait(PATIENCE_SECONDS)
                is_done = True
            found = stamps(output, TABLES)
            assert finished <= found, "a finished input was analysed again"
            finished = found
        assert process.returncode == STATUS
        assert hashes(output) == expected
        assert_nothing_is_left_over(output)
    assert sum(kills) == KILLS
    assert len(unseen) <= 2, unseen
