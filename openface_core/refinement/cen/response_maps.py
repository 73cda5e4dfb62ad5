"""Response maps of CEN experts.

References
----------
``CEN_patch_expert::Response``, ``ResponseSparse`` and ``Patch_experts::Response`` of OpenFace 2.2.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel
from openface_core.matrix_product import padded
from openface_core.refinement.blocks import (
    cut_strips,
    evaluated_positions,
    new_strips,
    pixel_offsets,
    write_blocks,
)
from openface_core.refinement.cen.dense_layers import network_outputs
from openface_core.refinement.cen.experts import CenExperts
from openface_core.refinement.patch_areas import (
    GreyPicture,
    new_places,
    new_steps,
    sample_columns,
    square_with_room,
)

Float32Array = NDArray[np.float32]
Int64Array = NDArray[np.int64]


class Networks(NamedTuple):
    """What one view asks of which networks.

    Parameters
    ----------
    values : (k,) ndarray of float32
        Weights and biases of all networks.
    evaluations : (e, 2) ndarray of int64
        For each network the landmark that it sees directly, and the one as in a mirror; -1 for
        none.
    layer_counts, layers : (e,), (e, l, 5) ndarray of int64
        The networks' layers, see :class:`~openface_core.refinement.cen.experts.Layer`.
    """

    values: Float32Array
    evaluations: Int64Array
    layer_counts: Int64Array
    layers: Int64Array


class MapGrid(NamedTuple):
    """At which positions of a response map networks are asked, and how much they see.

    Parameters
    ----------
    positions : (p, 2) ndarray of int64
        Rows and columns, see :func:`~openface_core.refinement.blocks.evaluated_positions`.
    evaluated : (w * w,) ndarray of bool
        The same as a map. The positions must lie as a chessboard's squares, or be all.
    support_px, window_px : int
        Side of what a network sees, and side w of the maps.
    """

    positions: Int64Array
    evaluated: NDArray[np.bool_]
    support_px: int
    window_px: int


@kernel
def _fill_between(evaluated: NDArray[np.bool_], window: int, out: Float32Array) -> None:
    """Write the mean of the neighbours into every position of a map that was not evaluated."""
    for y in range(window):
        for x in range(window):
            place = y * window + x
            if evaluated[place]:
                continue
            count = 4 - (x == 0) - (y == 0) - (x == window - 1) - (y == window - 1)
            # A product of float32 numbers in double precision, as of OpenFace's matrix of weights.
            weight = np.float64(np.float32(1.0) / np.float32(count))
            total = 0.0
            if x > 0:
                total += weight * out[place - 1]
            if y > 0:
                total += weight * out[place - window]
            if y < window - 1:
                total += weight * out[place + window]
            if x < window - 1:
                total += weight * out[place + 1]
            out[place] = total


@kernel
def _write_map(
    answers: Float32Array,
    positions: Int64Array,
    evaluated: NDArray[np.bool_],
    window: int,
    is_flipped: bool,
    out: Float32Array,
) -> None:
    """Put the answers (k,) for the positions into a map (w * w,), back from the mirror."""
    for p in range(positions.shape[0]):
        x = window - 1 - positions[p, 1] if is_flipped else positions[p, 1]
        out[positions[p, 0] * window + x] = answers[p]
    _fill_between(evaluated, window, out)


@kernel
def cen_maps(
    grey: GreyPicture,
    landmarks: Float32Array,
    to_image: Float32Array,
    networks: Networks,
    grid: MapGrid,
    blocks: Float32Array,
    units: Float32Array,
    out: Float32Array,
) -> None:
    """Write the response maps (n, w * w) of one view's CEN experts around landmarks (n, 2).

    Parameters
    ----------
    grey, landmarks, to_image
        See :func:`~openface_core.refinement.patch_areas.sample_area`.
    networks : Networks
        The view's networks.
    grid : MapGrid
        Where they are asked.
    blocks, units : (1 + support ** 2, c), (2, u, c) ndarray of float32
        Working space, where c suffices for two maps and u for the largest layer.
    out : (n, w * w) ndarray of float32
        Receives the maps, row by row; 0 for landmarks that the view does not show.
    """
    values, evaluations, layer_counts, layers = networks
    positions, evaluated, support, window = grid
    side = window + support - 1
    area, places, steps = square_with_room(side), new_places(side), new_steps(side)
    count = positions.shape[0]
    strips = new_strips(window, support, 1 if count == window * window else 2)
    offsets = pixel_offsets(strips, window)
    out[:, :] = 0.0
    for e in range(evaluations.shape[0]):
        first = 0
        for mirror in range(2):
            landmark = evaluations[e, mirror]
            if landmark >= 0:
                x, y = landmarks[landmark, 0], landmarks[landmark, 1]
                sample_columns(grey, x, y, to_image, places, steps, area)
                cut_strips(area, window, mirror == 1, strips)
                write_blocks(strips, offsets, first, count, blocks)
                first += count
        answers = network_outputs(
            values, layers[e, : layer_counts[e]], blocks, first, units[0], units[1]
        )
        first = 0
        for mirror in range(2):
            landmark = evaluations[e, mirror]
            if landmark >= 0:
                found = answers[0, first : first + count]
                _write_map(found, positions, evaluated, window, mirror == 1, out[landmark])
                first += count


class CenMaps:
    """The maps of CEN experts for one window size.

    Parameters
    ----------
    experts : CenExperts
        The experts of one scale.
    window_px : int
        Side of the maps, odd.
    is_sparse : bool
        Whether every other position is evaluated, and the others lie between these.
    """

    def __init__(self, experts: CenExperts, window_px: int, *, is_sparse: bool = True) -> None:
        positions = evaluated_positions(window_px, is_sparse)
        evaluated = np.zeros(window_px**2, dtype=np.bool_)
        evaluated[positions @ (window_px, 1)] = True
        self._experts = experts
        self._grid = MapGrid(positions, evaluated, experts.grid.support_px, window_px)
        self._columns = len(positions) + padded(2 * len(positions))
        self._units = (2, experts.most_units, self._columns)
        self._views = tuple(self._networks(view) for view in range(experts.grid.view_count))

    def _networks(self, view: int) -> Networks:
        experts = self._experts
        found = np.array(experts.evaluations(view), dtype=np.int64)
        source = found[:, 0], found[:, 1]
        return Networks(
            experts.values,
            np.ascontiguousarray(found[:, 2:]),
            experts.layer_count[source],
            experts.layers[source],
        )

    def write(
        self,
        grey: GreyPicture,
        landmarks: Float32Array,
        to_image: Float32Array,
        view: int,
        out: Float32Array,
    ) -> None:
        """Write the maps around all landmarks; see :class:`ExpertMaps`."""
        blocks = np.zeros((1 + self._grid.support_px**2, self._columns), dtype=np.float32)
        units = np.empty(self._units, dtype=np.float32)
        networks = self._views[view]
        cen_maps(grey, landmarks, to_image, networks, self._grid, blocks, units, out)
