"""Reader for OpenFace's landmark detection validators, binary in spite of their names.

``validator_cnn.txt`` goes with CLNF, ``validator_cnn_68.txt`` with CE-CLM.

References
----------
``DetectionValidator::Read`` and ``PAW::Read`` of OpenFace 2.2.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openface_core.landmark_confidence import (
    ConvolutionLayer,
    DenseLayer,
    LandmarkValidationModel,
    PiecewiseAffineWarp,
    ValidationNetwork,
    ValidationView,
)
from openface_core.landmark_confidence.piecewise_affine import LANDMARK_COUNT
from openface_core.model_files.binary_fields import BinaryFields, Element

Float32Array = NDArray[np.float32]

_KIND = 3
"""The file's type number; OpenFace 2.2 reads no other."""

_CONVOLUTION, _POOLING, _DENSE, _RELU = 0, 1, 2, 3
_CONVOLUTIONS = (_CONVOLUTION, _RELU, _POOLING)
_LAST_LAYERS = (_DENSE, _RELU, _DENSE)
_CONVOLUTION_COUNTS = (2, 3)
"""OpenFace's validators are two convolutions, or three for CE-CLM, and two dense layers."""

_MAX_VIEWS = 64
_MAX_MAPS = 256
_MAX_SIDE_PX = 256
_MAX_TRIANGLES = 1024
_MAX_SCORES = 4096

_MAX_VALUE = 1e4
"""Far above every weight, pixel and coordinate, and far from overflow in any sum of them."""

_MIN_DEVIATION = 1e-6


@dataclass(frozen=True, eq=False)
class _Warp:
    """A view's warp, and where its pixels lie in a picture of this size."""

    warp: PiecewiseAffineWarp
    height: int
    width: int
    pixel_indices: NDArray[np.int64]

    @property
    def column_order(self) -> NDArray[np.int64]:
        """For each pixel, its place where pixels are counted column by column, as in the file."""
        rows, columns = np.divmod(self.pixel_indices, self.width)
        return np.argsort(np.lexsort((rows, columns)))


def _matrix(
    fields: BinaryFields, what: str, dtype: type[Element], max_rows: int, max_columns: int
) -> NDArray[Element]:
    """Return a matrix of at most this size, its values within bounds."""
    rows, columns = fields.matrix_header(what, dtype)
    if not (1 <= rows <= max_rows and 1 <= columns <= max_columns):
        raise fields.fail(f"the {what} has an impossible size of {rows} x {columns}")
    values = fields.elements(rows * columns, what, dtype)
    _check_values(fields, values, what)
    return values.reshape(rows, columns)


def _check_values(fields: BinaryFields, values: NDArray[np.generic], what: str) -> None:
    if np.abs(values.astype(np.float64)).max() > _MAX_VALUE:
        raise fields.fail(f"the {what} hold values above {_MAX_VALUE:g}")


def _convolution(fields: BinaryFields) -> ConvolutionLayer:
    inputs = fields.count("number of input maps", _MAX_MAPS)
    outputs = fields.count("number of kernels", _MAX_MAPS)
    biases = fields.elements(outputs, "convolution's biases", np.float32)
    _check_values(fields, biases, "convolution's biases")
    what = "convolution's kernels"
    first = _matrix(fields, what, np.float32, _MAX_SIDE_PX, _MAX_SIDE_PX)
    kernels = [first]
    for _ in range(inputs * outputs - 1):
        kernels.append(fields.matrix(what, np.float32, *first.shape))
        _check_values(fields, kernels[-1], what)
    by_input = np.stack(kernels).reshape(inputs, outputs, *first.shape)
    return ConvolutionLayer(np.ascontiguousarray(by_input.transpose(1, 0, 2, 3)), biases)


def _dense(fields: BinaryFields) -> DenseLayer:
    biases = _matrix(fields, "dense layer's biases", np.float32, _MAX_SCORES, 1)
    weights = _matrix(
        fields, "dense layer's weights", np.float32, _MAX_MAPS * _MAX_SIDE_PX**2, _MAX_SCORES
    )
    return DenseLayer(weights, biases.reshape(-1))


