"""Landmark files are read as they stand, and what is wrong with one is named by row and column."""

from pathlib import Path

import fsspec
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyarrow import parquet

from openface_core.errors import LandmarkFileError
from openface_core.landmarks import files
from openface_core.landmarks.files import GivenLandmarks, read_landmarks

POINT_COLUMNS = [f"{axis}_{point}" for axis in "xy" for point in range(68)]
TRACK_COLUMNS = [f"l{point}_{axis}" for axis in "xy" for point in range(68)]


def points(frames: int, seed: int = 0) -> NDArray[np.float32]:
    """Return landmarks with three decimals, shape (N, 68, 2)."""
    values = np.random.default_rng(seed).uniform(-50, 2000, (frames, 68, 2))
    return np.round(values, 3).astype(np.float32)


def table(landmarks: NDArray[np.float32], columns: list[str] = POINT_COLUMNS) -> pd.DataFrame:
    flat = np.swapaxes(landmarks, 1, 2).reshape(len(landmarks), 136).astype(np.float64)
    return pd.DataFrame(np.round(flat, 3), columns=columns)


def openface_table(landmarks: NDArray[np.float32]) -> pd.DataFrame:
    """Return the columns of OpenFace's output around the points."""
    count = len(landmarks)
    front = pd.DataFrame(
        {
            "frame": np.arange(1, count + 1),
            "face_id": np.zeros(count, dtype=int),
            "timestamp": np.arange(count) / 30,
            "confidence": np.full(count, 0.975),
            "success": np.ones(count, dtype=int),
            "eye_lmk_x_0": np.full(count, 1.5),
        }
    )
    back = pd.DataFrame({"X_0": np.full(count, -3.0), "AU01_r": np.full(count, 0.5)})
    return pd.concat([front, table(landmarks), back], axis=1)


def save(path: Path, frame: pd.DataFrame, separator: str = ",") -> str:
    text = frame.to_csv(index=False, lineterminator="\n")
    path.write_text(text.replace(",", separator))
    return str(path)


@pytest.mark.parametrize("separator", [",", ", "])
def test_openface_csv_with_and_without_blanks(tmp_path: Path, separator: str) -> None:
    landmarks = points(7)
    given_file = read_landmarks(save(tmp_path / "a.csv", openface_table(landmarks), separator))
    assert np.array_equal(given_file.landmarks, landmarks)
    assert given_file.landmarks.dtype == np.float32
    assert given_file.success.dtype == np.bool_
    assert given_file.success.all()
    assert given_file.confidence is not None
    assert given_file.confidence.dtype == np.float32
    assert np.array_equal(given_file.confidence, np.full(7, 0.975, np.float32))


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_and_byte_order_mark(tmp_path: Path, line_end: str, mark: str) -> None:
    landmarks = points(3)
    path = tmp_path / "a.csv"
    text = table(landmarks).to_csv(index=False, lineterminator=line_end)
    path.write_bytes((mark + text).encode("utf-8"))
    assert np.array_equal(read_landmarks(str(path)).landmarks, landmarks)


def test_track_csv(tmp_path: Path) -> None:
    landmarks = points(5)
    result = read_landmarks(save(tmp_path / "a.csv", table(landmarks, TRACK_COLUMNS)))
    assert np.array_equal(result.landmarks, landmarks)
    assert result.success.all()
    assert result.confidence is None


def test_columns_may_come_in_any_order(tmp_path: Path) -> None:
    landmarks = points(4)
    shuffled = openface_table(landmarks).sample(frac=1, axis=1, random_state=1)
    assert np.array_equal(read_landmarks(save(tmp_path / "a.csv", shuffled)).landmarks, landmarks)


@pytest.mark.parametrize("kind", [pa.float32(), pa.float64()])
def test_parquet_with_nulls(tmp_path: Path, kind: pa.DataType) -> None:
    landmarks = points(6)
    content = pa.Table.from_pandas(table(landmarks)).cast(
        pa.schema([(name, kind) for name in POINT_COLUMNS])
    )
    column = content["x_30"].to_pylist()
    column[2] = None
    content = content.set_column(30, "x_30", pa.array(column, kind))
    path = tmp_path / "misnamed.csv"
    parquet.write_table(content, path, row_group_size=2)
    result = read_landmarks(str(path))
    assert result.success.tolist() == [True, True, False, True, True, True]
    assert np.isnan(result.landmarks[2]).all()
    assert np.array_equal(result.landmarks[result.success], landmarks[result.success])


def test_parquet_with_all_columns(tmp_path: Path) -> None:
    landmarks = points(3)
    frame = openface_table(landmarks)
    frame["success"] = [True, False, True]
    path = tmp_path / "a.parquet"
    frame.to_parquet(path)
    result = read_landmarks(str(path))
    assert result.success.tolist() == [True, False, True]
    assert result.confidence is not None


