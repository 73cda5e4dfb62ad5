"""Files of persons, from a manifest to their tables."""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models import locate_models
from openface_core.analysis.engine import load_engine
from openface_core.analysis.settings import CalibrationSettings
from openface_core.errors import InputError, WorkFileError
from openface_core.face_sides import SidesSettings
from pipelines.configuration.config_file import load_settings
from pipelines.main_job.arguments import RunArguments
from pipelines.main_job.plan import describe_plan, make_plan, planned_parts
from pipelines.main_job.summary import RunSummary
from pipelines.run import run
from tests.fixtures.faces.clips import face_clip, write_clip, write_landmarks
from tests.fixtures.runs.datasets import read_unsealed
from tests.twins.sequential_analysis import analyse_together
from transforms.dataset.layout import frames_path
from transforms.dataset.provenance import RunProvenance
from transforms.records import VideoTask
from transforms.stages import calibrate_blocks
from transforms.stages.calibrate_blocks import calibrate_block

LENGTHS = {"a": 5, "b": 4, "c": 7, "d": 6}
PERSONS = {"a": "P1", "b": "P2", "c": "P1", "d": ""}
REST = {"a": "2-4", "b": "1-9"}


class Corpus:
    """Two files of one person, one of another and one of nobody, with landmarks."""

    def __init__(self, folder: Path, models: Path) -> None:
        self.folder, self.models = folder, models
        self.output = folder / "out"
        for seed, (name, count) in enumerate(LENGTHS.items()):
            write_clip(folder / f"{name}.mp4", count, seed)
            write_landmarks(folder / f"{name}.csv", face_clip(count, seed)[1])

    def manifest(self, names: Iterable[str] = "abcd", **rest: str) -> str:
        path = self.folder / "list.csv"
        rows = [
            f"{name},{name}.mp4,{PERSONS[name]},{name}.csv,{rest.get(name, '')}" for name in names
        ]
        path.write_text("\n".join(["video_id,uri,person_id,landmarks,rest_frames", *rows]) + "\n")
        return str(path)

    def arguments(self, manifest: str, mode: str, **changes: Any) -> RunArguments:
        values: dict[str, Any] = {
            "inputs": (manifest,),
            "output": str(self.output),
            "models": str(self.models),
            "calibration": mode,
            "quiet": True,
            "beam": ("--direct_running_mode=in_memory",),
        }
        return RunArguments(**(values | changes))

    def run(self, manifest: str, mode: str, **changes: Any) -> RunSummary:
        return run(self.arguments(manifest, mode, **changes))

    def table(self, name: str) -> pa.Table:
        return read_unsealed(frames_path(str(self.output), name))

    def record(self, name: str) -> dict[str, Any]:
        record: dict[str, Any] = json.loads(self.table(name).schema.metadata[b"openface_beam"])
        return record

    def content(self) -> dict[str, bytes]:
        return {
            path.relative_to(self.output).as_posix(): path.read_bytes()
            for path in sorted(self.output.rglob("*"))
            if path.is_file() and path.name != "metrics.json"
        }


@pytest.fixture
def corpus(tmp_path: Path, models_folder: Path) -> Corpus:
    return Corpus(tmp_path, models_folder)


@pytest.mark.parametrize("sides", [False, True])
def test_a_person_is_the_sequential_loop_over_all_files(corpus: Corpus, sides: bool) -> None:
    assert corpus.run(corpus.manifest("cbad"), "person", sides=sides).inputs_written == 4
    settings = replace(
        load_settings("default"),
        calibration=CalibrationSettings("person"),
        sides=SidesSettings(measure=sides),
    )
    files = locate_models(corpus.models, settings.models, with_networks=False)
    run = RunProvenance(settings.as_dict(), files.sha256(), files.network_names())
    tasks = [
        VideoTask(name, f"{corpus.folder}/{name}.mp4", "P1", f"{corpus.folder}/{name}.csv", row=row)
        for row, name in enumerate("ca", start=1)
    ]
    engine = load_engine(files, settings)
    expected = analyse_together(tasks, engine, settings, run, lambda: None)
    for analysis in expected:
        name = analysis.result.task.video_id
        assert corpus.table(name).equals(analysis.result.table, check_metadata=True), name
    assert corpus.record("a")["faces"][0]["calibration_inputs"] == ["c", "a"]
    assert corpus.record("b")["faces"][0]["calibration_inputs"] == ["b"]
    assert corpus.record("d")["faces"][0]["calibration_key"] == "video:d"


