"""What all kinds of patch experts share: the head orientations they know, and what each shows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import small_kernel

Float32Array = NDArray[np.float32]


@small_kernel
def _nearest(rotation: Float32Array, centres: Float32Array) -> int:
    """Return the first row of the centres (v, 3) that is nearest to three angles."""
    best = 0
    least = np.float32(np.inf)
    for view in range(centres.shape[0]):
        distance = np.float32(0.0)
        for k in range(3):
            difference = rotation[k] - centres[view, k]
            distance += difference * difference
        if distance < least:
            best, least = view, distance
    return best


@dataclass(frozen=True, eq=False)
class ViewGrid:
    """What all kinds of experts share: the orientations they know, and which landmarks show.

    Parameters
    ----------
    scale_px_per_mm : float
        Scale of the pictures that the experts were trained on.
    support_px : int
        Side of the square that an expert sees at each position.
    centres_radians : (v, 3) ndarray of float32
        Euler angles of the views.
    visible : (v, n) ndarray of bool
        Whether a landmark can be seen in a view; those that cannot have no part in the fit.
    confidence : (v, n) ndarray of float32
        How reliable each expert proved in training.

    Raises
    ------
    ValueError
        If the shapes do not fit together or a number is out of range.
    """

    scale_px_per_mm: float
    support_px: int
    centres_radians: Float32Array
    visible: NDArray[np.bool_]
    confidence: Float32Array

    def __post_init__(self) -> None:
        if not 0.0 < self.scale_px_per_mm < 1e3:
            raise ValueError(f"the scale should be positive, found {self.scale_px_per_mm}")
        if self.support_px < 1:
            raise ValueError(f"the support should be positive, found {self.support_px}")
        if self.visible.ndim != 2 or self.visible.size == 0:
            raise ValueError(f"views by landmarks are expected, found {self.visible.shape}")
        if self.centres_radians.shape != (self.visible.shape[0], 3):
            raise ValueError(f"three angles per view are expected: {self.centres_radians.shape}")
        if self.confidence.shape != self.visible.shape:
            raise ValueError("one confidence per view and landmark is expected")
        if not (self.confidence >= 0.0).all():
            raise ValueError("a confidence is negative")
        if not self.visible.any(axis=1).all():
            raise ValueError("a view shows no landmark")

    @property
    def landmark_count(self) -> int:
        """Number of landmarks n."""
        return int(self.visible.shape[1])

    @property
    def view_count(self) -> int:
        """Number of views v."""
        return int(self.visible.shape[0])

    def nearest_view(self, rotation_radians: Float32Array) -> int:
        """Return the view whose angles are closest to a head's, by their Euclidean distance."""
        return int(_nearest(np.asarray(rotation_radians, dtype=np.float32), self.centres_radians))
