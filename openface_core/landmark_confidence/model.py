"""The validator's parameters: one warp, normalisation and network per head orientation."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.landmark_confidence.network import ValidationNetwork
from openface_core.landmark_confidence.piecewise_affine import PiecewiseAffineWarp

Float32Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class ValidationView:
    """What validates the landmarks of heads that are turned about one way.

    Parameters
    ----------
    orientation_radians : (3,) ndarray of float64
        Euler angles rx, ry, rz of the heads.
    warp : PiecewiseAffineWarp
        The shape to which faces are brought, of p pixels.
    pixel_indices : (p,) ndarray of int64
        Where each of its pixels lies in the network's picture, which is black elsewhere:
        ``row * width + column``.
    mean, deviation : (p,) ndarray of float32
        Mean and standard deviation of each pixel over the training faces, each of which had been
        brought to a mean of 0 and a standard deviation of 1 over its pixels before.
    network : ValidationNetwork
        Tells good landmarks from bad ones.

    Raises
    ------
    ValueError
        If the sizes do not fit together, or a deviation is not positive.
    """

    orientation_radians: NDArray[np.float64]
    warp: PiecewiseAffineWarp
    pixel_indices: NDArray[np.int64]
    mean: Float32Array
    deviation: Float32Array
    network: ValidationNetwork

    def __post_init__(self) -> None:
        shape = (self.warp.pixel_count,)
        for name in ("pixel_indices", "mean", "deviation"):
            if getattr(self, name).shape != shape:
                raise ValueError(
                    f"{name} of shape {shape} is expected, found {getattr(self, name).shape}"
                )
        if self.orientation_radians.shape != (3,):
            raise ValueError(
                f"three Euler angles are expected, found {self.orientation_radians.shape}"
            )
        pixels = self.network.height * self.network.width
        if self.pixel_indices.min() < 0 or self.pixel_indices.max() >= pixels:
            raise ValueError(f"pixel indices of 0 to {pixels - 1} are expected")
        if not (self.deviation > 0).all():
            raise ValueError("every pixel's standard deviation must be positive")


@dataclass(frozen=True, eq=False)
class LandmarkValidationModel:
    """All views of the validator.

    Parameters
    ----------
    views : sequence of ValidationView
        At least one.

    Raises
    ------
    ValueError
        If there is no view.
    """

    views: Sequence[ValidationView]

    def __post_init__(self) -> None:
        if not self.views:
            raise ValueError("at least one view is expected")
