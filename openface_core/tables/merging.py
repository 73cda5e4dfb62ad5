"""Rows of several faces in one table: ordered by frame, and by face within a frame."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from openface_core.tables.arrow_columns import arrow_column, column_values


@dataclass(frozen=True, eq=False)
class FrameRows:
    """Consecutive frames, whose rows are only made where a frame shows nobody.

    Parameters
    ----------
    numbers : (n,) ndarray of int64
        Their numbers.
    without_face : callable
        Returns their rows, without a face.
    """

    numbers: NDArray[np.int64]
    without_face: Callable[[], pa.Table]


class _Rows:
    """Tables of consecutive frames, of which as many are taken as are wanted."""

    def __init__(self, tables: Iterable[pa.Table]) -> None:
        self._tables = iter(tables)
        self._rest: pa.Table | None = None

    def until(self, last_frame: int) -> Iterator[pa.Table]:
        """Yield the rows up to a frame, with it."""
        while True:
            table = self._rest if self._rest is not None else next(self._tables, None)
            if table is None:
                return
            frames = column_values(table["frame"])
            count = int(np.searchsorted(frames, last_frame, side="right"))
            if count:
                yield table.slice(0, count)
            self._rest = table.slice(count) if count < len(frames) else None
            if self._rest is not None:
                return


def merged_tables(
    frames: Iterable[FrameRows], faces: Iterable[Iterable[pa.Table]]
) -> Iterator[pa.Table]:
    """Yield the rows of all faces, and those of frames that show none of them.

    Parameters
    ----------
    frames : iterable of FrameRows
        All frames, in order.
    faces : iterable of iterable of pyarrow.Table
        Rows of each face, in order; the faces in the order in which they follow each other.

    Yields
    ------
    pyarrow.Table
        The rows of the frames of one of `frames`.
    """
    rows_of_faces = [_Rows(tables) for tables in faces]
    for of_frames in frames:
        numbers = of_frames.numbers
        if not len(numbers):
            continue
        shown = [rows for face in rows_of_faces for rows in face.until(int(numbers[-1]))]
        with_face = [column_values(rows["frame"]) for rows in shown]
        is_empty = ~np.isin(numbers, np.concatenate([np.empty(0, numbers.dtype), *with_face]))
        # Arrow imports its functions, which takes a tenth of a second, only where rows are chosen.
        empty = [of_frames.without_face().filter(arrow_column(is_empty))] if is_empty.any() else []
        together = pa.concat_tables([*shown, *empty])
        # A stable sort: the faces of a frame stay in their order.
        order = np.argsort(column_values(together["frame"]), kind="stable")
        yield together if np.all(np.diff(order) == 1) else together.take(arrow_column(order))
