"""Patch experts: small detectors, one per landmark and head orientation, of one image scale.

An expert looks at a square of the grey picture around a landmark and says for each position how
likely the landmark lies there. Two kinds exist: CCNF (a few logistic neurons, whose sum is smoothed
by a fixed matrix) and SVR (a product of one logistic detector per image modality).

References
----------
T. Baltrusaitis, P. Robinson and L.-P. Morency, "Continuous Conditional Neural Fields for Structured
Regression", ECCV 2014, and "Constrained Local Neural Fields for Robust Facial Landmark Detection in
the Wild", ICCVW 2013; J. M. Saragih, S. Lucey and J. F. Cohn, IJCV 91, 2011.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import small_kernel

Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]


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
    """What both kinds of experts share: the orientations they know, and which landmarks show.

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

    def nearest_view(self, rotation_radians: Float32Array) -> int:
        """Return the view whose angles are closest to a head's, by their Euclidean distance."""
        return int(_nearest(np.asarray(rotation_radians, dtype=np.float32), self.centres_radians))


@dataclass(frozen=True, eq=False)
class CcnfExperts:
    """CCNF experts of one scale.

    Their response is ``Sigma @ sum_k 2 alpha_k logistic(w_k . x + b_k)``, where ``x`` is the
    picture under the expert, brought to mean 0 and length 1.

    Parameters
    ----------
    grid : ViewGrid
        Views and landmarks.
    first_neuron : (v, n) ndarray of int64
        Where an expert's neurons begin in the arrays below.
    neuron_count : (v, n) ndarray of int64
        How many neurons it has; 0 only where the landmark does not show.
    weights : (k, support_px ** 2) ndarray of float32
        Neurons' weights, row by row of the square.
    biases : (k,) ndarray of float32
        Neurons' biases.
    alphas : (k,) ndarray of float32
        Neurons' strengths.
    betas : (v, n, b) ndarray of float64
        Strengths of the smoothing components.
    smoothing_components : mapping of int to (b, w * w, w * w) ndarray of float64
        For each window size w the matrices that, weighted by `betas`, relate the positions of a
        response map to each other. Sizes without an entry are not smoothed.
    """

    grid: ViewGrid
    first_neuron: NDArray[np.int64]
    neuron_count: NDArray[np.int64]
    weights: Float32Array
    biases: Float32Array
    alphas: Float32Array
    betas: Float64Array
    smoothing_components: Mapping[int, Float64Array]

    def __post_init__(self) -> None:
        shape = self.grid.visible.shape
        if self.first_neuron.shape != shape or self.neuron_count.shape != shape:
            raise ValueError("one range of neurons per view and landmark is expected")
        count = self.weights.shape[0]
        if self.weights.shape != (count, self.grid.support_px**2):
            raise ValueError(f"weights of another size than the support: {self.weights.shape}")
        if self.biases.shape != (count,) or self.alphas.shape != (count,):
            raise ValueError("one bias and one alpha per neuron are expected")
        if (self.neuron_count[self.grid.visible] < 1).any():
            raise ValueError("a visible landmark has no neuron")
        last = self.first_neuron + self.neuron_count
        if (self.first_neuron < 0).any() or (self.neuron_count < 0).any() or (last > count).any():
            raise ValueError("a range of neurons leaves the list")
        if self.betas.ndim != 3 or self.betas.shape[:2] != shape:
            raise ValueError("betas per view and landmark are expected")
        for window, components in self.smoothing_components.items():
            if components.shape != (self.betas.shape[2], window**2, window**2):
                raise ValueError(f"smoothing of window {window} is {components.shape}")

    def alpha_sums(self) -> Float64Array:
        """Return the sum of each expert's alphas, (v, n); 1 where there is no expert."""
        totals = np.concatenate([[0.0], np.cumsum(self.alphas, dtype=np.float64)])
        sums = totals[self.first_neuron + self.neuron_count] - totals[self.first_neuron]
        return np.where(self.neuron_count > 0, sums, 1.0)


@dataclass(frozen=True, eq=False)
class SvrExperts:
    """SVR experts of one scale: products of logistic functions, one per modality.

    Parameters
    ----------
    grid : ViewGrid
        Views and landmarks.
    first_part : (v, n) ndarray of int64
        Where an expert's detectors begin in the arrays below.
    part_count : (v, n) ndarray of int64
        How many detectors it has.
    uses_gradient : (k,) ndarray of bool
        Whether a detector sees the squared gradient instead of the grey values.
    weights : (k, support_px ** 2) ndarray of float32
        Detectors' templates, row by row of the square.
    scalings, biases : (k,) ndarray of float32
        ``logistic(scaling * correlation + bias)`` is a detector's response.
    """

    grid: ViewGrid
    first_part: NDArray[np.int64]
    part_count: NDArray[np.int64]
    uses_gradient: NDArray[np.bool_]
    weights: Float32Array
    scalings: Float32Array
    biases: Float32Array

    def __post_init__(self) -> None:
        shape = self.grid.visible.shape
        if self.first_part.shape != shape or self.part_count.shape != shape:
            raise ValueError("one range of detectors per view and landmark is expected")
        count = self.weights.shape[0]
        if self.weights.shape != (count, self.grid.support_px**2):
            raise ValueError(f"weights of another size than the support: {self.weights.shape}")
        for name in ("uses_gradient", "scalings", "biases"):
            if getattr(self, name).shape != (count,):
                raise ValueError(f"one entry of {name} per detector is expected")
        if (self.part_count[self.grid.visible] < 1).any():
            raise ValueError("a visible landmark has no detector")
        last = self.first_part + self.part_count
        if (self.first_part < 0).any() or (self.part_count < 0).any() or (last > count).any():
            raise ValueError("a range of detectors leaves the list")


PatchExperts = CcnfExperts | SvrExperts
"""The experts of one scale, of either kind."""
