"""The histogram bins of descriptor values."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel

BinArray = NDArray[np.uint16]


@dataclass(frozen=True)
class HistogramRange:
    """The equal bins into which values are counted; what lies outside goes to the outer bins.

    Parameters
    ----------
    minimum, length : float
        Lower end and length of the range.
    bins : int
        Number of bins.
    """

    minimum: float
    length: float
    bins: int


FHOG_RANGE = HistogramRange(minimum=-0.005, length=1.005, bins=1000)
GEOMETRY_RANGE = HistogramRange(minimum=-60.0, length=120.0, bins=10000)


@kernel
def quantise(
    values: NDArray[np.floating],
    minimum: float,
    length: float,
    bins: int,
    out: NDArray[np.integer],
) -> None:
    """Write the histogram bin of every value.

    Parameters
    ----------
    values : (d,) ndarray of float32 or float64
        Descriptor.
    minimum, length, bins : float, float, int
        See :class:`HistogramRange`.
    out : (d,) ndarray of an integer type
        Receives the bins, 0 to ``bins - 1``.
    """
    for i in range(values.shape[0]):
        position = (np.float64(values[i]) - minimum) * bins / length
        # Asked this way round, NaN goes to bin 0 and never leads out of a histogram.
        out[i] = np.int32(min(position, bins - 1.0)) if position > 0.0 else 0
