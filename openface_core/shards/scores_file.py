"""The file of a block's scores, between calibration and post-processing."""

from collections.abc import Sequence
from typing import IO

import numpy as np

from openface_core.action_unit_models import Float64Array
from openface_core.shards.work_file import (
    ArrayLayout,
    DamagedError,
    read_work_file,
    write_work_file,
)

_KIND = b"OFBSCOR1"


def write_scores(file: IO[bytes], weighted: Float64Array, online: Float64Array) -> None:
    """Write what post-processing needs of a block.

    Parameters
    ----------
    file : file opened for writing
        Where to.
    weighted, online : (n, k) ndarray of float64
        Products of the descriptors with the weights of all models, and online scores.
    """
    write_work_file(file, _KIND, weighted.shape, [weighted, online])


def read_scores(
    file: IO[bytes], frame_count: int, model_count: int
) -> tuple[Float64Array, Float64Array]:
    """Read what :func:`write_scores` wrote.

    Parameters
    ----------
    file : file opened for reading
        Where from.
    frame_count, model_count : int
        Frames n and models k that are expected.

    Returns
    -------
    (n, k) ndarray of float64, (n, k) ndarray of float64
        Products with the weights, and online scores.

    Raises
    ------
    WorkFileError
        If the file is damaged, or of other frames or models.
    """
    expected = (frame_count, model_count)

    def layout(numbers: Sequence[int]) -> ArrayLayout:
        if tuple(numbers) != expected:
            raise DamagedError(f"it is of {tuple(numbers)} frames and models, not of {expected}")
        return [(expected, np.dtype(np.float64))] * 2

    _, (weighted, online) = read_work_file(file, _KIND, len(expected), layout)
    return weighted, online
