"""Reader for OpenFace's face detector: a list of three networks, and their files.

References
----------
``FaceDetectorMTCNN::Read`` and ``CNN::Read`` of OpenFace 2.2.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openface_core.detection.mtcnn import (
    Convolution,
    Dense,
    LayeredNetwork,
    MaxPooling,
    MtcnnNetworks,
    ParametricRelu,
)
from openface_core.detection.mtcnn.layers import Layer
from openface_core.errors import ModelFileError
from openface_core.model_files.binary_fields import BinaryFields
from openface_core.model_files.content import REINSTALL, beside, read_model_text

Float32Array = NDArray[np.float32]

_NAMES = ("PNet", "RNet", "ONet")
_CONVOLUTION, _POOLING, _DENSE, _PARAMETRIC_RELU = range(4)
_MAX_LAYERS = 64
_MAX_MAPS = 1024
_MAX_KERNEL = 16
_MAX_INPUTS = 2**16

_MAX_VALUE = 1e4
"""Far above every weight, and far from overflow in any sum of them."""


def is_mtcnn_list(path: Path) -> bool:
    """Return whether a detector's file is such a list, by its name; else it is a network."""
    return path.suffix == ".txt"


def mtcnn_files(path: Path) -> tuple[Path, ...]:
    """Return the files of the three networks that a list names.

    Parameters
    ----------
    path : Path
        ``MTCNN_detector.txt``.

    Raises
    ------
    ModelFileError
        If it cannot be read, or is no such list.
    """
    lines = [line.split() for line in read_model_text(path).splitlines() if line.strip()]
    named = {words[0]: words[1] for words in lines if len(words) == 2}
    files = []
    for name in _NAMES:
        file = named.get(name, "")
        if not file or Path(file).name != file:
            raise ModelFileError(
                path, f"it does not name the file of {name}, one beside it", f"{REINSTALL}."
            )
        files.append(beside(path, file))
    return tuple(files)


def read_mtcnn(path: Path) -> MtcnnNetworks:
    """Read OpenFace's face detector.

    Parameters
    ----------
    path : Path
        ``MTCNN_detector.txt``.

    Returns
    -------
    MtcnnNetworks
        Its networks.

    Raises
    ------
    ModelFileError
        If a file is missing, truncated, too long or of another kind, its layers do not fit
        together, or it holds values that are not finite or impossibly large.
    """
    networks = [_network(BinaryFields(file)) for file in mtcnn_files(path)]
    try:
        return MtcnnNetworks(*networks)
    except ValueError as error:
        raise ModelFileError(
            path, f"its networks do not fit together ({error})", f"{REINSTALL}."
        ) from error


def _network(fields: BinaryFields) -> LayeredNetwork:
    layers = [_layer(fields) for _ in range(fields.count("number of layers", _MAX_LAYERS))]
    fields.end()
    return LayeredNetwork(layers)


def _layer(fields: BinaryFields) -> Layer:
    kind = fields.integer("layer type")
    if kind == _CONVOLUTION:
        return _convolution(fields)
    if kind == _POOLING:
        return _pooling(fields)
    if kind == _DENSE:
        biases = _vector(fields, "dense layer's biases")
        inputs, outputs = fields.matrix_header("dense layer's weights", np.float32)
        if not (1 <= inputs <= _MAX_INPUTS and outputs == biases.size):
            raise fields.fail(f"a dense layer has impossible weights of {inputs} x {outputs}")
        weights = _numbers(fields, inputs * outputs, "dense layer's weights")
        return Dense(np.ascontiguousarray(weights.reshape(inputs, outputs).T), biases)
    if kind == _PARAMETRIC_RELU:
        return ParametricRelu(_vector(fields, "slopes"))
    raise fields.fail(f"not a network of OpenFace's face detector: a layer is of type {kind}")


def _convolution(fields: BinaryFields) -> Convolution:
    inputs = fields.count("number of input maps", _MAX_MAPS)
    outputs = fields.count("number of kernels", _MAX_MAPS)
    biases = _numbers(fields, outputs, "convolution's biases")
    size, columns = fields.matrix_header("convolution's kernels", np.float32)
    if not 1 <= size == columns <= _MAX_KERNEL:
        raise fields.fail(f"a convolution's kernels have an impossible size of {size} x {columns}")
    first = _numbers(fields, size * size, "convolution's kernels").reshape(1, size, size)
    others = fields.matrices(inputs * outputs - 1, "convolution's kernels", np.float32, size, size)
    by_input = np.concatenate([first, others]).reshape(inputs, outputs, size, size)
    _check_values(fields, by_input, "convolution's kernels")
    return Convolution(np.ascontiguousarray(by_input.transpose(1, 0, 2, 3)), biases)


def _pooling(fields: BinaryFields) -> MaxPooling:
    sizes = [fields.count("pooling's size", _MAX_KERNEL) for _ in range(2)]
    strides = [fields.count("pooling's stride", _MAX_KERNEL) for _ in range(2)]
    if sizes[0] != sizes[1] or strides[0] != strides[1]:
        raise fields.fail(f"a pooling of {sizes[0]} x {sizes[1]} is not square")
    return MaxPooling(sizes[0], strides[0])


def _vector(fields: BinaryFields, what: str) -> Float32Array:
    rows, columns = fields.matrix_header(what, np.float32)
    if not (1 <= rows <= _MAX_MAPS and columns == 1):
        raise fields.fail(f"the {what} have an impossible size of {rows} x {columns}")
    return _numbers(fields, rows, what)


def _numbers(fields: BinaryFields, count: int, what: str) -> Float32Array:
    values = fields.elements(count, what, np.float32)
    _check_values(fields, values, what)
    return values


def _check_values(fields: BinaryFields, values: Float32Array, what: str) -> None:
    if np.abs(values).max() > _MAX_VALUE:
        raise fields.fail(f"the {what} hold values above {_MAX_VALUE:g}")
