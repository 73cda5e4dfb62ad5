"""A dataset with damage anywhere is made whole by the next run, or refused in one line."""

import random
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from openface_core.errors import ConfigError
from pipelines.comparison.invariance import hashes
from pipelines.run import run
from tests.fixtures.runs.landmark_corpus import LandmarkCorpus


def buckets_config(folder: Path) -> str:
    path = folder / "buckets.toml"
    path.write_text("[output]\nbuckets = 2\n")
    return str(path)


@pytest.fixture(scope="module", params=[False, True], ids=["own files", "shared files"])
def finished(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> LandmarkCorpus:
    folder = tmp_path_factory.mktemp("finished")
    (folder / "in").mkdir()
    corpus = LandmarkCorpus(folder)
    (corpus.videos / "z.mp4").write_bytes(b"no video")
    shutil.copy(corpus.points / "a.csv", corpus.points / "z.csv")
    if request.param:
        buckets_config(folder)
    resume(corpus, corpus.output)
    return corpus


def resume(corpus: LandmarkCorpus, output: Path) -> None:
    arguments = corpus.arguments(output=str(output))
    if (corpus.folder / "buckets.toml").exists():
        arguments = replace(arguments, config=str(corpus.folder / "buckets.toml"))
    run(arguments)


def damage(path: Path, chance: random.Random) -> None:
    """Flip bits, cut off, or repeat a piece of a file."""
    content = bytearray(path.read_bytes())
    match chance.randrange(4):
        case 0 | 1:
            for _ in range(chance.choice([1, 1, 5, 50])):
                content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        case 2:
            del content[chance.randrange(len(content)) :]
        case 3:
            place = chance.randrange(len(content))
            content[place:place] = content[place : place + chance.randrange(1, 200)]
    path.write_bytes(content)


def assert_made_whole(corpus: LandmarkCorpus, folder: Path, seed: int) -> None:
    chance = random.Random(seed)
    output = folder / str(seed)
    shutil.copytree(corpus.output, output)
    files = sorted(path for path in output.rglob("*") if path.is_file())
    damaged = chance.sample(files, chance.choice([1, 1, 2]))
    for path in damaged:
        damage(path, chance)
    try:
        resume(corpus, output)
    except ConfigError:  # the document no longer names this program, or has another form
        assert output / "dataset_description.json" in damaged
        return
    assert hashes(output) == hashes(corpus.output), f"seed {seed}"


def test_damaged_datasets_are_made_whole(finished: LandmarkCorpus, tmp_path: Path) -> None:
    for seed in range(8):
        assert_made_whole(finished, tmp_path, seed)


@pytest.mark.slow
def test_many_damaged_datasets_are_made_whole(finished: LandmarkCorpus, tmp_path: Path) -> None:
    for seed in range(1000, 1250):
        assert_made_whole(finished, tmp_path, seed)


def test_one_flipped_bit_of_the_measurements(finished: LandmarkCorpus, tmp_path: Path) -> None:
    shutil.copytree(finished.output, tmp_path / "out")
    path = next((tmp_path / "out").glob("frames/*/frames.parquet"))
    content = bytearray(path.read_bytes())
    column = pq.ParquetFile(path).metadata.row_group(0).column(300)
    content[column.data_page_offset + column.total_compressed_size - 3] ^= 1
    path.write_bytes(content)
    resume(finished, tmp_path / "out")
    assert hashes(tmp_path / "out") == hashes(finished.output)
