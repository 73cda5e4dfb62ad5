"""Small CEN experts, made anew for every test: two mirrored landmarks and one on the midline."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.cen_files import Network, write_cen_file
from openface_core.refinement.cen.experts import Activation, CenExperts, Layer
from openface_core.refinement.view_grid import ViewGrid

SUPPORT_PX = 5
LANDMARKS = 3
VIEWS_RADIANS = ((0.0, 0.0, 0.0), (0.0, -0.5, 0.0), (0.0, 0.5, 0.0))
MIRROR_LANDMARKS = (1, 0, 2)
MIRROR_VIEWS = (0, 2, 1)
VISIBLE = ((True, True, True), (True, False, True), (False, True, True))
OWN = ((True, False, True), (True, False, True), (False, False, False))
"""Landmarks with a network of their own: landmark 1, and all of the last view, use the mirror's."""
HIDDEN_UNITS = (9, 6)
ACTIVATIONS = (Activation.RELU, Activation.NONE, Activation.SIGMOID)


def grid() -> ViewGrid:
    """Return the views and landmarks."""
    return ViewGrid(
        0.25,
        SUPPORT_PX,
        np.array(VIEWS_RADIANS, dtype=np.float32),
        np.array(VISIBLE),
        np.full((3, LANDMARKS), 0.5, dtype=np.float32),
    )


def networks(seed: int = 0) -> list[list[Network | None]]:
    """Return networks of random weights."""
    random = np.random.default_rng(seed)
    found: list[list[Network | None]] = []
    for of_view in OWN:
        row: list[Network | None] = []
        for has_own in of_view:
            inputs, layers = 1 + SUPPORT_PX**2, []
            for activation, outputs in zip(ACTIVATIONS, (*HIDDEN_UNITS, 1), strict=True):
                weights = random.normal(size=(outputs, inputs)).astype(np.float32)
                biases = random.normal(size=outputs).astype(np.float32)
                layers.append((int(activation), biases, weights))
                inputs = outputs
            row.append(layers if has_own else None)
        found.append(row)
    return found


def experts(seed: int = 0) -> CenExperts:
    """Return the experts in memory."""
    values: list[NDArray[np.float32]] = []
    count = np.zeros((3, LANDMARKS), dtype=np.int64)
    layers = np.zeros((3, LANDMARKS, len(ACTIVATIONS), 5), dtype=np.int64)
    size = 0
    for view, of_view in enumerate(networks(seed)):
        for landmark, network in enumerate(of_view):
            for k, (activation, biases, weights) in enumerate(network or ()):
                outputs, inputs = weights.shape
                layers[view, landmark, k] = Layer(
                    size, size + weights.size, inputs, outputs, activation
                )
                values += [weights.ravel(), biases]
                size += weights.size + biases.size
                count[view, landmark] = k + 1
    flat = np.concatenate(values)
    flat.flags.writeable = False
    mirrors = np.array(MIRROR_VIEWS), np.array(MIRROR_LANDMARKS)
    return CenExperts(grid(), flat, count, layers, *mirrors)


def write(path: Path, seed: int = 0) -> Path:
    """Write the experts in OpenFace's format."""
    write_cen_file(path, experts(seed), networks(seed))
    return path
