"""Whether probabilities mean what they say."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

BINS = 15


def calibration_error(confidences: NDArray[np.floating], is_right: NDArray[np.bool_]) -> float:
    """Return the expected calibration error.

    Parameters
    ----------
    confidences : (n,) ndarray
        Probabilities, 0 to 1.
    is_right : (n,) ndarray of bool
        What came of it.

    Returns
    -------
    float
        Mean over the cases of how far the mean confidence of their bin, of 15 equal ones, is from
        the share that is right.

    References
    ----------
    Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
    """
    rows = reliability(confidences, is_right)
    total = sum(count * abs(said - came) for _, count, said, came in rows)
    return float(total / len(confidences))


def reliability(
    confidences: NDArray[np.floating], is_right: NDArray[np.bool_]
) -> Iterator[tuple[float, int, float, float]]:
    """Yield for each bin that has cases: its lower end, their number, mean confidence and share.

    Parameters
    ----------
    confidences, is_right
        See :func:`calibration_error`.
    """
    bins = np.minimum((confidences * BINS).astype(np.intp), BINS - 1)
    for number in np.unique(bins):
        inside = bins == number
        said, came = float(confidences[inside].mean()), float(is_right[inside].mean())
        yield float(number / BINS), int(inside.sum()), said, came
