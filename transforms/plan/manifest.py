"""Manifests: a CSV or Parquet table that lists inputs, with their names and persons."""

import io
import os
import re
from pathlib import PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from openface_core.errors import ConfigError, OpenFaceBeamError
from openface_core.media.sources import Source, locate, storage_errors
from openface_core.rest_frames import RestRanges
from openface_core.shape import Camera
from openface_core.user_paths import expanded
from transforms.plan.manifest_columns import (
    COLUMNS,
    COLUMNS_REMEDY,
    REQUIRED_COLUMNS,
    check_columns,
)
from transforms.plan.manifest_text import ROW, column_name, header_names, read_table
from transforms.plan.video_ids import safe_video_id
from transforms.records import VideoTask

_MAX_BYTES = 2**30
_MAX_ROWS = 10_000_000
_MAX_HEADER_BYTES = 2**16
_VIDEO_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,119}")
_NOTHING = frozenset(pyarrow.csv.ConvertOptions().null_values)
"""What tables have where there is no value: nothing, NA, NaN, null."""

_WINDOWS_PATH = re.compile(r"[A-Za-z]:[\\/]|\\\\")


def is_manifest(uri: str) -> bool:
    """Return whether an input is a manifest: its name ends in ``.csv`` or ``.parquet``."""
    return PurePosixPath(uri).suffix.lower() in (".csv", ".parquet")


def has_manifest_columns(uri: str) -> bool:
    """Return whether a table has the columns of a manifest; false where it cannot be read."""
    try:
        source = locate(uri, error=ConfigError)
        if PurePosixPath(uri).suffix.lower() == ".parquet":
            with source.open() as file:
                names = pyarrow.parquet.ParquetFile(file, pre_buffer=False).schema_arrow.names
        else:
            names = header_names(source.read(_MAX_HEADER_BYTES), REQUIRED_COLUMNS[0])
    except (OpenFaceBeamError, pa.ArrowException, OSError):
        return False
    return set(REQUIRED_COLUMNS) <= set(map(column_name, names))


def read_manifest(uri: str) -> tuple[VideoTask, ...]:
    """Read a manifest.

    Parameters
    ----------
    uri : str
        Local path or fsspec URL of a CSV or Parquet file. Relative paths in it are relative to
        its own folder. A CSV file may be as spreadsheets write it: separated by commas, semicolons
        or tabs, in UTF-8 or UTF-16, with capitals in the header, and empty rows, which do not
        count.

    Returns
    -------
    tuple of VideoTask
        One task per row. An id that readers of the dataset would not take for text, as 007 or
        2024-01-01, gets ``video-`` before it; the task keeps it as it is, too.

    Raises
    ------
    ConfigError
        If it cannot be read, lacks a column or has a misspelt one, or a row has no URI, a video id
        that is missing, used twice (with ``video-`` or without), or not fit to name a folder, or
        ranges of rest or a camera that are none.
    """
    source = locate(uri, error=ConfigError)
    size = source.size_bytes()
    if size == 0:
        raise ConfigError(uri, "the manifest is empty", COLUMNS_REMEDY)
    if size is not None and size > _MAX_BYTES:
        raise ConfigError(uri, f"a manifest of {size} bytes is too large", COLUMNS_REMEDY)
    with source.open() as file, storage_errors(uri, ConfigError):
        content = file.read(_MAX_BYTES + 1)
    table = _parse(uri, content)
    numbers = table[ROW].to_pylist()
    check_columns(uri, table.column_names)
    if not numbers:
        raise ConfigError(uri, "the manifest has no rows", "Write a row for each video.")
    columns = {
        name: [_text(value, name) for value in table[name].to_pylist()]
        if name in table.column_names
        else [None] * table.num_rows
        for name in COLUMNS
    }
    tasks: list[VideoTask] = []
    seen: dict[str, int] = {}
    for row, manifest_id, video_uri, person_id, landmarks, camera, *rest in zip(
        numbers, *columns.values(), strict=True
    ):
        if video_uri is None:
            raise ConfigError(uri, f"row {row} has no uri", COLUMNS_REMEDY)
        if manifest_id is None or not _VIDEO_ID.fullmatch(manifest_id):
            raise ConfigError(
                uri,
                f"row {row} has the video_id {manifest_id!r}",
                "Use letters, digits and ._- only, 120 at most.",
            )
        video_id = safe_video_id(manifest_id)
        if first := seen.get(video_id.lower()):
            raise ConfigError(
                uri, f"rows {first} and {row} share the video_id {video_id!r}", "Make it unique."
            )
        seen[video_id.lower()] = row
        tasks.append(
            VideoTask(
                video_id,
                _resolve(source, video_uri, row),
                person_id,
                None if landmarks is None else _resolve(source, landmarks, row),
                None if manifest_id == video_id else manifest_id,
                _rest_ranges(uri, row, *rest),
                row,
                None if camera is None else read_camera(uri, camera, f"row {row}: "),
            )
        )
    return tuple(tasks)


