"""PReLU layers of ONNX networks, rewritten as layers that onnxruntime is fast at.

On CPUs, onnxruntime keeps the channels of convolutions in blocks that fit its vectors. It knows no
PReLU on blocks: every such layer costs two changes of layout, and itself more than a convolution.
``y = x + (1 - slope) * max(-x, 0)`` is the same function in convolutions of one pixel, each channel
by itself, which it does know: networks that are full of PReLU take a third less time. Results
differ from the original's by rounding.

Only what is needed of ONNX is described here; everything else in a file is passed on as it is.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

_FLOAT = 1
"""ONNX's number of single precision."""

_GROUP_ATTRIBUTE_TYPE, _SHAPE_ATTRIBUTE_TYPE = 2, 7
"""ONNX's numbers of attributes that are a whole number, and several of them."""

_DIMENSIONS = 4
"""Of pictures: their number, channels, rows, columns. Sequences have three."""

_Proto = descriptor_pb2.FieldDescriptorProto


class _Field(NamedTuple):
    """A field of a message: its number and type, and for messages of which kind."""

    number: int
    kind: int
    is_repeated: bool = False
    message: str = ""


_MESSAGES = {
    "Tensor": {
        "dims": _Field(1, _Proto.TYPE_INT64, is_repeated=True),
        "data_type": _Field(2, _Proto.TYPE_INT32),
        "float_data": _Field(4, _Proto.TYPE_FLOAT, is_repeated=True),
        "name": _Field(8, _Proto.TYPE_BYTES),
        "raw_data": _Field(9, _Proto.TYPE_BYTES),
    },
    "Attribute": {
        "name": _Field(1, _Proto.TYPE_BYTES),
        "i": _Field(3, _Proto.TYPE_INT64),
        "ints": _Field(8, _Proto.TYPE_INT64, is_repeated=True),
        "type": _Field(20, _Proto.TYPE_INT32),
    },
    "Node": {
        "input": _Field(1, _Proto.TYPE_BYTES, is_repeated=True),
        "output": _Field(2, _Proto.TYPE_BYTES, is_repeated=True),
        "name": _Field(3, _Proto.TYPE_BYTES),
        "op_type": _Field(4, _Proto.TYPE_BYTES),
        "attribute": _Field(5, _Proto.TYPE_MESSAGE, is_repeated=True, message="Attribute"),
    },
    "Graph": {
        "node": _Field(1, _Proto.TYPE_MESSAGE, is_repeated=True, message="Node"),
        "initializer": _Field(5, _Proto.TYPE_MESSAGE, is_repeated=True, message="Tensor"),
    },
    "Model": {"graph": _Field(7, _Proto.TYPE_MESSAGE, message="Graph")},
}
"""What is used of ONNX's messages. Names are text in ONNX; as bytes, what is no text does no harm.
"""


@cache
def _message_class() -> Any:
    """Return the class of a model, as far as it is described here."""
    file = descriptor_pb2.FileDescriptorProto(name="prelu.proto", package="prelu")
    for message_name, fields in _MESSAGES.items():
        message = file.message_type.add(name=message_name)
        for name, field in fields.items():
            added = message.field.add(name=name, number=field.number, type=field.kind)
            added.label = _Proto.LABEL_REPEATED if field.is_repeated else _Proto.LABEL_OPTIONAL
            # ONNX packs these numbers alone: all else is written as it was read.
            added.options.packed = field.kind == _Proto.TYPE_FLOAT
            if field.message:
                added.type_name = f".prelu.{field.message}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("prelu.Model"))


class _Rectifier(NamedTuple):
    """A PReLU layer behind a convolution of pictures: its node, and the channels' slopes."""

    node: Any
    slopes: NDArray[np.float32]


def with_fast_prelu(content: bytes) -> bytes:
    """Return a network that computes the same with other layers.

    Parameters
    ----------
    content : bytes
        An ONNX file.

    Returns
    -------
    bytes
        The same file where it has no such layer, or cannot be read: onnxruntime says what is amiss.
    """
    model = _message_class()()
    try:
        model.ParseFromString(content)
    except DecodeError:
        return content
    graph = model.graph
    rectifiers = {found.node.output[0]: found for found in _rectifiers(graph)}
    if not rectifiers:
        return content
    nodes: list[Any] = []
    for node in graph.node:
        found = rectifiers.get(node.output[0]) if node.output else None
        nodes += [node] if found is None else _in_convolutions(found, graph)
    rewritten = type(graph)(node=nodes)
    del graph.node[:]
    graph.node.extend(rewritten.node)
    return bytes(model.SerializeToString())


