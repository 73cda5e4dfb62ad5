"""What a release says of itself is the same everywhere."""

import re
import tomllib
from datetime import date
from itertools import chain

import pytest
import yaml
from packaging.requirements import Requirement

from tests.fixtures.places import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def text_of(name: str) -> str:
    return (REPOSITORY / name).read_text(encoding="utf-8")


def test_the_changelog_begins_with_the_version_and_its_date() -> None:
    versions = re.findall(r"^## (\S+), (\S+)$", text_of("CHANGELOG.md"), re.MULTILINE)
    assert versions[0][0] == PROJECT["version"]
    dates = [date.fromisoformat(day) for _, day in versions]
    assert dates == sorted(dates, reverse=True)


def test_the_citation_names_this_version() -> None:
    citation = yaml.safe_load(text_of("CITATION.cff"))
    newest = re.search(r"^## (\S+), (\S+)$", text_of("CHANGELOG.md"), re.MULTILINE)
    assert newest is not None
    assert (citation["version"], citation["date-released"]) == newest.groups()
    assert citation["license"] == PROJECT["license"]
    assert all(re.fullmatch(r"10\.\d{4,}/\S+", paper["doi"]) for paper in citation["references"])


@pytest.mark.parametrize("name", ["tests", "release"])
def test_workflows_call_what_exists(name: str) -> None:
    workflow = yaml.safe_load(text_of(f".github/workflows/{name}.yml"))
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    commands = "\n".join(step["run"] for step in steps if "run" in step)
    for path in re.findall(r"(?:packaging|\.ci)/[\w./-]+", commands):
        assert (REPOSITORY / path).is_file(), path
    for extras in re.findall(r"\.\[([a-z,]+)\]", commands):
        assert {*extras.split(",")} <= {*PROJECT["optional-dependencies"]}


def test_constraints_are_within_the_ranges() -> None:
    lines = [x for x in text_of("constraints.txt").splitlines() if not x.startswith("#")]
    exact = dict(line.split("==") for line in lines)
    wanted = [*PROJECT["dependencies"], *chain(*PROJECT["optional-dependencies"].values())]
    for requirement in map(Requirement, wanted):
        name = requirement.name.lower().replace("_", "-")
        if name != "gcsfs":  # of Google's cloud, which CI does not install
            assert requirement.specifier.contains(exact[name]), name