def read_camera(subject: str, text: str, where: str = "") -> Camera:
    """Return the camera that is named on the command line or in a row of a manifest.

    Parameters
    ----------
    subject : str
        What names it.
    text : str
        Its four numbers.
    where : str
        Where in that, for the message.

    Raises
    ------
    ConfigError
        If it is none.
    """
    try:
        return Camera.parse(text)
    except ValueError as error:
        raise ConfigError(
            subject,
            f"{where}the camera is wrong: {error}",
            "Give focal lengths and optical centre in pixels, such as 1200,1200,960,540.",
        ) from None


def _rest_ranges(uri: str, row: int, seconds: str | None, frames: str | None) -> RestRanges | None:
    try:
        return RestRanges.parse(seconds, frames)
    except ValueError as error:
        raise ConfigError(
            uri,
            f"row {row}: {error}",
            'Write rest_seconds as "0-10.5; 60-65" and rest_frames as "1-150; 300-420".',
        ) from None


def _parse(uri: str, content: bytes) -> pa.Table:
    # No threads of Arrow's: one that still lets go of the content while the interpreter ends, as it
    # does after a refused manifest, would abort the process.
    try:
        if content.startswith(b"PAR1"):
            file = pyarrow.parquet.ParquetFile(io.BytesIO(content), pre_buffer=False)
            metadata = file.metadata
            size = sum(
                metadata.row_group(k).total_byte_size for k in range(metadata.num_row_groups)
            )
            if size > _MAX_BYTES or metadata.num_rows > _MAX_ROWS:
                raise ConfigError(
                    uri, f"{metadata.num_rows} rows of {size} bytes are too many", COLUMNS_REMEDY
                )
            table = file.read(use_threads=False)
            table.validate(full=True)  # text that is not UTF-8, for one
            table = table.rename_columns([column_name(name) for name in table.column_names])
            return table.append_column(ROW, pa.array(range(1, table.num_rows + 1), pa.int64()))
        return read_table(uri, content, REQUIRED_COLUMNS[0])
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise ConfigError(uri, f"not a CSV or Parquet table ({reason})", COLUMNS_REMEDY) from error


def _text(value: Any, name: str) -> str | None:
    """Return a cell of a column as text; None if there is nothing in it, or a word such as NA.

    An id of a video may be such a word. Whole numbers are written as such: a column of them with a
    gap holds 7.0 where pandas has written it.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bytes):  # some write text so
        value = value.decode(errors="replace")
    text = "" if value is None else str(value).strip()
    if name == REQUIRED_COLUMNS[0]:
        return text or None
    return None if text in _NOTHING else text


def _resolve(manifest: Source, uri: str, row: int) -> str:
    """Return a URI of the manifest, relative paths taken from the manifest's folder.

    Raises
    ------
    ConfigError
        If it is a path of a Windows machine, and this is none.
    """
    uri = expanded(uri)
    if "://" in uri or uri.startswith("/"):
        return uri
    if os.name != "nt" and _WINDOWS_PATH.match(uri):
        raise ConfigError(
            manifest.uri,
            f"row {row} has the Windows path {uri!r}",
            "Give paths of this machine, or relative to the folder of the manifest, with /.",
        )
    folder, slash, _ = manifest.uri.replace("\\", "/").rpartition("/")
    found = f"{folder}{slash}{uri}"
    # A backslash may be part of a name here; a spreadsheet from Windows means a folder by it.
    if "\\" in uri and not locate(found, error=ConfigError).exists():
        found = f"{folder}{slash}{uri.replace(chr(92), '/')}"
    return found
