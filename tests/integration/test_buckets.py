"""Datasets in which inputs share files: the same bytes whatever the runs that made them."""

import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from openface_core.errors import ConfigError
from pipelines.comparison.invariance import hashes
from pipelines.main_job.arguments import RunArguments
from pipelines.main_job.summary import RunSummary
from pipelines.run import run
from tests.fixtures.places import REPOSITORY
from tests.fixtures.runs.clip_corpus import MODES, ClipCorpus, write_clip_corpus
from tests.fixtures.runs.datasets import assert_nothing_is_left_over, read_unsealed
from tests.fixtures.runs.landmark_corpus import LandmarkCorpus
from transforms.dataset.bucket_files import open_bucket
from transforms.dataset.layout import bucket_of, bucket_path

BUCKETS = 3
NAMES = "abcdefgh"


def write_config(folder: Path, buckets: int) -> str:
    path = folder / f"{buckets} buckets.toml"
    path.write_text(f"name = 'shared'\n[output]\nbuckets = {buckets}\nrow_group_rows = 5\n")
    return str(path)


class Corpus(LandmarkCorpus):
    """Eight clips with landmarks, in three files."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        for seed, name in enumerate(NAMES[3:], start=3):
            self.write(name, seed)

    def arguments(self, **changes: Any) -> RunArguments:
        config = write_config(self.folder, BUCKETS)
        return super().arguments(**({"config": config} | changes))

    def bucket(self, name: str) -> Path:
        return Path(bucket_path(str(self.output), bucket_of(name, BUCKETS)))

    def rows(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for path in sorted(self.output.glob("frames/*/*")):
            for name in pq.ParquetFile(path).read(["video_id"])["video_id"].to_pylist():
                counts[name] = counts.get(name, 0) + 1
        return dict(sorted(counts.items()))


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    return Corpus(tmp_path)


def times(corpus: Corpus) -> dict[str, int]:
    return {path.parent.name: path.stat().st_mtime_ns for path in corpus.output.glob("frames/*/*")}


def test_the_names_are_spread() -> None:
    assert {bucket_of(name, BUCKETS) for name in NAMES} == set(range(BUCKETS))
    # Others may work it out by the description in the documents.
    assert bucket_of("P1", 1000) == 720


def test_files_of_a_run(corpus: Corpus) -> None:
    assert corpus.run().inputs_written == len(NAMES)
    assert corpus.rows() == dict.fromkeys(NAMES, 4)
    paths = sorted(
        path.relative_to(corpus.output).as_posix() for path in corpus.output.rglob("*.*")
    )
    assert paths == [
        "data_dictionary.json",
        "dataset_description.json",
        "errors.parquet",
        *(f"frames/bucket={k:05}/frames.parquet" for k in range(BUCKETS)),
        "metrics.json",
        "summary.parquet",
    ]
    assert_nothing_is_left_over(corpus.output)


def test_rows_and_records_are_those_of_own_files(corpus: Corpus) -> None:
    corpus.run()
    apart = replace(corpus.arguments(), output=str(corpus.folder / "apart"))
    run(replace(apart, config=write_config(corpus.folder, 0)))
    for name in NAMES:
        own = read_unsealed(
            corpus.folder / "apart" / "frames" / f"video_id={name}" / "frames.parquet"
        )
        shared = pq.ParquetFile(corpus.bucket(name)).read()
        rows = shared.filter(pq.filters_to_expression([("video_id", "==", name)]))
        assert rows.drop_columns(["video_id"]).equals(own)
        reader = open_bucket(str(corpus.bucket(name)))
        assert reader is not None
        metadata = {key.decode(): text.decode() for key, text in own.schema.metadata.items()}
        expected = {
            key: text.replace('"buckets": 0', '"buckets": 3') for key, text in metadata.items()
        }
        assert reader.entries[name].metadata == expected
        reader.close()


def test_a_second_run_does_nothing(corpus: Corpus) -> None:
    corpus.run()
    before = times(corpus)
    summary = corpus.run()
    assert (summary.inputs_written, summary.inputs_finished) == (0, len(NAMES))
    assert times(corpus) == before


def test_a_changed_input_changes_its_file_alone(corpus: Corpus) -> None:
    corpus.run()
    before = times(corpus)
    corpus.write("b", 20, 6)
    assert corpus.run().inputs_written == 1
    changed = {name for name, moment in times(corpus).items() if moment != before[name]}
    assert changed == {corpus.bucket("b").parent.name}
    assert corpus.rows() == dict.fromkeys(NAMES, 4) | {"b": 6}


@pytest.mark.slow
def test_step_by_step_and_in_waves_is_as_at_once(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus.run(output=str(corpus.folder / "at once"))
    for part in (NAMES[5:], NAMES[:2], NAMES):
        corpus.run(inputs=tuple(f"{corpus.videos}/{name}.mp4" for name in part))
        monkeypatch.setattr("transforms.plan.waves.WAVE_INPUTS", 2)
    assert hashes(corpus.output) == hashes(corpus.folder / "at once")


def test_inputs_that_a_run_does_not_know_stay(corpus: Corpus) -> None:
    corpus.run()
    before = hashes(corpus.output)
    inputs = (f"{corpus.videos}/a.mp4",)
    assert corpus.run(inputs=inputs, force=True).inputs_written == 1
    assert hashes(corpus.output) == before


def test_an_input_that_fails_keeps_its_rows(corpus: Corpus) -> None:
    corpus.run()
    (corpus.videos / "c.mp4").write_bytes(b"no longer a video")
    assert corpus.run().inputs_failed == 1
    assert corpus.rows() == dict.fromkeys(NAMES, 4)
    (row,) = pq.read_table(corpus.output / "errors.parquet").to_pylist()
    assert row["kept_table"] is not None
    # So does one that is out of reach.
    listed = corpus.folder / "list.csv"
    listed.write_text("video_id,uri\na,in/a.mp4\nd,in/gone.mp4\n")
    assert corpus.run(inputs=(str(listed),)).inputs_failed == 1
    assert "d" in corpus.rows()


@pytest.mark.parametrize("buckets", [0, 2, 4])
def test_another_number_of_files_is_refused(buckets: int, corpus: Corpus) -> None:
    corpus.run()
    before = hashes(corpus.output)
    with pytest.raises(ConfigError, match=r"made with output\.buckets = 3") as caught:
        corpus.run(config=write_config(corpus.folder, buckets))
    assert "new output folder" in caught.value.remedy
    assert hashes(corpus.output) == before


def test_a_dataset_of_own_files_takes_no_shared_ones(corpus: Corpus) -> None:
    corpus.run(config="default")
    with pytest.raises(ConfigError, match=r"made with output\.buckets = 0, this run has 3"):
        corpus.run()


def test_a_damaged_file_is_made_again(corpus: Corpus) -> None:
    corpus.run()
    before = hashes(corpus.output)
    corpus.bucket("a").write_bytes(b"PAR1")
    sharing = [name for name in NAMES if corpus.bucket(name) == corpus.bucket("a")]
    assert corpus.run().inputs_written == len(sharing)
    assert hashes(corpus.output) == before


def test_another_filesystem(corpus: Corpus) -> None:
    output = "memory://buckets/out"
    assert corpus.run(output=output).inputs_written == len(NAMES)
    assert corpus.run(output=output).inputs_finished == len(NAMES)
    (corpus.videos / "c.mp4").write_bytes(b"no longer a video")
    assert corpus.run(output=output).inputs_failed == 1
    reader = open_bucket(bucket_path(output, bucket_of("c", BUCKETS)))
    assert reader is not None
    assert reader.entries["c"].rows == 4
    reader.close()


@pytest.mark.slow
def test_killed_runs_are_resumed_to_the_same_dataset(corpus: Corpus) -> None:
    undisturbed = corpus.folder / "undisturbed"
    corpus.run(output=str(undisturbed))
    command = [
        sys.executable, "-c",
        "import sys; import transforms.plan.waves; transforms.plan.waves.WAVE_INPUTS = 2\n"
        "from pipelines.run import main; sys.exit(main(sys.argv[1:]))",
        "--input", str(corpus.videos), "--landmarks", str(corpus.points), "--models",
        str(corpus.models), "--output", str(corpus.output), "--config",
        write_config(corpus.folder, BUCKETS), "--quiet",
    ]  # fmt: skip
    for seconds in (2.5, 3.5):
        process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL)
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
    subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL, timeout=300)
    assert hashes(corpus.output) == hashes(undisturbed)


@pytest.fixture(scope="module")
def clips(network_models_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> ClipCorpus:
    return write_clip_corpus(tmp_path_factory.mktemp("clips"), network_models_folder)


def run_clips(
    clips: ClipCorpus, output: Path, seconds: float, mode: str, uris: tuple[str, ...]
) -> RunSummary:
    path = Path(clips.config(seconds))
    text = path.read_text().replace("[output]", "[output]\nbuckets = 2")
    config = path.with_name(f"{seconds} in buckets.toml")
    config.write_text(text)
    return run(
        RunArguments(
            inputs=uris,
            output=str(output),
            config=str(config),
            models=str(clips.models),
            quiet=True,
            beam=MODES[mode],
        )
    )


@pytest.fixture(scope="module")
def whole(clips: ClipCorpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The dataset of a run that cuts nothing."""
    output = tmp_path_factory.mktemp("whole") / "out"
    summary = run_clips(clips, output, 0, "in_memory", clips.uris)
    assert (summary.inputs_written, summary.inputs_failed) == (4, 1)
    return output


@pytest.mark.parametrize(
    ("seconds", "mode"),
    [
        (1, "in_memory"),
        (3, "multi_threading"),
        pytest.param(1, "multi_processing", marks=pytest.mark.slow),
    ],
)
def test_the_same_bytes_however_inputs_are_cut(
    seconds: float, mode: str, clips: ClipCorpus, whole: Path, tmp_path: Path
) -> None:
    run_clips(clips, tmp_path / "out", seconds, mode, clips.uris[::-1])
    assert hashes(tmp_path / "out") == hashes(whole)
