"""Files of intermediate results: a few numbers and some arrays, compressed and checked.

Layout, little endian: eight bytes that name the kind; the numbers (int64); the compressed size of
each array (uint64); CRC-32 of all that; the arrays, one after the other; CRC-32 of those. An array
is stored as planes of its elements' first, second ... bytes, since the high bytes hardly vary, and
compressed with zstd. Shapes are not stored: they follow from the numbers, and whoever reads a file
says how, so that nothing is allocated on the file's word alone.
"""

import struct
import zlib
from collections.abc import Callable, Sequence
from typing import IO, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from openface_core.errors import WorkFileError

AnyArray = NDArray[Any]
ArrayLayout = Sequence[tuple[tuple[int, ...], np.dtype[np.generic]]]

KIND_SIZE = 8
_CRC = struct.Struct("<I")
_ZSTD_LEVEL = 1
_REMEDY = "Run again."


class DamagedError(Exception):
    """What a work file holds cannot be; told to the user as a WorkFileError."""


def _subject(file: IO[bytes]) -> str:
    return str(getattr(file, "name", None) or "a work file")


def damaged(file: IO[bytes], cause: object) -> WorkFileError:
    """Return the error of a file that cannot be used, and why."""
    return WorkFileError(_subject(file), str(cause), _REMEDY)


def _planes(array: AnyArray) -> bytes:
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    flat = np.ascontiguousarray(little).reshape(-1)
    return flat.view(np.uint8).reshape(-1, array.dtype.itemsize).T.tobytes()


def _from_planes(data: bytes, shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> AnyArray:
    planes = np.frombuffer(data, dtype=np.uint8).reshape(dtype.itemsize, -1)
    little = np.ascontiguousarray(planes.T).reshape(-1).view(dtype.newbyteorder("<"))
    return little.astype(dtype, copy=False).reshape(shape)


def write_work_file(
    file: IO[bytes], kind: bytes, numbers: Sequence[int], arrays: Sequence[AnyArray]
) -> None:
    """Write numbers and arrays; the same ones always give the same bytes.

    Parameters
    ----------
    file : file opened for writing
        Where to.
    kind : bytes
        Eight bytes that name what this file holds, and the version of its layout.
    numbers : sequence of int
        What the arrays' shapes follow from.
    arrays : sequence of ndarray
        The arrays.
    """
    codec = pa.Codec("zstd", _ZSTD_LEVEL)
    packed = [codec.compress(_planes(array), asbytes=True) for array in arrays]
    sizes = [len(data) for data in packed]
    header = kind + struct.pack(f"<{len(numbers)}q{len(sizes)}Q", *numbers, *sizes)
    file.write(header + _CRC.pack(zlib.crc32(header)))
    checksum = 0
    for data in packed:
        file.write(data)
        checksum = zlib.crc32(data, checksum)
    file.write(_CRC.pack(checksum))


def read_work_file(
    file: IO[bytes],
    kind: bytes,
    number_count: int,
    layout: Callable[[Sequence[int]], ArrayLayout],
) -> tuple[tuple[int, ...], list[AnyArray]]:
    """Read what :func:`write_work_file` wrote.

    Parameters
    ----------
    file : file opened for reading
        Where from; it must end where its contents do.
    kind : bytes
        The kind expected.
    number_count : int
        How many numbers it has.
    layout : function
        Gives the shapes and dtypes of the arrays from the numbers. It bounds what is allocated, and
        raises :class:`DamagedError` where the numbers are not possible.

    Returns
    -------
    tuple of int, list of ndarray
        The numbers and the arrays.

    Raises
    ------
    WorkFileError
        If the file is of another kind, truncated or damaged.
    """
    try:
        return _read(file, kind, number_count, layout)
    except DamagedError as error:
        raise damaged(file, error) from None


def _read(
    file: IO[bytes],
    kind: bytes,
    number_count: int,
    layout: Callable[[Sequence[int]], ArrayLayout],
) -> tuple[tuple[int, ...], list[AnyArray]]:
    found = _read_exactly(file, KIND_SIZE)
    if found != kind:
        raise DamagedError(f"it begins with {found!r}, {kind!r} is expected")
    head = _read_exactly(file, 8 * number_count)
    numbers = struct.unpack(f"<{number_count}q", head)
    # A damaged number fails here or, if it is a possible one, at the checksum that follows.
    arrays = layout(numbers)
    table = _read_exactly(file, 8 * len(arrays))
    _check(file, zlib.crc32(found + head + table))
    raw_sizes = [int(np.prod(shape, dtype=np.int64)) * dtype.itemsize for shape, dtype in arrays]
    sizes = struct.unpack(f"<{len(arrays)}Q", table)
    for size, raw in zip(sizes, raw_sizes, strict=True):
        if size > raw + raw // 128 + 512:  # more than zstd's worst case
            raise DamagedError(f"an array of {raw} bytes cannot take {size} bytes")
    checksum, packed = 0, []
    for size in sizes:
        packed.append(_read_exactly(file, size))
        checksum = zlib.crc32(packed[-1], checksum)
    _check(file, checksum)
    if file.read(1):
        raise DamagedError("it goes on after its end")
    codec = pa.Codec("zstd", _ZSTD_LEVEL)
    result = []
    for data, raw, (shape, dtype) in zip(packed, raw_sizes, arrays, strict=True):
        try:
            planes = codec.decompress(data, raw, asbytes=True)
        except (OSError, pa.ArrowException) as error:
            raise DamagedError(f"an array cannot be decompressed ({error})") from None
        result.append(_from_planes(planes, shape, dtype))
    return numbers, result


def _read_exactly(file: IO[bytes], size: int) -> bytes:
    data = file.read(size)
    if len(data) != size:
        raise DamagedError("it ends too early")
    return data


def _check(file: IO[bytes], checksum: int) -> None:
    if _CRC.unpack(_read_exactly(file, _CRC.size))[0] != checksum:
        raise DamagedError("its checksum does not agree")
