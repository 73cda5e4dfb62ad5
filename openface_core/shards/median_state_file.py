"""The file of a video's running medians between two shards.

Of the histograms only the bins that hold something are stored: the distance of each from the one
before it, counted through all histograms of a kind, and its count. A histogram is never empty once
something was counted, so that a distance is less than twice its length.
"""

from collections.abc import Sequence
from typing import IO

import numpy as np
from numpy.typing import NDArray

from openface_core.descriptors import FHOG_SIZE, GEOMETRY_SIZE
from openface_core.running_medians import FHOG_RANGE, GEOMETRY_RANGE, MedianState
from openface_core.shards.work_file import (
    AnyArray,
    ArrayLayout,
    DamagedError,
    damaged,
    read_work_file,
    write_work_file,
)

_KIND = b"OFBMEDI1"
_SHAPES = ((FHOG_SIZE, FHOG_RANGE.bins), (GEOMETRY_SIZE, GEOMETRY_RANGE.bins))
_MAX_COUNT = int(np.iinfo(np.int32).max)


def write_median_state(file: IO[bytes], state: MedianState) -> None:
    """Write the state of running medians; the same one gives the same bytes.

    Parameters
    ----------
    file : file opened for writing
        Where to.
    state : MedianState
        What to write.
    """
    arrays: list[AnyArray] = []
    filled: list[int] = []
    for counts in (state.fhog_counts, state.geometry_counts):
        flat = counts.reshape(-1)
        places = np.flatnonzero(flat)
        arrays += [np.diff(places, prepend=-1).astype(np.uint16), flat[places]]
        filled.append(places.size)
    if state.single is not None:
        arrays += state.single
    write_work_file(file, _KIND, [state.frames, state.total, *filled], arrays)


def _layout(numbers: Sequence[int]) -> ArrayLayout:
    frames, total, *filled = numbers
    if not 0 <= total <= min(frames, _MAX_COUNT):
        raise DamagedError(f"it claims to hold {total} descriptors of {frames} frames")
    layout: list[tuple[tuple[int, ...], np.dtype[np.generic]]] = []
    for count, (size, bins) in zip(filled, _SHAPES, strict=True):
        if not 0 <= count <= size * min(bins, total):
            raise DamagedError(f"it claims to hold {count} filled bins")
        layout += [((count,), np.dtype(np.uint16)), ((count,), np.dtype(np.int32))]
    if total == 1:
        layout += [((size,), np.dtype(np.float64)) for size, _ in _SHAPES]
    return layout


def _histograms(distances: AnyArray, values: AnyArray, shape: tuple[int, int]) -> NDArray[np.int32]:
    """Return the (d, b) histograms, checked to lie within their shape."""
    places = np.cumsum(distances, dtype=np.int64) - 1
    counts = np.zeros(shape[0] * shape[1], dtype=np.int32)
    if places.size and (places[-1] >= counts.size or not distances.all()):
        raise DamagedError("its histograms are out of order")
    counts[places] = values
    return counts.reshape(shape)


def read_median_state(file: IO[bytes]) -> MedianState:
    """Read the state of running medians.

    Parameters
    ----------
    file : file opened for reading
        What :func:`write_median_state` wrote.

    Returns
    -------
    MedianState
        The state.

    Raises
    ------
    WorkFileError
        If the file is truncated, damaged or of another kind.
    """
    numbers, arrays = read_work_file(file, _KIND, 4, _layout)
    frames, total = numbers[:2]
    try:
        return MedianState(
            frames,
            total,
            _histograms(arrays[0], arrays[1], _SHAPES[0]),
            _histograms(arrays[2], arrays[3], _SHAPES[1]),
            (arrays[4], arrays[5]) if total == 1 else None,
        )
    except (DamagedError, ValueError) as error:
        raise damaged(file, error) from None
