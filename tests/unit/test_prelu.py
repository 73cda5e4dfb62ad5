"""Networks with PReLU layers, rewritten: the same function, or the same bytes."""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from openface_core.inference import OnnxModel, OnnxSettings, TensorSpec
from openface_core.prelu import with_fast_prelu

CHANNELS, SIDE = 8, 9
TOLERANCE = 1e-6
"""Of results near 1: single precision, sums in another order."""

FloatArray = NDArray[np.float32]


def network(
    slopes: FloatArray, *, bias: FloatArray | None = None, data_type: int = TensorProto.FLOAT
) -> onnx.ModelProto:
    """Return a convolution, a bias added to it where there is one, and a PReLU layer."""
    rng = np.random.default_rng(0)
    shape = (CHANNELS, 3) + (3,) * (slopes.ndim - 1)
    weights = {"w": rng.standard_normal(shape) * 0.3, "slopes": slopes}
    nodes = [helper.make_node("Conv", ["x", "w"], ["sums"])]
    if bias is not None:
        weights["bias"] = bias
        nodes.append(helper.make_node("Add", ["sums", "bias"], ["shifted"]))
    nodes.append(helper.make_node("PRelu", [nodes[-1].output[0], "slopes"], ["y"], name="last"))
    dtype = np.dtype(helper.tensor_dtype_to_np_dtype(data_type))
    tensors = [
        numpy_helper.from_array(np.asarray(values, dtype=dtype), name)
        for name, values in weights.items()
    ]
    sides = (SIDE,) * (slopes.ndim - 1)
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", data_type, (1, 3, *sides))],
        [helper.make_tensor_value_info("y", data_type, (1, CHANNELS, *[None] * len(sides)))],
        tensors,
    )
    opset = [helper.make_opsetid("", 13)]
    model: onnx.ModelProto = helper.make_model(graph, opset_imports=opset, ir_version=8)
    onnx.checker.check_model(model)
    return model


def spread_slopes(*shape: int) -> FloatArray:
    """Return slopes below 0, between 0 and 1, and above 1."""
    return np.linspace(-1.5, 2.5, CHANNELS, dtype=np.float32).reshape(shape)


def result(content: bytes, x: FloatArray) -> FloatArray:
    session = ort.InferenceSession(content, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"x": x})[0])


def types(content: bytes) -> list[str]:
    return [node.op_type for node in onnx.load_from_string(content).graph.node]


@pytest.mark.parametrize(
    "bias",
    [None, np.ones((CHANNELS, 1, 1), np.float32), np.ones((1, CHANNELS, 1, 1), np.float32)],
    ids=["none", "of channels", "of pictures"],
)
def test_it_is_the_same_function(bias: FloatArray | None) -> None:
    content = network(spread_slopes(CHANNELS, 1, 1), bias=bias).SerializeToString()
    rewritten = with_fast_prelu(content)
    onnx.checker.check_model(onnx.load_from_string(rewritten))
    assert "PRelu" in types(content)
    assert "PRelu" not in types(rewritten)
    x = np.random.default_rng(1).standard_normal((1, 3, SIDE, SIDE)).astype(np.float32)
    np.testing.assert_allclose(result(rewritten, x), result(content, x), atol=TOLERANCE)


def test_slopes_may_be_stored_as_numbers() -> None:
    model = network(spread_slopes(CHANNELS, 1, 1))
    (slopes,) = [t for t in model.graph.initializer if t.name == "slopes"]
    slopes.CopyFrom(
        helper.make_tensor("slopes", TensorProto.FLOAT, slopes.dims, numpy_helper.to_array(slopes))
    )
    content = model.SerializeToString()
    rewritten = with_fast_prelu(content)
    assert "PRelu" not in types(rewritten)
    x = np.random.default_rng(1).standard_normal((1, 3, SIDE, SIDE)).astype(np.float32)
    np.testing.assert_allclose(result(rewritten, x), result(content, x), atol=TOLERANCE)


def test_all_else_in_the_file_stays(tmp_path: Path) -> None:
    model = network(spread_slopes(CHANNELS, 1, 1))
    model.producer_name, model.graph.doc_string = "somebody", "with words"
    model.graph.node[0].attribute.append(helper.make_attribute("dilations", [1, 1]))
    rewritten = onnx.load_from_string(with_fast_prelu(model.SerializeToString()))
    assert rewritten.producer_name == "somebody"
    assert rewritten.graph.doc_string == "with words"
    assert rewritten.opset_import == model.opset_import
    assert rewritten.graph.node[0] == model.graph.node[0]
    assert rewritten.graph.input == model.graph.input
    assert list(rewritten.graph.initializer)[:2] == list(model.graph.initializer)


@pytest.mark.parametrize(
    "model",
    [
        network(np.full((1, 1, 1), 0.2, dtype=np.float32)),
        network(spread_slopes(CHANNELS, 1)),
        network(spread_slopes(CHANNELS, 1, 1), bias=np.ones((1, 1, 1, 7), np.float32)),
        network(spread_slopes(CHANNELS, 1, 1), data_type=TensorProto.FLOAT16),
        network(np.frombuffer(b"\x01\x00\xa0\x7f" * CHANNELS, "<f4").reshape(CHANNELS, 1, 1)),
    ],
    ids=["one slope for all", "sequences", "a bias of columns", "half precision", "no numbers"],
)
@pytest.mark.filterwarnings("error")
def test_what_it_does_not_know_stays_as_it_is(model: onnx.ModelProto) -> None:
    content = model.SerializeToString()
    assert with_fast_prelu(content) == content


def test_networks_without_such_layers_keep_their_bytes() -> None:
    content = network(spread_slopes(CHANNELS, 1, 1)).SerializeToString().replace(b"PRelu", b"QRelu")
    assert with_fast_prelu(content) == content


CONTENT = network(spread_slopes(CHANNELS, 1, 1), bias=np.ones((CHANNELS, 1, 1), np.float32))
BYTES = CONTENT.SerializeToString()


@given(st.integers(0, len(BYTES) - 1), st.binary(max_size=4), st.integers(0, 8))
def test_damaged_files_are_no_error_here(place: int, put: bytes, taken: int) -> None:
    with_fast_prelu(BYTES[:place] + put + BYTES[place + taken :])


def test_the_cpu_runs_what_was_rewritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "net.onnx"
    path.write_bytes(BYTES)
    seen: list[list[str]] = []
    opened = ort.InferenceSession

    def session(content: bytes, *rest: object, **options: object) -> object:
        seen.append(types(content))
        return opened(content, *rest, **options)

    monkeypatch.setattr("openface_core.inference.ort.InferenceSession", session)
    specs = [TensorSpec("x", (1, 3, SIDE, SIDE))], [TensorSpec("y", None)]
    found = OnnxModel(path, *specs, settings=OnnxSettings("cpu"))
    x = np.random.default_rng(1).standard_normal((1, 3, SIDE, SIDE)).astype(np.float32)
    np.testing.assert_allclose(found.run(x)[0], result(BYTES, x), atol=TOLERANCE)
    assert seen[0] == ["Conv", "Add", "Conv", "Relu", "Conv", "Add"]
