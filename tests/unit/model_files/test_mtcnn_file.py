"""The detector's files: round trip, and one plain error for each kind of damage."""

import struct
from pathlib import Path

import numpy as np
import pytest

from openface_core.detection.mtcnn import Convolution, Dense, MaxPooling, ParametricRelu
from openface_core.errors import ModelFileError
from openface_core.model_files import is_mtcnn_list, mtcnn_files, read_mtcnn
from tests.fixtures.plain_errors import assert_plain_error
from tests.fixtures.synthetic_models.mtcnn import (
    CONVOLUTION,
    LIST,
    layer_bytes,
    network_bytes,
    synthetic_layers,
    write_mtcnn,
)


def refused(path: Path, named: Path, *causes: str) -> None:
    with pytest.raises(ModelFileError) as caught:
        read_mtcnn(path)
    assert_plain_error(caught.value, named, *causes)


def test_networks_survive_the_round_trip(tmp_path: Path) -> None:
    path = write_mtcnn(tmp_path)
    assert is_mtcnn_list(path)
    assert [file.name for file in mtcnn_files(path)] == ["PNet.dat", "RNet.dat", "ONet.dat"]
    networks = read_mtcnn(path)
    raw = synthetic_layers(np.random.default_rng(0))
    found = dict(zip(raw, (networks.proposal, networks.look, networks.last), strict=True))
    for name, layers in raw.items():
        for layer, (_, *parts) in zip(found[name].layers, layers, strict=True):
            if isinstance(layer, Convolution | Dense):
                np.testing.assert_array_equal(layer.weights, parts[0])
                np.testing.assert_array_equal(layer.biases, parts[1])
            elif isinstance(layer, ParametricRelu):
                np.testing.assert_array_equal(layer.slopes, parts[0])
            else:
                assert isinstance(layer, MaxPooling)
                assert [layer.size, layer.stride] == parts


@pytest.mark.parametrize("part", range(24))
def test_truncation_is_noticed_anywhere(tmp_path: Path, part: int) -> None:
    path, file = write_mtcnn(tmp_path), tmp_path / "RNet.dat"
    content = file.read_bytes()
    length = part if part < 12 else 12 + (part - 12) * (len(content) - 12) // 12
    file.write_bytes(content[:length])
    refused(path, file, "empty" if length == 0 else f"truncated: after {length} bytes")


def test_what_follows_is_noticed(tmp_path: Path) -> None:
    path, file = write_mtcnn(tmp_path), tmp_path / "ONet.dat"
    file.write_bytes(file.read_bytes() + b"abc")
    refused(path, file, "3 bytes follow the end")


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (struct.pack("<ii", 1, 9), "a layer is of type 9"),
        (struct.pack("<i", 1000), "number of layers should be 1 to 64"),
        (struct.pack("<iiii", 1, 0, 1, 10**9), "number of kernels should be 1 to 1024"),
        (struct.pack("<iiiiii", 1, 1, 2, 3, 2, 2), "not square"),
        (
            struct.pack("<iiii", 1, 0, 1, 1) + struct.pack("<fiii", 0.0, 3, 5, 5),
            "impossible size of 3 x 5",
        ),
        (struct.pack("<iiiii", 1, 3, 7, 7, 5), "impossible size of 7 x 7"),
        (
            struct.pack("<i", 1)
            + layer_bytes(CONVOLUTION, np.full((1, 1, 1, 1), np.nan), np.zeros(1)),
            "not finite",
        ),
        (
            struct.pack("<i", 1)
            + layer_bytes(CONVOLUTION, np.full((1, 1, 1, 1), 1e6), np.zeros(1)),
            "values above",
        ),
    ],
)
def test_impossible_networks_are_refused(tmp_path: Path, content: bytes, cause: str) -> None:
    path, file = write_mtcnn(tmp_path), tmp_path / "PNet.dat"
    file.write_bytes(content)
    refused(path, file, cause)


def test_networks_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    path = write_mtcnn(tmp_path)
    layers = synthetic_layers(np.random.default_rng(0))
    (tmp_path / "ONet.dat").write_bytes(network_bytes(layers["PNet"]))
    refused(path, path, "do not fit together")


@pytest.mark.parametrize("text", ["", "PNet PNet.dat\n", LIST.replace("PNet.dat", "../PNet.dat")])
def test_a_list_names_three_files_beside_it(tmp_path: Path, text: str) -> None:
    path = write_mtcnn(tmp_path)
    path.write_text(text or "\n")
    refused(path, path, "it does not name the file of")


def test_damage_within_many_kernels_is_told_as_of_one(tmp_path: Path) -> None:
    layer = layer_bytes(CONVOLUTION, np.ones((3, 2, 3, 3)), np.zeros(3))
    path, file = write_mtcnn(tmp_path), tmp_path / "PNet.dat"
    # The third kernel's header: after kind, counts, biases, and two kernels of 12 + 36 bytes.
    at = 4 + 4 + 4 + 4 + 3 * 4 + 2 * (12 + 36)
    for offset, value, cause in ((0, 2, "3 x 3 values, found 2 x 3"), (12, -1, "not finite")):
        content = bytearray(struct.pack("<i", 1) + layer)
        struct.pack_into("<i", content, at + offset, value)
        file.write_bytes(content)
        refused(path, file, cause)
