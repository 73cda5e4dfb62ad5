"""Twin of :mod:`openface_core.running_medians`: the histogram is summed up anew each time."""

import numpy as np
from numpy.typing import NDArray

from openface_core.running_medians import HistogramRange

Float64Array = NDArray[np.float64]


class MedianTwin:
    """The running median of descriptors of `size` numbers."""

    def __init__(self, size: int, histogram: HistogramRange) -> None:
        self.range = histogram
        self.counts = np.zeros((size, histogram.bins), dtype=np.int64)
        self.counted = 0
        self.median: Float64Array = np.zeros(size)

    def update(self, descriptor: NDArray[np.floating], is_counted: bool) -> None:
        r = self.range
        values = descriptor.astype(np.float64)
        if is_counted:
            bins = np.trunc((values - r.minimum) * r.bins / r.length)
            bins = np.clip(bins, 0, r.bins - 1).astype(np.int64)
            self.counts[np.arange(len(values)), bins] += 1
            self.counted += 1
        if self.counted == 1:
            self.median = values
            return
        cumulative = np.cumsum(self.counts, axis=1)
        first = np.argmax(cumulative >= (self.counted + 1) // 2, axis=1)
        self.median = r.minimum + first * (r.length / r.bins) + 0.5 * r.length / r.bins


class DescriptorMediansTwin:
    """Both medians of a video, moved on its first, third, fifth ... frame."""

    def __init__(self, sizes: tuple[int, int], ranges: tuple[HistogramRange, HistogramRange]):
        self.frames = 0
        self._fhog = MedianTwin(sizes[0], ranges[0])
        self._geometry = MedianTwin(sizes[1], ranges[1])
        self.fhog: Float64Array = np.zeros(sizes[0])
        self.geometry: Float64Array = np.zeros(sizes[1])

    def update(self, fhog: NDArray[np.floating], geometry: Float64Array, success: bool) -> None:
        self.frames += 1
        if self.frames % 2 == 1:
            self._fhog.update(fhog, success)
            self._geometry.update(geometry, success)
            self.fhog = np.where(self._fhog.median < 0.0, 0.0, self._fhog.median)
            self.geometry = self._geometry.median
