"""OpenFace's text form of a matrix: rows, columns and OpenCV type code, then the values."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openface_core.errors import ModelFileError
from openface_core.model_files.content import REINSTALL, read_model_text

_MAX_VALUES = 10_000_000
_ELEMENT_TYPES = range(7)
"""OpenCV's codes from 8-bit integers (0) to float64 (6); the values are text either way."""


class TextMatrixReader:
    """Reads the matrices of a text file one after another; lines starting with ``#`` are comments.

    Parameters
    ----------
    path : Path
        The file; it is read whole at once.

    Raises
    ------
    ModelFileError
        If the file cannot be read as text.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        lines = read_model_text(path).splitlines()
        self._tokens = [t for line in lines if not line.startswith("#") for t in line.split()]
        self._position = 0

    def fail(self, cause: str) -> ModelFileError:
        """Return the error that says what is wrong with the file."""
        return ModelFileError(self._path, cause, f"{REINSTALL}.")

    def next_matrix(self, what: str) -> NDArray[np.float64]:
        """Return the next matrix.

        Parameters
        ----------
        what : str
            What the matrix holds, for error messages.

        Returns
        -------
        (rows, columns) ndarray of float64
            Finite values.

        Raises
        ------
        ModelFileError
            If the header is not three whole numbers, values are missing, are not numbers, or are
            not finite.
        """
        header = self._tokens[self._position : self._position + 3]
        if len(header) < 3:
            raise self.fail(f"the file ends before the {what}")
        try:
            rows, columns, element_type = (int(token) for token in header)
        except ValueError:
            found = " ".join(header)[:60]
            raise self.fail(
                f"the {what} should start with rows, columns and type, found {found!r}"
            ) from None
        if rows <= 0 or columns <= 0 or rows * columns > _MAX_VALUES:
            raise self.fail(f"the {what} has an impossible size of {rows} x {columns}")
        if element_type not in _ELEMENT_TYPES:
            raise self.fail(f"the {what} has the unknown element type {element_type}")
        begin = self._position + 3
        tokens = self._tokens[begin : begin + rows * columns]
        if len(tokens) < rows * columns:
            raise self.fail(
                f"the {what} should have {rows * columns} values, the file ends after {len(tokens)}"
            )
        try:
            values = np.array(tokens, dtype=np.float64)
        except ValueError:
            raise self.fail(f"the {what} holds something that is not a number") from None
        if not np.isfinite(values).all():
            raise self.fail(f"the {what} holds values that are not finite")
        self._position = begin + rows * columns
        return values.reshape(rows, columns)

    def next_numbers(self, what: str, count: int) -> NDArray[np.float64]:
        """Return the next `count` numbers, finite ones; raises as :meth:`next_matrix`."""
        tokens = self._tokens[self._position : self._position + count]
        if len(tokens) < count:
            raise self.fail(f"the file ends before the {what}")
        try:
            values = np.array(tokens, dtype=np.float64)
        except ValueError:
            raise self.fail(f"the {what} is not a number: {' '.join(tokens)[:60]!r}") from None
        if not np.isfinite(values).all():
            raise self.fail(f"the {what} is not finite")
        self._position += count
        return values

    def next_count(self, what: str, least: int, most: int) -> int:
        """Return the next number, a whole one between two bounds; raises as :meth:`next_matrix`."""
        (value,) = self.next_numbers(what, 1)
        if value != int(value) or not least <= value <= most:
            raise self.fail(f"the {what} should be from {least} to {most}, found {value:g}")
        return int(value)

    @property
    def is_at_end(self) -> bool:
        """Whether everything has been read."""
        return self._position == len(self._tokens)

    def end(self) -> None:
        """Raise ModelFileError if anything follows the last matrix."""
        rest = len(self._tokens) - self._position
        if rest:
            raise self.fail(f"{rest} values follow the end of the model")
