"""When the first fit of a face is so good that no other starting point needs to be tried.

References
----------
``DetectLandmarksInImageMultiHypEarlyTerm`` of OpenFace 2.2.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class EarlyTermination:
    """What makes likelihoods of different views comparable.

    Parameters
    ----------
    weights, biases : (v,) ndarray of float64
        ``weight * log likelihood + bias`` is the score of a fit by a view's experts.
    cutoffs : (v,) ndarray of float64
        A fit of a higher score than this is good enough.

    Raises
    ------
    ValueError
        If there is not one finite number of each kind per view.
    """

    weights: Float64Array
    biases: Float64Array
    cutoffs: Float64Array

    def __post_init__(self) -> None:
        numbers = (self.weights, self.biases, self.cutoffs)
        if self.weights.ndim != 1 or any(array.shape != self.weights.shape for array in numbers):
            raise ValueError("one weight, one bias and one cutoff per view are expected")
        if not all(np.isfinite(array).all() for array in numbers):
            raise ValueError("the numbers of early termination should be finite")

    @property
    def view_count(self) -> int:
        """Number of views v."""
        return int(self.weights.size)

    def score(self, view: int, log_likelihood: float) -> float:
        """Return the score of a fit by a view's experts."""
        return float(self.weights[view] * log_likelihood + self.biases[view])

    def is_enough(self, view: int, log_likelihood: float) -> bool:
        """Return whether a fit by a view's experts is good enough to try no other."""
        return self.score(view, log_likelihood) > float(self.cutoffs[view])
