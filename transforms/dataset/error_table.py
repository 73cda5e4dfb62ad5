"""The error table: what was wrong with inputs, and what can be done."""

import io
from collections.abc import Callable, Iterable

import pyarrow as pa
import pyarrow.parquet as pq

from openface_core.errors import OutputError
from openface_core.fields import Column, frame_schema
from openface_core.media.sources import locate
from transforms.dataset.layout import errors_path, frames_path
from transforms.dataset.storage import read_whole, remove, write_if_changed
from transforms.records import Problem, Severity

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
    """Write the error table of a dataset, replacing one that says anything else; return its path.

    An input that cannot be analysed has no table of frames: one of an earlier run is removed. An
    input that is only unreachable keeps what it has.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    problems = list(problems)
    for problem in problems:
        if problem.voids_earlier_results:
            remove(frames_path(output, problem.video_id))
    return write_error_table(output, problems)


def write_error_table(output: str, problems: Iterable[Problem]) -> str:
    """Write an error table, replacing one that says anything else, and return its path.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    path = errors_path(output)
    content = io.BytesIO()
    pq.write_table(error_table(problems), content, compression="zstd")
    write_if_changed(path, content.getvalue())
    return path


def read_problems(output: str) -> list[Problem]:
    """Return the rows of an error table; none if there is no readable one.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    path = errors_path(output)
    if not locate(path, error=OutputError).exists():
        return []
    try:
        table = pq.ParquetFile(read_whole(path), pre_buffer=False).read(use_threads=False)
        return [
            Problem(**row | {"severity": Severity(row["severity"])}) for row in table.to_pylist()
        ]
    except (pa.ArrowException, TypeError, KeyError, ValueError):
        return []


def earlier_problems(
    output: str, analysed: Iterable[str], has_table: Callable[[str], bool]
) -> tuple[Problem, ...]:
    """Return the rows of the error table that still hold, but for inputs that this run analyses.

    Parameters
    ----------
    output : str
        The output folder.
    analysed : iterable of str
        Video ids that this run has its own rows for.
    has_table : callable
        Whether an input has a table, given its video id. It belies a row that says that the
        analysis failed: of a run that has fixed this, and was killed before it could say so.

    Returns
    -------
    tuple of Problem
        Rows that the new error table takes over; none if there is no readable table.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    replaced = set(analysed)
    return tuple(
        problem
        for problem in read_problems(output)
        if problem.video_id not in replaced
        and not (problem.voids_earlier_results and has_table(problem.video_id))
    )