def test_any_filesystem(tmp_path: Path) -> None:
    landmarks = points(2)
    local = save(tmp_path / "a.csv", table(landmarks))
    with fsspec.open("memory://landmarks/a.csv", "wb") as file:
        file.write(Path(local).read_bytes())
    assert np.array_equal(read_landmarks("memory://landmarks/a.csv").landmarks, landmarks)


def test_failed_rows_are_nan_whatever_they_hold(tmp_path: Path) -> None:
    frame = openface_table(points(5)).astype(object)
    frame.loc[1, "success"] = 0
    frame.loc[1, POINT_COLUMNS] = 0
    frame.loc[3, "success"] = 0
    frame.loc[3, "x_5"] = "-nan(ind)"
    result = read_landmarks(save(tmp_path / "a.csv", frame))
    assert result.success.tolist() == [True, False, True, False, True]
    assert np.isnan(result.landmarks[[1, 3]]).all()
    assert not np.isnan(result.landmarks[[0, 2, 4]]).any()


def test_without_a_success_column_incomplete_rows_are_failures(tmp_path: Path) -> None:
    frame = table(points(4))
    frame.loc[0] = np.nan
    frame.loc[2, "y_67"] = np.nan
    result = read_landmarks(save(tmp_path / "a.csv", frame))
    assert result.success.tolist() == [False, True, False, True]
    assert np.isnan(result.landmarks[[0, 2]]).all()


def test_gaps_are_failures(tmp_path: Path) -> None:
    landmarks = points(6)
    frame = openface_table(landmarks).drop(index=[0, 3])
    result = read_landmarks(save(tmp_path / "a.csv", frame))
    assert result.success.tolist() == [False, True, True, False, True, True]
    assert np.array_equal(result.landmarks[result.success], landmarks[result.success])
    assert result.confidence is not None
    assert np.isnan(result.confidence).tolist() == [True, False, False, True, False, False]


def test_of_several_faces_number_0_is_kept(tmp_path: Path) -> None:
    first, second = points(3, seed=1), points(3, seed=2)
    other = openface_table(second).assign(face_id=1)
    both = pd.concat([openface_table(first), other]).sort_values(["frame", "face_id"])
    assert np.array_equal(read_landmarks(save(tmp_path / "a.csv", both)).landmarks, first)


def test_a_file_of_several_faces_goes_as_far_as_any_of_them(tmp_path: Path) -> None:
    first, second = points(2, seed=1), points(4, seed=2)
    other = openface_table(second).assign(face_id=1)
    both = pd.concat([openface_table(first), other]).sort_values(["frame", "face_id"])
    given = read_landmarks(save(tmp_path / "a.csv", both))
    assert (given.frame_count, given.is_of_several) == (4, True)
    assert given.success.tolist() == [True, True, False, False]


@pytest.mark.parametrize("others", [[], [1]])
def test_rows_of_nobody_belong_to_the_video(tmp_path: Path, others: list[int]) -> None:
    seen = openface_table(points(4)).assign(face_id=[0.0, 0.0, np.nan, np.nan])
    seen.loc[2:, "success"] = 0
    more = [openface_table(points(1)).assign(face_id=float(number)) for number in others]
    table = pd.concat([seen, *more]).sort_values(["frame", "face_id"])
    table.to_parquet(tmp_path / "a.parquet")
    given = read_landmarks(str(tmp_path / "a.parquet"))
    assert given.success.tolist() == [True, True, False, False]
    assert given.is_of_several == bool(others)


@pytest.mark.parametrize("words", [("true", "false"), ("True", "False"), ("false", "true")])
def test_success_may_be_a_word(tmp_path: Path, words: tuple[str, str]) -> None:
    """As in the CSV that this program exports."""
    frame = openface_table(points(4)).astype({"success": object})
    frame["success"] = [*words, *words]
    result = read_landmarks(save(tmp_path / "a.csv", frame))
    assert result.success.tolist() == [word.lower() == "true" for word in (*words, *words)]


def test_a_single_face_may_have_any_number(tmp_path: Path) -> None:
    frame = openface_table(points(3)).assign(face_id=4)
    assert read_landmarks(save(tmp_path / "a.csv", frame)).success.all()


@pytest.mark.parametrize("value", [5.0, -3.0, np.inf])
def test_a_confidence_is_from_0_to_1(value: float, tmp_path: Path) -> None:
    frame = openface_table(points(3))
    frame["confidence"] = [0.0, value, 1.0]
    with pytest.raises(LandmarkFileError, match="row 2, column 'confidence'"):
        read_landmarks(save(tmp_path / "a.csv", frame))


