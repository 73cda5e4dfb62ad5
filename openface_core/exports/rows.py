"""Rows of a table as arrays, whatever columns it has."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from openface_core.shape import ShapeFit

Float64Array = NDArray[np.float64]

LANDMARKS = tuple(f"{axis}_{point}" for point in range(68) for axis in "xy")
"""Columns of the landmarks, x and y of each point in turn."""


class Rows:
    """Consecutive rows of a table of frames.

    Parameters
    ----------
    table : pyarrow.Table
        The rows.
    """

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self._begin, self._end = 0, table.num_rows
        self._matrices: dict[tuple[str, ...], Float64Array] = {}

    def __len__(self) -> int:
        return int(self._end - self._begin)

    @property
    def table(self) -> pa.Table:
        """The rows as a table."""
        return self._table.slice(self._begin, len(self))

    def values(self, *names: str) -> Float64Array:
        """Return columns as numbers.

        Parameters
        ----------
        *names : str
            Columns.

        Returns
        -------
        (n, k) ndarray of float64
            Values; NaN where one is missing, or where the table has no such column.
        """
        if names not in self._matrices:
            self._matrices[names] = self._matrix(names)
        return self._matrices[names][self._begin : self._end]

    def column(self, name: str) -> Float64Array:
        """Return one column as numbers, (n,); see :meth:`values`."""
        return self.values(name)[:, 0]

    def _matrix(self, names: tuple[str, ...]) -> Float64Array:
        matrix = np.full((self._table.num_rows, len(names)), np.nan)
        present = set(self._table.column_names)
        for place, name in enumerate(names):
            if name in present:
                column = self._table[name].cast(pa.float64())
                matrix[:, place] = column.to_numpy(zero_copy_only=False)
        return matrix

    def fit(self, row: int, modes: int) -> ShapeFit:
        """Return pose and shape of a row's face; not finite where the table does not say.

        Parameters
        ----------
        row : int
            Which row.
        modes : int
            Shape parameters.
        """
        pose = self.values("p_scale", "p_rx", "p_ry", "p_rz", "p_tx", "p_ty")[row]
        shape = self.values(*(f"p_{k}" for k in range(modes)))[row]
        return ShapeFit(
            float(pose[0]),
            pose[1:4].astype(np.float32),
            pose[4:].astype(np.float32),
            shape.astype(np.float32),
            iterations=0,
        )

    @property
    def frames(self) -> NDArray[np.int64]:
        """Numbers of the frames, from 1, (n,)."""
        return self.column("frame").astype(np.int64)

    @property
    def success(self) -> NDArray[np.bool_]:
        """Whether a face was found and measured, (n,)."""
        return np.asarray(self.column("success") == 1)

    @property
    def face_ids(self) -> Float64Array:
        """Numbers of the faces, (n,); NaN in the row of a frame without any."""
        return self.column("face_id")

    def landmarks(self, row: int) -> NDArray[np.float32]:
        """Return the landmarks of a row, (68, 2), pixels of the upright frame."""
        points = self.values(*LANDMARKS)[row].reshape(68, 2)
        return np.ascontiguousarray(points, dtype=np.float32)

    def part(self, begin: int, end: int) -> "Rows":
        """Return some of the rows, which share what is read with these."""
        rows = Rows.__new__(Rows)
        rows._table, rows._matrices = self._table, self._matrices
        rows._begin, rows._end = self._begin + begin, self._begin + end
        return rows

    def by_frame(self) -> Iterator[tuple[int, "Rows"]]:
        """Yield the number of every frame, and its rows."""
        frames = self.frames
        begins = [0, *(np.flatnonzero(np.diff(frames)) + 1).tolist(), len(frames)]
        for begin, end in pairwise(begins):
            if end > begin:
                yield int(frames[begin]), self.part(begin, end)
