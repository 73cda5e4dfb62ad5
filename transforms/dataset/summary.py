"""The summary of a dataset: one row per video and face, taken from the records of its tables.

Every table carries its own row, so that the summary can be made anew at any time, whichever run
the tables are from, and without reading one of them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from openface_core.fields import Column
from openface_core.tables.summary import have_sides, names_in, summary_columns, summary_table
from transforms.dataset.layout import summary_path
from transforms.dataset.table_files import write_small_table

_OTHER_TYPES = (pa.ArrowException, TypeError, ValueError, OverflowError)

_OF_VIDEO = {"video_id": "video_id", "uri": "input_uri"}
_OF_FACE = ("face_id", "calibration", "calibration_frames", "calibration_is_short")


def rows_of(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of a table, given its record; none for a record of another version.

    Parameters
    ----------
    record : mapping
        What :meth:`transforms.dataset.provenance.VideoProvenance.metadata` has recorded.
    """
    faces = record.get("faces", _faces_of_old_record(record))
    if not isinstance(faces, list) or not all(key in record for key in _OF_VIDEO.values()):
        return []
    if not isinstance(record["video_id"], str):
        return []
    rows = []
    for face in faces:
        measured = face.get("summary") if isinstance(face, dict) else None
        if not isinstance(measured, dict) or "frames" not in measured:
            return []
        if not all(name in face for name in _OF_FACE):
            return []
        # A manifest names the person who is seen longest.
        person_id = None if face["face_id"] else record.get("person_id")
        of_video = {name: record[key] for name, key in _OF_VIDEO.items()}
        of_face = {name: face[name] for name in _OF_FACE}
        if "camera" in record:
            of_video["camera"] = record["camera"]
            of_video["camera_is_assumed"] = record.get("camera_given") is None
        rows.append({**of_video, **of_face, "person_id": person_id, **measured})
    return rows


def _faces_of_old_record(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the only face of a record that was made when one was followed."""
    return [{"face_id": 0, **record}]


def _fits(row: Mapping[str, Any], columns: Sequence[Column]) -> bool:
    """Return whether all values of a row are of their columns' types."""
    try:
        summary_table([row], columns)
    except _OTHER_TYPES:
        return False
    return True


def write_summary(
    output: str,
    rows: Sequence[Mapping[str, Any]],
    intensity_names: Collection[str] = (),
    presence_names: Collection[str] = (),
    *,
    has_sides: bool = False,
) -> pa.Table:
    """Write the summary of an output folder and return it; one that is right is not touched.

    Parameters
    ----------
    output : str
        The output folder.
    rows : sequence of mapping
        What :func:`rows_of` gives for its tables.
    intensity_names, presence_names : collection of str
        Action units that have a column even if no table speaks of them.
    has_sides : bool
        Whether the sides of faces have columns even if no table speaks of them.

    Returns
    -------
    pyarrow.Table
        The summary.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    in_rows = names_in(rows)
    columns = summary_columns(
        sorted({*intensity_names, *in_rows[0]}),
        sorted({*presence_names, *in_rows[1]}),
        has_sides=has_sides or have_sides(rows),
    )
    try:
        table = summary_table(rows, columns)
    except _OTHER_TYPES:  # the record of a table is damaged, which no run has looked at since
        table = summary_table([row for row in rows if _fits(row, columns)], columns)
    write_small_table(summary_path(output), table)
    return table


def count_short(summary: pa.Table, video_ids: Iterable[str]) -> int:
    """Return how many of some inputs have a face that is calibrated on few frames.

    Parameters
    ----------
    summary : pyarrow.Table
        The summary.
    video_ids : iterable of str
        The inputs.
    """
    rows = _rows_with_a_face(summary, video_ids, "calibration_is_short")
    return len({name for name, is_short in rows if is_short})


def count_calibrated_below(summary: pa.Table, video_ids: Iterable[str], least_frames: int) -> int:
    """Return how many of some inputs have a face whose medians fewer frames moved.

    Parameters
    ----------
    summary : pyarrow.Table
        The summary.
    video_ids : iterable of str
        The inputs.
    least_frames : int
        So many are enough.
    """
    rows = _rows_with_a_face(summary, video_ids, "calibration", "calibration_frames")
    return len({name for name, mode, frames in rows if mode != "none" and frames < least_frames})


def _rows_with_a_face(
    summary: pa.Table, video_ids: Iterable[str], *columns: str
) -> Iterator[tuple[Any, ...]]:
    """Yield the video id and some columns of those rows of some inputs in which a face was seen."""
    names = set(video_ids)
    first_frames = summary["first_frame"].to_pylist()
    rows = zip(*(summary[name].to_pylist() for name in ("video_id", *columns)), strict=True)
    for first, row in zip(first_frames, rows, strict=True):
        if first is not None and row[0] in names:
            yield row
