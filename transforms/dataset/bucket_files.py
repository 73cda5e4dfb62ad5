"""Files that inputs share: rows come, go and stay, one row group in memory at a time."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack

import pyarrow as pa
import pyarrow.parquet as pq

from openface_core.analysis.settings import OutputSettings
from openface_core.errors import OutputError
from openface_core.fields import Column
from openface_core.media.sources import locate
from transforms.dataset.bucket_record import BucketEntry, pack_entries, unpack_entries
from transforms.dataset.json_text import parse_record
from transforms.dataset.layout import bucket_of, bucket_path
from transforms.dataset.provenance import METADATA_KEY
from transforms.dataset.remembered import remembered_inputs
from transforms.dataset.seal import agreed_metadata, is_intact_file
from transforms.dataset.table_files import open_work_table, row_groups, write_row_groups
from transforms.metrics import Count, StageStep, count, timed

# Plain text to Arrow, which cannot group by dictionaries that differ from file to file; Parquet
# encodes it with a dictionary all the same.
VIDEO_COLUMN = Column("video_id", pa.string(), "1", "name of the input in the dataset", False)


class BucketReader:
    """An existing file that inputs share.

    Parameters
    ----------
    path : str
        The file.

    Raises
    ------
    OutputError
        If storage refuses.
    ValueError
        If it is not such a file, or damaged.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._source = locate(path, error=OutputError).open()
        try:
            # Nothing is buffered ahead: see transforms.plan.manifest.
            self._file = pq.ParquetFile(
                self._source, pre_buffer=False, page_checksum_verification=True
            )
            schema = self._file.schema_arrow
            self.entries = unpack_entries(agreed_metadata(self._file))
            self.columns = schema.remove(schema.get_field_index(VIDEO_COLUMN.name))
        except (pa.ArrowException, OSError, ValueError) as error:
            self.close()
            raise ValueError(f"{path}: {error}") from error
        self._begins: dict[str, int] = {}
        begin = 0
        for video_id, entry in self.entries.items():
            self._begins[video_id] = begin
            begin += entry.rows
        if begin != self._file.metadata.num_rows:
            self.close()
            raise ValueError(f"{path}: its record is of {begin} rows")
        self._group = -1
        self._rows: pa.Table | None = None

    def rows_of(self, video_id: str) -> Iterator[pa.Table]:
        """Yield the rows of an input; cheapest in alphabetical order.

        Raises
        ------
        OutputError
            If they cannot be read.
        """
        begin = self._begins[video_id]
        end = begin + self.entries[video_id].rows
        group_end = 0
        for group in range(self._file.metadata.num_row_groups):
            group_begin, group_end = (
                group_end,
                group_end + self._file.metadata.row_group(group).num_rows,
            )
            if begin < group_end and end > group_begin:
                rows = self._read(group)
                first = max(begin, group_begin) - group_begin
                count = min(end, group_end) - group_begin - first
                yield rows.slice(first, count).drop_columns([VIDEO_COLUMN.name])

    def _read(self, group: int) -> pa.Table:
        if self._rows is None or group != self._group:  # many short inputs share a row group
            self._group = group
            try:
                self._rows = self._file.read_row_group(group, use_threads=False)
            except (pa.ArrowException, OSError, ValueError) as error:
                raise _damaged(self._path, " ".join(str(error).split())) from error
        return self._rows

    def is_intact(self) -> bool:
        """Return whether the whole file is as it was written, as far as that is looked at.

        Raises
        ------
        OutputError
            If storage refuses.
        """
        texts = (entry.metadata.get(METADATA_KEY) for entry in self.entries.values())
        sealed = any((parse_record(text) or {}).get("sealed") is True for text in texts)
        return is_intact_file(self._path, sealed=sealed)

    def close(self) -> None:
        """Let go of the file."""
        self._source.close()


def _damaged(path: str, reason: str) -> OutputError:
    return OutputError(
        path,
        f"the file is damaged ({reason})",
        "Name all inputs whose rows are in it, so that they are analysed anew, or put the file "
        "back from a copy.",
    )


def _refuse_to_lose(path: str, names: Collection[str]) -> None:
    """Refuse to replace a damaged file that has rows of inputs without new ones."""
    if names:
        shown = ", ".join(sorted(names)[:3])
        raise _damaged(path, f"the rows of {shown} in it would be lost")