def _rectifiers(graph: Any) -> Iterable[_Rectifier]:
    """Give the layers that can be rewritten."""
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    channels = _channels(graph, tensors)
    for node in graph.node:
        if node.op_type != b"PRelu" or (len(node.input), len(node.output)) != (2, 1):
            continue
        if node.input[0] not in channels:
            continue
        slopes = _slopes(tensors.get(node.input[1]), channels[node.input[0]])
        if slopes is not None:
            yield _Rectifier(node, slopes)


def _channels(graph: Any, tensors: dict[bytes, Any]) -> dict[bytes, int]:
    """Return the channels of what convolutions of pictures give, also after a bias was added."""
    channels: dict[bytes, int] = {}
    for node in graph.node:
        if not node.input or not node.output:
            continue
        before = [channels.get(name) for name in node.input]
        if node.op_type == b"Conv" and len(node.input) > 1 and node.input[1] in tensors:
            dims = tensors[node.input[1]].dims
            if len(dims) == _DIMENSIONS:
                channels[node.output[0]] = dims[0]
        elif node.op_type == b"BatchNormalization" and before[0] is not None:
            channels[node.output[0]] = before[0]
        elif node.op_type == b"Add":
            known = {count for count in before if count is not None}
            others = (name for name, count in zip(node.input, before, strict=True) if count is None)
            count = known.pop() if len(known) == 1 else None
            if count is not None and all(
                _is_by_channel(tensors.get(name), count) for name in others
            ):
                channels[node.output[0]] = count
    return channels


def _is_by_channel(tensor: Any, channels: int) -> bool:
    """Return whether a tensor, or None, has a number for each channel of pictures."""
    return tensor is not None and list(tensor.dims) in ([channels, 1, 1], [1, channels, 1, 1])


def _slopes(tensor: Any, channels: int) -> NDArray[np.float32] | None:
    """Return the slope of each channel, None where there is none for each of them."""
    if not _is_by_channel(tensor, channels) or tensor.data_type != _FLOAT:
        return None
    raw = tensor.raw_data
    if raw and len(raw) % 4:
        return None
    values = np.frombuffer(raw, "<f4") if raw else np.array(tensor.float_data, dtype=np.float32)
    if values.size != channels or not np.isfinite(values).all():
        return None  # whoever runs a damaged network is told by its results
    return values.astype(np.float32)


def _in_convolutions(found: _Rectifier, graph: Any) -> list[Any]:
    """Return the nodes that stand for a layer; their weights are added to the graph."""
    node_of, x, y = type(found.node), found.node.input[0], found.node.output[0]
    ones = np.ones_like(found.slopes)
    minus_one, negative, below = y + b"/minus_one", y + b"/negative", y + b"/below"
    rest, share = y + b"/rest", y + b"/share"
    _add_weights(graph, minus_one, -ones)
    _add_weights(graph, rest, ones - found.slopes)
    by_channel = [
        {"name": b"group", "i": len(ones), "type": _GROUP_ATTRIBUTE_TYPE},
        {"name": b"kernel_shape", "ints": [1, 1], "type": _SHAPE_ATTRIBUTE_TYPE},
    ]
    return [
        node_of(op_type=b"Conv", input=[x, minus_one], output=[negative], attribute=by_channel),
        node_of(op_type=b"Relu", input=[negative], output=[below]),
        node_of(op_type=b"Conv", input=[below, rest], output=[share], attribute=by_channel),
        node_of(op_type=b"Add", input=[x, share], output=[y], name=found.node.name),
    ]


def _add_weights(graph: Any, name: bytes, factors: NDArray[np.float32]) -> None:
    """Add the weights of a convolution that multiplies each channel by a number."""
    graph.initializer.add(
        name=name,
        dims=[len(factors), 1, 1, 1],
        data_type=_FLOAT,
        raw_data=factors.astype("<f4").tobytes(),
    )
