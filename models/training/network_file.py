"""From a trained network to an ONNX file with weights in half precision."""

import contextlib
import io
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

_OPSET = 17
_GREATEST_DIFFERENCE = 1e-5
"""Between ONNX Runtime's and PyTorch's points, in sides of the crop."""

_GREATEST_ROUNDING = 1e-3
"""What storing the weights in half precision may change of a point, in sides of the crop."""

_HALVED_FROM = 64
"""Tensors of fewer numbers are left as they are."""

_LICENCE = "Trained on annotations and by networks that are for research only: see MODEL_CARD.md"


def write_network(
    model: nn.Module,
    crop_shape: tuple[int, ...],
    names: Sequence[str],
    path: Path,
    properties: Mapping[str, str],
    greatest_rounding: float = _GREATEST_ROUNDING,
) -> None:
    """Write a network; the number of crops stays open.

    Parameters
    ----------
    model : nn.Module
        The trained network, which is put into the state in which it is used.
    crop_shape : tuple of int
        Of one crop, channels first.
    names : sequence of str
        Of the input, then of the outputs. The first output is what is compared: as a rule points,
        in sides of the crop.
    path : Path
        File to write.
    properties : mapping of str to str
        For the record.
    greatest_rounding : float
        What storing the weights in half precision may change of the first output.

    Raises
    ------
    RuntimeError
        If ONNX Runtime computes something else from the file than PyTorch from the network.

    Notes
    -----
    The file holds the weights in half precision, which halves its size; they are made single
    precision when it is opened, and all arithmetic is in that.
    """
    model = model.float().eval()
    buffer = io.BytesIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        # The older exporter needs no package but onnx, and folds normalisation into convolutions.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            model, (torch.zeros(1, *crop_shape),), buffer, dynamo=False,
            opset_version=_OPSET, input_names=names[:1], output_names=names[1:],
            dynamic_axes={name: {0: "crops"} for name in names},
        )  # fmt: skip
    file = onnx.load_model_from_string(buffer.getvalue())
    onnx.helper.set_model_props(file, {"licence": _LICENCE, **properties})
    crops = np.random.default_rng(0).random((3, *crop_shape), dtype=np.float32)
    with torch.inference_mode():
        results = model(torch.from_numpy(crops))
    expected = results if isinstance(results, Tensor) else results[0]
    _check(file.SerializeToString(), names, crops, expected, _GREATEST_DIFFERENCE)
    _halve_weights(file)
    content = file.SerializeToString(deterministic=True)
    _check(content, names, crops, expected, greatest_rounding)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _halve_weights(file: onnx.ModelProto) -> None:
    """Store weights in half precision, with a cast before their first use."""
    casts = []
    for tensor in file.graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype != np.float32 or values.size < _HALVED_FROM:
            continue
        stored = f"{tensor.name}.half"
        cast = onnx.helper.make_node("Cast", [stored], [tensor.name], to=onnx.TensorProto.FLOAT)
        casts.append(cast)
        tensor.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float16), stored))
    nodes = [*casts, *file.graph.node]
    del file.graph.node[:]
    file.graph.node.extend(nodes)


def _check(
    content: bytes,
    names: Sequence[str],
    crops: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
    expected: Tensor,
    most: float,
) -> None:
    """Compare the points of a file's content with the network's on some crops at once."""
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    found = session.run([names[1]], {names[0]: crops})[0]
    difference = float(np.abs(expected.numpy() - found).max())
    if not difference <= most:
        raise RuntimeError(f"the ONNX file differs from the network by {difference} of the crop")
