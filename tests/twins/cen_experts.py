"""Twin of :mod:`openface_core.refinement.cen`: response maps of CEN experts in float64."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.fixtures.synthetic_models.cen_experts import Network

FloatArray = NDArray[Any]


def response_map(area: FloatArray, network: Network, support: int) -> FloatArray:
    """Return the map (w, w) of a network on the picture around a landmark, at every position."""
    window = area.shape[0] - support + 1
    out = np.empty((window, window))
    for y in range(window):
        for x in range(window):
            pixels = area[y : y + support, x : x + support].T.ravel().astype(np.float64)
            pixels = pixels - pixels.mean()
            length = np.linalg.norm(pixels)
            value = np.concatenate([[1.0], pixels / (length if length > 0 else 1.0)])
            for activation, biases, weights in network:
                value = weights.astype(np.float64) @ value + biases.astype(np.float64).ravel()
                if activation == 0:
                    value = 1.0 / (1.0 + np.exp(-value))
                elif activation == 2:
                    value = np.maximum(value, 0.0)
            out[y, x] = value[0]
    return out


def sparse_map(full: FloatArray) -> FloatArray:
    """Return a map in which only positions of odd x + y are kept, the others lie between them."""
    out = full.copy()
    window = full.shape[0]
    for y in range(window):
        for x in range(window):
            if (x + y) % 2 == 0:
                near = [(y, x - 1), (y - 1, x), (y, x + 1), (y + 1, x)]
                out[y, x] = np.mean(
                    [full[p] for p in near if 0 <= p[0] < window and 0 <= p[1] < window]
                )
    return out
