"""Predictors and lists: round trips, and one plain error for each kind of damage."""

import math
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from openface_core.action_units.models import ActionUnitModel, ActionUnitModels, Target
from openface_core.errors import ModelFileError
from openface_core.model_files import (
    read_action_unit_list,
    read_action_unit_model,
    read_action_unit_models,
)
from tests.fixtures.plain_errors import assert_plain_error
from tests.fixtures.synthetic_models.action_units import (
    action_unit_model_bytes,
    synthetic_action_unit_model,
    synthetic_action_unit_models,
    synthetic_static_models,
    write_action_unit_model,
    write_action_unit_models,
)

INTENSITY, PRESENCE = Target.INTENSITY, Target.PRESENCE
KINDS = [(INTENSITY, False), (INTENSITY, True), (PRESENCE, False), (PRESENCE, True)]

VECTOR_BYTES = 12 + 8 * 4702


def _content(target: Target = PRESENCE, is_dynamic: bool = False) -> bytes:
    return action_unit_model_bytes(synthetic_action_unit_model(12, target, is_dynamic))


def _damaged(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "AU_12.dat"
    path.write_bytes(content)
    return path


def _replace(content: bytes, offset: int, field: bytes) -> bytes:
    return content[:offset] + field + content[offset + len(field) :]


def _assert_equal(found: ActionUnitModel, expected: ActionUnitModel) -> None:
    np.testing.assert_array_equal(found.means, expected.means)
    np.testing.assert_array_equal(found.weights, expected.weights)
    for name in ("name", "target", "is_dynamic", "bias", "cutoff", "presence_if_positive"):
        assert getattr(found, name) == getattr(expected, name), name


@pytest.mark.parametrize(("target", "is_dynamic"), KINDS)
@pytest.mark.parametrize("unit", [1, 12])
def test_predictor_survives_the_round_trip(
    tmp_path: Path, target: Target, is_dynamic: bool, unit: int
) -> None:
    model = synthetic_action_unit_model(unit, target, is_dynamic)
    path = write_action_unit_model(model, tmp_path / "model.dat")
    found = read_action_unit_model(path, model.name)
    _assert_equal(found, model)
    assert found.weights.flags.writeable
    assert found.weights.dtype == np.float64


@pytest.mark.parametrize("models", [synthetic_action_unit_models(), synthetic_static_models()])
def test_all_predictors_of_a_list_survive_the_round_trip(
    tmp_path: Path, models: ActionUnitModels
) -> None:
    found = read_action_unit_models(write_action_unit_models(models, tmp_path / "list.txt"))
    assert found.intensity_names == models.intensity_names
    assert found.presence_names == models.presence_names
    for one, other in zip(found.all_models, models.all_models, strict=True):
        _assert_equal(one, other)


def test_cutoff_of_minus_one_means_none(tmp_path: Path) -> None:
    content = _replace(_content(INTENSITY, True), 4, struct.pack("<d", -1.0))
    assert read_action_unit_model(_damaged(tmp_path, content), "AU12").cutoff is None


@pytest.mark.parametrize(
    ("target", "is_dynamic", "length", "field"),
    [
        (PRESENCE, False, 1, "type number"),
        (PRESENCE, False, 3, "type number"),
        (INTENSITY, True, 4, "cutoff"),
        (INTENSITY, True, 11, "cutoff"),
        (INTENSITY, False, 4, "means' header"),
        (INTENSITY, False, 15, "means' header"),
        (INTENSITY, False, 16, "means"),
        (INTENSITY, False, 4 + VECTOR_BYTES - 1, "means"),
        (INTENSITY, False, 4 + VECTOR_BYTES, "weights' header"),
        (INTENSITY, True, 12 + VECTOR_BYTES + 11, "weights' header"),
        (PRESENCE, True, 4 + VECTOR_BYTES + 12, "weights"),
        (PRESENCE, True, 4 + 2 * VECTOR_BYTES - 1, "weights"),
        (PRESENCE, True, 4 + 2 * VECTOR_BYTES, "bias"),
        (INTENSITY, False, 4 + 2 * VECTOR_BYTES + 7, "bias"),
        (PRESENCE, False, 4 + 2 * VECTOR_BYTES + 8, "positive class"),
        (PRESENCE, False, 4 + 2 * VECTOR_BYTES + 16, "negative class"),
        (PRESENCE, False, 4 + 2 * VECTOR_BYTES + 23, "negative class"),
    ],
)
def test_truncation_is_noticed_in_every_field(
    tmp_path: Path, target: Target, is_dynamic: bool, length: int, field: str
) -> None:
    path = _damaged(tmp_path, _content(target, is_dynamic)[:length])
    with pytest.raises(ModelFileError) as caught:
        read_action_unit_model(path, "AU12")
    assert_plain_error(caught.value, path, "truncated", f"within the {field}", f"{length} bytes")


@pytest.mark.parametrize("rest", [b"\0", b"more than a model"])
def test_trailing_bytes_are_noticed(tmp_path: Path, rest: bytes) -> None:
    path = _damaged(tmp_path, _content() + rest)
    with pytest.raises(ModelFileError) as caught:
        read_action_unit_model(path, "AU12")
    assert_plain_error(caught.value, path, f"{len(rest)} bytes follow")


WEIGHTS_AT = 4 + VECTOR_BYTES
BIAS_AT = 4 + 2 * VECTOR_BYTES


@pytest.mark.parametrize(
    ("offset", "field", "cause"),
    [
        (0, struct.pack("<i", 2), "type number 2"),
        (0, struct.pack("<i", -1), "type number -1"),
        (0, b"\x89PNG", "not an action-unit predictor"),
        (4, struct.pack("<i", 2), "means should be 4702 numbers"),
        (4, struct.pack("<ii", 4702, 4702), "found 4702 x 4702"),
        (4, struct.pack("<ii", 1, 4701), "found 1 x 4701"),
        (4, struct.pack("<ii", 0, 4702), "found 0 x 4702"),
        (4, struct.pack("<ii", -1, -4702), "found -1 x -4702"),
        (4, struct.pack("<ii", 2**31 - 1, 2**31 - 1), "means should be 4702 numbers"),
        (12, struct.pack("<i", 4), "types 6 (float64), 5 (float32), 7 (float16), found 4"),
        (16, struct.pack("<d", math.nan), "means hold values that are not finite"),
        (WEIGHTS_AT, struct.pack("<i", 3), "weights should be 4702 numbers"),
        (WEIGHTS_AT + 8, struct.pack("<i", 0), "weights should be of one of the types 6"),
        (WEIGHTS_AT + 12 + 800, struct.pack("<d", math.inf), "weights hold values"),
        (BIAS_AT, struct.pack("<d", math.nan), "bias is not a finite number"),
        (BIAS_AT + 8, struct.pack("<dd", 1.0, 1.0), "classes of 0 and 1"),
        (BIAS_AT + 8, struct.pack("<dd", -1.0, 1.0), "classes of 0 and 1"),
        (BIAS_AT + 8, struct.pack("<d", math.inf), "positive class is not a finite"),
        (BIAS_AT + 16, struct.pack("<d", math.nan), "negative class is not a finite"),
    ],
)
def test_wrong_fields_are_named(tmp_path: Path, offset: int, field: bytes, cause: str) -> None:
    path = _damaged(tmp_path, _replace(_content(), offset, field))
    with pytest.raises(ModelFileError) as caught:
        read_action_unit_model(path, "AU12")
    assert_plain_error(caught.value, path, cause)


@pytest.mark.parametrize(
    ("cutoff", "cause"),
    [
        (1.0, "a quantile from 0 to 1, found 1.0"),
        (-0.5, "a quantile from 0 to 1, found -0.5"),
        (math.nan, "cutoff is not a finite number"),
        (-math.inf, "cutoff is not a finite number"),
    ],
)
def test_impossible_cutoff_is_refused(tmp_path: Path, cutoff: float, cause: str) -> None:
    path = _damaged(tmp_path, _replace(_content(INTENSITY, True), 4, struct.pack("<d", cutoff)))
    with pytest.raises(ModelFileError) as caught:
        read_action_unit_model(path, "AU12")
    assert_plain_error(caught.value, path, cause)


def test_big_endian_file_is_refused(tmp_path: Path) -> None:
    content = _content()
    path = _damaged(tmp_path, content[3::-1] + content[4:])
    with pytest.raises(ModelFileError, match="not an action-unit predictor"):
        read_action_unit_model(path, "AU12")


_valid_starts = st.sampled_from([_content(target, dynamic)[:60] for target, dynamic in KINDS])


@settings(max_examples=100, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.tuples(_valid_starts, st.binary()).map(b"".join)))
@example(b"\0" * 100)
@example(b"\xff" * 100)
def test_no_bytes_cause_another_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = _damaged(tmp_path_factory.mktemp("fuzz"), content)
    with pytest.raises(ModelFileError):
        read_action_unit_model(path, "AU12")


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(KINDS), st.integers(0, 60), st.binary(min_size=1, max_size=8))
def test_changed_header_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory,
    kind: tuple[Target, bool],
    offset: int,
    field: bytes,
) -> None:
    path = _damaged(tmp_path_factory.mktemp("fuzz"), _replace(_content(*kind), offset, field))
    try:
        model = read_action_unit_model(path, "AU12")
    except ModelFileError as error:
        assert_plain_error(error, path)
    else:
        assert np.isfinite(model.means).all()


