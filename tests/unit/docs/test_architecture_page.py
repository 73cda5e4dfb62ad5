"""docs/architecture.md: imports point one way, and every package of the core is described."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.places import REPOSITORY
from tests.unit.docs.markdown import page

ALLOWED = {
    "openface_core": set(),
    "models": {"openface_core"},
    "transforms": {"openface_core", "models"},
    "pipelines": {"openface_core", "models", "transforms", "configs"},
}
PACKAGES = {*ALLOWED, "configs", "openface_beam", "benchmarks", "tests"}
MODELS_ALONE = ("training",)
"""The training of models runs the analysis, as a command does."""


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("package", ALLOWED)
def test_imports_point_one_way(package: str) -> None:
    wrong = {}
    for path in (REPOSITORY / package).rglob("*.py"):
        name = path.relative_to(REPOSITORY).as_posix()
        if package == "models" and path.relative_to(REPOSITORY).parts[1] in MODELS_ALONE:
            continue
        found = set(_imports(path)) & PACKAGES - ALLOWED[package] - {package}
        if found:
            wrong[name] = found
    assert wrong == {}


def test_the_core_imports_no_beam() -> None:
    wrong = [
        p for p in (REPOSITORY / "openface_core").rglob("*.py") if "apache_beam" in _imports(p)
    ]
    assert wrong == []


def test_every_package_of_the_core_is_described() -> None:
    named = {span.rstrip("/") for span in page("docs/architecture.md").spans}
    packages = {
        path.parent.relative_to(REPOSITORY).as_posix()
        for path in (REPOSITORY / "openface_core").glob("*/__init__.py")
    }
    assert packages - named == set()
