"""Which inputs need no work, because an earlier run into the same folder has finished them."""

import json
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.parquet as pq

from openface_core.errors import OpenFaceBeamError, OutputError
from openface_core.media.sources import locate
from transforms.dataset_layout import errors_path, frames_path
from transforms.provenance import METADATA_KEY, RunProvenance, identify_input
from transforms.records import Problem, Severity, VideoTask
from transforms.storage import read_whole


def _recorded(path: str) -> dict[str, object] | None:
    """Return the record of a table; None if there is no readable one."""
    source = locate(path, error=OutputError)
    if not source.exists():
        return None
    try:
        with source.open() as file:
            # Nothing is buffered ahead: see transforms.manifest.
            metadata = pq.ParquetFile(file, pre_buffer=False).metadata.metadata or {}
        record = json.loads(metadata[METADATA_KEY.encode()])
    except (pa.ArrowException, OSError, KeyError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def is_finished(output: str, task: VideoTask, run: RunProvenance) -> bool:
    """Return whether an input has a table that this run would make again.

    Parameters
    ----------
    output : str
        The output folder.
    task : VideoTask
        The input.
    run : RunProvenance
        Settings and models of this run.

    Returns
    -------
    bool
        Whether a whole table is there whose record agrees in software, settings, models, the
        input's content and the given landmarks. Where the input lies does not matter.
    """
    recorded = _recorded(frames_path(output, task.video_id))
    if recorded is None:
        return False
    try:
        identity = identify_input(task, run).as_dict()
    except OpenFaceBeamError:
        return False  # the analysis will say what is wrong with it
    # Through JSON and back, as the recorded values have been.
    expected = json.loads(json.dumps(identity))
    return all(key in recorded and recorded[key] == value for key, value in expected.items())


def earlier_problems(output: str, analysed: Iterable[str]) -> tuple[Problem, ...]:
    """Return the rows of the error table for inputs that this run does not analyse.

    Parameters
    ----------
    output : str
        The output folder.
    analysed : iterable of str
        Video ids that this run has its own rows for.

    Returns
    -------
    tuple of Problem
        Rows that the new error table takes over; none if there is no readable table.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    path = errors_path(output)
    if not locate(path, error=OutputError).exists():
        return ()
    try:
        table = pq.ParquetFile(read_whole(path), pre_buffer=False).read(use_threads=False)
        problems = [
            Problem(**row | {"severity": Severity(row["severity"])}) for row in table.to_pylist()
        ]
    except (pa.ArrowException, TypeError, KeyError, ValueError):
        return ()
    replaced = set(analysed)
    return tuple(problem for problem in problems if problem.video_id not in replaced)
