"""Component 10: the running medians of a person's descriptors, kept as histograms.

The dynamic action-unit models subtract a person's median descriptor. OpenFace estimates it on the
fly from one histogram per descriptor element; the estimate moves on odd frames only.

References
----------
``FaceAnalyser::UpdateRunningMedian`` and ``AddNextFrame``, OpenFace 2.2.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.action_unit_models import FHOG_SIZE, GEOMETRY_SIZE
from openface_core.kernel import kernel

Float64Array = NDArray[np.float64]
Int32Array = NDArray[np.int32]


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
    values: NDArray[np.floating], minimum: float, length: float, bins: int, out: Int32Array
) -> None:
    """Write the histogram bin of every value.

    Parameters
    ----------
    values : (d,) ndarray of float32 or float64
        Descriptor.
    minimum, length, bins : float, float, int
        See :class:`HistogramRange`.
    out : (d,) ndarray of int32
        Receives the bins, 0 to ``bins - 1``.
    """
    for i in range(values.shape[0]):
        position = (np.float64(values[i]) - minimum) * bins / length
        out[i] = np.int32(min(max(position, 0.0), bins - 1.0))


@kernel
def count_and_advance(
    bins: Int32Array, target: int, counts: Int32Array, median_bin: Int32Array, below: Int32Array
) -> None:
    """Count one descriptor and move every element's median bin to its new place.

    The median bin is the first whose cumulative count reaches `target`. It is found from its old
    place and the count below that, instead of summing up the histogram each time: with one more
    value it moves by a bin or two at most in a filled histogram.

    Parameters
    ----------
    bins : (d,) ndarray of int32
        The descriptor's bins; one of -1 is not counted.
    target : int
        The cumulative count to be reached.
    counts : (d, b) ndarray of int32
        Histograms, updated.
    median_bin, below : (d,) ndarray of int32
        Median bins and the number of values in lower bins, updated.
    """
    last = counts.shape[1] - 1
    for i in range(bins.shape[0]):
        median = median_bin[i]
        lower = below[i]
        if bins[i] >= 0:
            counts[i, bins[i]] += 1
            if bins[i] < median:
                lower += 1
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
        self._bins = np.empty(size, dtype=np.int32)
        self._uncounted = np.full(size, -1, dtype=np.int32)
        self._median_bin = np.zeros(size, dtype=np.int32)
        self._below = np.zeros(size, dtype=np.int32)
        self._total = 0
        self.median: Float64Array = np.zeros(size)
        """The current median, (d,)."""

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
        bins = self._uncounted
        if is_counted:
            bins = self._bins
            quantise(descriptor, r.minimum, r.length, r.bins, bins)
            self._total += 1
        target = (self._total + 1) // 2
        count_and_advance(bins, target, self._counts, self._median_bin, self._below)
        if self._total == 1:
            # OpenFace takes the descriptor of the current call as it is, even a failed frame's.
            self.median = descriptor.astype(np.float64)
        else:
            width = r.length / r.bins
            centres = r.minimum + self._median_bin * width + 0.5 * r.length / r.bins
            self.median = centres.astype(np.float64, copy=False)


class DescriptorMedians:
    """The running medians of appearance and geometry, moved on every other frame.

    Frames must arrive in order, failed ones included: the first, third, fifth ... frame moves the
    medians, whether its face was found or not.
    """

    def __init__(self) -> None:
        self._fhog = RunningMedian(FHOG_SIZE, FHOG_RANGE)
        self._geometry = RunningMedian(GEOMETRY_SIZE, GEOMETRY_RANGE)
        self._frames = 0

    @property
    def fhog(self) -> Float64Array:
        """Current median of the FHOG descriptor, (4464,); never negative."""
        return self._fhog.median

    @property
    def geometry(self) -> Float64Array:
        """Current median of the geometry descriptor, (238,)."""
        return self._geometry.median

    def update(
        self, fhog: NDArray[np.floating], geometry: Float64Array, is_successful: bool
    ) -> bool:
        """Take the next frame into account.

        Parameters
        ----------
        fhog : (4464,) ndarray of float32 or float64
            Appearance descriptor; zeros for a failed frame.
        geometry : (238,) ndarray of float64
            Geometry descriptor; zeros for a failed frame.
        is_successful : bool
            Whether the frame's face was found.

        Returns
        -------
        bool
            Whether the medians were moved.
        """
        self._frames += 1
        if self._frames % 2 == 0:
            return False
        self._fhog.update(fhog, is_successful)
        # The lowest bins' centres are negative, an FHOG value never is.
        np.maximum(self._fhog.median, 0.0, out=self._fhog.median)
        self._geometry.update(geometry, is_successful)
        return True