@pytest.mark.parametrize("mode", ["rest", "none"])
def test_sides_leave_the_whole_face_as_it_is(corpus: Corpus, mode: str) -> None:
    manifest = corpus.manifest("ab", **REST)
    corpus.run(manifest, mode)
    whole = {name: corpus.table(name) for name in "ab"}
    assert corpus.run(manifest, mode, sides=True).inputs_written == 2
    for name, alone in whole.items():
        together = corpus.table(name)
        assert together.select(alone.column_names).equals(alone)
        left, right = (together[f"AU12_r_{side}"].to_pylist() for side in ("left", "right"))
        assert left != right
        assert None not in left


def test_a_file_that_fails_is_left_out_of_its_person(corpus: Corpus) -> None:
    corpus.run(corpus.manifest(), "person")
    before = corpus.table("c")
    (corpus.folder / "a.mp4").write_bytes(b"no video")
    summary = corpus.run(corpus.manifest(), "person")
    assert (summary.inputs_written, summary.inputs_failed, summary.inputs_finished) == (1, 1, 2)
    record = corpus.record("c")
    assert (
        record["faces"][0]["calibration_inputs"],
        record["faces"][0]["calibration_inputs_failed"],
    ) == (["c"], ["a"])
    assert not corpus.table("c").equals(before)
    corpus.run(corpus.manifest("c"), "video")
    alone = corpus.table("c")
    corpus.run(corpus.manifest(), "person")
    assert corpus.table("c").equals(alone)


def test_a_file_that_is_not_there_is_named_by_its_person(corpus: Corpus) -> None:
    corpus.run(corpus.manifest("bc"), "person")
    assert corpus.record("c")["faces"][0]["calibration_inputs_failed"] == []
    (corpus.folder / "a.mp4").rename(corpus.folder / "away.mp4")
    summary = corpus.run(corpus.manifest("abc"), "person")
    assert (summary.inputs_written, summary.inputs_failed, summary.inputs_finished) == (1, 1, 1)
    face = corpus.record("c")["faces"][0]
    assert (face["calibration_inputs"], face["calibration_inputs_failed"]) == (["c"], ["a"])
    assert corpus.record("b")["faces"][0]["calibration_inputs_failed"] == []
    summary = corpus.run(corpus.manifest("abc"), "person")  # which knows no more than before
    assert (summary.inputs_written, summary.inputs_finished) == (0, 2)
    (corpus.folder / "away.mp4").rename(corpus.folder / "a.mp4")
    assert corpus.run(corpus.manifest("abc"), "person").inputs_written == 2
    face = corpus.record("c")["faces"][0]
    assert (face["calibration_inputs"], face["calibration_inputs_failed"]) == (["a", "c"], [])


@pytest.mark.parametrize("mode", ["video", "none"])
def test_a_file_that_is_not_there_means_nothing_to_others(corpus: Corpus, mode: str) -> None:
    corpus.run(corpus.manifest("ac"), mode)
    (corpus.folder / "a.mp4").unlink()
    assert corpus.run(corpus.manifest("ac"), mode).inputs_finished == 1


