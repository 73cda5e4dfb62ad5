"""Every column says what it is."""

import json
import re

import pyarrow as pa

from openface_core.action_units.meanings import AU_MEANINGS
from openface_core.fields import Extent, data_dictionary, frame_columns, frame_schema

COLUMNS = frame_columns(Extent(34, ("AU01", "AU45"), ("AU01", "AU28")))
UNITS = {"1", "s", "px", "mm", "px/mm", "rad", "intensity from 0 to 5"}


def test_unit_and_description() -> None:
    for column in COLUMNS:
        assert column.unit in UNITS, column.name
        assert len(column.description.split()) > 1, column.name
        assert not column.description.endswith("."), column.name


def _eye_names() -> list[str]:
    eyes = [f"gaze_{eye}_{axis}" for eye in (0, 1) for axis in "xyz"]
    eyes += ["gaze_angle_x", "gaze_angle_y"]
    return eyes + [f"eye_lmk_{axis}_{k}" for axis in "xyXYZ" for k in range(56)]


def test_names_are_openfaces_and_unique() -> None:
    names = [column.name for column in COLUMNS]
    assert len(set(names)) == len(names)
    assert names[:5] == ["frame", "face_id", "timestamp", "confidence", "success"]
    for name in ("pose_Tx", "pose_Rz", "x_0", "y_67", "X_0", "Z_67", "p_scale", "p_rx", "p_tx",
                 "p_33", "AU01_r", "AU45_r", "AU28_c", "gaze_0_x", "gaze_1_z", "gaze_angle_y",
                 "eye_lmk_x_0", "eye_lmk_y_55", "eye_lmk_Z_55"):  # fmt: skip
        assert name in names
    assert "p_34" not in names
    assert "AU28_r" not in names
    pose = [f"pose_{kind}{axis}" for kind in "TR" for axis in "xyz"]
    points = [f"{axis}_{k}" for axis in "xyXYZ" for k in range(68)]
    fit = ["p_scale", "p_rx", "p_ry", "p_rz", "p_tx", "p_ty", *(f"p_{k}" for k in range(34))]
    openface = [*names[:5], *_eye_names(), *pose, *points, *fit]
    openface += ["AU01_r", "AU45_r", "AU01_c", "AU28_c"]
    assert [name for name in names if name in set(openface)] == openface


def test_the_order_is_openfaces() -> None:
    """The order of the groups, and of what they hold."""
    names = [column.name for column in COLUMNS]
    eyes = _eye_names()
    assert names[5 : 5 + len(eyes)] == eyes
    firsts = [names.index(name) for name in ("pose_Tx", "x_0", "X_0", "p_scale", "AU01_r")]
    assert firsts[0] == 5 + len(eyes)
    assert firsts == sorted(firsts)


def test_the_points_of_either_eye_are_told_apart() -> None:
    descriptions = {column.name: column.description for column in COLUMNS}
    assert "point 27 of 28 of the left eye" in descriptions["eye_lmk_x_27"]
    assert "point 0 of 28 of the right eye" in descriptions["eye_lmk_X_28"]


def test_types() -> None:
    types = {column.name: column.type for column in COLUMNS}
    for name in ("frame", "face_id", "calibration_frames"):
        assert types.pop(name) == pa.int32()
    assert types.pop("timestamp") == pa.float64()
    assert types.pop("success") == pa.bool_()
    for name, kind in types.items():
        assert kind == (pa.bool_() if name.endswith("_c") else pa.float32()), name


def test_only_what_is_always_known_is_not_nullable() -> None:
    always = {column.name for column in COLUMNS if not column.nullable}
    assert always == {"frame", "success"}


def test_units_follow_the_kind() -> None:
    units = {column.name: column.unit for column in COLUMNS}
    assert {units[f"pose_T{a}"] for a in "xyz"} == {"mm"}
    assert {units[f"pose_R{a}"] for a in "xyz"} == {"rad"}
    assert {units[f"{a}_{k}"] for a in "xy" for k in range(68)} == {"px"}
    assert {units[f"{a}_{k}"] for a in "XYZ" for k in range(68)} == {"mm"}
    assert {units[f"eye_lmk_{a}_{k}"] for a in "xy" for k in range(56)} == {"px"}
    assert {units[f"eye_lmk_{a}_{k}"] for a in "XYZ" for k in range(56)} == {"mm"}
    assert {units[f"gaze_{eye}_{a}"] for eye in (0, 1) for a in "xyz"} == {"1"}
    assert {units[f"gaze_angle_{a}"] for a in "xy"} == {"rad"}


def test_action_units_are_explained() -> None:
    descriptions = {column.name: column.description for column in COLUMNS}
    assert "inner brow raiser" in descriptions["AU01_r"]
    assert "lip suck" in descriptions["AU28_c"]
    assert all(re.fullmatch(r"AU\d\d", name) for name in AU_MEANINGS)


def test_an_unknown_action_unit_is_no_failure() -> None:
    (column,) = [c for c in frame_columns(Extent(0, ("AU99",), ())) if c.name.startswith("AU")]
    assert column.description == "AU99, action unit: intensity"


def test_the_schema_carries_units_and_metadata() -> None:
    schema = frame_schema(COLUMNS, {"key": "value"})
    assert schema.metadata == {b"key": b"value"}
    for field, column in zip(schema, COLUMNS, strict=True):
        assert field.name == column.name
        assert field.nullable == column.nullable
        assert field.metadata == {
            b"unit": column.unit.encode(),
            b"description": column.description.encode(),
        }
    assert frame_schema(COLUMNS).metadata is None


def test_the_dictionary_is_json() -> None:
    dictionary = json.loads(json.dumps(data_dictionary(COLUMNS)))
    assert list(dictionary) == [column.name for column in COLUMNS]
    assert dictionary["pose_Tx"]["unit"] == "mm"
    assert dictionary["frame"]["type"] == "int32"
    assert dictionary["success"]["nullable"] is False
    assert all(set(entry) == {"type", "unit", "nullable", "description"}
               for entry in dictionary.values())  # fmt: skip