def _layers(
    fields: BinaryFields,
) -> tuple[list[ConvolutionLayer], list[DenseLayer]]:
    depth = fields.count("number of layers", 100)
    convolutions, dense = [], []
    count = (depth - len(_LAST_LAYERS)) // len(_CONVOLUTIONS)
    is_known = count in _CONVOLUTION_COUNTS
    expected = (*_CONVOLUTIONS * (count if is_known else _CONVOLUTION_COUNTS[0]), *_LAST_LAYERS)
    for k in range(depth):
        layer_type = fields.integer("layer type")
        if depth != len(expected) or layer_type != expected[k]:
            raise fields.fail(
                f"not a validator of OpenFace 2.2: layer {k + 1} of {depth} is of type "
                f"{layer_type}; the types {expected} are expected"
            )
        if layer_type == _CONVOLUTION:
            convolutions.append(_convolution(fields))
        elif layer_type == _DENSE:
            dense.append(_dense(fields))
    return convolutions, dense


def _warp(fields: BinaryFields) -> _Warp:
    pixel_count = fields.count("number of pixels", _MAX_SIDE_PX**2)
    left, top = (fields.number(f"shape's {side}") for side in ("left", "top"))
    if max(abs(left), abs(top)) > _MAX_VALUE:
        raise fields.fail(f"the shape should begin near 0, found {left:g}, {top:g}")
    # The shape's landmarks are not needed: the coefficients below were computed from them.
    fields.matrix("shape's landmarks", np.float64, 2 * LANDMARK_COUNT, 1)
    triangles = _matrix(fields, "triangulation", np.int32, _MAX_TRIANGLES, 3)
    triangle_ids = _matrix(fields, "triangle of each pixel", np.int32, _MAX_SIDE_PX, _MAX_SIDE_PX)
    mask = fields.matrix("pixel mask", np.int32, *triangle_ids.shape)
    rows, columns = np.nonzero(mask)
    if rows.size != pixel_count:
        raise fields.fail(f"the pixel mask should keep {pixel_count} pixels, found {rows.size}")
    coefficients = [
        fields.matrix(f"{name} coefficients", np.float64, len(triangles), 3)
        for name in ("alpha", "beta")
    ]
    for name, values in zip(("alpha", "beta"), coefficients, strict=True):
        _check_values(fields, values, f"{name} coefficients")
    alpha, beta = (values.astype(np.float32) for values in coefficients)
    positions = np.stack([columns.astype(np.float32) + left, rows.astype(np.float32) + top], axis=1)
    warp = PiecewiseAffineWarp(triangles, alpha, beta, positions, triangle_ids[rows, columns])
    height, width = mask.shape
    return _Warp(warp, height, width, rows * width + columns)


def _view(fields: BinaryFields, orientation_degrees: NDArray[np.float64]) -> ValidationView:
    mean = _matrix(fields, "mean image", np.float64, 1, _MAX_SIDE_PX**2)
    deviation = _matrix(fields, "deviation image", np.float64, 1, _MAX_SIDE_PX**2)
    if deviation.min() < _MIN_DEVIATION:
        raise fields.fail(
            f"the deviation image should be above {_MIN_DEVIATION:g}, found {deviation.min():g}"
        )
    convolutions, (hidden, output) = _layers(fields)
    found = _warp(fields)
    if mean.size != found.warp.pixel_count or deviation.size != found.warp.pixel_count:
        raise fields.fail(
            f"mean and deviation image should have {found.warp.pixel_count} pixels, "
            f"found {mean.size} and {deviation.size}"
        )
    order = found.column_order
    return ValidationView(
        np.radians(orientation_degrees),
        found.warp,
        found.pixel_indices,
        mean.reshape(-1)[order].astype(np.float32),
        deviation.reshape(-1)[order].astype(np.float32),
        ValidationNetwork(found.height, found.width, convolutions, hidden, output),
    )


def read_landmark_validator(path: Path) -> LandmarkValidationModel:
    """Read OpenFace's landmark detection validator.

    Parameters
    ----------
    path : Path
        ``validator_cnn.txt`` or ``validator_cnn_68.txt``, which are binary despite their names.

    Returns
    -------
    LandmarkValidationModel
        All its views; the file's float64 numbers are kept as float32, as OpenFace keeps them.

    Raises
    ------
    ModelFileError
        If the file is missing, truncated, too long or of another kind, its parts do not fit
        together, or it holds values that are not finite or impossibly large.
    """
    fields = BinaryFields(path)
    kind = fields.integer("type number")
    if kind != _KIND:
        raise fields.fail(f"not a landmark validator: type number {kind}, expected {_KIND}")
    count = fields.count("number of views", _MAX_VIEWS)
    try:
        orientations = [
            fields.matrix("orientation", np.float64, 3, 1).reshape(-1) for _ in range(count)
        ]
        for orientation in orientations:
            _check_values(fields, orientation, "orientations")
        views = [_view(fields, orientation) for orientation in orientations]
        fields.end()
        return LandmarkValidationModel(views)
    except ValueError as error:
        raise fields.fail(str(error)) from error
