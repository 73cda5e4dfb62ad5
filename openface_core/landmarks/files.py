"""Landmarks from a file instead of a network: OpenFace's CSV, plain CSV, or Parquet.

Three layouts are read, told apart by their column names:

* OpenFace's output: ``x_0 .. x_67, y_0 .. y_67`` and, if present, ``frame``, ``face_id`` (or
  ``face``), ``confidence`` and ``success``; blanks around the names do not matter, and all other
  columns are ignored;
* unrounded tracks: ``l0_x .. l67_x, l0_y .. l67_y``, one row per frame;
* Parquet with the columns of the first layout, null where a point is missing.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.csv
from numpy.typing import NDArray

from openface_core.errors import LandmarkFileError
from openface_core.media.sniffing import HEAD_BYTES, looks_like_text
from openface_core.media.sources import Source, locate, storage_errors

POINTS = 68
"""Number of landmarks, iBUG order."""

MAX_FILE_BYTES = 4 * 2**30
MAX_FRAMES = 2_000_000
"""Largest frame number: 18 hours at 30 frames per second, 1.1 GB of landmarks."""

# Also the longest header line and the longest row.
_BLOCK_BYTES = 4 * 2**20
_BATCH_ROWS = 20_000
_PARQUET_MARK = b"PAR1"
_MISSING = ["", "nan", "-nan", "NaN", "NAN", "-nan(ind)", "nan(ind)", "NA", "null", "None"]
_OPENFACE_NAME = re.compile(r"[xy]_[0-9]+")
_TRACK_NAME = re.compile(r"l[0-9]+_[xy]")
_REMEDY = "Write the file again, e.g. with OpenFace's FeatureExtraction."


@dataclass(frozen=True, eq=False)
class GivenLandmarks:
    """Landmarks of one face over the frames of one video.

    Attributes
    ----------
    landmarks : ndarray of float32, shape (N, 68, 2)
        x, y in pixels of the upright frame. NaN for every frame that is not a success.
    success : ndarray of bool, shape (N,)
        The file's ``success`` column. Without one, every frame whose points are all there.
        False for frames that the file leaves out.
    confidence : ndarray of float32, shape (N,), or None
        The file's ``confidence`` column, NaN where it is missing; None without such a column.
    is_of_several : bool
        Whether the file has other faces too. Such files have no rows for frames without any.
    """

    landmarks: NDArray[np.float32]
    success: NDArray[np.bool_]
    confidence: NDArray[np.float32] | None
    is_of_several: bool = False

    @property
    def frame_count(self) -> int:
        """Number of frames N, up to the last one the file knows of, of whatever face."""
        return len(self.success)

    def frame(self, index: int) -> NDArray[np.float32] | None:
        """Return the landmarks of one frame, or None where the file has none for it.

        Parameters
        ----------
        index : int
            0-based frame index; one beyond the end of the file counts as missing.

        Returns
        -------
        ndarray of float32, shape (68, 2), or None
            x, y in pixels.
        """
        if index < 0:
            raise IndexError(f"frame index {index} is negative")
        if index >= self.frame_count or not self.success[index]:
            return None
        points: NDArray[np.float32] = self.landmarks[index]
        return points


def read_landmarks(path: str) -> GivenLandmarks:
    """Read the landmarks of one face per frame.

    Row numbers in errors count the rows after the header from 1.

    Parameters
    ----------
    path : str
        Local path or fsspec URL of a CSV or Parquet file, recognised by its content.

    Returns
    -------
    GivenLandmarks
        With a ``frame`` column (1-based, increasing), row by frame number, and frames left out are
        failures; without one, row by row.

    Raises
    ------
    LandmarkFileError
        The file cannot be read, is empty or too large, is neither CSV nor Parquet, lacks columns
        or has another number of points; a value of a successful row is missing, infinite or no
        number; frame numbers do not increase. Also where several faces leave open whose landmarks
        are meant: of several ``face_id`` values 0 is kept, but there must be a 0, and it must not
        be twice in one frame.
    """
    source = locate(path, error=LandmarkFileError)
    _check_file(source)
    head = source.read(HEAD_BYTES)
    if head.startswith(_PARQUET_MARK):
        columns, table = _read_parquet(source)
    elif looks_like_text(head):
        columns, table = _read_csv(source)
    else:
        raise LandmarkFileError(path, "it is neither a CSV nor a Parquet file", _REMEDY)
    if len(table) == 0:
        raise LandmarkFileError(path, "it has a header but no rows", _REMEDY)
    return _assemble(source, columns, table)


@dataclass(frozen=True)
class _Columns:
    """The file's own names of the columns that are used; None for what it does not have."""

    points: tuple[str, ...]  # x of all points, then y
    frame: str | None
    face: str | None
    confidence: str | None
    success: str | None

    def names(self) -> list[str]:
        extra = (self.frame, self.face, self.confidence, self.success)
        return [*self.points, *(name for name in extra if name is not None)]


