"""What docs/clusters.md refers to: presets, the container file, the template's metadata."""

import ast
import json
import re
import tomllib

import pytest

from openface_core.analysis.model_set import ModelSelection
from openface_core.analysis.settings import RunSettings
from pipelines.configuration.config_file import PRESETS_FOLDER, load_beam_options, load_settings
from pipelines.main_job.arguments import parser
from pipelines.main_job.runner_checks import canonical_name
from pipelines.main_job.runners import import_beam, known_options
from tests.fixtures.places import REPOSITORY

CLUSTER = PRESETS_FOLDER / "cluster"
PRESETS = {"flink": "FlinkRunner", "spark": "SparkRunner", "dataflow": "DataflowRunner"}

# https://cloud.google.com/dataflow/docs/guides/templates/configuring-flex-templates
TEMPLATE_FIELDS = {"name", "description", "streaming", "parameters"}
PARAMETER_FIELDS = {"name", "label", "helpText", "isOptional", "regexes"}


@pytest.mark.parametrize("name", PRESETS)
def test_a_cluster_has_the_settings_of_the_default_preset(name: str) -> None:
    assert load_settings(name) == RunSettings()
    assert load_settings(name).models == ModelSelection()


@pytest.mark.parametrize("name", PRESETS)
def test_beam_knows_every_option_of_a_preset(name: str) -> None:
    import_beam()
    options = load_beam_options(name)
    assert canonical_name(*options["runner"]) == PRESETS[name]
    assert {f"--{option}" for option in options} <= set(known_options()[1])


def test_the_other_presets_run_here() -> None:
    assert load_beam_options("default") == load_beam_options("openface22") == {}


def beam_requirement() -> str:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    (found,) = (text for text in project["dependencies"] if text.startswith("apache-beam"))
    (extra,) = (
        text for text in project["optional-dependencies"]["gcp"] if text.startswith("apache-beam")
    )
    assert extra == found.replace("apache-beam", "apache-beam[gcp]")
    return found


def test_the_container_has_the_version_of_beam_that_is_required() -> None:
    text = (CLUSTER / "Containerfile").read_text()
    (version,) = re.findall(r"^ARG BEAM_VERSION=(\S+)$", text, re.MULTILINE)
    required = re.fullmatch(r"apache-beam>=([\d.]+),<([\d.]+)", beam_requirement())
    assert required is not None
    lower, upper = required.groups()
    numbers = [tuple(int(part) for part in value.split(".")) for value in (lower, version, upper)]
    assert numbers[0] <= numbers[1] < numbers[2]
    assert f"apache-beam=={version}" in (REPOSITORY / "constraints.txt").read_text().splitlines()


def test_the_container_has_one_python_and_every_package() -> None:
    text = (CLUSTER / "Containerfile").read_text()
    pythons = re.findall(r"python:?(\d)\.?(\d+)[-_]", text)
    assert len(pythons) == 3
    assert len(set(pythons)) == 1
    for package in ("pipelines", "transforms", "openface_core", "configs", "models"):
        assert f"COPY {package} /build/{package}\n" in text


def test_the_metadata_of_the_template() -> None:
    metadata = json.loads((CLUSTER / "flex_template_metadata.json").read_text())
    assert set(metadata) <= TEMPLATE_FIELDS
    assert {"name", "description"} <= set(metadata)
    own = set(parser()._option_string_actions)
    beams = set(known_options()[1])
    for parameter in metadata["parameters"]:
        assert set(parameter) <= PARAMETER_FIELDS
        assert {"name", "label", "helpText"} <= set(parameter)
        assert f"--{parameter['name']}" in own | beams
        for pattern in parameter["regexes"]:
            re.compile(pattern)
    required = {item["name"] for item in metadata["parameters"] if not item.get("isOptional")}
    assert required == {"input", "output", "models", "sdk_container_image"}


@pytest.mark.parametrize(
    ("name", "value", "is_valid"),
    [
        ("input", "gs://my-bucket/corpus/**.mp4", True),
        ("input", "/corpus/a.mp4", False),
        ("output", "gs://my-bucket/results", True),
        ("output", "gs://my-bucket", False),
        ("models", "/models", True),
        ("models", "models", False),
        ("sdk_container_image", "europe-docker.pkg.dev/project/images/worker:0.1.0", True),
        ("sdk_container_image", "worker", False),
        ("config", "dataflow", True),
        ("config", "/template/own.toml", True),
        ("config", "own.toml", False),
        ("landmarks", "gs://my-bucket/points", True),
    ],
)
def test_values_of_the_templates_parameters(name: str, value: str, is_valid: bool) -> None:
    metadata = json.loads((CLUSTER / "flex_template_metadata.json").read_text())
    (parameter,) = (item for item in metadata["parameters"] if item["name"] == name)
    matches = all(re.fullmatch(pattern, value) for pattern in parameter["regexes"])
    assert matches is is_valid


def test_the_template_does_not_wait() -> None:
    text = (CLUSTER / "flex_template_main.py").read_text()
    ast.parse(text)
    assert '"--no_wait_until_finish"' in text
    assert "--no_wait_until_finish" in known_options()[1]
    assert "flex_template_main.py" in (CLUSTER / "Containerfile").read_text()
