"""The medians of a person at rest: over chosen frames, and formed once."""

import numpy as np
from numpy.typing import NDArray

from openface_core.descriptors import FHOG_SIZE, GEOMETRY_SIZE
from openface_core.running_medians.quantisation import FHOG_RANGE, GEOMETRY_RANGE, BinArray
from openface_core.running_medians.running_median import RunningMedian

Float64Array = NDArray[np.float64]


class RestMedians:
    """The medians of appearance and geometry over the frames that are counted.

    They use the histograms of the running medians. Unlike there, every frame given counts, and the
    median of a single descriptor is quantised like any other: OpenFace has no such mode to agree
    with, and without that exception the order of frames does not matter.
    """

    def __init__(self) -> None:
        self._fhog = RunningMedian(FHOG_SIZE, FHOG_RANGE)
        self._geometry = RunningMedian(GEOMETRY_SIZE, GEOMETRY_RANGE)

    def count(
        self, fhog_bins: BinArray, geometry_bins: BinArray, is_counted: NDArray[np.bool_]
    ) -> None:
        """Take frames into account.

        Parameters
        ----------
        fhog_bins : (n, 4464) ndarray of uint16
            Bins of the appearance descriptors, 0 to 999.
        geometry_bins : (n, 238) ndarray of uint16
            Bins of the geometry descriptors, 0 to 9999.
        is_counted : (n,) ndarray of bool
            The successful frames at rest.
        """
        rows = np.flatnonzero(is_counted)
        self._fhog.count_binned(fhog_bins, rows)
        self._geometry.count_binned(geometry_bins, rows)

    @property
    def frames(self) -> int:
        """How many frames were counted."""
        return self._fhog.total

    @property
    def fhog(self) -> Float64Array:
        """Median of the FHOG descriptor, (4464,); never negative."""
        return np.maximum(self._fhog.median, 0.0)

    @property
    def geometry(self) -> Float64Array:
        """Median of the geometry descriptor, (238,)."""
        return self._geometry.median
