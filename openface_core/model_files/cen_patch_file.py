"""Reader for CEN patch experts (``cen_patches_*_of.dat``), OpenFace's largest files.

The file is mapped, not copied: networks are used where they lie in it.

References
----------
``Patch_experts::Read_CEN_patch_experts`` and ``CEN_patch_expert::Read`` of OpenFace 2.2.
"""

from mmap import mmap
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openface_core.errors import ModelFileError
from openface_core.model_files.binary_fields import BinaryFields
from openface_core.model_files.ccnf_patch_file import (
    MAX_LANDMARKS,
    MAX_NUMBER,
    MAX_SUPPORT_PX,
    MAX_VIEWS,
)
from openface_core.model_files.content import map_model_file
from openface_core.refinement.cen.experts import (
    MAX_LAYERS,
    MAX_UNITS,
    Activation,
    CenExperts,
    Layer,
)
from openface_core.refinement.view_grid import ViewGrid

MAX_CEN_FILE_BYTES = 512 * 2**20
"""OpenFace's have up to 154 million bytes."""

_EXPERT = 6
_FLOAT_BYTES = 4


def read_cen_experts(path: Path) -> CenExperts:
    """Read the CEN patch experts of one scale.

    Parameters
    ----------
    path : Path
        The file. It stays open, and must not be changed as long as the experts are used.

    Returns
    -------
    CenExperts
        The experts of all views and landmarks.

    Raises
    ------
    ModelFileError
        If the file is missing, truncated, too long, of the form of 2017, or its numbers make no
        sense.
    """
    content = map_model_file(path, MAX_CEN_FILE_BYTES)
    fields = BinaryFields(path, content)
    scale = fields.number("scale")
    views = fields.count("number of views", MAX_VIEWS)
    centres = np.stack(
        [fields.matrix("view's angles", np.float64, 3, 1).ravel() for _ in range(views)]
    )
    if np.abs(centres).max() > MAX_NUMBER:
        raise fields.fail(f"the view's angles hold values above {MAX_NUMBER:g}")
    visible = _visibilities(fields, views)
    if fields.next_integer("mirrored landmarks") == _EXPERT:
        raise ModelFileError(
            path,
            "these are patch experts of 2017 (*_menpo.dat), which OpenFace 2.2 cannot read either",
            "Use those of OpenFace 2.2: cen_patches_0.25_of.dat, 0.35, 0.50 and 1.00.",
        )
    mirror_landmarks = _mirror(fields, "mirrored landmarks", visible.shape[1])
    mirror_views = _mirror(fields, "mirrored views", views)
    values = _mapped_numbers(fields, content)
    experts = _Experts(views, visible.shape[1], values)
    for view in range(views):
        for landmark in range(visible.shape[1]):
            experts.read(fields, view, landmark)
    fields.end()
    try:
        grid = ViewGrid(
            scale,
            experts.support,
            np.radians(centres).astype(np.float32),
            visible,
            experts.confidence.astype(np.float32),
        )
        found = CenExperts(
            grid,
            values,
            experts.layer_count,
            experts.layers,
            mirror_views,
            mirror_landmarks,
            content,
        )
        found.let_go()  # of what was read only to be checked
        return found
    except ValueError as error:
        raise fields.fail(str(error)) from error


def _visibilities(fields: BinaryFields, views: int) -> NDArray[np.bool_]:
    """Return which landmarks each view shows, (v, n)."""
    landmarks, columns = fields.matrix_header("visibilities", np.int32)
    if columns != 1 or not 1 <= landmarks <= MAX_LANDMARKS:
        raise fields.fail(
            f"the visibilities should be one column of at most {MAX_LANDMARKS}, found "
            f"{landmarks} x {columns}"
        )
    rows = [fields.elements(landmarks, "visibilities", np.int32)]
    for _ in range(views - 1):
        rows.append(fields.matrix("visibilities", np.int32, landmarks, 1).ravel())
    return np.asarray(np.stack(rows) != 0)


def _mirror(fields: BinaryFields, what: str, count: int) -> NDArray[np.int64]:
    """Return the index of everything's mirror image, (count,)."""
    return fields.matrix(what, np.int32, 1, count).ravel().astype(np.int64)


def _mapped_numbers(fields: BinaryFields, content: mmap) -> NDArray[np.float32]:
    """Return the whole file as float32 numbers: its fields are all of 4 or 8 bytes."""
    if len(content) % _FLOAT_BYTES:
        raise fields.fail(f"the file is truncated: {len(content)} bytes are no whole fields")
    values = np.frombuffer(content, dtype="<f4").astype(np.float32, copy=False)
    values.flags.writeable = False
    return values


class _Experts:
    """Collects where the layers of experts lie."""

    def __init__(self, views: int, landmarks: int, values: NDArray[np.float32]) -> None:
        self._values = values
        self.layer_count = np.zeros((views, landmarks), dtype=np.int64)
        self.layers = np.zeros((views, landmarks, MAX_LAYERS, len(Layer._fields)), dtype=np.int64)
        self.confidence = np.zeros((views, landmarks))
        self.support = 0

    def read(self, fields: BinaryFields, view: int, landmark: int) -> None:
        if fields.integer("expert's type number") != _EXPERT:
            raise fields.fail(f"expert {landmark} of view {view} has another type number")
        width = fields.count("expert's width", MAX_SUPPORT_PX, 0)
        height = fields.count("expert's height", MAX_SUPPORT_PX, 0)
        count = fields.count("number of layers", MAX_LAYERS, 0)
        if count > 0:
            if width != height or width < 1 or self.support not in (0, width):
                raise fields.fail(
                    f"experts should see squares of one size, found {width} x {height} after "
                    f"{self.support or 'none'}"
                )
            self.support = width
        self.layer_count[view, landmark] = count
        for k in range(count):
            self.layers[view, landmark, k] = self._layer(fields)
        self.confidence[view, landmark] = fields.number("confidence")
        if abs(self.confidence[view, landmark]) > MAX_NUMBER:
            raise fields.fail(f"a confidence above {MAX_NUMBER:g} is no expert's")

    def _layer(self, fields: BinaryFields) -> Layer:
        activation = fields.integer("activation")
        if activation not in (Activation.SIGMOID, Activation.RELU):
            activation = Activation.NONE
        rows, columns = fields.matrix_header("biases", np.float32)
        outputs = max(rows, columns)
        if min(rows, columns) != 1 or outputs > MAX_UNITS:
            raise fields.fail(
                f"the biases should be a row of at most {MAX_UNITS}, found {rows} x {columns}"
            )
        biases_at = self._numbers(fields, outputs, "biases")
        rows, inputs = fields.matrix_header("weights", np.float32)
        if rows != outputs or not 1 <= inputs <= MAX_UNITS:
            raise fields.fail(
                f"the weights should be {outputs} rows of at most {MAX_UNITS}, "
                f"found {rows} x {inputs}"
            )
        weights_at = self._numbers(fields, outputs * inputs, "weights")
        return Layer(weights_at, biases_at, inputs, outputs, activation)

    def _numbers(self, fields: BinaryFields, count: int, what: str) -> int:
        """Return where the next numbers begin, after a look at all of them."""
        begin = fields.skip(count * _FLOAT_BYTES, what) // _FLOAT_BYTES
        found = self._values[begin : begin + count]
        # Both are NaN if any number is, and no comparison with NaN holds.
        if not (found.min() >= -MAX_NUMBER and found.max() <= MAX_NUMBER):
            raise fields.fail(
                f"the {what} hold values that are not finite, or above {MAX_NUMBER:g}"
            )
        return begin
