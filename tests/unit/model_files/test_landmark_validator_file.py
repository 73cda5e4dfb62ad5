"""The validator's file: round trip, and one plain error for each kind of damage."""

import struct
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openface_core.errors import ModelFileError
from openface_core.model_files import read_landmark_validator
from tests.fixtures.plain_errors import assert_plain_error
from tests.fixtures.synthetic_models.validator import (
    SyntheticView,
    synthetic_view,
    synthetic_views,
    validator_bytes,
    write_validator,
)

ORIENTATION_AT = 8
MEAN_AT = ORIENTATION_AT + 12 + 24


def _view() -> SyntheticView:
    return synthetic_view(0.0)


@cache
def _content() -> bytes:
    return validator_bytes([_view()])


def _file(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "validator_cnn.txt"
    path.write_bytes(content)
    return path


def _assert_refused(path: Path, *causes: str) -> None:
    with pytest.raises(ModelFileError) as caught:
        read_landmark_validator(path)
    assert_plain_error(caught.value, path, *causes)


def test_validator_survives_the_round_trip(tmp_path: Path) -> None:
    views = synthetic_views()
    model = read_landmark_validator(write_validator(tmp_path / "v.txt", views))
    assert len(model.views) == len(views)
    for found, raw in zip(model.views, views, strict=True):
        np.testing.assert_allclose(
            found.orientation_radians, np.radians(raw.orientation_degrees), atol=1e-15
        )
        np.testing.assert_array_equal(found.warp.triangles, raw.triangles)
        np.testing.assert_array_equal(found.pixel_indices, np.flatnonzero(raw.mask))
        image = np.zeros(raw.mask.shape, dtype=np.float32)
        image.reshape(-1)[found.pixel_indices] = found.mean
        np.testing.assert_array_equal(image.T[raw.mask.T > 0], raw.mean.astype(np.float32))
        for layer, kernels in zip(found.network.convolutions, raw.kernels, strict=True):
            np.testing.assert_array_equal(layer.weights, kernels.transpose(1, 0, 2, 3))
        np.testing.assert_array_equal(found.network.hidden.weights, raw.dense_weights[0])
        np.testing.assert_array_equal(found.network.output.biases, raw.dense_biases[1])


@pytest.mark.parametrize("part", range(40))
def test_truncation_is_noticed_anywhere(tmp_path: Path, part: int) -> None:
    content = _content()
    # Every field at the beginning, then steps that fall within all kinds of fields.
    length = part if part < 12 else 12 + (part - 12) * (len(content) - 12) // 28
    path = _file(tmp_path, content[:length])
    _assert_refused(path, "empty" if length == 0 else f"truncated: after {length} bytes")


def test_trailing_bytes_are_noticed(tmp_path: Path) -> None:
    _assert_refused(_file(tmp_path, _content() + b"abc"), "3 bytes follow the end")


@pytest.mark.parametrize(
    ("offset", "field", "cause"),
    [
        (0, struct.pack("<i", 2), "not a landmark validator: type number 2, expected 3"),
        (4, struct.pack("<i", 0), "number of views should be 1 to 64, found 0"),
        (4, struct.pack("<i", -7), "found -7"),
        (4, struct.pack("<i", 2**31 - 1), "found 2147483647"),
        (ORIENTATION_AT, struct.pack("<ii", 1, 3), "orientation should be 3 x 1 values"),
        (ORIENTATION_AT + 12, struct.pack("<d", np.nan), "orientation hold values that are not"),
        (ORIENTATION_AT + 12, struct.pack("<d", 1e300), "orientations hold values above 10000"),
        (MEAN_AT, struct.pack("<ii", 2, 5), "mean image has an impossible size of 2 x 5"),
        (MEAN_AT, struct.pack("<ii", -1, -5), "impossible size of -1 x -5"),
        (MEAN_AT, struct.pack("<ii", 1, 2**31 - 1), "impossible size"),
        (MEAN_AT + 8, struct.pack("<i", 5), "mean image should be of type 6 (float64), found 5"),
    ],
)
def test_wrong_fields_are_named(tmp_path: Path, offset: int, field: bytes, cause: str) -> None:
    content = _content()
    damaged = content[:offset] + field + content[offset + len(field) :]
    _assert_refused(_file(tmp_path, damaged), cause)


def _changed_ids(first: int) -> np.ndarray:
    """Return the view's triangles by pixel, that of the first pixel changed."""
    ids = _view().triangle_ids.copy()
    row, column = np.argwhere(ids >= 0)[0]
    ids[row, column] = first
    return ids


@pytest.mark.parametrize(
    ("damaged", "cause"),
    [
        ({"deviation": -_view().deviation}, "deviation image should be above 1e-06"),
        ({"deviation": _view().deviation * 0.0}, "deviation image should be above"),
        ({"mean": _view().mean[:-1]}, "mean and deviation image should have"),
        ({"mean": _view().mean * 1e9}, "mean image hold values above 10000"),
        ({"mean": _view().mean * np.nan}, "mean image hold values that are not finite"),
        (
            {"triangles": np.where(_view().triangles == 0, -1, _view().triangles)},
            "landmark indices of 0 to 67",
        ),
        ({"triangle_ids": _changed_ids(len(_view().triangles))}, "triangle indices of 0 to"),
        ({"triangle_ids": _changed_ids(-1)}, "mean and deviation image should have"),
        (
            {"kernels": [_view().kernels[0], _view().kernels[1][:1]]},
            "convolution of 1 maps with 3 x 3 kernels does not fit 3 maps",
        ),
        (
            {"kernels": [np.zeros((1, 3, 24, 24), np.float32), _view().kernels[1]]},
            "24 x 24 kernels does not fit 1 maps of 24 x 24",
        ),
        ({"kernels": [_view().kernels[0], _view().kernels[1] * 1e9]}, "kernels hold values above"),
        (
            {"dense_weights": [_view().dense_weights[0][:-1], _view().dense_weights[1]]},
            "hidden layer should have 64 inputs, found 63",
        ),
        (
            {"dense_weights": [_view().dense_weights[0], _view().dense_weights[1][:-1]]},
            "output layer should have 6 inputs, found 5",
        ),
        (
            {"dense_biases": [_view().dense_biases[0][:-1], _view().dense_biases[1]]},
            "weights of shape (n, k) and k biases",
        ),
    ],
)
def test_parts_that_do_not_fit_are_refused(
    tmp_path: Path, damaged: dict[str, Any], cause: str
) -> None:
    view = replace(_view(), **damaged)
    _assert_refused(write_validator(tmp_path / "v.txt", [view]), cause)


def test_another_sequence_of_layers_is_refused(tmp_path: Path) -> None:
    content = _content()
    layers = content.index(struct.pack("<iiii", 9, 0, 1, 3))
    sigmoid = content[: layers + 4] + struct.pack("<i", 4) + content[layers + 8 :]
    _assert_refused(_file(tmp_path, sigmoid), "layer 1 of 9 is of type 4; the types (0, 3, 1,")
    longer = content[:layers] + struct.pack("<i", 10) + content[layers + 4 :]
    _assert_refused(_file(tmp_path, longer), "layer 1 of 10")


@pytest.mark.filterwarnings("error")
@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_bytes_cause_another_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    content = bytearray(_content())
    for _ in range(data.draw(st.integers(1, 3))):
        offset = data.draw(st.integers(0, len(content) - 1))
        field = data.draw(st.binary(min_size=1, max_size=8))
        content[offset : offset + len(field)] = field
    path = _file(tmp_path_factory.mktemp("fuzz"), bytes(content))
    try:
        model = read_landmark_validator(path)
    except ModelFileError as error:
        assert_plain_error(error, path)
    else:
        assert all(np.isfinite(view.mean).all() for view in model.views)
