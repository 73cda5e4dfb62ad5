"""OpenFace's binary form of numbers and matrices: rows, columns, OpenCV type code, values."""

import math
import struct
from mmap import mmap
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from openface_core.errors import ModelFileError
from openface_core.model_files.content import REINSTALL, read_model_bytes

Element = TypeVar("Element", np.int32, np.float16, np.float32, np.float64)

FLOAT32_CODE, FLOAT16_CODE = 5, 7
_OPENCV_CODES = {"int32": 4, "float32": FLOAT32_CODE, "float64": 6}
_REALS: dict[int, type[np.floating]] = {
    6: np.float64,
    FLOAT32_CODE: np.float32,
    FLOAT16_CODE: np.float16,
}


class BinaryFields:
    """Reads the little-endian fields of a binary file one after another.

    Parameters
    ----------
    path : Path
        The file.
    content : mmap or None
        Its content where that is mapped; None reads it whole at once.

    Raises
    ------
    ModelFileError
        If the file cannot be read. Every method raises it where the file ends too early or holds
        something else than asked for.
    """

    def __init__(self, path: Path, content: mmap | None = None) -> None:
        self._path = path
        self._content = read_model_bytes(path) if content is None else content
        self._position = 0

    def fail(self, cause: str) -> ModelFileError:
        """Return the error that says why this file cannot be used."""
        return ModelFileError(self._path, cause, f"{REINSTALL}.")

    def _take(self, size: int, what: str) -> bytes:
        field = self._content[self._position : self._position + size]
        if len(field) < size:
            raise self._truncated(what)
        self._position += size
        return field

    def _truncated(self, what: str) -> ModelFileError:
        return self.fail(
            f"the file is truncated: after {len(self._content)} bytes it ends within the {what}"
        )

    def skip(self, size: int, what: str) -> int:
        """Return where the next `size` bytes begin, and go on after them."""
        begin = self._position
        if len(self._content) - begin < size:
            raise self._truncated(what)
        self._position += size
        return begin

    def bytes(self, size: int, what: str) -> bytes:
        """Return the next bytes as they are."""
        return self._take(size, what)

    def integer(self, what: str) -> int:
        """Return an integer of 32 bits; `what` names it in messages, here and below."""
        (value,) = struct.unpack("<i", self._take(4, what))
        return int(value)

    def next_integer(self, what: str) -> int:
        """Return an integer of 32 bits and stay before it."""
        value = self.integer(what)
        self._position -= 4
        return value

    def count(self, what: str, limit: int, least: int = 1) -> int:
        """Return an integer that must lie between `least` and `limit`."""
        value = self.integer(what)
        if not least <= value <= limit:
            raise self.fail(f"the {what} should be {least} to {limit}, found {value}")
        return value

    def number(self, what: str) -> float:
        """Return a finite float64."""
        (value,) = struct.unpack("<d", self._take(8, what))
        if not math.isfinite(value):
            raise self.fail(f"the {what} is not a finite number")
        return float(value)

    def matrix_header(self, what: str, dtype: type[Element]) -> tuple[int, int]:
        """Return rows and columns of the matrix that follows, whose elements must be `dtype`."""
        rows, columns, found = struct.unpack("<iii", self._take(12, f"{what}' header"))
        name = np.dtype(dtype).name
        code = _OPENCV_CODES[name]
        if found != code:
            raise self.fail(f"the {what} should be of type {code} ({name}), found {found}")
        return int(rows), int(columns)

    def real_header(self, what: str) -> tuple[int, int, type[np.floating]]:
        """Return rows, columns and type of the matrix of real numbers that follows."""
        rows, columns, found = struct.unpack("<iii", self._take(12, f"{what}' header"))
        if found not in _REALS:
            known = ", ".join(f"{code} ({dtype.__name__})" for code, dtype in _REALS.items())
            raise self.fail(f"the {what} should be of one of the types {known}, found {found}")
        return int(rows), int(columns), _REALS[found]

    def elements(self, count: int, what: str, dtype: type[Element]) -> NDArray[Element]:
        """Return the next `count` elements, (count,), all finite."""
        if count < 1:
            raise self.fail(f"the {what} should be at least one number, found {count}")
        little_endian = np.dtype(dtype).newbyteorder("<")
        values = np.frombuffer(
            self._take(count * little_endian.itemsize, what), dtype=little_endian
        ).astype(dtype)
        if not np.isfinite(values).all():
            raise self.fail(f"the {what} hold values that are not finite")
        return values

    def matrix(self, what: str, dtype: type[Element], rows: int, columns: int) -> NDArray[Element]:
        """Return a matrix whose size must be `rows` x `columns`."""
        found = self.matrix_header(what, dtype)
        if found != (rows, columns):
            raise self.fail(
                f"the {what} should be {rows} x {columns} values, found {found[0]} x {found[1]}"
            )
        return self.elements(rows * columns, what, dtype).reshape(rows, columns)

    def matrices(
        self, count: int, what: str, dtype: type[Element], rows: int, columns: int
    ) -> NDArray[Element]:
        """Return matrices that follow one another, (count, rows, columns), as :meth:`matrix`."""
        values = np.dtype(dtype).newbyteorder("<")
        one = np.dtype([("header", "<i4", 3), ("values", values, (rows, columns))])
        if count * one.itemsize <= len(self._content) - self._position:
            found = np.frombuffer(self._content, one, count, self._position)
            is_right = found["header"] == (rows, columns, _OPENCV_CODES[np.dtype(dtype).name])
            if is_right.all() and np.isfinite(found["values"]).all():
                self._position += count * one.itemsize
                return found["values"].astype(dtype)
        return np.stack([self.matrix(what, dtype, rows, columns) for _ in range(count)])

    def end(self) -> None:
        """Raise ModelFileError if anything follows."""
        rest = len(self._content) - self._position
        if rest:
            raise self.fail(f"{rest} bytes follow the end of the model")
