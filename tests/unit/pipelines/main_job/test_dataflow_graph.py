"""The job that Google Cloud Dataflow would get, built by its own runner without a network."""

import shlex
from pathlib import Path
from typing import Any

import apache_beam as beam
import pytest
from apache_beam.portability import common_urns
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.utils import proto_utils

from models import locate_models
from openface_core.analysis.model_set import ModelSelection
from openface_core.analysis.settings import OutputSettings, RunSettings
from pipelines.configuration.config_file import load_beam_options
from pipelines.main_job.graph import build_graph
from pipelines.main_job.runners import chosen_runner, pipeline_options
from tests.fixtures.runs.redistributions import Redistributions
from transforms.dataset.provenance import RunProvenance
from transforms.records import VideoTask
from transforms.stages.engine_handle import EngineHandle
from transforms.work.folder import cluster_folders

IMAGE = "europe-west1-docker.pkg.dev/p/images/worker:1"
GIVEN = shlex.split(
    "--project=some-project --region=europe-west1 --temp_location=gs://bucket/tmp "
    f"--sdk_container_image={IMAGE} --dry_run=True"
)
INPUTS = 1000


@pytest.fixture
def options() -> Any:
    pytest.importorskip("apitools", reason="Dataflow's runner needs Beam's packages for Google")
    runner, given = chosen_runner(None, GIVEN, load_beam_options("dataflow"))
    return pipeline_options(runner, given)


class Graph:
    """What Dataflow's runner makes of the main job, and how data are redistributed in it."""

    def __init__(self, options: Any, models_folder: Path, buckets: int) -> None:
        from apache_beam.runners.dataflow.dataflow_runner import DataflowRunner

        settings = RunSettings(output=OutputSettings(buckets=buckets))
        files = locate_models(models_folder, ModelSelection(), with_networks=False)
        runner = DataflowRunner()
        pipeline = beam.Pipeline(runner=runner, options=options)
        build_graph(
            pipeline,
            [VideoTask(f"v{k:06}", f"gs://bucket/recordings/v{k:06}.mp4") for k in range(INPUTS)],
            [],
            EngineHandle(files, settings),
            RunProvenance(settings.as_dict()),
            cluster_folders("gs://bucket/results", "run"),
        )
        self.redistributions = Redistributions()
        pipeline.visit(self.redistributions)
        self.result = runner.run_pipeline(pipeline, options)
        self.proto = runner.proto_pipeline

    def steps(self) -> set[str]:
        return {step.unique_name for step in self.proto.components.transforms.values()}


@pytest.mark.parametrize("buckets", [0, 3])
def test_the_graph(buckets: int, options: Any, models_folder: Path) -> None:
    graph = Graph(options, models_folder, buckets)
    expected = ["List inputs", "Spread inputs", "Plan shards", "Share shards", "Extract shards"]
    expected += ["Inputs calibrated together", "Prepare calibration", "Calibrate blocks"]
    expected += ["Find offsets", "Finish videos", "Write errors"]
    assert {name for step in graph.steps() for name in expected if step.startswith(name)} == {
        *expected
    }
    assert any(step.startswith("Write buckets") for step in graph.steps()) == bool(buckets)
    assert graph.redistributions.count >= 3
    assert graph.redistributions.pairs == []


def test_the_workers_run_the_image(options: Any, models_folder: Path) -> None:
    graph = Graph(options, models_folder, 0)
    (environment,) = graph.proto.components.environments.values()
    assert environment.urn == common_urns.environments.DOCKER.urn
    payload = proto_utils.parse_Bytes(environment.payload, beam_runner_api_pb2.DockerPayload)
    assert payload.container_image == IMAGE
    staged = [
        proto_utils.parse_Bytes(
            dependency.role_payload, beam_runner_api_pb2.ArtifactStagingToRolePayload
        ).staged_name
        for dependency in environment.dependencies
    ]
    # No package: nothing is installed when a worker starts.
    assert {*staged} <= {"pickled_main_session", "submission_environment_dependencies.txt"}


def test_nothing_large_travels_with_the_graph(options: Any, models_folder: Path) -> None:
    graph = Graph(options, models_folder, 0)
    steps = {
        step.unique_name: proto_utils.parse_Bytes(
            step.spec.payload, beam_runner_api_pb2.ParDoPayload
        )
        for step in graph.proto.components.transforms.values()
        if step.spec.urn == common_urns.primitives.PAR_DO.urn
    }
    with_side_inputs = [name for name, payload in steps.items() if payload.side_inputs]
    # Beam's own, with the rows of the error table: one list, empty where nothing failed.
    assert all(
        name.startswith("Write errors/") and name.endswith("/InjectDefault")
        for name in with_side_inputs
    )
    assert graph.proto.ByteSize() < 1_000 * INPUTS  # references; models stay on the workers


def test_the_machines_are_those_of_the_preset(options: Any, models_folder: Path) -> None:
    from apache_beam.runners.dataflow.internal import apiclient

    graph = Graph(options, models_folder, 0)
    environment = apiclient.Environment(
        proto_pipeline_staged_url="gs://bucket/tmp/pipeline.pb",
        packages=[],
        options=options,
        environment_version="0",
        proto_pipeline=graph.proto,
        pipeline_proto_hash="0",
    ).proto
    (pool,) = environment.worker_pools
    assert pool.machine_type == "n2-standard-4"
    assert pool.disk_size_gb == 50
    (image,) = pool.sdk_harness_container_images
    assert image.container_image == IMAGE
    assert graph.result.job.proto.name.startswith("openface-beam-")
