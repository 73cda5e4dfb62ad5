"""The error table: what was wrong with inputs, and what can be done."""

from collections.abc import Callable, Iterable
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq

from openface_core.errors import OutputError
from openface_core.fields import Column, frame_schema
from openface_core.media.sources import locate
from openface_core.readable import readable
from transforms.dataset.layout import errors_path
from transforms.dataset.storage import read_whole
from transforms.dataset.table_files import write_small_table
from transforms.problems import Problem, Severity

TableOf = Callable[[str], str | None]
"""Returns the hash of the record of an input's table, given its video id; None without a table."""

ERROR_COLUMNS = (
    Column("video_id", pa.string(), "1", "name of the input in the dataset", False),
    Column("uri", pa.string(), "1", "path or URL of the input", False),
    Column("severity", pa.string(), "1", "error: no new results; warning: results exist", False),
    Column("stage", pa.string(), "1", "where it happened", False),
    Column("reason", pa.string(), "1", "why it happened", False),
    Column("remedy", pa.string(), "1", "what can be done about it", False),
    Column(
        "kept_table",
        pa.string(),
        "1",
        "error: SHA-256 of the record of the input's older table, which stays; null without one",
        True,
    ),
)


def error_table(problems: Iterable[Problem]) -> pa.Table:
    """Return problems as a table, in an order that does not depend on the run."""
    rows = sorted(
        (
            (
                p.video_id,
                readable(p.uri),
                p.severity.value,
                p.stage,
                readable(p.reason),
                p.remedy,
                p.kept_table,
            )
            for p in problems
        ),
        key=lambda row: (*row[:-1], row[-1] or ""),
    )
    columns = list(zip(*rows, strict=True)) or [()] * len(ERROR_COLUMNS)
    arrays = [pa.array(column, type=pa.string()) for column in columns]
    return pa.Table.from_arrays(arrays, schema=frame_schema(ERROR_COLUMNS))


def write_errors(output: str, problems: Iterable[Problem], table_of: TableOf) -> str:
    """Write the error table of a dataset, replacing one that says anything else; return its path.

    An input that cannot be analysed keeps the table that an earlier run has made of it, whatever
    the reason; its row names it.

    Parameters
    ----------
    output : str
        The output folder.
    problems : iterable of Problem
        The rows; all their errors are of inputs that have no newer table.
    table_of : callable
        The tables that there are.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    return write_error_table(
        output,
        (
            replace(problem, kept_table=table_of(problem.video_id))
            if problem.severity is Severity.ERROR
            else problem
            for problem in problems
        ),
    )


def write_error_table(output: str, problems: Iterable[Problem]) -> str:
    """Write an error table, replacing one that says anything else, and return its path.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    path = errors_path(output)
    write_small_table(path, error_table(problems))
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
    except (pa.ArrowException, OSError, TypeError, KeyError, ValueError, OverflowError):
        return []  # damaged, which counts as absent


def earlier_problems(
    output: str, analysed: Iterable[str], table_of: TableOf
) -> tuple[Problem, ...]:
    """Return the rows of the error table that still hold, but for inputs that this run analyses.

    Parameters
    ----------
    output : str
        The output folder.
    analysed : iterable of str
        Video ids that this run has its own rows for.
    table_of : callable
        The tables that there are. One that a row does not name belies it: it is of a run that could
        analyse the input, and was killed before it could say so.

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
        and (
            problem.severity is Severity.WARNING or problem.kept_table == table_of(problem.video_id)
        )
    )