def open_bucket(path: str) -> BucketReader | None:
    """Return the reader of a shared file; None if there is none, or it is damaged.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    if not locate(path, error=OutputError).exists():
        return None
    try:
        return BucketReader(path)
    except ValueError:
        return None


def _entry(table: str) -> tuple[BucketEntry, pa.Schema]:
    """Return the entry of an input with a table in the work folder, and its columns."""
    with open_work_table(table) as reader:
        rows = sum(reader.get_batch(k).num_rows for k in range(reader.num_record_batches))
        metadata = reader.schema.metadata or {}
        texts = {key.decode(): value.decode() for key, value in metadata.items()}
        return BucketEntry(rows, texts), reader.schema


def _pieces(
    video_ids: Iterable[str],
    tables: Mapping[str, str],
    old: BucketReader | None,
    columns: pa.Schema,
) -> Iterator[pa.Table]:
    """Yield the rows of inputs, new ones where there are any, with the column that names them."""

    def rows_of(video_id: str) -> Iterator[pa.Table]:
        if video_id in tables:
            with open_work_table(tables[video_id]) as reader:
                for k in range(reader.num_record_batches):
                    yield pa.table(reader.get_batch(k))
        elif old is not None:
            yield from old.rows_of(video_id)

    for video_id in video_ids:
        for rows in rows_of(video_id):
            name = pa.repeat(pa.scalar(video_id), rows.num_rows)
            yield pa.Table.from_arrays([name, *rows.columns], schema=columns)
    if old is not None:
        old.close()  # an open file cannot be replaced everywhere


def _common_columns(
    path: str, old: BucketReader | None, kept: Collection[str], new: pa.Schema
) -> pa.Schema:
    """Return the columns of all rows.

    Raises
    ------
    OutputError
        If rows that are to be taken over have others than new ones.
    """
    if old is None or not kept:
        return new
    if not old.columns.equals(new):
        raise OutputError(
            path,
            f"the rows of {', '.join(sorted(kept)[:3])} have other columns than this run's",
            "Name these inputs too, so that they are analysed anew, or a new output folder.",
        )
    return new


def _refuse_damage(path: str, old: BucketReader, kept: Collection[str]) -> None:
    """Refuse to take rows over from a file that is not as it was written: it would be sealed."""
    if kept and not old.is_intact():
        _refuse_to_lose(path, kept)


def check_update(output: str, buckets: int, columns: pa.Schema, video_ids: Iterable[str]) -> None:
    """Refuse, before anything is analysed, what :func:`update_bucket` would refuse after it.

    Parameters
    ----------
    output : str
        Output folder.
    buckets : int
        Number of its files.
    columns : pyarrow.Schema
        Columns of the tables that are to be added.
    video_ids : iterable of str
        The inputs that they will be of.

    Raises
    ------
    OutputError
        If storage refuses, or a file is damaged, or has other columns, and has rows that are to be
        taken over.
    """
    names = set(video_ids)
    known = remembered_inputs(output).keys() - names
    for bucket in sorted({bucket_of(name, buckets) for name in names}):
        path = bucket_path(output, bucket)
        old = open_bucket(path)
        if old is not None:
            old.close()
            kept = old.entries.keys() - names
            _refuse_damage(path, old, kept)
            _common_columns(path, old, kept, columns)
        elif locate(path, error=OutputError).exists():
            _refuse_to_lose(path, {name for name in known if bucket_of(name, buckets) == bucket})


def update_bucket(
    path: str,
    tables: Mapping[str, str],
    settings: OutputSettings,
    scratch: str | None = None,
) -> None:
    """Bring a shared file up to date; it is not touched without new tables.

    Parameters
    ----------
    path : str
        The file; it need not exist.
    tables : mapping of str to str
        By video id, tables of single inputs in the work folder, which replace older rows of these.
    settings : OutputSettings
        How files are written.
    scratch : str or None
        Folder in which it is put together, see :func:`transforms.dataset.storage.write_whole`.

    Raises
    ------
    OutputError
        If storage refuses, or the file is damaged, or has other columns, and has rows that are to
        be taken over.
    """
    if not tables:
        return
    with ExitStack() as stack:
        old = open_bucket(path)
        kept: dict[str, BucketEntry] = {}
        if old is not None:
            stack.callback(old.close)
            kept = {key: entry for key, entry in old.entries.items() if key not in tables}
            _refuse_damage(path, old, kept)
        new = {video_id: _entry(table) for video_id, table in tables.items()}
        entries = kept | {video_id: entry for video_id, (entry, _) in new.items()}
        columns = _common_columns(path, old, kept, next(iter(new.values()))[1])
        schema = pa.schema([VIDEO_COLUMN.field(), *columns], metadata=pack_entries(entries))

        pieces = _pieces(sorted(entries), tables, old, schema)
        groups = row_groups(pieces, settings.row_group_rows)
        with timed(StageStep.BUCKET):
            size_bytes = write_row_groups(path, schema, groups, settings, scratch)
        count(Count.TABLE_BYTES, size_bytes)
