"""Flink leaves out the second of two `Reshuffle` steps without a grouping between them."""

from pathlib import Path

import apache_beam as beam
import pytest

from models import locate_models
from openface_core.analysis.model_set import ModelSelection
from openface_core.analysis.settings import OutputSettings, RunSettings
from pipelines.main_job.graph import build_graph
from tests.fixtures.runs.redistributions import Redistributions
from transforms.dataset.provenance import RunProvenance
from transforms.records import VideoTask
from transforms.stages.engine_handle import EngineHandle
from transforms.stages.share_shards import LocalWorkers
from transforms.work.folder import local_folders


@pytest.mark.parametrize("workers", [None, 2])
@pytest.mark.parametrize("buckets", [0, 3])
def test_a_grouping_lies_between_any_two(
    workers: int | None, buckets: int, models_folder: Path, tmp_path: Path
) -> None:
    settings = RunSettings(output=OutputSettings(buckets=buckets))
    files = locate_models(models_folder, ModelSelection(), with_networks=False)
    pipeline = beam.Pipeline(runner="DirectRunner")
    build_graph(
        pipeline,
        [VideoTask("v", "v.mp4")],
        [],
        EngineHandle(files, settings),
        RunProvenance(settings.as_dict()),
        local_folders(str(tmp_path)),
        None if workers is None else LocalWorkers(workers, str(tmp_path), 100),
    )
    found = Redistributions()
    pipeline.visit(found)
    assert found.count >= 3
    assert found.pairs == []


def test_two_in_a_row_are_seen() -> None:
    pipeline = beam.Pipeline(runner="DirectRunner")
    spread = pipeline | beam.Create([1]) | "One" >> beam.Reshuffle() | beam.Map(str)
    _ = spread | "Two" >> beam.Reshuffle()
    found = Redistributions()
    pipeline.visit(found)
    assert found.pairs == [("One", "Two")]
