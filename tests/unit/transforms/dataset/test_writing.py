"""Tables and documents of a dataset."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from openface_core.action_units.models import ActionUnitModel, ActionUnitModels, Target
from openface_core.analysis.settings import OutputSettings, RunSettings
from openface_core.fields import Extent, frame_columns
from openface_core.tables import summary_columns
from transforms.dataset.bucket_files import update_bucket
from transforms.dataset.documents import recorded_buckets, write_documents
from transforms.dataset.error_table import ERROR_COLUMNS, error_table, write_errors
from transforms.dataset.layout import bucket_path, errors_path, frames_path
from transforms.dataset.provenance import METADATA_KEY, RunProvenance
from transforms.dataset.storage import read_whole
from transforms.dataset.table_files import write_work_table
from transforms.problems import Problem, Severity


def problem(video_id: str, severity: Severity = Severity.ERROR) -> Problem:
    return Problem(video_id, f"{video_id}.mp4", severity, "decoding", "reason", "Remedy.")


def no_tables(video_id: str) -> None:
    """Return the table of an input in a dataset without any."""


class TestErrorTable:
    def test_order_of_arrival_does_not_matter(self) -> None:
        rows = [problem("b"), problem("a"), problem("a", Severity.WARNING)]
        assert error_table(rows).equals(error_table(rows[::-1]))
        assert error_table(rows)["video_id"].to_pylist() == ["a", "a", "b"]
        assert error_table(rows)["severity"].to_pylist() == ["error", "warning", "error"]

    def test_an_empty_one_has_its_columns(self, tmp_path: Path) -> None:
        path = write_errors(str(tmp_path), [], no_tables)
        assert path == errors_path(str(tmp_path)) == f"{tmp_path}/errors.parquet"
        table = pq.read_table(path)
        assert table.num_rows == 0
        assert table.column_names == [column.name for column in ERROR_COLUMNS]
        for field in table.schema:
            assert field.type == pa.string()
            assert field.nullable == (field.name == "kept_table")
            assert field.metadata[b"description"]

    def test_an_older_one_is_replaced(self, tmp_path: Path) -> None:
        write_errors(str(tmp_path), [problem("a")], no_tables)
        write_errors(str(tmp_path), [], no_tables)
        assert pq.read_table(errors_path(str(tmp_path))).num_rows == 0

    def test_an_error_names_the_older_table_and_a_warning_does_not(self, tmp_path: Path) -> None:
        rows = [problem("a"), problem("a", Severity.WARNING), problem("b")]
        path = write_errors(str(tmp_path), rows, {"a": "sha256:00"}.get)
        kept = pq.read_table(path)["kept_table"].to_pylist()
        assert kept == ["sha256:00", None, None]


@pytest.mark.parametrize("scheme", ["", "memory:/"])
def test_documents(scheme: str, tmp_path: Path) -> None:
    output = f"{scheme}{tmp_path}/out"
    columns = frame_columns(Extent(2, ("AU01",), ("AU01",)))
    of_summary = summary_columns(["AU01"], ["AU01"])
    write_documents(output, RunProvenance({"name": "n"}, {"m": "00"}), columns, of_summary)
    dictionary = json.loads(read_whole(f"{output}/data_dictionary.json").read())
    assert list(dictionary["frames"]) == [column.name for column in columns]
    assert list(dictionary["summary"]) == [column.name for column in of_summary]
    assert list(dictionary["errors"]) == [column.name for column in ERROR_COLUMNS]
    description = json.loads(read_whole(f"{output}/dataset_description.json").read())
    assert description["GeneratedBy"][0]["ModelsSHA256"] == {"m": "00"}


@pytest.mark.parametrize("buckets", [0, 5])
def test_documents_of_shared_files(buckets: int, tmp_path: Path) -> None:
    assert recorded_buckets(str(tmp_path)) is None
    columns = frame_columns(Extent(2, ("AU01",), ("AU01",)))
    provenance = RunProvenance(RunSettings(output=OutputSettings(buckets=buckets)).as_dict())
    write_documents(str(tmp_path), provenance, columns, ())
    assert recorded_buckets(str(tmp_path)) == buckets
    dictionary = json.loads((tmp_path / "data_dictionary.json").read_text())
    named = ["video_id"] if buckets else []
    assert list(dictionary["frames"]) == named + [column.name for column in columns]
    description = json.loads((tmp_path / "dataset_description.json").read_text())
    assert ("bucket=*" in description["Tables"]["frames"]) == bool(buckets)


@pytest.mark.parametrize("described", [None, 0, 1, 5])
@pytest.mark.parametrize("buckets", [0, 5])
def test_the_tables_say_which_files_are_shared(
    buckets: int, described: int | None, tmp_path: Path
) -> None:
    settings = RunSettings(output=OutputSettings(buckets=buckets)).as_dict()
    metadata = {METADATA_KEY: json.dumps({"video_id": "a", "settings": settings})}
    table = pa.table({"frame": [1]}).replace_schema_metadata(metadata)
    if buckets:
        part = str(tmp_path / "part")
        write_work_table(part, table.schema, [table])
        update_bucket(bucket_path(str(tmp_path), 3), {"a": part}, OutputSettings())
    else:
        path = Path(frames_path(str(tmp_path), "a"))
        path.parent.mkdir(parents=True)
        pq.write_table(table, path)
    if described is not None:
        other = RunSettings(output=OutputSettings(buckets=described)).as_dict()
        write_documents(str(tmp_path), RunProvenance(other), (), ())
    assert recorded_buckets(str(tmp_path)) == buckets


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"GeneratedBy": []}', "\xff"])
def test_a_description_that_says_nothing(text: str, tmp_path: Path) -> None:
    (tmp_path / "dataset_description.json").write_text(text, encoding="latin-1")
    assert recorded_buckets(str(tmp_path)) is None


def test_the_dictionary_says_what_is_relative_to_the_person(tmp_path: Path) -> None:
    columns = frame_columns(Extent(2, ("AU01", "AU04"), ("AU01",)))
    zeros = np.zeros(4702)

    def model(name: str, target: Target, is_dynamic: bool) -> ActionUnitModel:
        return ActionUnitModel(name, target, is_dynamic, zeros, zeros, 0.0)

    models = ActionUnitModels(
        (model("AU01", Target.INTENSITY, True), model("AU04", Target.INTENSITY, False)),
        (model("AU01", Target.PRESENCE, True),),
    )
    write_documents(str(tmp_path), RunProvenance({}), columns, (), models)
    frames = json.loads((tmp_path / "data_dictionary.json").read_text())["frames"]
    found = {
        name: meaning["relative_to_person"]
        for name, meaning in frames.items()
        if meaning.get("model") == ("dynamic" if meaning.get("relative_to_person") else "static")
    }
    assert found == {"AU01_r": True, "AU04_r": False, "AU01_c": True}