def _check_file(source: Source) -> None:
    if source.is_directory():
        raise LandmarkFileError(source.uri, "it is a folder", "Name a CSV or Parquet file.")
    size = source.size_bytes()
    if size == 0:
        raise LandmarkFileError(source.uri, "the file is empty", _REMEDY)
    if size is None or size > MAX_FILE_BYTES:
        found = "unknown" if size is None else f"{size} bytes"
        raise LandmarkFileError(
            source.uri,
            f"its size ({found}) is not within the {MAX_FILE_BYTES} bytes allowed",
            "Give one file per video, with the landmark columns only.",
        )


def _choose_columns(source: Source, names: list[str]) -> _Columns:
    """Match the file's column names with the known layouts."""
    stripped: dict[str, str] = {}
    for name in names:
        plain = name.removeprefix("\ufeff").strip().strip('"')
        if plain in stripped:
            raise LandmarkFileError(source.uri, f"column {plain!r} is there twice", _REMEDY)
        stripped[plain] = name
    tracks = any(_TRACK_NAME.fullmatch(name) for name in stripped)
    pattern = _TRACK_NAME if tracks else _OPENFACE_NAME
    wanted = [
        f"l{point}_{axis}" if tracks else f"{axis}_{point}"
        for axis in "xy"
        for point in range(POINTS)
    ]
    found = [name for name in stripped if pattern.fullmatch(name)]
    if not found:
        raise LandmarkFileError(
            source.uri,
            "it has no landmark columns (x_0 .. x_67, y_0 .. y_67, separated by commas)",
            _REMEDY,
        )
    missing = [name for name in wanted if name not in stripped]
    if missing or len(found) != len(wanted):
        example = f"; {missing[0]!r} is missing" if missing else ""
        raise LandmarkFileError(
            source.uri,
            f"it has {len(found)} landmark columns instead of {len(wanted)} "
            f"(x and y of {POINTS} points){example}",
            "Convert the landmarks to the 68 iBUG points.",
        )
    return _Columns(
        points=tuple(stripped[name] for name in wanted),
        frame=stripped.get("frame"),
        face=stripped.get("face_id", stripped.get("face")),
        confidence=stripped.get("confidence"),
        success=stripped.get("success"),
    )


def _read_csv(source: Source) -> tuple[_Columns, NDArray[np.float64]]:
    header, *rest = source.read(_BLOCK_BYTES).split(b"\n", 2)
    try:
        names = header.decode("utf-8").rstrip("\r").split(",")
    except UnicodeDecodeError:
        raise LandmarkFileError(source.uri, "its header is not UTF-8 text", _REMEDY) from None
    columns = _choose_columns(source, names)
    # Numbered names, because Arrow looks columns up by names that this file may spell with blanks.
    numbers = {name: str(number) for number, name in enumerate(names)}
    wanted = [numbers[name] for name in columns.names()]
    types = dict.fromkeys(wanted, pa.float64())
    if columns.success is not None and _says_true_or_false(rest, names.index(columns.success)):
        types[numbers[columns.success]] = pa.bool_()
    with (
        storage_errors(source.uri, LandmarkFileError),
        source.open() as file,
        _format_errors(source, names),
    ):
        batches = pyarrow.csv.open_csv(
            file,
            # One thread: only then do Arrow's messages tell the row.
            read_options=pyarrow.csv.ReadOptions(
                use_threads=False,
                block_size=_BLOCK_BYTES,
                skip_rows=1,
                column_names=list(numbers.values()),
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                include_columns=wanted,
                column_types=types,
                null_values=_MISSING,
            ),
        )
        return columns, _stack(source, batches, wanted)


def _says_true_or_false(rows: list[bytes], column: int) -> bool:
    """Return whether the first of the rows has a word in a column, as this program's CSV has."""
    cells = rows[0].rstrip(b"\r").split(b",") if rows else []
    return column < len(cells) and cells[column].lower() in (b"true", b"false")


