"""Writing CEN patch experts, also with idle units that make them as large as OpenFace's own.

OpenFace's experts cannot be passed on. Experts of the same size with a trained core cost the same:
the units that are added have weights of 0, which no program skips, and change no result.
"""

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from openface_core.model_files import read_cen_experts
from openface_core.refinement.cen.experts import CenExperts, Layer

Array = NDArray[np.generic]
Network = Sequence[tuple[int, Array, Array]]
"""Layers as activation, biases (out,), weights (out, in)."""

OPENFACE_UNITS = {
    0.25: (300, 100, 50),
    0.35: (300, 100, 50),
    0.5: (500, 200, 100),
    1.0: (500, 200, 100),
}
"""Hidden units of OpenFace's networks, by scale."""

_EXPERT = 6
_CODES = {"int32": 4, "float32": 5, "float64": 6}


def _write_matrix(file: BinaryIO, matrix: Array) -> None:
    file.write(struct.pack("<3i", *matrix.shape, _CODES[matrix.dtype.name]))
    file.write(np.ascontiguousarray(matrix).tobytes())


def write_cen_file(
    path: Path, experts: CenExperts, networks: Sequence[Sequence[Network | None]]
) -> None:
    """Write experts with the grid and the mirror of others, but networks of their own.

    Parameters
    ----------
    path : Path
        The file.
    experts : CenExperts
        The others; their networks are not used.
    networks : sequence of sequence of Network or None
        By view and landmark; None for a landmark without a network.
    """
    grid = experts.grid
    with path.open("wb") as file:
        file.write(struct.pack("<di", grid.scale_px_per_mm, len(grid.visible)))
        for centre in np.degrees(grid.centres_radians.astype(np.float64)):
            _write_matrix(file, centre.reshape(3, 1))
        for row in grid.visible:
            _write_matrix(file, row.astype(np.int32).reshape(-1, 1))
        _write_matrix(file, experts.mirror_landmarks.astype(np.int32).reshape(1, -1))
        _write_matrix(file, experts.mirror_views.astype(np.int32).reshape(1, -1))
        for view, of_view in enumerate(networks):
            for landmark, network in enumerate(of_view):
                layers = network or ()
                file.write(
                    struct.pack("<4i", _EXPERT, grid.support_px, grid.support_px, len(layers))
                )
                for activation, biases, weights in layers:
                    file.write(struct.pack("<i", activation))
                    _write_matrix(file, biases.reshape(1, -1))
                    _write_matrix(file, weights)
                file.write(struct.pack("<d", grid.confidence[view, landmark]))


def network_of(experts: CenExperts, view: int, landmark: int) -> Network | None:
    """Return a landmark's own network."""
    layers = []
    for row in experts.layers[view, landmark, : experts.layer_count[view, landmark]].tolist():
        layer = Layer(*row)
        weights = experts.values[layer.weights_at :][: layer.outputs * layer.inputs]
        biases = experts.values[layer.biases_at :][: layer.outputs]
        layers.append((layer.activation, biases, weights.reshape(layer.outputs, layer.inputs)))
    return layers or None


def with_idle_units(network: Network, hidden_units: Sequence[int]) -> Network:
    """Return a network of so many hidden units that gives the same as a smaller one."""
    padded = []
    inputs = network[0][2].shape[1]
    for (activation, biases, weights), units in zip(network, (*hidden_units, 1), strict=True):
        more = np.zeros((units, inputs), dtype=np.float32)
        more[: weights.shape[0], : weights.shape[1]] = weights
        level = np.zeros(units, dtype=np.float32)
        level[: biases.size] = biases
        padded.append((activation, level, more))
        inputs = units
    return padded


def pad_cen_file(source: Path, target: Path) -> None:
    """Write the experts of a file in OpenFace's size."""
    experts = read_cen_experts(source)
    units = OPENFACE_UNITS[round(experts.grid.scale_px_per_mm, 2)]
    found = [
        [network_of(experts, view, landmark) for landmark in range(experts.grid.landmark_count)]
        for view in range(experts.grid.view_count)
    ]
    write_cen_file(
        target,
        experts,
        [[n and with_idle_units(n, units) for n in of_view] for of_view in found],
    )
