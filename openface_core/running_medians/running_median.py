"""The running median of one kind of descriptor."""

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel
from openface_core.running_medians.quantisation import BinArray, HistogramRange, quantise

Float64Array = NDArray[np.float64]
Int32Array = NDArray[np.int32]
IndexArray = NDArray[np.int64]

_TILE = 32
"""Histograms taken at once: their counts stay in the processor's cache over many frames."""


@kernel
def count_and_advance(
    bins: BinArray,
    rows: IndexArray,
    target: int,
    counts: Int32Array,
    median_bin: Int32Array,
    below: Int32Array,
) -> None:
    """Count descriptors and move every element's median bin to its new place.

    The median bin is the first whose cumulative count reaches `target`. It is found from its old
    place and the count below that, instead of summing up the histogram each time: with one more
    value it moves by a bin or two at most in a filled histogram. Its place depends on the counts
    alone, so that it is the same whether descriptors are counted one by one or together.

    Parameters
    ----------
    bins : (n, d) ndarray of uint16
        The descriptors' bins, all within the histograms.
    rows : (c,) ndarray of int64
        Which of them are counted.
    target : int
        The cumulative count to be reached.
    counts : (d, b) ndarray of int32
        Histograms, updated.
    median_bin, below : (d,) ndarray of int32
        Median bins and the number of values in lower bins, updated.
    """
    last = counts.shape[1] - 1
    size = bins.shape[1]
    for start in range(0, size, _TILE):
        stop = min(start + _TILE, size)
        for row in rows:
            for i in range(start, stop):
                counts[i, bins[row, i]] += 1
                if bins[row, i] < median_bin[i]:
                    below[i] += 1
        for i in range(start, stop):
            median = median_bin[i]
            lower = below[i]
            while lower >= target and median > 0:
                median -= 1
                lower -= counts[i, median]
            while median < last and lower + counts[i, median] < target:
                lower += counts[i, median]
                median += 1
            median_bin[i] = median
            below[i] = lower


class RunningMedian:
    """The running median of one kind of descriptor.

    Parameters
    ----------
    size : int
        Length d of the descriptor.
    histogram : HistogramRange
        Bins of its histograms.
    """

    def __init__(self, size: int, histogram: HistogramRange) -> None:
        self._histogram = histogram
        self._counts = np.zeros((size, histogram.bins), dtype=np.int32)
        self._bins = np.zeros((1, size), dtype=np.uint16)
        self._median_bin = np.zeros(size, dtype=np.int32)
        self._below = np.zeros(size, dtype=np.int32)
        self._total = 0
        self.median: Float64Array = np.zeros(size)
        """The current median, (d,)."""

    @property
    def total(self) -> int:
        """How many descriptors were counted."""
        return self._total

    def copy_counts(self) -> Int32Array:
        """Return a copy of the histograms, (d, b)."""
        return self._counts.copy()

    def restore(self, counts: Int32Array, total: int, median: Float64Array | None) -> None:
        """Go on from where another running median was.

        Parameters
        ----------
        counts : (d, b) ndarray of int32
            Its histograms; copied.
        total : int
            How many descriptors it counted.
        median : (d,) ndarray of float64 or None
            Its median; None derives it from the histograms.
        """
        self._counts[:] = counts
        self._total = total
        self._median_bin[:] = 0
        self._below[:] = 0
        self._advance(self._bins, np.empty(0, dtype=np.int64))
        self.median = self._centres() if median is None else median.copy()

    def update(self, descriptor: NDArray[np.floating], is_counted: bool) -> None:
        """Take one frame's descriptor into account.

        Parameters
        ----------
        descriptor : (d,) ndarray of float32 or float64
            The descriptor; zeros for a failed frame.
        is_counted : bool
            Whether it enters the histograms; false for failed frames.
        """
        r = self._histogram
        if is_counted:
            quantise(descriptor, r.minimum, r.length, r.bins, self._bins[0])
        self.update_binned(self._bins, np.arange(int(is_counted)), descriptor)

    def update_binned(
        self, bins: BinArray, rows: IndexArray, latest: NDArray[np.floating] | None
    ) -> None:
        """Take several frames' descriptors into account; the median is formed after the last.

        Parameters
        ----------
        bins : (n, d) ndarray of uint16
            Bins of the descriptors, within the histograms.
        rows : (c,) ndarray of int64
            Which of them enter the histograms.
        latest : (d,) ndarray of float32 or float64, or None
            The last frame's descriptor, zeros where that failed. It is needed only where the
            number of descriptors counted is then 1.

        Raises
        ------
        ValueError
            If `latest` is needed and missing.
        """
        self._total += len(rows)
        self._advance(bins, rows)
        if self._total == 1:
            # OpenFace takes the descriptor of the current call as it is, even a failed frame's.
            if latest is None:
                raise ValueError("the first descriptor to be counted is needed itself")
            self.median = latest.astype(np.float64)
        else:
            self.median = self._centres()

    def count_binned(self, bins: BinArray, rows: IndexArray) -> None:
        """Take several frames' descriptors into account, a single one quantised like any other.

        Parameters
        ----------
        bins : (n, d) ndarray of uint16
            Bins of the descriptors, within the histograms.
        rows : (c,) ndarray of int64
            Which of them enter the histograms.
        """
        self._total += len(rows)
        self._advance(bins, rows)
        self.median = self._centres()

    def _advance(self, bins: BinArray, rows: IndexArray) -> None:
        target = (self._total + 1) // 2
        count_and_advance(bins, rows, target, self._counts, self._median_bin, self._below)

    def _centres(self) -> Float64Array:
        r = self._histogram
        width = r.length / r.bins
        centres = r.minimum + self._median_bin * width + 0.5 * r.length / r.bins
        return centres.astype(np.float64, copy=False)
