"""What a run does last: the summary and the error table, as the tables of the folder want them.

A run can be killed after any table, before it has written down what else it knows of that input. So
every table carries its own row of the summary, and what was wrong with the input; whichever run
comes last takes these together, from all tables, without reading more than their records.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from transforms.dataset.documents import recorded_buckets
from transforms.dataset.error_table import earlier_problems, write_errors
from transforms.dataset.layout import bucket_of
from transforms.dataset.persons import (
    Compared,
    are_compared,
    complete_persons,
    face_network_of,
)
from transforms.dataset.provenance import RunProvenance, is_made_otherwise
from transforms.dataset.remembered import remembered_inputs
from transforms.dataset.storage import join
from transforms.dataset.summary import rows_of, write_summary
from transforms.dataset.table_records import TableFile, all_files, record_digest
from transforms.problems import Problem, Severity


@dataclass(frozen=True, eq=False)
class CompleteDataset:
    """What an output folder holds beside its tables.

    Parameters
    ----------
    summary : pyarrow.Table
        The summary.
    problems : tuple of Problem
        The rows of the error table.
    of_run : frozenset of str
        Inputs with a table that was made as the run's are.
    made_otherwise : int
        Tables that were made with other settings, models or another version than the run's.
    damaged : int
        Tables that are damaged, each with a row among the problems.
    """

    summary: pa.Table
    problems: tuple[Problem, ...]
    of_run: frozenset[str] = frozenset()
    made_otherwise: int = 0
    damaged: int = 0


def warnings_of(record: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Return the rows of the error table that go with a table.

    Parameters
    ----------
    record : mapping
        What :meth:`transforms.dataset.provenance.VideoProvenance.metadata` has recorded; one of
        another version may tell nothing.
    """
    video_id, uri = record.get("video_id"), record.get("input_uri")
    texts, notes = record.get("decoding_warnings"), record.get("face_notes", [])
    if not isinstance(video_id, str) or not isinstance(uri, str):
        return ()
    if not isinstance(texts, list) or not isinstance(notes, list):
        return ()
    return (
        *Problem.decoding_warnings(video_id, uri, map(str, texts)),
        *Problem.face_notes(video_id, uri, map(str, notes)),
    )


def _rows_on_damage(output: str, file: TableFile) -> list[Problem]:
    """Return the rows of the inputs of a damaged file whose records cannot be read."""
    path = join(output, "frames", file.folder, "frames.parquet")
    known = remembered_inputs(output)
    kind, _, value = file.folder.partition("=")
    names = [value]
    if kind == "bucket":
        buckets = recorded_buckets(output) or 1
        readable = {record.get("video_id") for record in file.records}
        in_file = (name for name in known if f"{bucket_of(name, buckets):05}" == value)
        names = [name for name in in_file if name not in readable]
    # Where nothing tells whose rows these were, the file stands for them.
    return [
        Problem.damaged_table(name, known.get(name) or path, path)
        for name in names or [file.folder]
    ]


def complete_dataset(
    output: str,
    finished: Collection[str],
    intensity_names: Collection[str] = (),
    presence_names: Collection[str] = (),
    *,
    has_sides: bool = False,
    run: RunProvenance | None = None,
) -> CompleteDataset:
    """Bring what lies beside the tables in line with them; what is right is not touched.

    Warnings are those that the tables tell of. Errors are those of the error table, but for inputs
    that have been analysed since by a run that was killed before it could say so.

    Parameters
    ----------
    output : str
        The output folder, into which nothing else is being written.
    finished : collection of str
        Video ids of inputs whose tables are known to be right.
    intensity_names, presence_names : collection of str
        Action units that have a column of the summary even if no table speaks of them.
    has_sides : bool
        Whether the sides of faces have columns even if no table speaks of them.
    run : RunProvenance, optional
        How the run's tables are made, to count those that are not.

    Returns
    -------
    CompleteDataset
        Both.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    rows: list[dict[str, Any]] = []
    problems: list[Problem] = []
    digests: dict[object, str | None] = {}
    compared: list[dict[str, Any]] = []
    networks: dict[str, tuple[str, ...]] = {}
    of_run: set[str] = set()
    made_otherwise = 0
    damaged: list[Problem] = []
    for file in all_files(output):
        if file.is_damaged:
            damaged += _rows_on_damage(output, file)
        for record in file.records:
            of_record = rows_of(record)
            rows += of_record
            problems += warnings_of(record)
            digests[record.get("video_id")] = record_digest(record)
            video_id = str(record.get("video_id"))
            if are_compared(record):
                compared += of_record
                networks[video_id] = face_network_of(record)
            if run is not None and is_made_otherwise(record, run):
                made_otherwise += 1
            else:
                of_run.add(video_id)
    earlier = earlier_problems(output, finished, digests.get)
    problems += (
        problem
        for problem in earlier
        if problem.severity is Severity.ERROR and not problem.is_of_damaged_table
    )
    problems += damaged
    lost = complete_persons(
        output, Compared(compared, networks, not damaged), {row["video_id"] for row in rows}
    )
    problems += (Problem.damaged_embeddings(*one) for one in lost.items())
    write_errors(output, problems, digests.get)
    summary = write_summary(output, rows, intensity_names, presence_names, has_sides=has_sides)
    return CompleteDataset(
        summary, tuple(problems), frozenset(of_run), made_otherwise, len(damaged)
    )
