"""A face followed for a while: the piece that persons are put together of."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Box = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Tracklet:
    """One face followed without a break within an interval of a video.

    Parameters
    ----------
    interval, number : int
        Number of the interval, and of the face in it.
    first_frame, last_frame : int
        The first and the last frame in which it was found, from 0.
    seen : int
        In how many it was found.
    first_box, last_box : tuple of float
        Box of its landmarks in these two, x_min, y_min, x_max, y_max in pixels.
    width_px : float
        Median width of the face.
    confidence : float
        Mean confidence in its landmarks.
    appearance : (4464,) ndarray of float32 or None
        Mean appearance descriptor.
    shape_mm : (m,) ndarray of float64 or None
        Median shape parameters.
    embeddings : (n, d) ndarray of float32
        What a face network says of it, each of length 1; n may be 0.
    next_number : int or None
        Number of the same face in the next interval, where both were followed.
    begins_at_cut, ends_at_cut : bool
        Whether a scene cut is why it begins, or ends.
    """

    interval: int
    number: int
    first_frame: int
    last_frame: int
    seen: int
    first_box: Box
    last_box: Box
    width_px: float
    confidence: float
    appearance: NDArray[np.float32] | None
    shape_mm: NDArray[np.float64] | None
    embeddings: NDArray[np.float32]
    next_number: int | None = None
    begins_at_cut: bool = False
    ends_at_cut: bool = False

    @property
    def order(self) -> tuple[int, float, int]:
        """Where it comes among the tracklets of a video: by time, then from left to right."""
        return self.first_frame, self.first_box[0], self.number
