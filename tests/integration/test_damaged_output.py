"""A dataset with damage anywhere is made whole by the next run, or refused in one line."""

import io
import random
import re
import shutil
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pyarrow.parquet as pq
import pytest

from pipelines.comparison.invariance import hashes
from pipelines.run import main
from tests.fixtures.runs.landmark_corpus import LandmarkCorpus
from tests.fixtures.trials import Trials
from transforms.dataset.documents import DESCRIPTION_NAME
from transforms.dataset.run_lock import LOCK_NAME, Holder

SOME_FAILED = 3
"""Exit status of a run of which some inputs failed: one of them is no video."""


def buckets_config(folder: Path) -> str:
    path = folder / "buckets.toml"
    path.write_text("[output]\nbuckets = 2\n")
    return str(path)


@pytest.fixture(scope="module", params=[False, True], ids=["own files", "shared files"])
def finished(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> LandmarkCorpus:
    folder = tmp_path_factory.mktemp("finished")
    corpus = LandmarkCorpus(folder)
    (corpus.videos / "z.mp4").write_bytes(b"no video")
    shutil.copy(corpus.points / "a.csv", corpus.points / "z.csv")
    if request.param:
        buckets_config(folder)
    resume(corpus, corpus.output)
    return corpus


class Told(NamedTuple):
    """How the command ended, and what it said."""

    status: int
    errors: str


def resume(corpus: LandmarkCorpus, output: Path) -> Told:
    """Give the command that resumes a dataset."""
    config = corpus.folder / "buckets.toml"
    words = corpus.words(output, *([f"--config={config}"] if config.exists() else []))
    errors = io.StringIO()
    with redirect_stderr(errors), redirect_stdout(io.StringIO()):
        status = main(words)
    return Told(status, errors.getvalue())


def half_finished(corpus: LandmarkCorpus, output: Path) -> None:
    """Leave what a killed run leaves: some tables, work files, temporary ones, and its mark."""
    shutil.copytree(corpus.output, output)
    tables = sorted((output / "frames").iterdir())
    content = (tables[0] / "frames.parquet").read_bytes()
    shutil.rmtree(tables[-1])
    (output / "summary.parquet").unlink()
    (output / "metrics.json").unlink()
    work = output / ".work" / "0" / "b"
    work.mkdir(parents=True)
    for number in range(3):
        (work / f"{number}.features").write_bytes(random.Random(number).randbytes(2000))
    (output / f".errors.parquet.{'0' * 32}.tmp").write_bytes(content[:5000])
    mark = replace(Holder.here(), process=2**22 + 1)  # more than Linux counts to
    (output / LOCK_NAME).write_bytes(mark.content())


def damage_content(path: Path, chance: random.Random) -> None:
    """Flip bits, cut off, empty, or repeat a piece of a file."""
    content = bytearray(path.read_bytes())
    match chance.randrange(5) if content else 4:
        case 0 | 1:
            for _ in range(chance.choice([1, 1, 5, 50])):
                content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        case 2:
            del content[chance.randrange(len(content)) :]
        case 3:
            place = chance.randrange(len(content))
            content[place:place] = content[place : place + chance.randrange(1, 200)]
        case 4:
            content.clear()
    path.write_bytes(content)


def damage(output: Path, chance: random.Random) -> list[Path]:
    """Damage one file, or two, and return them."""
    files = sorted(path for path in output.rglob("*") if path.is_file())
    damaged = chance.sample(files, chance.choice([1, 1, 2]))
    for path in damaged:
        kind = chance.choice(["content", "content", "content", "removed", "swapped", "folder"])
        if kind == "content":
            damage_content(path, chance)
        elif kind == "swapped":
            other = chance.choice([file for file in files if file.exists()])
            content = path.read_bytes() if path.is_file() else b""
            if other.is_file():
                path.write_bytes(other.read_bytes())
                other.write_bytes(content)
                damaged = [*damaged, other]
        else:
            path.unlink()
            if kind == "folder":
                path.mkdir()
    return damaged


def assert_made_whole(corpus: LandmarkCorpus, folder: Path, seed: int) -> bool:
    """Damage a dataset and resume it; return whether the run was refused."""
    chance = random.Random(seed)
    output = folder / str(seed)
    if chance.random() < 0.3:
        half_finished(corpus, output)
    else:
        shutil.copytree(corpus.output, output)
    damaged = damage(output, chance)
    # The document may no longer name this program, or something else have the place of a file.
    may_be_refused = output / DESCRIPTION_NAME in damaged or any(path.is_dir() for path in damaged)
    told = resume(corpus, output)
    what = f"seed {seed}, {damaged}: {told}"
    assert "Traceback" not in told.errors, what
    is_refused = told.status == 2
    if is_refused:
        assert may_be_refused, what
        assert len(re.findall("^error: ", told.errors, re.MULTILINE)) == 1, what
    else:
        assert told.status == SOME_FAILED, what
        assert hashes(output) == hashes(corpus.output), what
    shutil.rmtree(output)
    return is_refused


def test_damaged_datasets_are_made_whole(finished: LandmarkCorpus, tmp_path: Path) -> None:
    for seed in range(8):
        assert_made_whole(finished, tmp_path, seed)


@pytest.mark.slow
def test_many_damaged_datasets_are_made_whole(
    finished: LandmarkCorpus, tmp_path: Path, trials: Trials
) -> None:
    count = trials(few=40, many=500)
    refused = sum(assert_made_whole(finished, tmp_path, seed) for seed in range(1000, 1000 + count))
    assert refused < count / 3


def test_one_flipped_bit_of_the_measurements(finished: LandmarkCorpus, tmp_path: Path) -> None:
    shutil.copytree(finished.output, tmp_path / "out")
    path = next((tmp_path / "out").glob("frames/*/frames.parquet"))
    content = bytearray(path.read_bytes())
    column = pq.ParquetFile(path).metadata.row_group(0).column(300)
    content[column.data_page_offset + column.total_compressed_size - 3] ^= 1
    path.write_bytes(content)
    resume(finished, tmp_path / "out")
    assert hashes(tmp_path / "out") == hashes(finished.output)
