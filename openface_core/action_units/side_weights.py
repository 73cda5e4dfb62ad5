"""Weights by which both sides of a face are predicted from the descriptor of the whole."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.action_units.folding import CELLS, LEFT, RIGHT
from openface_core.fhog import CHANNELS
from openface_core.kernel import kernel

Float64Array = NDArray[np.float64]

SIDES = ("left", "right")
"""The person's sides, in the order of all that is said of them."""

_HALF_ROW = CELLS // 2 * CHANNELS
"""Elements of a row of cells that lie in the same half of the picture."""


@dataclass(frozen=True, eq=False)
class SideWeights:
    """Weights of k predictors for both sides of a face.

    Parameters
    ----------
    appearance : (4464, k) ndarray of float32
        Weights of the appearance descriptor, each for the half of the picture that its cell is in:
        single precision takes half the time to read, and no sum is kept in it.
    geometry : (2, 238, k) ndarray of float64
        Weights of the geometry descriptor, for the left and the right half of the picture.
    residual : (2, 136, k) ndarray of float64
        Weights of the displacement from the shape to the upright landmarks, for either half.
    median_geometry : (2, 238, k) ndarray of float64
        Weights of the median of geometry descriptors, for either half.
    constants : (2, k) ndarray of float64
        What is added to the scores, for either half of the picture.
    is_mirrored : bool
        Whether pictures are mirrored: the person's left is then at the left in the picture.
    """

    appearance: NDArray[np.float32]
    geometry: Float64Array
    residual: Float64Array
    median_geometry: Float64Array
    constants: Float64Array
    is_mirrored: bool

    @property
    def picture_sides(self) -> tuple[int, int]:
        """Halves of the picture that show the person's left and right side."""
        return (LEFT, RIGHT) if self.is_mirrored else (RIGHT, LEFT)

    def weigh(
        self,
        fhog: NDArray[np.floating],
        geometry: Float64Array,
        residual_mm: Float64Array | None,
        out: Float64Array,
    ) -> None:
        """Write the products of a descriptor with the weights.

        Parameters
        ----------
        fhog : (4464,) ndarray of float32 or float64
            Appearance descriptor, or its median.
        geometry : (238,) ndarray of float64
            Geometry descriptor, or its median.
        residual_mm : (136,) ndarray of float64 or None
            Displacement from the shape to the upright landmarks; None for a median.
        out : (2, k) ndarray of float64
            Receives the products of the person's left and right side.
        """
        first, *_ = self.picture_sides
        _weigh_appearance(fhog, self.appearance, first, out)
        if residual_mm is None:
            _add_weighed(geometry, self.median_geometry, first, out)
        else:
            _add_weighed(geometry, self.geometry, first, out)
            _add_weighed(residual_mm, self.residual, first, out)


@kernel
def _weigh_appearance(
    fhog: NDArray[np.floating], weights: NDArray[np.float32], first: int, out: Float64Array
) -> None:
    """Write the products of both halves of the picture, always in the same order of summation.

    The half `first` comes first.
    """
    out[:] = 0.0
    models = out.shape[1]
    for begin in range(0, fhog.shape[0], _HALF_ROW):
        half = (begin // _HALF_ROW) % 2
        own = out[0 if half == first else 1]
        # Six elements a turn: the sums are loaded and stored a sixth as often.
        for i in range(begin, begin + _HALF_ROW, 6):
            a, b, c = np.float64(fhog[i]), np.float64(fhog[i + 1]), np.float64(fhog[i + 2])
            d, e, f = np.float64(fhog[i + 3]), np.float64(fhog[i + 4]), np.float64(fhog[i + 5])
            for k in range(models):
                own[k] += (a * weights[i, k] + b * weights[i + 1, k]) + (
                    (c * weights[i + 2, k] + d * weights[i + 3, k])
                    + (e * weights[i + 4, k] + f * weights[i + 5, k])
                )


@kernel
def _add_weighed(
    values: Float64Array, weights: Float64Array, first: int, out: Float64Array
) -> None:
    """Add products with the weights of both halves of the picture, of which `first` comes first."""
    models = out.shape[1]
    for half in range(2):
        own = out[0 if half == first else 1]
        for i in range(values.shape[0]):
            value = values[i]
            for k in range(models):
                own[k] += value * weights[half, i, k]
