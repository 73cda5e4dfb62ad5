"""The stage that writes the error table."""

import io
from collections.abc import Iterable
from dataclasses import dataclass

import apache_beam as beam
import pyarrow as pa
import pyarrow.parquet as pq

from openface_core.tables import Column, frame_schema
from transforms.dataset_layout import errors_path, frames_path
from transforms.records import Problem
from transforms.storage import remove, write_if_changed

ERROR_COLUMNS = (
    Column("video_id", pa.string(), "1", "name of the input in the dataset", False),
    Column("uri", pa.string(), "1", "path or URL of the input", False),
    Column("severity", pa.string(), "1", "error: no results; warning: results exist", False),
    Column("stage", pa.string(), "1", "where it happened", False),
    Column("reason", pa.string(), "1", "why it happened", False),
    Column("remedy", pa.string(), "1", "what can be done about it", False),
)


def error_table(problems: Iterable[Problem]) -> pa.Table:
    """Return problems as a table, in an order that does not depend on the run."""
    rows = sorted(
        (p.video_id, p.uri, p.severity.value, p.stage, p.reason, p.remedy) for p in problems
    )
    columns = list(zip(*rows, strict=True)) or [()] * len(ERROR_COLUMNS)
    arrays = [pa.array(column, type=pa.string()) for column in columns]
    return pa.Table.from_arrays(arrays, schema=frame_schema(ERROR_COLUMNS))


def write_errors(output: str, problems: Iterable[Problem]) -> str:
    """Write the error table, replacing one that says anything else, and return its path.

    An input that cannot be analysed has no table of frames: one of an earlier run is removed. An
    input that is only out of reach keeps what it has.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    problems = list(problems)
    path = errors_path(output)
    table = error_table(problems)
    for problem in problems:
        if problem.voids_earlier_results:
            remove(frames_path(output, problem.video_id))
    content = io.BytesIO()
    pq.write_table(table, content, compression="zstd")
    write_if_changed(path, content.getvalue())
    return path


@dataclass
class WriteErrors(beam.PTransform):
    """Write the error table: ``Problem`` to its path. It is written without problems too.

    Parameters
    ----------
    output : str
        The output folder.
    """

    output: str

    def expand(self, problems: beam.PCollection) -> beam.PCollection:
        """Return a collection of one path."""
        output = self.output
        return (
            problems
            | "Gather problems" >> beam.combiners.ToList()
            | "Write error table" >> beam.Map(lambda gathered: write_errors(output, gathered))
        )
