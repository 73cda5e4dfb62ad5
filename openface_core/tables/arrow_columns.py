"""Columns of numbers as Arrow has them, made of NumPy's memory."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from openface_core.fields.field import AnyArray


def arrow_column(values: AnyArray, is_null: NDArray[np.bool_] | None = None) -> pa.Array:
    """Return values as a column that shares their memory, but for those that are true or false.

    ``pyarrow.array`` does the same, and imports pandas first, to know its objects: a sixth of a
    second, in every program that analyses one clip.

    Parameters
    ----------
    values : (n,) ndarray
        Numbers, or booleans. Nobody may write to them later.
    is_null : (n,) ndarray of bool, optional
        Which values are null; by default none.
    """
    kept = None if is_null is None else pa.py_buffer(np.packbits(~is_null, bitorder="little"))
    if values.dtype == np.bool_:
        data = np.packbits(values, bitorder="little")
    else:
        data = np.ascontiguousarray(values)
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [kept, pa.py_buffer(data)])


def column_values(column: pa.ChunkedArray) -> AnyArray:
    """Return the numbers of a column without nulls, for which pandas is not imported either."""
    chunks = [np.from_dlpack(chunk) for chunk in column.chunks if len(chunk)]
    if not chunks:
        return np.empty(0, column.type.to_pandas_dtype())  # which pandas is imported for, too
    return chunks[0] if len(chunks) == 1 else np.concatenate(chunks)