# --------------------------------------------------------------------------- lists


def _list(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "AU_all.txt"
    path.write_text(text, encoding="utf-8")
    return path


def test_list_is_read_in_its_order(tmp_path: Path) -> None:
    text = "# a comment\n\n svm/b.dat\tAU12 \r\nsvr\\a.dat AU01\n"
    assert read_action_unit_list(_list(tmp_path, text)) == (
        (tmp_path / "svm" / "b.dat", "AU12"),
        (tmp_path / "svr" / "a.dat", "AU01"),
    )


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("a.dat AU01\nb.dat\n", "line 2 should be a file name and an action unit, found 'b.dat'"),
        ("a.dat AU01 AU02\n", "line 1 should be"),
        ("a.dat AU1\n", "line 1 should be"),
        ("a.dat au01\n", "line 1 should be"),
        ("a.dat AU001\n", "line 1 should be"),
        ("AU01 a.dat\n", "line 1 should be"),
        ("/etc/passwd AU01\n", "line 1 names a file outside of the list's folder"),
        ("../a.dat AU01\n", "'../a.dat'"),
        ("a.dat AU01\nx/../../a.dat AU02\n", "line 2 names a file outside"),
        ("..\\a.dat AU01\n", "line 1 names a file outside"),
        ("\\etc\\passwd AU01\n", "line 1 names a file outside"),
        ("# only a comment\n\n", "no predictor is listed"),
        ("\n", "no predictor is listed"),
    ],
)
def test_wrong_list_is_refused(tmp_path: Path, text: str, cause: str) -> None:
    path = _list(tmp_path, text)
    with pytest.raises(ModelFileError) as caught:
        read_action_unit_list(path)
    assert_plain_error(caught.value, path, cause)


