"""What must be kept of a video's running medians to go on later from the same place."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.descriptors import FHOG_SIZE, GEOMETRY_SIZE
from openface_core.running_medians.quantisation import FHOG_RANGE, GEOMETRY_RANGE

Float64Array = NDArray[np.float64]
Int32Array = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class MedianState:
    """The running medians after some frames.

    The median of two or more descriptors follows from the histograms. That of a single one does
    not, since it is not quantised, and is kept beside them.

    Parameters
    ----------
    frames : int
        Frames seen, failed ones included: whether the next one moves the medians.
    total : int
        Descriptors counted.
    fhog_counts : (4464, 1000) ndarray of int32
        Histograms of the FHOG descriptor.
    geometry_counts : (238, 10000) ndarray of int32
        Histograms of the geometry descriptor.
    single : tuple of (4464,) and (238,) ndarray of float64, or None
        The medians where `total` is 1, otherwise None.

    Raises
    ------
    ValueError
        If these contradict each other.
    """

    frames: int
    total: int
    fhog_counts: Int32Array
    geometry_counts: Int32Array
    single: tuple[Float64Array, Float64Array] | None

    def __post_init__(self) -> None:
        if not 0 <= self.total <= (self.frames + 1) // 2:
            raise ValueError(f"{self.total} descriptors cannot come from {self.frames} frames")
        for counts, shape in (
            (self.fhog_counts, (FHOG_SIZE, FHOG_RANGE.bins)),
            (self.geometry_counts, (GEOMETRY_SIZE, GEOMETRY_RANGE.bins)),
        ):
            if counts.shape != shape or counts.dtype != np.int32:
                raise ValueError(f"histograms of {shape} int32 are expected, found {counts.shape}")
            if counts.min() < 0 or (counts.sum(axis=1, dtype=np.int64) != self.total).any():
                raise ValueError(f"every histogram should hold {self.total} descriptors")
        if (self.single is not None) != (self.total == 1):
            raise ValueError("the medians themselves belong to a single descriptor, and only there")
        if self.single is not None:
            shapes = tuple((median.shape, median.dtype.name) for median in self.single)
            if shapes != (((FHOG_SIZE,), "float64"), ((GEOMETRY_SIZE,), "float64")):
                raise ValueError(f"medians of the descriptors' sizes are expected, found {shapes}")