def _read_parquet(source: Source) -> tuple[_Columns, NDArray[np.float64]]:
    with (
        storage_errors(source.uri, LandmarkFileError),
        source.open() as file,
        _format_errors(source, []),
    ):
        from pyarrow import parquet as pq  # which few inputs have to wait for

        # Nothing is buffered ahead: a thread of Arrow that still lets go of the file while the
        # interpreter ends would abort the process.
        parquet = pq.ParquetFile(file, pre_buffer=False)
        columns = _choose_columns(source, parquet.schema_arrow.names)
        wanted = columns.names()
        for name in wanted:
            kind = parquet.schema_arrow.field(name).type
            if not (pa.types.is_integer(kind) or pa.types.is_floating(kind)) and (
                name != columns.success or not pa.types.is_boolean(kind)
            ):
                raise LandmarkFileError(
                    source.uri, f"column {name!r} holds {kind} instead of numbers", _REMEDY
                )
        if parquet.metadata.num_rows > MAX_FRAMES:
            raise _too_many_frames(source, parquet.metadata.num_rows)
        batches = parquet.iter_batches(batch_size=_BATCH_ROWS, columns=wanted, use_threads=False)
        return columns, _stack(source, batches, wanted)


@contextmanager
def _format_errors(source: Source, names: list[str]) -> Iterator[None]:
    """Put Arrow's complaints about the content into one line that names row and column."""
    try:
        yield
    except (pa.ArrowException, OSError) as problem:
        text = " ".join(str(problem).split()).rstrip(".")
        raise LandmarkFileError(source.uri, _in_words(text, names), _REMEDY) from problem


def _in_words(text: str, names: list[str]) -> str:
    """Reword Arrow's messages of the two kinds that a CSV file can cause; shorten any other."""
    row = re.search(r"Row #([0-9]+)", text)
    where = f"row {int(row[1]) - 1}" if row is not None else "some row"  # Arrow counts the header
    number = re.search(r"CSV column #([0-9]+).*invalid value (.{1,40})", text)
    if number is not None and int(number[1]) < len(names):
        return f"{where}, column {names[int(number[1])].strip()!r}: {number[2]} is no number"
    columns = re.search(r"Expected ([0-9]+) columns, got ([0-9]+)", text)
    if columns is not None:
        return f"{where} has {columns[2]} values instead of {columns[1]}"
    return text[:200]


def _stack(
    source: Source, batches: Iterator[pa.RecordBatch], names: list[str]
) -> NDArray[np.float64]:
    """Return the columns `names` as float64, shape (rows, columns), null as NaN."""
    parts = []
    rows = 0
    for batch in batches:
        rows += batch.num_rows
        if rows > MAX_FRAMES:
            raise _too_many_frames(source, rows)
        part = np.empty((batch.num_rows, len(names)))
        for place, name in enumerate(names):
            part[:, place] = batch.column(name).cast(pa.float64()).to_numpy(zero_copy_only=False)
        parts.append(part)
    return np.concatenate(parts) if parts else np.empty((0, len(names)))


def _too_many_frames(source: Source, count: int) -> LandmarkFileError:
    return LandmarkFileError(
        source.uri,
        f"it has {count} frames, more than the {MAX_FRAMES} allowed",
        "Give one file per video.",
    )


def _assemble(source: Source, columns: _Columns, table: NDArray[np.float64]) -> GivenLandmarks:
    optional = columns.names()[2 * POINTS :]

    def column(name: str | None) -> NDArray[np.float64] | None:
        return None if name is None else table[:, 2 * POINTS + optional.index(name)]

    faces = column(columns.face)
    known = np.zeros(1) if faces is None else np.unique(faces[~np.isnan(faces)])
    rows = np.arange(len(table)) if faces is None else _rows_of_one_face(source, faces, known)
    frame_numbers = column(columns.frame)
    if frame_numbers is not None:
        indices = _frame_indices(source, frame_numbers, rows)
    elif columns.face is not None and len(table) > 1:
        # Rows of one image: one face each, and no frames.
        indices = np.zeros(len(rows), dtype=np.int64)
        _check_increasing(source, indices, rows)
    else:
        indices = np.arange(len(rows))

    with np.errstate(over="ignore"):
        points = table[rows, : 2 * POINTS].astype(np.float32)
    success = _row_success(source, points, rows, columns, column(columns.success))

    count = int(indices[-1]) + 1
    if frame_numbers is not None:  # of others, or of nobody, up to the end of the video
        count = max(count, _last_frame(source, frame_numbers))
    landmarks = np.full((count, POINTS, 2), np.nan, dtype=np.float32)
    landmarks[indices[success]] = np.swapaxes(points[success].reshape(-1, 2, POINTS), 1, 2)
    success_of_frame = np.zeros(count, dtype=np.bool_)
    success_of_frame[indices] = success
    confidence = column(columns.confidence)
    confidence_of_frame = None
    if confidence is not None:
        _check_confidence(source, confidence[rows], rows)
        confidence_of_frame = np.full(count, np.nan, dtype=np.float32)
        confidence_of_frame[indices] = confidence[rows]
    return GivenLandmarks(landmarks, success_of_frame, confidence_of_frame, len(known) > 1)