def test_long_line_is_quoted_in_part(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError) as caught:
        read_action_unit_list(_list(tmp_path, "x " * 5000))
    assert len(caught.value.cause) < 200


def test_action_unit_that_occurs_twice_is_named(tmp_path: Path) -> None:
    write_action_unit_model(synthetic_action_unit_model(4, PRESENCE, False), tmp_path / "a.dat")
    path = _list(tmp_path, "a.dat AU04\na.dat AU04\n")
    with pytest.raises(ModelFileError) as caught:
        read_action_unit_models(path)
    assert_plain_error(caught.value, path, "occurs twice", "AU04")


def test_one_action_unit_may_have_an_intensity_and_a_presence(tmp_path: Path) -> None:
    for name, target in (("r.dat", INTENSITY), ("c.dat", PRESENCE)):
        model = synthetic_action_unit_model(4, target, False)
        write_action_unit_model(model, tmp_path / name)
    models = read_action_unit_models(_list(tmp_path, "r.dat AU04\nc.dat AU04\n"))
    assert models.intensity_names == models.presence_names == ("AU04",)


def test_missing_predictor_is_named_rather_than_the_list(tmp_path: Path) -> None:
    path = _list(tmp_path, "svm/gone.dat AU04\n")
    with pytest.raises(ModelFileError) as caught:
        read_action_unit_models(path)
    assert_plain_error(caught.value, tmp_path / "svm" / "gone.dat", "not found")


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.binary(max_size=100), st.text(max_size=60).map(lambda text: text.encode())))
def test_no_list_causes_another_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = _damaged(tmp_path_factory.mktemp("fuzz"), content)
    try:
        entries = read_action_unit_list(path)
    except ModelFileError as error:
        assert_plain_error(error, path)
    else:
        assert entries
