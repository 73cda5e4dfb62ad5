"""Reader for patch experts in this program's own compact form (``patch_experts_*.bin``).

They are networks as those of :mod:`~openface_core.model_files.cen_patch_file`, all of one
architecture and with numbers of 16 bits. The fields, little-endian:

1. eight bytes ``OBEXPRT1``;
2. float64: the scale, pixels per millimetre;
3. int32: views v, landmarks n, side of the support in pixels, layers l;
4. int32: units of each layer (l), then what follows its sums (l), see
   :class:`~openface_core.refinement.cen.experts.Activation`;
5. float32: angles of the views, degrees (v, 3); confidences (v, n);
6. int32: which landmarks show (v, n), 0 or 1; what a landmark (n) and a view (v) is in the mirror;
   which landmarks have a network (v, n), 0 or 1;
7. float16: the networks, view after view; of each layer the biases (outputs), then the weights
   (outputs, inputs).
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from openface_core.model_files.binary_fields import BinaryFields
from openface_core.model_files.ccnf_patch_file import (
    MAX_LANDMARKS,
    MAX_NUMBER,
    MAX_SUPPORT_PX,
    MAX_VIEWS,
)
from openface_core.refinement.cen.experts import (
    MAX_LAYERS,
    MAX_UNITS,
    Activation,
    CenExperts,
    Layer,
)
from openface_core.refinement.view_grid import ViewGrid

COMPACT_MAGIC = b"OBEXPRT1"


class _Architecture(NamedTuple):
    """The layers that all networks have.

    Parameters
    ----------
    inputs, outputs, activations : tuple of int
        One number per layer.
    """

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    activations: tuple[int, ...]

    @property
    def size(self) -> int:
        """Numbers of one network."""
        return sum((i + 1) * o for i, o in zip(self.inputs, self.outputs, strict=True))

    def layers(self, begin: int) -> list[Layer]:
        """Return the layers of a network whose numbers begin at an index."""
        found = []
        for inputs, outputs, activation in zip(*self, strict=True):
            found.append(Layer(begin + outputs, begin, inputs, outputs, activation))
            begin += (inputs + 1) * outputs
        return found


def read_compact_experts(path: Path) -> CenExperts:
    """Read the patch experts of one scale.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    CenExperts
        The experts of all views and landmarks.

    Raises
    ------
    ModelFileError
        If the file is missing, truncated, too long, or its numbers make no sense.
    """
    fields = BinaryFields(path)
    if fields.bytes(len(COMPACT_MAGIC), "mark") != COMPACT_MAGIC:
        raise fields.fail("these are no compact patch experts, which begin with OBEXPRT1")
    scale = fields.number("scale")
    views = fields.count("number of views", MAX_VIEWS)
    landmarks = fields.count("number of landmarks", MAX_LANDMARKS)
    support = fields.count("side of the support", MAX_SUPPORT_PX)
    architecture = _architecture(fields, 1 + support**2)
    angles = _bounded(fields, "view's angles", (views, 3))
    confidence = _bounded(fields, "confidences", (views, landmarks))
    visible = _flags(fields, "visibilities", (views, landmarks))
    mirror_landmarks = fields.elements(landmarks, "mirrored landmarks", np.int32)
    mirror_views = fields.elements(views, "mirrored views", np.int32)
    has_network = _flags(fields, "marks of networks", (views, landmarks))
    count = int(has_network.sum()) * architecture.size
    values = fields.elements(count, "networks", np.float16).astype(np.float32)
    fields.end()
    try:
        grid = ViewGrid(scale, support, np.radians(angles), visible, confidence)
        return CenExperts(
            grid,
            values,
            np.where(has_network, len(architecture.outputs), 0),
            _layers(architecture, has_network),
            mirror_views.astype(np.int64),
            mirror_landmarks.astype(np.int64),
        )
    except ValueError as error:
        raise fields.fail(str(error)) from error


def _architecture(fields: BinaryFields, inputs: int) -> _Architecture:
    count = fields.count("number of layers", MAX_LAYERS)
    outputs = tuple(fields.count("units of a layer", MAX_UNITS) for _ in range(count))
    known = {int(activation) for activation in Activation}
    activations = tuple(fields.integer("activation") for _ in range(count))
    if unknown := set(activations) - known:
        raise fields.fail(f"an activation should be one of {sorted(known)}, found {min(unknown)}")
    return _Architecture((inputs, *outputs[:-1]), outputs, activations)


def _bounded(fields: BinaryFields, what: str, shape: tuple[int, int]) -> NDArray[np.float32]:
    values = fields.elements(shape[0] * shape[1], what, np.float32).reshape(shape)
    if np.abs(values).max() > MAX_NUMBER:
        raise fields.fail(f"the {what} hold values above {MAX_NUMBER:g}")
    return values


def _flags(fields: BinaryFields, what: str, shape: tuple[int, int]) -> NDArray[np.bool_]:
    values = fields.elements(shape[0] * shape[1], what, np.int32).reshape(shape)
    if not ((values == 0) | (values == 1)).all():
        raise fields.fail(f"the {what} should be 0 or 1")
    return np.asarray(values == 1)


def _layers(architecture: _Architecture, has_network: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return where the layers of every landmark lie, (v, n, l, 5)."""
    shape = (*has_network.shape, len(architecture.outputs), len(Layer._fields))
    layers = np.zeros(shape, dtype=np.int64)
    begin = 0
    for view, landmark in zip(*np.nonzero(has_network), strict=True):
        layers[view, landmark] = architecture.layers(begin)
        begin += architecture.size
    return layers