def test_a_block_that_is_lost_costs_all_files_of_its_person(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(block: Any, *others: Any) -> Any:
        if block.task.video_id == "c":
            raise WorkFileError("c.features", "its checksum does not agree", "Run again.")
        return calibrate_block(block, *others)

    monkeypatch.setattr(calibrate_blocks, "calibrate_block", fail)
    summary = corpus.run(corpus.manifest(), "person")
    assert (summary.inputs_written, summary.inputs_failed) == (2, 2)
    first, second = pq.read_table(corpus.output / "errors.parquet").to_pylist()
    assert (first["video_id"], second["video_id"]) == ("a", "c")
    assert first["reason"].startswith("it is calibrated together with")
    assert "its checksum does not agree" in first["reason"]


def test_persons_in_shared_files(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    config = corpus.folder / "shared.toml"
    config.write_text("name = 'shared'\n[output]\nbuckets = 3\n")
    corpus.run(corpus.manifest(), "person", config=str(config))
    before = corpus.content()
    assert corpus.run(corpus.manifest(), "person", config=str(config)).inputs_finished == 4
    monkeypatch.setattr("transforms.plan.waves.WAVE_INPUTS", 1)
    corpus.run(corpus.manifest(), "person", config=str(config), force=True)
    assert corpus.content() == before


def test_a_change_of_one_file_makes_its_person_anew(corpus: Corpus) -> None:
    assert corpus.run(corpus.manifest(), "person").inputs_written == 4
    assert corpus.run(corpus.manifest(), "person").inputs_finished == 4
    write_landmarks(corpus.folder / "c.csv", face_clip(LENGTHS["c"], 2)[1] + 1)
    summary = corpus.run(corpus.manifest(), "person")
    assert (summary.inputs_written, summary.inputs_finished) == (2, 2)


@pytest.mark.parametrize(
    ("names", "written"),
    [("cabd", 2), ("abd", 1), ("bdac", 0), ("dbca", 2)],
    ids=["other order", "one less", "others between", "another order"],
)
def test_the_order_of_a_persons_files_is_part_of_it(
    names: str, written: int, corpus: Corpus
) -> None:
    corpus.run(corpus.manifest(), "person")
    assert corpus.run(corpus.manifest(names), "person").inputs_written == written


def test_a_lost_table_makes_its_person_anew(corpus: Corpus) -> None:
    corpus.run(corpus.manifest(), "person")
    before = corpus.content()
    Path(frames_path(str(corpus.output), "a")).unlink()
    assert corpus.run(corpus.manifest(), "person").inputs_written == 2
    assert corpus.content() == before


@pytest.mark.parametrize("mode", ["person", "rest"])
def test_waves_of_one_person_each_give_the_same_bytes(
    mode: str, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = corpus.manifest("abc", **REST)
    corpus.run(manifest, mode)
    before = corpus.content()
    monkeypatch.setattr("transforms.plan.waves.WAVE_INPUTS", 1)
    threads = ("--direct_running_mode=multi_threading", "--direct_num_workers=2")
    corpus.run(manifest, mode, force=True, beam=threads)
    assert corpus.content() == before


def test_rest_frames_are_shared_and_inputs_without_are_refused(corpus: Corpus) -> None:
    manifest = corpus.manifest(**REST)
    summary = corpus.run(manifest, "rest")
    assert (summary.inputs_written, summary.inputs_failed) == (3, 1)
    (row,) = pq.read_table(corpus.output / "errors.parquet").to_pylist()
    assert (row["video_id"], row["severity"], row["stage"]) == ("d", "error", "input")
    assert "no rest frames are named for it" in row["reason"]
    assert [corpus.record(name)["faces"][0]["calibration_frames"] for name in "abc"] == [3, 4, 3]
    assert corpus.record("c")["faces"][0]["calibration_inputs"] == ["a", "c"]
    summary = corpus.run(corpus.manifest(a="2-5", b="1-9"), "rest")
    assert (summary.inputs_written, summary.inputs_finished) == (2, 1)


def test_ranges_do_not_matter_in_other_modes(corpus: Corpus) -> None:
    corpus.run(corpus.manifest(), "person")
    assert corpus.run(corpus.manifest(**REST), "person").inputs_finished == 4


def test_nobody_at_rest(corpus: Corpus) -> None:
    with pytest.raises(InputError, match="no rest frames are named"):
        corpus.run(corpus.manifest("ab"), "rest")


def test_rest_frames_that_are_not_there(corpus: Corpus) -> None:
    summary = corpus.run(corpus.manifest("abc", a="90-99", b="1"), "rest")
    assert (summary.inputs_written, summary.inputs_failed) == (1, 2)
    rows = pq.read_table(corpus.output / "errors.parquet").to_pylist()
    assert [(row["video_id"], row["stage"]) for row in rows] == [
        ("a", "calibration"),
        ("c", "calibration"),
    ]
    assert all("named as rest" in row["reason"] for row in rows)


def test_the_file_with_the_ranges_fails(corpus: Corpus) -> None:
    manifest = corpus.manifest("abc", a="2-4", b="1-3")
    (corpus.folder / "a.mp4").write_bytes(b"no video")
    assert corpus.run(manifest, "rest").inputs_failed == 2
    errors = pq.read_table(corpus.output / "errors.parquet").to_pylist()
    reasons = {row["video_id"]: row["reason"] for row in errors}
    assert "the frames at rest are those of a, which failed: " in reasons["c"]
    assert reasons["c"].endswith(reasons["a"])


def test_the_plan_says_who_is_calibrated_together(corpus: Corpus) -> None:
    arguments = corpus.arguments(corpus.manifest(**REST), "person")
    plan = make_plan(arguments)
    lines = list(describe_plan(plan, planned_parts(plan)))
    assert lines[4:-1] == [
        "together P1  a, c",
        "The manifest names rest frames for 2 inputs; calibration by 'person' does not use them.",
    ]
