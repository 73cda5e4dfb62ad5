"""Which inputs need no work, because an earlier run into the same folder has finished them."""

import json
from collections.abc import Sequence

from openface_core.errors import OpenFaceBeamError
from transforms.dataset.bucket_files import open_bucket
from transforms.dataset.bucket_record import BucketEntry
from transforms.dataset.layout import bucket_of, bucket_path, frames_path
from transforms.dataset.provenance import METADATA_KEY, RunProvenance, identify_inputs
from transforms.dataset.record_types import table_record
from transforms.dataset.seal import is_intact_file
from transforms.dataset.table_records import record_digest, table_metadata
from transforms.records import VideoTask


class RecordedTables:
    """The records of the tables that an output folder holds.

    Parameters
    ----------
    output : str
        The output folder.
    buckets : int
        Number of files that inputs share; 0 where each has its own.
    """

    def __init__(self, output: str, buckets: int) -> None:
        self._output = output
        self._buckets = buckets
        self._entries: dict[int, dict[str, BucketEntry]] = {}
        self._is_intact: dict[str, bool] = {}

    def digest_of(self, video_id: str) -> str | None:
        """Return the hash of the record of an input's table; None if there is no readable one.

        Raises
        ------
        OutputError
            If storage refuses.
        """
        return record_digest(self.record_of(video_id))

    def is_intact(self, video_id: str) -> bool:
        """Return whether an input's table, of which there is a record, is as it was written.

        Raises
        ------
        OutputError
            If storage refuses.
        """
        path = frames_path(self._output, video_id)
        if self._buckets:
            path = bucket_path(self._output, bucket_of(video_id, self._buckets))
        if path not in self._is_intact:
            record = self.record_of(video_id) or {}
            self._is_intact[path] = is_intact_file(path, sealed=record.get("sealed") is True)
        return self._is_intact[path]

    def record_of(self, video_id: str) -> dict[str, object] | None:
        """Return the record of an input's table; None if there is no readable one.

        Raises
        ------
        OutputError
            If storage refuses.
        """
        if not self._buckets:
            return table_record(
                table_metadata(frames_path(self._output, video_id)).get(METADATA_KEY)
            )
        bucket = bucket_of(video_id, self._buckets)
        if bucket not in self._entries:
            reader = open_bucket(bucket_path(self._output, bucket))
            self._entries[bucket] = {} if reader is None else reader.entries
            if reader is not None:
                reader.close()
        entry = self._entries[bucket].get(video_id)
        return None if entry is None else table_record(entry.metadata.get(METADATA_KEY))


def are_finished(tables: RecordedTables, tasks: Sequence[VideoTask], run: RunProvenance) -> bool:
    """Return whether inputs that are calibrated together have the tables of this run.

    Parameters
    ----------
    tables : RecordedTables
        What the output folder holds.
    tasks : sequence of VideoTask
        The inputs, in the order in which they are calibrated.
    run : RunProvenance
        Settings and models of this run.

    Returns
    -------
    bool
        Whether an undamaged table is there for each of them that this run would make again: whose
        record agrees in software, settings, models, the content of all these inputs and the given
        landmarks. Where an input lies does not matter.
    """
    recorded = []
    for task in tasks:
        record = tables.record_of(task.video_id)
        if record is None:
            return False
        recorded.append(record)
    try:
        identities = identify_inputs(tasks, run)
    except OpenFaceBeamError:
        return False  # the analysis will say what is wrong with it
    # Through JSON and back, as the recorded values have been.
    expected = json.loads(json.dumps([identity.as_dict() for identity in identities]))
    return all(
        key in record and record[key] == value
        for record, identity in zip(recorded, expected, strict=True)
        for key, value in identity.items()
    ) and all(tables.is_intact(task.video_id) for task in tasks)
