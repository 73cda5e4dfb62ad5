"""Numbers and matrices of a binary file, and one plain error for each kind of damage."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from openface_core.errors import ModelFileError
from openface_core.model_files.binary_fields import BinaryFields
from tests.fixtures.plain_errors import assert_plain_error


def _fields(tmp_path: Path, content: bytes) -> tuple[Path, BinaryFields]:
    path = tmp_path / "model.bin"
    path.write_bytes(content)
    return path, BinaryFields(path)


def test_fields_are_read_one_after_another(tmp_path: Path) -> None:
    content = struct.pack("<id", -7, 0.5)
    content += struct.pack("<iii", 2, 1, 4) + struct.pack("<ii", 3, -4)
    content += struct.pack("<iii", 1, 2, 5) + struct.pack("<ff", 0.25, 8.0)
    content += struct.pack("<i", 9)
    _, fields = _fields(tmp_path, content)
    assert fields.integer("first") == -7
    assert fields.number("second") == 0.5
    integers = fields.matrix("third", np.int32, 2, 1)
    np.testing.assert_array_equal(integers, [[3], [-4]])
    assert fields.matrix_header("fourth", np.float32) == (1, 2)
    floats = fields.elements(2, "fourth", np.float32)
    np.testing.assert_array_equal(floats, [0.25, 8.0])
    assert (integers.dtype, floats.dtype) == (np.dtype(np.int32), np.dtype(np.float32))
    assert integers.flags.writeable
    assert fields.count("fifth", 9) == 9
    fields.end()


@pytest.mark.parametrize(
    ("content", "read", "cause"),
    [
        (b"abc", lambda f: f.integer("kind"), "after 3 bytes it ends within the kind"),
        (b"abcdefg", lambda f: f.number("bias"), "after 7 bytes it ends within the bias"),
        (struct.pack("<d", np.nan), lambda f: f.number("bias"), "bias is not a finite number"),
        (struct.pack("<i", 0), lambda f: f.count("views", 9), "views should be 1 to 9, found 0"),
        (struct.pack("<i", 10), lambda f: f.count("views", 9), "views should be 1 to 9, found 10"),
        (struct.pack("<i", -1), lambda f: f.count("views", 9), "found -1"),
        (
            struct.pack("<iii", 1, 1, 5),
            lambda f: f.matrix_header("weights", np.float64),
            "weights should be of type 6 (float64), found 5",
        ),
        (
            struct.pack("<iii", 2, 3, 5),
            lambda f: f.matrix("weights", np.float32, 3, 2),
            "weights should be 3 x 2 values, found 2 x 3",
        ),
        (
            struct.pack("<iiiff", 1, 2, 5, 1.0, np.inf),
            lambda f: f.matrix("weights", np.float32, 1, 2),
            "weights hold values that are not finite",
        ),
        (
            struct.pack("<iiif", 1, 2, 5, 1.0),
            lambda f: f.matrix("weights", np.float32, 1, 2),
            "after 16 bytes it ends within the weights",
        ),
        (b"\0" * 80, lambda f: f.elements(-4, "weights", np.float64), "found -4"),
        (b"\0" * 80, lambda f: f.elements(2**40, "weights", np.float64), "truncated"),
        (b"\0", lambda f: f.end(), "1 bytes follow the end of the model"),
    ],
)
def test_damage_is_named(
    tmp_path: Path, content: bytes, read: Callable[[BinaryFields], object], cause: str
) -> None:
    path, fields = _fields(tmp_path, content)
    with pytest.raises(ModelFileError) as caught:
        read(fields)
    assert_plain_error(caught.value, path, cause)
