"""A face followed without a break through an interval of a video."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Box = tuple[float, float, float, float]
"""x_min, y_min, x_max, y_max in pixels of the upright frame."""


@dataclass(frozen=True, eq=False)
class Tracklet:
    """What is known of one face that was followed within one interval.

    Parameters
    ----------
    interval : int
        Number of the interval, from 0.
    number : int
        Number of the tracklet in its interval, from 0.
    first_frame, last_frame : int
        Numbers in the video of the first and last frame with trusted landmarks.
    seen : int
        Frames with trusted landmarks.
    first_box, last_box : tuple of 4 floats
        Box of the landmarks in these two frames, pixels: x_min, y_min, x_max, y_max.
    width_px : float
        Median width of the face.
    confidence : float
        Mean confidence in the landmarks of the trusted frames, 0 to 1.
    appearance : (4464,) ndarray of float32 or None
        Mean appearance descriptor of the trusted frames.
    embeddings : (n, d) ndarray of float32
        What a face network makes of some of its frames, each of length 1; n may be 0.
    next_number : int or None
        The tracklet of the next interval that follows the same face, where the tracker itself saw
        both on it in the frames before the border.

    Raises
    ------
    ValueError
        If frames or embeddings contradict each other.
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
    embeddings: NDArray[np.float32]
    next_number: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.seen <= self.last_frame - self.first_frame + 1:
            raise ValueError(
                f"{self.seen} trusted frames from {self.first_frame} to {self.last_frame}"
            )
        if self.embeddings.ndim != 2:
            raise ValueError(f"embeddings of the shape {self.embeddings.shape}, expected (n, d)")

    @property
    def order(self) -> tuple[int, float, int, int]:
        """What tracklets of a video are sorted by."""
        return self.first_frame, self.first_box[0], self.interval, self.number

    def overlaps(self, other: "Tracklet") -> bool:
        """Whether both span a common frame, so that they cannot be one person."""
        return self.first_frame <= other.last_frame and other.first_frame <= self.last_frame
