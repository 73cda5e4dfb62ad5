"""Average linkage of faces that cannot all be joined: no person is in two places at a time."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

_DECIMALS = 4


class Linkage(NamedTuple):
    """A partition.

    Parameters
    ----------
    labels : list of int
        For each item the number of the first one in its group.
    margins : (n, n) ndarray of float64
        Mean margins between the groups, each at the number of its first item; -inf elsewhere, and
        where two cannot be one.
    """

    labels: list[int]
    margins: NDArray[np.float64]


def average_linkage(
    margins: NDArray[np.float64], may_join: NDArray[np.bool_], sizes: NDArray[np.float64]
) -> Linkage:
    """Join groups while the mean margin between two of them is not negative, the greatest first.

    Of equal margins, the pair that comes first in order is joined.

    Parameters
    ----------
    margins : (n, n) ndarray of float64
        Symmetric: how much speaks for two items being one person; 0 is the threshold.
    may_join : (n, n) ndarray of bool
        Symmetric: False where two items cannot be one.
    sizes : (n,) ndarray of float64
        Weights of the items in means.

    Returns
    -------
    Linkage
        The groups, and how near they came to each other.
    """
    count = len(sizes)
    mean, allowed, weight = margins.copy(), may_join.copy(), sizes.astype(np.float64)
    mean[~allowed] = -math.inf
    np.fill_diagonal(allowed, False)
    np.fill_diagonal(mean, -math.inf)
    labels = list(range(count))
    while count > 1:
        # The first greatest one of the flat array: the smallest row, then the smallest column.
        a, b = divmod(int(np.argmax(mean)), len(sizes))
        if not mean[a, b] >= 0.0:
            break
        both = allowed[a] & allowed[b]
        share = weight[b] / (weight[a] + weight[b])
        joined = np.full(len(sizes), -math.inf)
        joined[both] = np.round(mean[a, both] * (1.0 - share) + mean[b, both] * share, _DECIMALS)
        allowed[a] = allowed[:, a] = both
        mean[a] = mean[:, a] = joined
        allowed[b] = allowed[:, b] = False
        mean[b] = mean[:, b] = -math.inf
        weight[a] += weight[b]
        labels = [a if label == b else label for label in labels]
    return Linkage(labels, mean)
