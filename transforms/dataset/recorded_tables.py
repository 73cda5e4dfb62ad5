"""The tables of a finished dataset: which there are, and their rows."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from openface_core.errors import DatasetError, OutputError
from openface_core.media.sources import locate
from transforms.dataset.bucket_files import BucketReader, open_bucket
from transforms.dataset.documents import DESCRIPTION_NAME, is_own_dataset
from transforms.dataset.json_text import parse_record
from transforms.dataset.layout import is_plain_name
from transforms.dataset.provenance import METADATA_KEY
from transforms.dataset.record_types import wrong_key
from transforms.dataset.storage import join
from transforms.dataset.table_records import table_metadata

_BATCH_ROWS = 500
_REMEDY = "Run the analysis again; it writes what is missing or damaged, and nothing else."
RECORD_REMEDY = "Analyse its video again with --force."


@contextmanager
def _damage_of(path: str) -> Iterator[None]:
    """Turn what reading a table raises into the error that says so."""
    try:
        yield
    except (pa.ArrowException, OSError, KeyError) as error:
        raise _damaged(path, error) from error


def _damaged(path: str, error: Exception) -> DatasetError:
    reason = " ".join(str(error).split())[:200].rstrip(".")
    return DatasetError(path, f"the table is damaged ({reason})", _REMEDY)


@dataclass(frozen=True)
class RecordedTable:
    """The table of an input.

    Parameters
    ----------
    video_id : str
        The input.
    path : str
        The file that its rows are in.
    is_shared : bool
        Whether the file has rows of others too.
    """

    video_id: str
    path: str
    is_shared: bool

    def record(self) -> dict[str, Any]:
        """Return how the table was made.

        Raises
        ------
        DatasetError
            If it is damaged.
        OutputError
            If storage refuses.
        """
        if self.is_shared:
            with self._bucket() as reader:
                entry = reader.entries.get(self.video_id)
                text = None if entry is None else entry.metadata.get(METADATA_KEY)
        else:
            text = table_metadata(self.path).get(METADATA_KEY)
        record = parse_record(text)
        if record is None:
            raise DatasetError(self.path, "the table is damaged, or of another program", _REMEDY)
        if (key := wrong_key(record)) is not None:
            raise DatasetError(
                self.path, f"the value of {key} in its record is damaged", RECORD_REMEDY
            )
        return record

    @contextmanager
    def _bucket(self) -> Iterator[BucketReader]:
        reader = open_bucket(self.path)
        if reader is None:
            raise DatasetError(self.path, "the table is damaged", _REMEDY)
        try:
            yield reader
        finally:
            reader.close()

    @contextmanager
    def open(self) -> Iterator["OpenTable"]:
        """Open the table.

        What its user does meanwhile, such as writing files, has errors of its own.

        Raises
        ------
        DatasetError
            If it is damaged, also while its rows are read.
        OutputError
            If storage refuses.
        """
        with ExitStack() as stack:
            with _damage_of(self.path):
                table = self._open_in(stack)
            try:
                yield table
            except pa.ArrowException as error:  # of a column that is not what its name says
                raise _damaged(self.path, error) from error

    def _open_in(self, stack: ExitStack) -> "OpenTable":
        if self.is_shared:
            return _SharedTable(self.path, stack.enter_context(self._bucket()), self.video_id)
        source = stack.enter_context(locate(self.path, error=OutputError).open())
        # Nothing is buffered ahead: see transforms.plan.manifest.
        table = pq.ParquetFile(source, pre_buffer=False, page_checksum_verification=True)
        return _OwnTable(self.path, table)


class OpenTable:
    """A table whose rows can be read, in order and as often as is wanted."""

    def __init__(self, path: str, schema: pa.Schema, rows: int) -> None:
        self._path = path
        self.columns = tuple(schema.names)
        self.rows = rows

    def batches(self, columns: list[str] | None = None) -> Iterator[pa.Table]:
        """Yield the rows, some hundred at a time.

        Raises
        ------
        DatasetError
            If they are damaged.
        """
        with _damage_of(self._path):  # which sees nothing of what is done with a batch
            yield from self._batches(columns)

    def _batches(self, columns: list[str] | None) -> Iterator[pa.Table]:
        raise NotImplementedError


class _OwnTable(OpenTable):
    def __init__(self, path: str, file: pq.ParquetFile) -> None:
        super().__init__(path, file.schema_arrow, file.metadata.num_rows)
        self._file = file

    def _batches(self, columns: list[str] | None) -> Iterator[pa.Table]:
        for batch in self._file.iter_batches(_BATCH_ROWS, columns=columns, use_threads=False):
            yield pa.table(batch)


class _SharedTable(OpenTable):
    def __init__(self, path: str, reader: BucketReader, video_id: str) -> None:
        super().__init__(path, reader.columns, reader.entries[video_id].rows)
        self._reader, self._video_id = reader, video_id

    def _batches(self, columns: list[str] | None) -> Iterator[pa.Table]:
        for rows in self._reader.rows_of(self._video_id):
            table = rows if columns is None else rows.select(columns)
            for begin in range(0, table.num_rows, _BATCH_ROWS):
                yield table.slice(begin, _BATCH_ROWS)


def check_dataset(dataset: str) -> None:
    """Do nothing if a folder is a dataset of this program.

    Raises
    ------
    DatasetError
        If not.
    """
    if is_own_dataset(dataset):
        return
    place = locate(dataset, error=DatasetError)
    cause = f"it is no dataset: there is no {DESCRIPTION_NAME} of this program"
    if place.is_local and not place.is_directory():
        cause = "it is no folder" if place.exists() else "there is no such folder"
    raise DatasetError(dataset, cause, "Name the output folder of `openface-beam run`.")


def recorded_tables(dataset: str) -> Iterator[RecordedTable]:
    """Yield the tables of a dataset, in the order of their files' names.

    Parameters
    ----------
    dataset : str
        Output folder of the main job.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    frames = join(dataset, "frames")
    folder = locate(frames, error=OutputError)
    if not folder.is_directory():
        return
    for name in sorted(folder.folder_names()):
        path = join(frames, name, "frames.parquet")
        kind, _, value = name.partition("=")
        if kind == "video_id":
            yield RecordedTable(value, path, is_shared=False)
        elif kind == "bucket":
            reader = open_bucket(path)
            if reader is None:
                yield RecordedTable(name, path, is_shared=True)
                continue
            reader.close()
            for video_id in reader.entries:
                # A name that is a path has no table of ours, and would lead elsewhere.
                known = video_id if is_plain_name(video_id) else name
                yield RecordedTable(known, path, is_shared=True)
