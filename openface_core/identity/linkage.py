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
        Weights of the items in means, above 0.

    Returns
    -------
    Linkage
        The groups, and how near they came to each other.
    """
    mean = np.where(may_join, margins, -math.inf)
    np.fill_diagonal(mean, -math.inf)
    weight, labels = sizes.astype(np.float64), np.arange(len(sizes))
    partners = _Partners(mean)
    while (pair := partners.best_pair()) is not None:
        a, b = pair
        share = weight[b] / (weight[a] + weight[b])
        # Where one of them cannot be joined, both cannot: the mean is as far below as can be.
        joined = np.round(mean[a] * (1.0 - share) + mean[b] * share, _DECIMALS)
        mean[a] = mean[:, a] = joined
        mean[b] = mean[:, b] = -math.inf
        partners.note_joined(a, b)
        weight[a] += weight[b]
        labels[labels == b] = a
    return Linkage(labels.tolist(), mean)


class _Partners:
    """Keeps for each item the best of those after it: all pairs are not looked at for each join.

    Parameters
    ----------
    mean : (n, n) ndarray of float64
        Symmetric margins, -inf on the diagonal; changed by whoever joins items.
    """

    def __init__(self, mean: NDArray[np.float64]) -> None:
        self._mean = mean
        self._margin = np.full(len(mean), -math.inf)
        self._partner = np.zeros(len(mean), dtype=np.int64)
        for item in range(len(mean) - 1):
            self._look(item)

    def best_pair(self) -> tuple[int, int] | None:
        """Return the first pair of the greatest margin; None if that is negative."""
        if not len(self._margin):
            return None
        item = int(self._margin.argmax())
        return (item, int(self._partner[item])) if self._margin[item] >= 0.0 else None

    def note_joined(self, a: int, b: int) -> None:
        """Take note of new margins of an item, which another one after it has been joined to."""
        before_b = self._partner[:b]
        has_lost = before_b == b
        has_lost[:a] |= before_b[:a] == a
        has_lost[a] = True
        self._margin[b] = -math.inf
        new, margin, partner = self._mean[:a, a], self._margin[:a], self._partner[:a]
        is_better = (new > margin) | ((new == margin) & (a < partner))
        margin[is_better], partner[is_better] = new[is_better], a
        for item in np.flatnonzero(has_lost).tolist():
            self._look(item)

    def _look(self, item: int) -> None:
        """Look for the first best one after an item."""
        after = self._mean[item, item + 1 :]
        if len(after):
            place = int(after.argmax())
            self._margin[item], self._partner[item] = after[place], item + 1 + place
