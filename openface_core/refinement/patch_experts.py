"""Patch experts: small detectors, one per landmark and head orientation, of one image scale.

An expert looks at a square of the grey picture around a landmark and says for each position how
likely the landmark lies there. Three kinds exist: CCNF (a few logistic neurons, whose sum is
smoothed by a fixed matrix), SVR (a product of one logistic detector per image modality), and CEN (a
network of several layers, in :mod:`openface_core.refinement.cen`).

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

from openface_core.refinement.cen.experts import CenExperts
from openface_core.refinement.view_grid import ViewGrid

Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]


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
    alphas : (k,) ndarray of float64
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
    alphas: Float64Array
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
        # One after the other, kept as float32, as in OpenFace.
        sums = np.zeros(self.neuron_count.shape, dtype=np.float32)
        for k in range(int(self.neuron_count.max())):
            has_more = self.neuron_count > k
            more = self.alphas[(self.first_neuron + k)[has_more]]
            sums[has_more] = sums[has_more].astype(np.float64) + more
        return np.where(self.neuron_count > 0, sums.astype(np.float64), 1.0)


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


PatchExperts = CcnfExperts | SvrExperts | CenExperts
"""The experts of one scale, of any kind."""
