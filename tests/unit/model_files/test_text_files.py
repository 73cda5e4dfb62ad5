"""PDM and triangulation: round trips, and one plain error for each kind of damage."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openface_core.errors import ModelFileError
from openface_core.model_files import (
    read_action_unit_list,
    read_action_unit_model,
    read_pdm,
    read_triangulation,
)
from openface_core.model_files.text_matrix import TextMatrixReader
from tests.fixtures.faces.shape import synthetic_pdm
from tests.fixtures.faces.triangles import synthetic_triangles
from tests.fixtures.plain_errors import assert_plain_error
from tests.fixtures.synthetic_models.openface_folder import (
    write_openface_model_folder,
    write_pdm,
    write_triangulation,
)

SMALL_PDM = """# mean
9
1
6
0
1
2
3
4
5
6
7
8
# modes
9 2 6
1 0
0 1
1 0
0 1
1 0
0 1
1 0
0 1
1 0
# variances
1 2 6
4 2.5
"""


def _file(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "matrix.txt"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_pdm_survives_the_round_trip(tmp_path: Path) -> None:
    pdm = synthetic_pdm()
    found = read_pdm(write_pdm(pdm, tmp_path / "pdm.txt"), 68)
    for name in ("mean_mm", "components_mm", "eigenvalues"):
        np.testing.assert_array_equal(getattr(found, name), getattr(pdm, name))


def test_triangulation_survives_the_round_trip(tmp_path: Path) -> None:
    triangles = synthetic_triangles()
    found = read_triangulation(write_triangulation(triangles, tmp_path / "tris.txt"), 68)
    np.testing.assert_array_equal(found, triangles)
    assert found.dtype == np.int32


def test_whole_model_folder_can_be_read(tmp_path: Path) -> None:
    predictors = write_openface_model_folder(tmp_path) / "AU_predictors"
    assert read_pdm(predictors / "In-the-wild_aligned_PDM_68.txt", 68).mode_count == 34
    assert len(read_triangulation(predictors / "tris_68_full.txt", 68)) > 100


def test_hand_written_pdm_is_read(tmp_path: Path) -> None:
    pdm = read_pdm(_file(tmp_path, SMALL_PDM))
    assert (pdm.landmark_count, pdm.mode_count) == (3, 2)
    np.testing.assert_array_equal(pdm.mean_mm, np.arange(9))
    np.testing.assert_array_equal(pdm.eigenvalues, [4.0, 2.5])


def test_windows_line_ends_are_taken(tmp_path: Path) -> None:
    assert read_pdm(_file(tmp_path, SMALL_PDM.replace("\n", "\r\n"))).landmark_count == 3


PDM_TOKENS = [t for line in SMALL_PDM.splitlines() if line[0] != "#" for t in line.split()]


@pytest.mark.parametrize("count", range(len(PDM_TOKENS)))
def test_pdm_cut_after_any_number_is_refused(tmp_path: Path, count: int) -> None:
    path = _file(tmp_path, "# cut\n" + " ".join(PDM_TOKENS[:count]))
    with pytest.raises(ModelFileError) as caught:
        read_pdm(path)
    expected = "mean shape" if count < 12 else "components" if count < 12 + 21 else "eigenvalues"
    assert_plain_error(caught.value, path, expected, "the file ends")


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ("9\n1\n6", "8\n1\n6", "components should have 72 values"),
        ("9\n1\n6", "9\n1.5\n6", "mean shape should start with rows, columns and type"),
        ("9\n1\n6", "nine\n1\n6", "found 'nine 1 6'"),
        ("9\n1\n6", "0\n1\n6", "impossible size of 0 x 1"),
        ("9\n1\n6", "-9\n1\n6", "impossible size of -9 x 1"),
        ("9\n1\n6", "100000\n100000\n6", "impossible size of 100000 x 100000"),
        ("9\n1\n6", f"{'9' * 60}\n1\n6", "impossible size"),
        ("9\n1\n6", f"{'9' * 5000}\n1\n6", "should start with rows"),
        ("9 2 6", "6 3 6", "components of shape (9, m)"),
        ("9 2 6", "2 9 6", "components of shape (9, m)"),
        ("7\n8", "seven\n8", "mean shape holds something that is not a number"),
        ("7\n8", "nan\n8", "mean shape holds values that are not finite"),
        ("7\n8", "-inf\n8", "mean shape holds values that are not finite"),
        ("7\n8", "1e999\n8", "mean shape holds values that are not finite"),
        ("4 2.5", "4 0", "eigenvalue must be positive"),
        ("4 2.5", "4 -2.5", "eigenvalue must be positive"),
        ("4 2.5", "4 inf", "eigenvalues holds values that are not finite"),
        ("1 2 6\n4 2.5", "1 3 6\n4 2 1", "m eigenvalues are expected"),
    ],
)
def test_damaged_pdm_is_refused(tmp_path: Path, old: str, new: str, cause: str) -> None:
    assert old in SMALL_PDM
    path = _file(tmp_path, SMALL_PDM.replace(old, new, 1))
    with pytest.raises(ModelFileError) as caught:
        read_pdm(path)
    assert_plain_error(caught.value, path, cause)
    assert len(str(caught.value)) < 600


@pytest.mark.filterwarnings("ignore:overflow encountered in cast:RuntimeWarning")
def test_numbers_beyond_single_precision_are_refused(tmp_path: Path) -> None:
    path = _file(tmp_path, SMALL_PDM.replace("7\n8", "1e300\n8", 1))
    with pytest.raises(ModelFileError) as caught:
        read_pdm(path)
    assert_plain_error(caught.value, path, "values above 1e+09")


def test_pdm_of_another_face_is_refused(tmp_path: Path) -> None:
    path = _file(tmp_path, SMALL_PDM)
    with pytest.raises(ModelFileError) as caught:
        read_pdm(path, 68)
    assert_plain_error(caught.value, path, "68 landmarks is expected, this one has 3")


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("2 3 4\n0 1 2 3 4 68\n", "indices of 0 to 67 are expected, found 68"),
        ("2 3 4\n0 1 2 3 4 -1\n", "found -1"),
        ("3 2 4\n0 1 2 3 4 5\n", "found 2 columns"),
        ("1 3 4\n0 1 2.5\n", "found 2.5"),
        ("1 3 4\n0 1 2\n7 7 7\n", "3 values follow the end"),
        ("1 3 9\n0 1 2\n", "unknown element type 9"),
        ("2\n3\n4\n0 1 2\n3 4\n", "should have 6 values, the file ends after 5"),
        ("1 3 4\n0 1 x\n", "triangulation holds something that is not a number"),
        ("1 3 4\n0 1 nan\n", "not finite"),
        ("0 3 4\n", "impossible size of 0 x 3"),
        ("# nothing\n", "the file ends before the triangulation"),
    ],
)
def test_damaged_triangulation_is_refused(tmp_path: Path, text: str, cause: str) -> None:
    path = _file(tmp_path, text)
    with pytest.raises(ModelFileError) as caught:
        read_triangulation(path, 68)
    assert_plain_error(caught.value, path, cause)


@pytest.mark.parametrize("index", ["1e300", "4294967297"])
@pytest.mark.filterwarnings("ignore:invalid value encountered in cast:RuntimeWarning")
def test_index_beyond_32_bits_does_not_wrap_round(tmp_path: Path, index: str) -> None:
    path = _file(tmp_path, f"1 3 4\n0 1 {index}\n")
    with pytest.raises(ModelFileError) as caught:
        read_triangulation(path, 68)
    assert_plain_error(caught.value, path)


READERS = [
    pytest.param(read_pdm, id="pdm"),
    pytest.param(lambda path: read_triangulation(path, 68), id="triangulation"),
    pytest.param(read_action_unit_list, id="list"),
    pytest.param(lambda path: read_action_unit_model(path, "AU01"), id="predictor"),
]


@pytest.mark.parametrize("read", READERS)
def test_missing_file_is_named(tmp_path: Path, read: Callable[[Path], object]) -> None:
    with pytest.raises(ModelFileError) as caught:
        read(tmp_path / "gone.txt")
    assert_plain_error(caught.value, tmp_path / "gone.txt", "not found")


@pytest.mark.parametrize("read", READERS)
def test_empty_file_is_named(tmp_path: Path, read: Callable[[Path], object]) -> None:
    path = _file(tmp_path, b"")
    with pytest.raises(ModelFileError) as caught:
        read(path)
    assert_plain_error(caught.value, path, "empty")


@pytest.mark.parametrize("read", READERS)
def test_folder_is_no_model_file(tmp_path: Path, read: Callable[[Path], object]) -> None:
    with pytest.raises(ModelFileError) as caught:
        read(tmp_path)
    assert_plain_error(caught.value, tmp_path, "not a file")


@pytest.mark.parametrize("read", READERS)
def test_huge_file_is_not_read(tmp_path: Path, read: Callable[[Path], object]) -> None:
    path = tmp_path / "huge.txt"
    with path.open("wb") as file:
        file.truncate(2**33)  # sparse: takes no room
    with pytest.raises(ModelFileError) as caught:
        read(path)
    assert_plain_error(caught.value, path, f"{2**33} bytes")


@pytest.mark.parametrize("read", READERS[:3])
def test_binary_data_is_not_text(tmp_path: Path, read: Callable[[Path], object]) -> None:
    path = _file(tmp_path, b"\x89PNG\r\n\x1a\n\xff\xfe")
    with pytest.raises(ModelFileError) as caught:
        read(path)
    assert_plain_error(caught.value, path, "a text file is expected, found binary data")


_numbers = st.lists(
    st.one_of(
        st.integers(-3, 12).map(str),
        st.floats().map(repr),
        st.sampled_from(["#", "\n", "9", "6", "1e400", "0x1", "1_0", "９"]),
    ),
    max_size=40,
).map(lambda tokens: " ".join(tokens).encode())


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@settings(max_examples=150, deadline=None)
@given(st.one_of(st.binary(max_size=200), _numbers), st.booleans())
def test_no_text_causes_another_error(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, as_pdm: bool
) -> None:
    path = _file(tmp_path_factory.mktemp("fuzz"), content)
    try:
        if as_pdm:
            read_pdm(path)
        else:
            triangles = read_triangulation(path, 68)
            assert 0 <= triangles.min() <= triangles.max() < 68
    except ModelFileError as error:
        assert_plain_error(error, path)


def test_matrices_are_read_one_after_another(tmp_path: Path) -> None:
    reader = TextMatrixReader(_file(tmp_path, "# a\n2 1 6\n1\n2\n# b\n1 2 6 3 4\n"))
    np.testing.assert_array_equal(reader.next_matrix("first"), [[1.0], [2.0]])
    np.testing.assert_array_equal(reader.next_matrix("second"), [[3.0, 4.0]])
    with pytest.raises(ModelFileError, match="the file ends before the third"):
        reader.next_matrix("third")


def test_a_name_that_no_filesystem_takes_is_a_plain_error(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 300)
    with pytest.raises(ModelFileError) as caught:
        read_pdm(path)
    assert_plain_error(caught.value, path, "cannot be read")


def test_numbers_after_the_last_matrix_are_refused(tmp_path: Path) -> None:
    path = _file(tmp_path, SMALL_PDM + "\n1 2\n")
    with pytest.raises(ModelFileError) as caught:
        read_pdm(path)
    assert_plain_error(caught.value, path, "ends before the turns of the head")
    modes = read_pdm(_file(tmp_path, SMALL_PDM)).mode_count
    rows = 6 * (1 + modes)
    turns = f"\n{rows} 3 6\n" + "0.25 0 0\n" * rows
    pdm = read_pdm(_file(tmp_path, SMALL_PDM + turns))
    assert pdm.head_turns is not None
    np.testing.assert_array_equal(pdm.head_turns, [[0.25, 0.0, 0.0]] * rows)
    path = _file(tmp_path, SMALL_PDM + turns + "1 2\n")
    with pytest.raises(ModelFileError) as caught:
        read_pdm(path)
    assert_plain_error(caught.value, path, "2 values follow the end")
    path = _file(tmp_path, SMALL_PDM + f"\n{modes} 3 6\n" + "0 0 0\n" * modes)
    with pytest.raises(ModelFileError) as caught:
        read_pdm(path)
    assert_plain_error(caught.value, path, f"turns of shape ({rows}, 3) are expected")
