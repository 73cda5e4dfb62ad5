"""The convolutional experts (CEN) of one scale: one small network per view and landmark."""

import mmap
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from openface_core.refinement.view_grid import ViewGrid

Float32Array = NDArray[np.float32]
Int64Array = NDArray[np.int64]

MAX_UNITS = 4096
MAX_LAYERS = 8


class Layer(NamedTuple):
    """Where a layer's numbers lie, and what it does: the columns of :attr:`CenExperts.layers`."""

    weights_at: int
    biases_at: int
    inputs: int
    outputs: int
    activation: int


class Activation(IntEnum):
    """What follows a layer's sums. OpenFace takes every other number of its files for none."""

    SIGMOID = 0
    RELU = 2
    NONE = 3


class Evaluation(NamedTuple):
    """A network and the landmarks of a view that it serves, -1 for none.

    Parameters
    ----------
    view, landmark : int
        Whose network it is.
    direct : int
        The landmark whose picture it sees as it is.
    flipped : int
        The landmark whose picture it sees as in a mirror.
    """

    view: int
    landmark: int
    direct: int
    flipped: int


@dataclass(frozen=True, eq=False)
class CenExperts:
    """CEN experts of one scale.

    A network sees a square of the grey picture, column by column, brought to mean 0 and length 1,
    after a leading 1. Faces are symmetric, so a network also serves the mirrored landmark, in the
    mirrored view, on the mirrored picture; most landmarks have no network of their own.

    Parameters
    ----------
    grid : ViewGrid
        Views and landmarks.
    values : (k,) ndarray of float32
        Weights and biases of all networks, often a mapped file.
    layer_count : (v, n) ndarray of int64
        Layers of each landmark's own network; 0 where it has none.
    layers : (v, n, l, 5) ndarray of int64
        The layers, see :class:`Layer`. Weights are ``outputs`` rows of ``inputs`` numbers.
    mirror_views, mirror_landmarks : (v,), (n,) ndarray of int64
        What a view, and a landmark, is in the mirror.
    mapping : mmap or None
        The mapped file that `values` are in.

    Raises
    ------
    ValueError
        If the shapes do not fit together, a network does not fit the support, or a visible landmark
        has no network.
    """

    grid: ViewGrid
    values: Float32Array
    layer_count: Int64Array
    layers: Int64Array
    mirror_views: Int64Array
    mirror_landmarks: Int64Array
    mapping: mmap.mmap | None = None

    def __post_init__(self) -> None:
        shape = self.grid.visible.shape
        if self.layer_count.shape != shape or self.layers.shape[:2] != shape:
            raise ValueError("one network per view and landmark is expected")
        if self.layers.ndim != 4 or self.layers.shape[3] != len(Layer._fields):
            raise ValueError(f"layers of five numbers are expected, found {self.layers.shape}")
        if (self.layer_count < 0).any() or (self.layer_count > self.layers.shape[2]).any():
            raise ValueError("a network has more layers than are listed")
        if self.values.ndim != 1 or self.values.dtype != np.float32:
            raise ValueError("a flat list of float32 numbers is expected")
        for name, count in (("mirror_views", shape[0]), ("mirror_landmarks", shape[1])):
            mirror = getattr(self, name)
            if mirror.shape != (count,) or not ((mirror >= 0) & (mirror < count)).all():
                raise ValueError(f"{name}: {count} numbers from 0 to {count - 1} are expected")
        for view, landmark in zip(*np.nonzero(self.layer_count), strict=True):
            self._check_network(self.layers[view, landmark, : self.layer_count[view, landmark]])
        for view in range(shape[0]):
            self.evaluations(view)

    def _check_network(self, layers: Int64Array) -> None:
        units = 1 + self.grid.support_px**2
        for row in layers:
            layer = Layer(*row.tolist())
            if layer.inputs != units:
                raise ValueError(f"a layer should have {units} inputs, found {layer.inputs}")
            units = layer.outputs
            ends = (layer.weights_at + layer.inputs * units, layer.biases_at + units)
            if min(layer.weights_at, layer.biases_at) < 0 or max(ends) > self.values.size:
                raise ValueError("a layer leaves the list of numbers")
            if not 1 <= units <= MAX_UNITS:
                raise ValueError(f"a layer should have 1 to {MAX_UNITS} units, found {units}")
        if units != 1:
            raise ValueError(f"a network should give one number, found {units}")

    def let_go(self) -> None:
        """Give back the memory of what was read of the file; it is read again when it is needed.

        The operating system keeps it as long as there is room. Other threads may use the experts.
        """
        if self.mapping is not None and hasattr(self.mapping, "madvise"):  # not on Windows
            self.mapping.madvise(mmap.MADV_DONTNEED)

    @property
    def most_units(self) -> int:
        """Most numbers that any layer gives."""
        return int(self.layers[..., Layer._fields.index("outputs")].max())

    def evaluations(self, view: int) -> tuple[Evaluation, ...]:
        """Return which networks a view needs, each once, and for which visible landmarks.

        Raises
        ------
        ValueError
            If a visible landmark has no network, nor has its mirror image.
        """
        served: dict[tuple[int, int], list[int]] = {}
        for landmark in np.flatnonzero(self.grid.visible[view]).tolist():
            is_flipped = not self.layer_count[view, landmark]
            source = (view, landmark)
            if is_flipped:
                source = int(self.mirror_views[view]), int(self.mirror_landmarks[landmark])
            if not self.layer_count[source]:
                raise ValueError(f"landmark {landmark} of view {view} has no network")
            served.setdefault(source, [-1, -1])[is_flipped] = landmark
        return tuple(Evaluation(*source, *pair) for source, pair in sorted(served.items()))
