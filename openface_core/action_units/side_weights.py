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
    mirrored : (4464,) ndarray of int
        Where in the appearance descriptor each element of its mirror image is: an element's weight
        for the side it is on is its own and that of its mirror image.
    geometry : (2, 238, k) ndarray of float64
        Weights of the geometry descriptor, for the left and the right half of the picture.
    residual : (2, 136, k) ndarray of float64
        Weights of what the shape model leaves of the landmarks, for either half.
    constants : (2, k) ndarray of float64
        What is added to the scores of static models, for either half of the picture.
    is_mirrored : bool
        Whether pictures are mirrored: the person's left is then at the left in the picture.
    """

    mirrored: NDArray[np.intp]
    geometry: Float64Array
    residual: Float64Array
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
        residual_mm: Float64Array,
        weights: Float64Array,
        out: Float64Array,
    ) -> None:
        """Write the products of a descriptor with the weights.

        Parameters
        ----------
        fhog : (4464,) ndarray of float32 or float64
            Appearance descriptor, or its median.
        geometry : (238,) ndarray of float64
            Geometry descriptor, or its median.
        residual_mm : (136,) or (0,) ndarray of float64
            What the shape leaves of the landmarks; nothing for a median, where it is taken for 0.
        weights : (4702, k) ndarray of float64
            Weights of the whole face.
        out : (2, k) ndarray of float64
            Receives the products of the person's left and right side.
        """
        first, *_ = self.picture_sides
        _weigh_appearance(fhog, weights, self.mirrored, first, out)
        for values, own in ((geometry, self.geometry), (residual_mm, self.residual)):
            _add_weighed(values, own, first, out)


@kernel
def _weigh_appearance(
    fhog: NDArray[np.floating],
    weights: Float64Array,
    mirrored: NDArray[np.intp],
    first: int,
    out: Float64Array,
) -> None:
    """Write the products of both halves of the picture, always in the same order of summation.

    The half `first` comes first.
    """
    out[:] = 0.0
    models = out.shape[1]
    left, right = (out[0], out[1]) if first == LEFT else (out[1], out[0])
    for begin in range(0, fhog.shape[0], 2 * _HALF_ROW):
        # Two pairs a turn: the sums are loaded and stored half as often. The weights are those of
        # the whole face, which the processor still has at hand.
        for i in range(begin, begin + _HALF_ROW, 2):
            j, m, n = i + 1, mirrored[i], mirrored[i + 1]
            a, b = np.float64(fhog[i]), np.float64(fhog[j])
            c, d = np.float64(fhog[m]), np.float64(fhog[n])
            for k in range(models):
                one, other = weights[i, k] + weights[m, k], weights[j, k] + weights[n, k]
                left[k] += a * one + b * other
                right[k] += c * one + d * other


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