def test_faces_of_an_image(tmp_path: Path) -> None:
    """Rows by ``face`` without ``frame``, as FaceLandmarkImg writes them."""
    landmarks = points(3)
    frame = table(landmarks)
    frame.insert(0, "face", [0, 1, 2])
    result = read_landmarks(save(tmp_path / "a.csv", frame))
    assert np.array_equal(result.landmarks, landmarks[:1])


def test_frames_by_index(tmp_path: Path) -> None:
    landmarks = points(3)
    frame = openface_table(landmarks)
    frame.loc[1, "success"] = 0
    result = read_landmarks(save(tmp_path / "a.csv", frame))
    assert result.frame_count == 3
    found = result.frame(2)
    assert found is not None
    assert np.array_equal(found, landmarks[2])
    assert result.frame(1) is None
    assert result.frame(3) is None
    with pytest.raises(IndexError):
        result.frame(-1)


@given(st.integers(1, 5), st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_csv_and_parquet_agree(
    tmp_path_factory: pytest.TempPathFactory, count: int, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("both")
    frame = openface_table(points(count, seed))
    frame["success"] = np.random.default_rng(seed).integers(0, 2, count)
    frame.to_parquet(folder / "a.parquet")
    a = read_landmarks(save(folder / "a.csv", frame))
    b = read_landmarks(str(folder / "a.parquet"))
    assert np.array_equal(a.landmarks, b.landmarks, equal_nan=True)
    assert np.array_equal(a.success, b.success)


class TestErrors:
    """Every refusal is one line that names the file, the place and the remedy."""

    def refusal(self, path: str) -> str:
        with pytest.raises(LandmarkFileError) as caught:
            read_landmarks(path)
        message = str(caught.value)
        assert "\n" not in message
        assert caught.value.subject == path
        assert len(message) < 600
        assert caught.value.remedy.endswith(".")
        return message

    def broken(self, tmp_path: Path, row: int, column: str, value: object) -> str:
        frame = openface_table(points(4)).astype(object)
        frame.loc[row, column] = value
        return self.refusal(save(tmp_path / "a.csv", frame))

    def test_a_value_that_is_no_number(self, tmp_path: Path) -> None:
        message = self.broken(tmp_path, 2, "y_7", "oops")
        assert "row 3, column 'y_7': 'oops' is no number" in message

    def test_the_row_is_right_in_a_long_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(files, "_BLOCK_BYTES", 5000)
        frame = table(points(100)).astype(object)
        frame.loc[76, "x_1"] = "oops"
        assert "row 77, column 'x_1'" in self.refusal(save(tmp_path / "a.csv", frame))

    def test_a_missing_value_in_a_successful_row(self, tmp_path: Path) -> None:
        assert "row 3, column 'y_7': there is no value" in self.broken(tmp_path, 2, "y_7", "")

    @pytest.mark.parametrize("value", ["nan", "-nan(ind)", "NaN"])
    def test_nan_in_a_successful_row(self, tmp_path: Path, value: str) -> None:
        assert "row 1, column 'x_0'" in self.broken(tmp_path, 0, "x_0", value)

    @pytest.mark.parametrize("value", ["inf", "-inf", "1e300"])
    def test_infinity_in_a_successful_row(self, tmp_path: Path, value: str) -> None:
        assert "row 2, column 'x_9': the value is too large" in self.broken(
            tmp_path, 1, "x_9", value
        )

    @pytest.mark.parametrize("value", ["2", "0.5", ""])
    def test_success_that_is_neither_0_nor_1(self, tmp_path: Path, value: str) -> None:
        assert "row 2, column 'success'" in self.broken(tmp_path, 1, "success", value)

    @pytest.mark.parametrize("value", ["0", "-3", "1.5", ""])
    def test_frame_numbers_that_are_none(self, tmp_path: Path, value: str) -> None:
        assert "column 'frame'" in self.broken(tmp_path, 0, "frame", value)

    def test_a_frame_number_that_would_take_all_memory(self, tmp_path: Path) -> None:
        assert "more than the" in self.broken(tmp_path, 3, "frame", "999999999999")

    def test_a_frame_that_is_there_twice(self, tmp_path: Path) -> None:
        assert "row 3: frame 2 is there twice" in self.broken(tmp_path, 2, "frame", 2)

    def test_frames_out_of_order(self, tmp_path: Path) -> None:
        assert "row 4: frame 1 comes after frame 3" in self.broken(tmp_path, 3, "frame", 1)

    def test_several_faces_without_number_0(self, tmp_path: Path) -> None:
        frame = openface_table(points(4)).assign(face_id=[1, 2, 1, 2])
        assert "none of them with the number 0" in self.refusal(save(tmp_path / "a.csv", frame))

    def test_a_missing_column(self, tmp_path: Path) -> None:
        frame = table(points(2)).drop(columns="y_11")
        message = self.refusal(save(tmp_path / "a.csv", frame))
        assert "135 landmark columns instead of 136" in message
        assert "'y_11' is missing" in message

    def test_another_number_of_points(self, tmp_path: Path) -> None:
        frame = table(points(2))
        for point in range(68, 98):
            frame[f"x_{point}"] = 1.0
            frame[f"y_{point}"] = 1.0
        assert "196 landmark columns" in self.refusal(save(tmp_path / "a.csv", frame))

    def test_a_column_that_is_there_twice(self, tmp_path: Path) -> None:
        frame = table(points(2))
        frame["x_0 "] = 1.0
        assert "column 'x_0' is there twice" in self.refusal(save(tmp_path / "a.csv", frame))

    def test_no_landmarks_at_all(self, tmp_path: Path) -> None:
        frame = pd.DataFrame({"frame": [1], "AU01_r": [0.5]})
        assert "no landmark columns" in self.refusal(save(tmp_path / "a.csv", frame))

    def test_semicolons(self, tmp_path: Path) -> None:
        path = save(tmp_path / "a.csv", table(points(2)), ";")
        assert "separated by commas" in self.refusal(path)

    def test_a_row_with_a_value_too_many(self, tmp_path: Path) -> None:
        path = Path(save(tmp_path / "a.csv", table(points(3))))
        lines = path.read_text().splitlines()
        lines[2] = "7.5," + lines[2]
        path.write_text("\n".join(lines))
        assert "row 2 has 137 values instead of 136" in self.refusal(str(path))

    def test_a_row_that_is_cut_off(self, tmp_path: Path) -> None:
        path = Path(save(tmp_path / "a.csv", table(points(3))))
        path.write_text(path.read_text()[:-200])
        assert "values instead of 136" in self.refusal(str(path))

    def test_a_header_only(self, tmp_path: Path) -> None:
        assert "no rows" in self.refusal(save(tmp_path / "a.csv", table(points(0))))
        table(points(0)).to_parquet(tmp_path / "a.parquet")
        assert "no rows" in self.refusal(str(tmp_path / "a.parquet"))

    def test_an_empty_file(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").touch()
        assert "empty" in self.refusal(str(tmp_path / "a.csv"))

    def test_binary_content(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_bytes(bytes(range(256)) * 9)
        assert "neither a CSV nor a Parquet" in self.refusal(str(tmp_path / "a.csv"))

    def test_text_in_another_encoding(self, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_bytes("größe,x_0\n1,2\n".encode("latin-1"))
        self.refusal(str(tmp_path / "a.csv"))

    def test_damaged_parquet(self, tmp_path: Path) -> None:
        path = tmp_path / "a.parquet"
        table(points(50)).to_parquet(path)
        content = path.read_bytes()
        path.write_bytes(content[: len(content) // 2])
        self.refusal(str(path))
        path.write_bytes(content[:200] + b"\xff" * 3000 + content[3200:])
        self.refusal(str(path))

    def test_parquet_with_text(self, tmp_path: Path) -> None:
        frame = table(points(2)).astype({"x_3": str})
        frame.to_parquet(tmp_path / "a.parquet")
        assert "column 'x_3' holds" in self.refusal(str(tmp_path / "a.parquet"))

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        assert "no such file" in self.refusal(str(tmp_path / "absent.csv"))
        assert "folder" in self.refusal(str(tmp_path))

    def test_a_file_that_is_too_large_is_not_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(files, "MAX_FILE_BYTES", 100)
        path = save(tmp_path / "a.csv", table(points(2)))
        monkeypatch.setattr(Path, "open", None)
        assert "100 bytes allowed" in self.refusal(path)

    @pytest.mark.parametrize("suffix", [".csv", ".parquet"])
    def test_too_many_rows(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
    ) -> None:
        monkeypatch.setattr(files, "MAX_FRAMES", 10)
        path = tmp_path / f"a{suffix}"
        frame = table(points(11))
        if suffix == ".csv":
            save(path, frame)
        else:
            frame.to_parquet(path)
        assert "11 frames, more than the 10 allowed" in self.refusal(str(path))


def test_the_result_cannot_be_reassigned() -> None:
    result = GivenLandmarks(np.empty((0, 68, 2), np.float32), np.empty(0, np.bool_), None)
    with pytest.raises(AttributeError):
        result.success = np.ones(1, np.bool_)  # type: ignore[misc]
