"""Runs that are killed at any moment are resumed to the same dataset."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.run import run
from pipelines.run_arguments import RunArguments
from tests.conftest import REPOSITORY
from tests.integration.synthetic_corpus import face_clip, write_config
from tests.integration.test_invariance import GOP, IN_MEMORY, assert_nothing_is_left_over, hashes
from tests.synthetic_video import write_video

KILLS = 20
KILLS_PER_ROUND = 4
CLIPS, FRAMES = 5, 120
SEED = 20
PATIENCE_SECONDS = 120.0
POLL_SECONDS = 0.002

Condition = Callable[[Path], bool]

MOMENTS: dict[str, Condition] = {
    "the first features are written": lambda out: any(out.glob(".work/*/*.features")),
    "features are being written": lambda out: any(out.glob(".work/*/.*.features.*.tmp")),
    "a block has its scores": lambda out: any(out.glob(".work/*/*.scores")),
    "a table is being written": lambda out: any(out.glob("frames/*/.*.tmp")),
    "two tables are written": lambda out: len(tables(out)) >= 2,
}
"""What is waited for in the output folder; between these, the time decides."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no signals"),
]


def tables(output: Path) -> dict[str, tuple[int, int]]:
    """Return the inode and the time of every finished table."""
    found = {}
    for path in output.glob("frames/*/frames.parquet"):
        state = path.stat()
        found[path.parent.name] = (state.st_ino, state.st_mtime_ns)
    return found


class Corpus:
    """Clips, one of them without its end, and noise; tables in many small row groups."""

    def __init__(self, folder: Path, models: Path) -> None:
        self.videos = folder / "in"
        self.videos.mkdir()
        self.models = models
        self.config = write_config(folder / "settings.toml", models)
        text = self.config.read_text() + "[shards]\nseconds = 1\n[output]\nrow_group_rows = 4\n"
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


def phase(output: Path) -> str:
    """Return where a run was killed, as its output folder shows."""
    if any(output.glob("frames/*/.*.tmp")):
        return "while a table was written"
    if tables(output):
        return "between tables"
    if any(output.glob(".work/*/*")):
        return "in the work folder's phases"
    return "before any work"


def test_twenty_kills(
    network_models_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("kills")
    corpus = Corpus(folder, network_models_folder)
    corpus.undisturbed(folder / "undisturbed")
    expected = hashes(folder / "undisturbed")

    began = time.monotonic()
    assert corpus.started(folder / "timed", "multi_threading").wait(PATIENCE_SECONDS) == 0
    seconds = time.monotonic() - began
    assert hashes(folder / "timed") == expected

    chance = random.Random(SEED)
    # Half of the kills come at a time of their own, half at a sight of the output folder.
    times = [(k + chance.random()) / (KILLS // 2) * seconds for k in range(KILLS // 2)]
    waited_for = [*MOMENTS.values()] * (KILLS // 2 // len(MOMENTS))
    plan: list[float | Condition] = [*times, *waited_for]
    chance.shuffle(plan)

    phases: Counter[str] = Counter()
    for number in range(0, KILLS, KILLS_PER_ROUND):
        output = folder / f"round {number}"
        mode = "multi_processing" if number == KILLS_PER_ROUND else "multi_threading"
        finished: dict[str, tuple[int, int]] = {}
        for moment in plan[number : number + KILLS_PER_ROUND]:
            process = corpus.started(output, mode)
            condition = after(moment) if isinstance(moment, float) else moment
            if killed(process, output, condition):
                phases[phase(output)] += 1
            found = tables(output)
            assert finished.items() <= found.items(), "a finished input was analysed again"
            finished = found
        assert corpus.started(output, mode).wait(PATIENCE_SECONDS) in (0, 1)
        assert finished.items() <= tables(output).items(), "a finished input was analysed again"
        assert hashes(output) == expected
        assert_nothing_is_left_over(output)
    print(dict(phases))
    assert phases["while a table was written"] >= 1
    assert phases["in the work folder's phases"] >= 4
