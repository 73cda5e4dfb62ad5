"""Two runs into one folder, at any distance: one is refused in a line, and no table suffers."""

import random
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.comparison.invariance import hashes
from tests.fixtures.runs.fork_server import Ended, ForkServer, Started
from tests.fixtures.runs.landmark_corpus import LandmarkCorpus
from tests.fixtures.trials import Trials

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="no forks"),
]

FINISHED = ("", "", "a", "abc")
"""Inputs that are finished before."""

RESUMED_ONE_OF, TIMED_ONE_OF = 4, 10
REFUSAL = ": another run works in this folder: process "
# How much later than the other a run begins, of the length of a run: some just after its end.
LONGEST_DELAY = 1.6
# On a busy machine; waiting is no test.
LONGEST_RUN_SECONDS = 6.0


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> LandmarkCorpus:
    folder = tmp_path_factory.mktemp("pairs")
    corpus = LandmarkCorpus(folder)
    for seed, name in enumerate("def", start=3):
        corpus.write(name, seed, 6)
    corpus.run()
    for names in filter(None, FINISHED):
        inputs = tuple(str(corpus.videos / f"{name}.mp4") for name in names)
        corpus.run(inputs=inputs, output=str(folder / f"finished-{names}"))
    return corpus


@pytest.fixture(scope="module")
def server(
    corpus: LandmarkCorpus, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ForkServer]:
    with ForkServer(corpus.models, tmp_path_factory.mktemp("screens")) as running:
        # The first one waits for the server's own start, which says nothing of how long runs take.
        running.run(Started(command(corpus, tmp_path_factory.mktemp("first") / "out", "a"), 0.0))
        yield running


def command(corpus: LandmarkCorpus, output: Path, names: str, *options: str) -> list[str]:
    inputs = [corpus.videos / f"{name}.mp4" for name in names]
    return corpus.words(output, *options, inputs=inputs)


def check_refused(ended: Ended) -> None:
    """Assert that a run ended with the one line about the other."""
    (line,) = ended.err.splitlines()
    assert line.startswith("error: ")
    assert REFUSAL in line
    assert ended.out == ""


def run_seconds(corpus: LandmarkCorpus, server: ForkServer, output: Path) -> float:
    """Return how long a run takes now."""
    begin = time.monotonic()
    server.run(Started(command(corpus, output, "abc"), 0.0))
    return min(LONGEST_RUN_SECONDS, time.monotonic() - begin)


def check_pair(
    corpus: LandmarkCorpus, server: ForkServer, output: Path, seed: int, seconds: float
) -> int:
    """Start two runs that take some seconds, check what they leave; return how many are refused."""
    chance = random.Random(seed)
    whole = hashes(corpus.output)
    finished = chance.choice(FINISHED)
    if finished:
        shutil.copytree(corpus.folder / f"finished-{finished}", output)
    wanted = ["".join(chance.sample("abcdef", chance.randrange(1, 5))) for _ in range(2)]
    options = [["--force"] if chance.random() < 0.3 else [] for _ in wanted]
    delays = [0.0, chance.uniform(0.0, LONGEST_DELAY * seconds)]
    chance.shuffle(delays)
    runs = [
        Started(command(corpus, output, names, *more), delay)
        for names, more, delay in zip(wanted, options, delays, strict=True)
    ]
    written, refused = set(finished), 0
    for names, ended in zip(wanted, server.run(*runs), strict=True):
        assert ended.status in (0, 2), (seed, ended)
        if ended.status == 0:
            assert ended.err == "", (seed, ended)
            written |= set(names)
        else:
            check_refused(ended)
            refused += 1
    assert refused < 2, seed
    found = hashes(output)
    tables = {name: found[name] for name in found if name.startswith("frames/")}
    assert sorted(tables) == sorted(f"frames/video_id={n}/frames.parquet" for n in written), seed
    assert tables.items() <= whole.items(), seed
    assert not [name for name in found if "/." in f"/{name}"], seed
    if seed % RESUMED_ONE_OF == 0:
        (last,) = server.run(Started(command(corpus, output, "abcdef"), 0.0))
        assert last.status == 0, (seed, last)
        assert hashes(output) == whole, seed
    return refused


def test_pairs_of_runs(
    corpus: LandmarkCorpus, server: ForkServer, tmp_path: Path, trials: Trials
) -> None:
    count = trials(few=6, many=200)
    refused = 0
    for seed in range(count):
        if seed % TIMED_ONE_OF == 0:
            seconds = run_seconds(corpus, server, tmp_path / f"timed-{seed}")
        refused += check_pair(corpus, server, tmp_path / "out", seed, seconds)
        shutil.rmtree(tmp_path / "out")
    assert refused > count / 10, "runs did not meet"