def _rows_of_one_face(
    source: Source, faces: NDArray[np.float64], known: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Return the rows of the only face and those of nobody, or else those of face 0."""
    if len(known) < 2:
        return np.arange(len(faces))
    if 0 not in known:
        raise LandmarkFileError(
            source.uri,
            f"it holds {len(known)} faces, none of them with the number 0",
            "Keep the rows of one face.",
        )
    return np.flatnonzero(faces == 0)


def _frame_indices(
    source: Source, frame_numbers: NDArray[np.float64], rows: NDArray[np.intp]
) -> NDArray[np.int64]:
    """Turn the 1-based frame numbers of `rows` into increasing 0-based indices."""
    numbers = frame_numbers[rows]
    bad = np.flatnonzero(~((numbers >= 1) & (numbers == np.floor(numbers))))
    if len(bad):
        raise LandmarkFileError(
            source.uri,
            f"row {rows[bad[0]] + 1}, column 'frame': {numbers[bad[0]]:g} is no frame number",
            "Number the frames 1, 2, 3, ...",
        )
    if np.max(numbers) > MAX_FRAMES:
        raise _too_many_frames(source, int(np.max(numbers)))
    indices = numbers.astype(np.int64) - 1
    _check_increasing(source, indices, rows)
    return indices


def _last_frame(source: Source, frame_numbers: NDArray[np.float64]) -> int:
    last = np.max(frame_numbers, initial=0.0, where=np.isfinite(frame_numbers))
    if last > MAX_FRAMES:
        raise _too_many_frames(source, int(last))
    return int(last)


def _check_increasing(source: Source, indices: NDArray[np.int64], rows: NDArray[np.intp]) -> None:
    backwards = np.flatnonzero(np.diff(indices) <= 0)
    if len(backwards):
        at = backwards[0] + 1
        again = indices[at] == indices[at - 1]
        raise LandmarkFileError(
            source.uri,
            f"row {rows[at] + 1}: frame {indices[at] + 1} "
            + ("is there twice" if again else f"comes after frame {indices[at - 1] + 1}"),
            "Keep one row per frame, in order.",
        )


def _check_confidence(source: Source, values: NDArray[np.float64], rows: NDArray[np.intp]) -> None:
    bad = np.flatnonzero((values < 0.0) | (values > 1.0))
    if len(bad):
        raise LandmarkFileError(
            source.uri,
            f"row {rows[bad[0]] + 1}, column 'confidence': {values[bad[0]]:g} is not from 0 to 1",
            "Correct the value, or leave the column out.",
        )


def _row_success(
    source: Source,
    points: NDArray[np.float32],
    rows: NDArray[np.intp],
    columns: _Columns,
    stated: NDArray[np.float64] | None,
) -> NDArray[np.bool_]:
    """Return which rows count, and check that their points are numbers."""
    if stated is None:
        success = np.asarray(~np.isnan(points).any(axis=1))
    else:
        success = np.asarray(stated[rows] == 1)
        bad = np.flatnonzero(~success & (stated[rows] != 0))
        if len(bad):
            raise LandmarkFileError(
                source.uri,
                f"row {rows[bad[0]] + 1}, column 'success': "
                f"{stated[rows][bad[0]]:g} is neither 0 nor 1",
                _REMEDY,
            )
    unusable = np.argwhere(~np.isfinite(points) & success[:, np.newaxis])
    if len(unusable):
        row, place = unusable[0]
        what = "there is no value" if np.isnan(points[row, place]) else "the value is too large"
        raise LandmarkFileError(
            source.uri,
            f"row {rows[row] + 1}, column {columns.points[place].strip()!r}: {what}",
            "Mark the frame with success = 0, or write the file again.",
        )
    return success
