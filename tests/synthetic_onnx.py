"""Tiny ONNX graphs for tests: networks whose answer is known."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 13
IR_VERSION = 8


def save_graph(
    path: Path,
    nodes: Sequence[onnx.NodeProto],
    inputs: Mapping[str, Sequence[int | str]],
    outputs: Mapping[str, Sequence[int | str] | None],
    constants: Mapping[str, NDArray] | None = None,
) -> Path:
    """Write a graph of float32 inputs and outputs; a shape's texts are open dimensions."""
    graph = helper.make_graph(
        list(nodes),
        "synthetic",
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in inputs.items()],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, s) for n, s in outputs.items()],
        [numpy_helper.from_array(v, name=n) for n, v in (constants or {}).items()],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION
    )
    path.write_bytes(model.SerializeToString())
    return path


def constant_network(
    path: Path,
    input_shape: Sequence[int | str],
    outputs: Mapping[str, NDArray[np.float32]],
    input_name: str = "input",
    declared: Mapping[str, Sequence[int | str]] | None = None,
) -> Path:
    """Write a network that gives the same outputs for any picture.

    `declared` has the output shapes that the file states, where not those of the outputs.
    """
    nodes = [helper.make_node("ReduceSum", [input_name], ["sum"], keepdims=0)]
    nodes.append(helper.make_node("Mul", ["sum", "zero"], ["nothing"]))
    constants: dict[str, NDArray] = {"zero": np.array(0.0, dtype=np.float32)}
    for name, value in outputs.items():
        constants[f"{name}_value"] = value.astype(np.float32)
        nodes.append(helper.make_node("Add", [f"{name}_value", "nothing"], [name]))
    shapes = declared or {name: value.shape for name, value in outputs.items()}
    return save_graph(path, nodes, {input_name: input_shape}, shapes, constants)


def bright_spot_network(
    path: Path,
    size: int,
    offsets: NDArray[np.float32],
    gain: float,
    bias: float,
    channel: int,
    black: float,
    layout: str = "nchw",
) -> Path:
    """Write a network that finds a bright spot and answers with a constellation around it.

    The spot's centre x, y is the centroid of one channel's brightness above `black`, in pixels of
    the crop with centres on integers. The output, shape (1, P, 2), is
    ``(centre + offsets) * gain + bias``.
    """
    shape = (1, 3, size, size) if layout == "nchw" else (1, size, size, 3)
    axis = 1 if layout == "nchw" else 3
    ramp = np.arange(size, dtype=np.float32)
    grid = np.stack(np.meshgrid(ramp, ramp), axis=-1).reshape(size * size, 2)
    constants: dict[str, NDArray] = {
        "channel": np.array([channel], dtype=np.int64),
        "flat_shape": np.array([1, size * size], dtype=np.int64),
        "black": np.array(black, dtype=np.float32),
        "grid": grid,
        "offsets": np.asarray(offsets, dtype=np.float32)[None],
        "gain": np.array(gain, dtype=np.float32),
        "bias": np.array(bias, dtype=np.float32),
        "tiny": np.array(1e-6, dtype=np.float32),
    }
    nodes = [
        helper.make_node("Gather", ["input", "channel"], ["plane"], axis=axis),
        helper.make_node("Reshape", ["plane", "flat_shape"], ["flat"]),
        helper.make_node("Sub", ["flat", "black"], ["light"]),
        helper.make_node("MatMul", ["light", "grid"], ["moment"]),
        helper.make_node("ReduceSum", ["light"], ["mass"], keepdims=0),
        helper.make_node("Add", ["mass", "tiny"], ["safe_mass"]),
        helper.make_node("Div", ["moment", "safe_mass"], ["centre"]),
        helper.make_node("Add", ["centre", "offsets"], ["points"]),
        helper.make_node("Mul", ["points", "gain"], ["scaled"]),
        helper.make_node("Add", ["scaled", "bias"], ["output"]),
    ]
    out = {"output": (1, len(offsets), 2)}
    return save_graph(path, nodes, {"input": shape}, out, constants)


def retinaface_network(
    path: Path,
    anchors: Mapping[int, tuple[float, Sequence[float], Sequence[float]]],
    anchor_count: int,
) -> Path:
    """Write a RetinaFace look-alike: `anchors` maps an index to its score, loc and landms."""
    loc = np.zeros((1, anchor_count, 4), dtype=np.float32)
    conf = np.zeros((1, anchor_count, 2), dtype=np.float32)
    landms = np.zeros((1, anchor_count, 10), dtype=np.float32)
    for index, (score, box, points) in anchors.items():
        conf[0, index, 1] = score
        loc[0, index] = box
        landms[0, index] = points
    conf[..., 0] = 1.0 - conf[..., 1]
    return constant_network(
        path,
        (1, 3, "height", "width"),
        {"loc": loc, "conf": conf, "landms": landms},
        declared={"loc": (1, "n", 4), "conf": (1, "n", 2), "landms": (1, "n", 10)},
    )
