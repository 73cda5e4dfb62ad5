"""Which videos of a dataset show the same person, through the real graph."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from openface_core.errors import ConfigError
from pipelines.comparison.invariance import hashes
from pipelines.interactive import Analyser
from pipelines.main_job.arguments import RunArguments
from pipelines.main_job.summary import RunSummary
from pipelines.run import run
from tests.fixtures.faces.clips import HEIGHT_PX, WIDTH_PX
from tests.fixtures.media.writing import write_video
from tests.fixtures.synthetic_models.networks import means_network
from tests.fixtures.synthetic_models.tiny_networks import write_config, write_models

RED, BLUE = (40, 40, 250), (250, 40, 40)

# The mean colour of a face stands for who it is.
SPEC = """\
name = "colours"
model = "colours.onnx"
licence = "MIT"
citation = "none"

[input]
size_px = 16
layout = "nchw"
colour = "rgb"
scale = 1.0
mean = [127.0, 127.0, 127.0]
std = [1.0, 1.0, 1.0]

[crop]
rule = "box"
side = 1.0
shift_down = 0.0
upright = false

[[outputs]]
name = "embedding"
size = 3
unit = "none"
activation = "l2"
"""


@dataclass(frozen=True)
class Corpus:
    """Clips of red and blue people, and runs over them."""

    folder: Path

    def write(self, name: str, colour: tuple[int, int, int], seed: int, count: int = 20) -> None:
        rng = np.random.default_rng(seed)
        shape = (count, HEIGHT_PX, WIDTH_PX, 3)
        noise = rng.integers(-20, 20, shape)
        frames = np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)
        (self.folder / "in").mkdir(exist_ok=True)
        write_video(self.folder / "in" / f"{name}.mp4", list(frames))

    def config(self, identify: str, network: str | None = None, select: str = "all") -> str:
        models = self.folder / "models"
        path = write_config(self.folder / f"{identify}-{select}.toml", models, every_frames=10)
        spec = network or str(models / "colours.toml")
        text = path.read_text().replace("[models]\n", f"[models]\nface_network = {spec!r}\n")
        path.write_text(f"{text}[faces]\nidentify = '{identify}'\nselect = '{select}'\n")
        return str(path)

    def run(self, config: str, output: str = "out", **changes: Any) -> RunSummary:
        values: dict[str, Any] = {
            "inputs": (str(self.folder / "in"),),
            "output": str(self.folder / output),
            "models": str(self.folder / "models"),
            "config": config,
            "quiet": True,
            "beam": ("--direct_running_mode=in_memory",),
        }
        return run(RunArguments(**(values | changes)))

    def persons(self, output: str = "out") -> dict[str, int | None]:
        rows = pq.read_table(self.folder / output / "persons.parquet").to_pylist()
        return {row["video_id"]: row["person"] for row in rows}


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    models = write_models(tmp_path / "models", with_networks=True)
    (models / "colours.toml").write_text(SPEC)
    means_network(models / "colours.onnx", 16, {"embedding": 3})
    corpus = Corpus(tmp_path)
    for seed, (name, colour) in enumerate([("a", RED), ("b", BLUE), ("c", RED)]):
        corpus.write(name, colour, seed)
    return corpus


def test_persons_of_several_videos(corpus: Corpus) -> None:
    corpus.run(corpus.config("corpus"))
    assert corpus.persons() == {"a": 0, "c": 0, "b": 1}
    rows = pq.read_table(corpus.folder / "out" / "persons.parquet").to_pylist()
    assert [row["similarity"] is None for row in rows] == [False, False, True]
    for row in rows:
        table = corpus.folder / "out" / "frames" / f"video_id={row['video_id']}" / "frames.parquet"
        assert row["seen_frames"] == pq.read_table(table)["success"].to_pylist().count(True)

    # The tables are those of a run that asks for nothing of the kind, which keeps no embedding.
    corpus.run(corpus.config("video"), "plain")
    plain, own = (corpus.folder / name / "frames" for name in ("plain", "out"))
    for path in plain.rglob("*.parquet"):
        assert pq.read_table(path).equals(pq.read_table(own / path.relative_to(plain)))
    names = {path.name for path in (corpus.folder / "plain").iterdir()}
    assert names.isdisjoint({"persons.parquet", "embeddings"})


def test_a_run_that_adds_videos_compares_them_with_those_from_before(corpus: Corpus) -> None:
    corpus.run(corpus.config("corpus"))
    corpus.write("d", BLUE, 7, count=60)
    summary = corpus.run(corpus.config("corpus"))
    assert (summary.inputs_written, summary.inputs_finished) == (1, 3)
    assert corpus.persons() == {"b": 0, "d": 0, "a": 1, "c": 1}
    corpus.run(corpus.config("corpus"), "at once")
    assert hashes(corpus.folder / "out") == hashes(corpus.folder / "at once")


@pytest.mark.parametrize("buckets", [0, 2])
def test_what_python_saves_is_compared_too(corpus: Corpus, buckets: int) -> None:
    config = Path(corpus.config("corpus"))
    config.write_text(f"{config.read_text()}[output]\nbuckets = {buckets}\n")
    analyser = Analyser(corpus.folder / "models", config, progress=False)
    analyser.video(corpus.folder / "in" / "a.mp4").save(corpus.folder / "out")
    assert corpus.persons() == {"a": 0}
    summary = corpus.run(str(config))
    assert (summary.inputs_written, summary.inputs_finished) == (2, 1)
    assert corpus.persons() == {"a": 0, "c": 0, "b": 1}
    corpus.run(str(config), "at once")
    assert hashes(corpus.folder / "out") == hashes(corpus.folder / "at once")


def test_nothing_is_left_where_it_is_no_longer_asked_for(corpus: Corpus) -> None:
    corpus.run(corpus.config("corpus"))
    assert len(list((corpus.folder / "out" / "embeddings").iterdir())) == 3
    corpus.run(corpus.config("video"))
    assert not (corpus.folder / "out" / "persons.parquet").exists()
    assert not (corpus.folder / "out" / "embeddings").exists()


def test_what_a_killed_run_has_left_goes_too(corpus: Corpus) -> None:
    corpus.run(corpus.config("corpus"))
    (corpus.folder / "out" / "persons.parquet").unlink()  # killed before its end
    corpus.run(corpus.config("video"))
    assert not (corpus.folder / "out" / "embeddings").exists()


def test_what_somebody_else_keeps_there_stays(corpus: Corpus) -> None:
    corpus.run(corpus.config("corpus"))
    folder = corpus.folder / "out" / "embeddings"
    (folder / "notes.txt").write_text("mine")
    (folder / "own.parquet").write_bytes(b"no embeddings")
    corpus.run(corpus.config("corpus"))
    assert len(list(folder.iterdir())) == 5
    (folder / "own.parquet").unlink()
    corpus.run(corpus.config("video"))
    assert [path.name for path in folder.iterdir()] == ["notes.txt"]


def test_without_its_embedding_a_face_is_nobody(corpus: Corpus) -> None:
    corpus.run(corpus.config("corpus"))
    folder = corpus.folder / "out" / "embeddings"
    (folder / "a.parquet").unlink()
    (folder / "b.parquet").write_bytes(b"damaged")
    summary = corpus.run(corpus.config("corpus"))
    assert corpus.persons() == {"c": 0, "a": None, "b": None}
    assert (summary.inputs_failed, summary.warnings) == (0, 1)
    rows = pq.read_table(corpus.folder / "out" / "errors.parquet").to_pylist()
    (row,) = (row for row in rows if row["stage"] == "dataset")
    assert (row["video_id"], row["severity"]) == ("b", "warning")
    assert row["uri"].endswith("/embeddings/b.parquet")
    assert "damaged" in row["reason"]


def test_a_table_that_comes_back_from_a_copy_finds_its_embeddings(corpus: Corpus) -> None:
    corpus.run(corpus.config("corpus"))
    table = corpus.folder / "out" / "frames" / "video_id=a" / "frames.parquet"
    content = table.read_bytes()
    table.write_bytes(b"damaged")
    corpus.run(corpus.config("corpus"), inputs=(str(corpus.folder / "in" / "b.mp4"),))
    table.write_bytes(content)
    corpus.run(corpus.config("corpus"))
    assert corpus.persons() == {"a": 0, "c": 0, "b": 1}


def test_embeddings_of_other_networks_are_not_compared(corpus: Corpus) -> None:
    models = corpus.folder / "models"
    (models / "others.toml").write_text(SPEC.replace("colours", "others"))
    means_network(models / "others.onnx", 16, {"embedding": 3})
    corpus.run(corpus.config("corpus"))
    other = corpus.config("corpus", str(models / "others.toml"))
    corpus.run(other, inputs=(str(corpus.folder / "in" / "c.mp4"),), force=True)
    assert corpus.persons() == {"a": 0, "b": 1, "c": None}


@pytest.mark.parametrize(
    ("network", "select", "cause"),
    [("none", "all", "none is named"), (None, "widest", "needs persons")],
)
def test_what_cannot_be_compared_is_refused(
    corpus: Corpus, network: str | None, select: str, cause: str
) -> None:
    with pytest.raises(ConfigError, match=cause):
        corpus.run(corpus.config("corpus", network, select))
