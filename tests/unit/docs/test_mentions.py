"""What pages name in passing exists: files, modules, options, columns, identifiers."""

import re
from fnmatch import fnmatchcase

import pytest

from openface_core.analysis.settings import RunSettings
from tests.fixtures.places import REPOSITORY
from tests.unit.docs.commands import all_options
from tests.unit.docs.known import (
    FOLDERS,
    beam_options,
    counters,
    durations,
    frame_column_names,
    literals,
    side_column_names,
    source_files,
    source_text,
    summary_column_names,
)
from tests.unit.docs.markdown import PAGES, Page
from tests.unit.docs.settings_page import flat, sections

TOP = "|".join((*(re.escape(name) for name in FOLDERS), "tests", "benchmarks", "docs", r"\.ci"))
PATH = re.compile(rf"(?:{TOP})(?:/[\w.*-]+)+/?")
MODULE = re.compile(rf"(?:{TOP})(?:\.\w+)+")
COLUMN = re.compile(r"AU(\d\d|\*)_[rc]\w*|(gaze|eye_lmk|pose)_[\w*]+|p_[\w*]+|[xyXYZ]_(\d+|\*)")
IDENTIFIER = re.compile(r"[a-zA-Z][a-z0-9]*(_[a-z0-9]+)+|[A-Z]+(_[A-Z]+)+")
SETTING = re.compile(r"([a-z_]+) = \S.*")
FILE = re.compile(r"[\w.-]+\.(?:json|parquet|csv|toml|txt|onnx|dat|py|md|mp4|mkv|mov|webm)")

FOREIGN_OPTIONS = frozenset(
    {
        "--add-opens",  # of Java
        "--constraint",  # of pip
        "--use_data_stream_for_batch",  # of the Flink runner, in Java
        "--worker_pool",  # of Beam's container
    }
)
EXAMPLES = frozenset(
    {"interview.csv", "my_network.toml", "NAME.csv", "NAME_of_details.txt", "expressive.mp4"}
)
METADATA_KEYS = frozenset({"openface_beam.videos"})
FOREIGN_NAMES = frozenset({"worker_pool_main"})


def _paths(page: Page) -> set[str]:
    return {span for span in page.spans if PATH.fullmatch(span)}


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_files_exist(page: Page) -> None:
    missing = [path for path in sorted(_paths(page)) if not any(REPOSITORY.glob(path.rstrip("/")))]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_modules_exist(page: Page) -> None:
    missing = []
    for name in sorted({s for s in page.spans if MODULE.fullmatch(s)} - METADATA_KEYS):
        path = REPOSITORY / name.replace(".", "/")
        if path.is_dir() or path.with_suffix(".py").is_file() or path.is_file():
            continue
        module, member = path.parent, path.name
        files = [module.with_suffix(".py"), module / "__init__.py"]
        if not any(f.is_file() and member in f.read_text(encoding="utf-8") for f in files):
            missing.append(name)
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_options_exist(page: Page) -> None:
    known = all_options() | beam_options() | literals("benchmarks") | literals("models")
    named = {re.split(r"[ =]", span)[0] for span in page.spans if span.startswith("--")}
    assert named - known - FOREIGN_OPTIONS == set()


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_columns_exist(page: Page) -> None:
    known = {*frame_column_names(), *side_column_names(), *summary_column_names()}
    named = {span for span in page.spans if COLUMN.fullmatch(span)}
    assert [n for n in sorted(named) if not any(fnmatchcase(k, n) for k in known)] == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_identifiers_occur_in_the_source(page: Page) -> None:
    known = {
        *frame_column_names(),
        *side_column_names(),
        *summary_column_names(),
        *counters(),
        *durations(),
        *FOREIGN_NAMES,
    }
    named = {span for span in page.spans if IDENTIFIER.fullmatch(span)} - known
    assert [n for n in sorted(named) if not re.search(rf"\b{n}\b", source_text())] == []


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_settings_exist(page: Page) -> None:
    known = {key.split(".")[1] for key in flat(RunSettings())} | {"pack", "name", "base"}
    named = {found[1] for span in page.spans if (found := SETTING.fullmatch(span))}
    assert named - known == set()
    full = {s for s in page.spans if re.fullmatch(rf"({'|'.join(sections())})\.[a-z_]+", s)}
    assert full - set(flat(RunSettings())) == set()


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_file_names_occur_in_the_source(page: Page) -> None:
    named = {span for span in page.spans if FILE.fullmatch(span)} - EXAMPLES
    ours = {path.name for path in (*source_files(), *REPOSITORY.iterdir())}
    assert [n for n in sorted(named - ours) if n not in source_text()] == []
