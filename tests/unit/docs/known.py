"""What pages may name: files, identifiers, options and columns."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from openface_core.action_units.meanings import AU_MEANINGS
from openface_core.fields import Column, Extent, frame_columns
from openface_core.tables.summary import summary_columns
from pipelines.main_job.metrics import RunMetrics
from pipelines.main_job.metrics_report import RunOutline, metrics_document
from tests.fixtures.places import REPOSITORY
from transforms.metrics import ANALYSIS_STEPS, StageStep, duration_name

FOLDERS = ("pipelines", "transforms", "openface_core", "openface_beam", "models", "configs")
MODE_COUNT = 34
PRESENCES = tuple(AU_MEANINGS)
INTENSITIES = tuple(name for name in PRESENCES if name != "AU28")


@cache
def source_files() -> tuple[Path, ...]:
    """Return the files of the program, of its tests of numbers and of its benchmarks."""
    folders = (*FOLDERS, "benchmarks", "tests/golden", "tests/integration")
    files = (
        path
        for folder in folders
        for path in (REPOSITORY / folder).rglob("*")
        if path.suffix in (".py", ".toml", ".json") or path.name == "Containerfile"
    )
    return (*files, REPOSITORY / "pyproject.toml")


@cache
def source_text() -> str:
    """Return all of them as one text."""
    return "\n".join(path.read_text(encoding="utf-8") for path in source_files())


@cache
def messages() -> str:
    """Return all text constants of the program, a line each; what is filled in is …."""
    found: list[str] = []
    for path in source_files():
        if path.suffix == ".py":
            found += _texts(ast.parse(path.read_text(encoding="utf-8")))
    return "\n".join(found)


def _texts(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            parts = (p.value if isinstance(p, ast.Constant) else "…" for p in node.values)
            yield "".join(map(str, parts))


@cache
def beam_options() -> frozenset[str]:
    """Return the options of Apache Beam."""
    from pipelines.main_job.runners import import_beam, known_options

    import_beam()
    return frozenset(known_options()[1])


@cache
def literals(package: str) -> frozenset[str]:
    """Return the options that occur in the source of a package."""
    text = "\n".join(p.read_text("utf-8") for p in (REPOSITORY / package).rglob("*.py"))
    words = re.findall(r"^ {4}([a-z][a-z0-9_]*): ", text, re.MULTILINE)  # options made of fields
    made = {f"--{word.replace('_', '-')}" for word in words}
    return frozenset(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", text)) | made


def counters() -> frozenset[str]:
    """Return the names of all counters in ``metrics.json``."""
    outline = RunOutline(datetime(2026, 11, 1, tzinfo=UTC), 1.0, "DirectRunner", 1, 0, 0)
    return frozenset(metrics_document(RunMetrics(), outline)["counters"])


def openface_columns() -> tuple[Column, ...]:
    """Return the columns of ``frames`` in order, with OpenFace's models."""
    return tuple(frame_columns(Extent(MODE_COUNT, INTENSITIES, PRESENCES)))


def frame_column_names() -> tuple[str, ...]:
    """Return their names."""
    return tuple(column.name for column in openface_columns())


def side_column_names() -> tuple[str, ...]:
    """Return the names of the columns of both sides, in ``frames``."""
    extent = Extent(MODE_COUNT, INTENSITIES, PRESENCES, has_sides=True)
    names = (column.name for column in frame_columns(extent))
    return tuple(sorted({*names} - {*frame_column_names()}))


def durations() -> frozenset[str]:
    """Return the names of the distributions of times in ``metrics.json``."""
    return frozenset(map(duration_name, (*ANALYSIS_STEPS, *StageStep)))


def summary_column_names() -> tuple[str, ...]:
    """Return the columns of the summary, with OpenFace's models."""
    columns = summary_columns(INTENSITIES, PRESENCES, has_sides=True)
    return tuple(column.name for column in columns)
