"""OpenFace's CSV, and how those who depend on it read it."""

import csv
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from openface_core.errors import ConfigError
from openface_core.exports.openface.csv_file import ROWS_WITHOUT_GAZE, OpenFaceCsv
from openface_core.exports.openface.details_file import OpenFaceDetails
from openface_core.landmarks.files import read_landmarks
from tests.fixtures.exports.tables import FPS, frame_rows, write_with
from tests.fixtures.faces.clips import face_clip

GAP = [[0], [0], None, [0]]


def lines_of(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def test_one_face_has_a_row_for_every_frame(tmp_path: Path) -> None:
    write_with(OpenFaceCsv(), tmp_path, frame_rows(GAP))
    header, *rows = lines_of(tmp_path / "clip.csv")
    assert len(header) == 714
    assert {len(row) for row in rows} == {714}
    values = [dict(zip(header, row, strict=True)) for row in rows]
    assert [row["frame"] for row in values] == ["1", "2", "3", "4"]
    assert {row["face_id"] for row in values} == {"0"}
    assert [row["success"] for row in values] == ["1", "1", "0", "1"]
    assert [row["timestamp"] for row in values] == ["0.000", "0.040", "0.080", "0.120"]
    gone = values[2]
    assert (gone["confidence"], gone["p_scale"], gone["AU12_r"], gone["AU12_c"]) == (
        "0.00", "1.000", "0.00", "0.00",
    )  # fmt: skip
    assert values[0]["AU12_c"] == "1.00"
    # What these models do not measure is 0, as all that OpenFace has no value for.
    assert (values[0]["AU02_r"], values[0]["p_33"]) == ("0.00", "0.000")


def test_several_faces_have_rows_where_they_are(tmp_path: Path) -> None:
    write_with(OpenFaceCsv(), tmp_path, frame_rows([[0, 1], None, [1]]))
    header, *rows = lines_of(tmp_path / "clip.csv")
    assert [(row[0], row[1]) for row in rows] == [("1", "0"), ("1", "1"), ("3", "1")]
    assert rows[0][header.index("AU12_c")] == "1.0"


def test_a_picture_has_a_row_for_every_face(tmp_path: Path) -> None:
    write_with(OpenFaceCsv(), tmp_path, frame_rows([[0, 1]]), kind="image")
    header, *rows = lines_of(tmp_path / "clip.csv")
    assert header[:3] == ["face", "confidence", "gaze_0_x"]
    assert len(header) == 711
    assert [row[:2] for row in rows] == [["0", "0.900"], ["1", "0.900"]]


def test_a_picture_without_a_face_has_no_file(tmp_path: Path) -> None:
    write_with(OpenFaceCsv(), tmp_path, frame_rows([None]), kind="image")
    write_with(OpenFaceCsv(), tmp_path, frame_rows([[0]], success=False), kind="image")
    assert list(tmp_path.iterdir()) == []


def test_as_talking_heads_read_it(tmp_path: Path) -> None:
    write_with(OpenFaceCsv(dialect="spaced"), tmp_path, frame_rows(GAP))
    table = pd.read_csv(tmp_path / "clip.csv")
    assert table[" AU45_r"].to_numpy().tolist() == [0.25, 0.25, 0.0, 0.25]
    assert len(table) == len(GAP)  # row = frame
    assert table["frame"].tolist() == [1, 2, 3, 4]


def test_as_pandas_users_read_it(tmp_path: Path) -> None:
    write_with(OpenFaceCsv(), tmp_path, frame_rows(GAP))
    table = pd.read_csv(tmp_path / "clip.csv")
    table.columns = table.columns.str.strip()
    assert table.loc[table["success"] == 1, "AU12_r"].mean() == 0.25
    assert table.filter(regex=r"^AU\d+_r$").shape == (4, 17)
    assert table.filter(regex=r"^AU\d+_c$").shape == (4, 18)
    assert np.diff(table["timestamp"]) == pytest.approx(1 / FPS)


def test_as_dinet_reads_it(tmp_path: Path) -> None:
    """By the position of columns: 2D landmarks alone, frames from 1 without a gap."""
    write_with(OpenFaceCsv(("2d",)), tmp_path, frame_rows([[0]] * 3))
    expected = face_clip(1)[1][0]
    with (tmp_path / "clip.csv").open() as file:
        next(file)
        for number, line in enumerate(file, start=1):
            cells = line.strip().split(",")
            assert int(cells[0]) == number
            x, y = np.array(cells[5:73], float), np.array(cells[73:141], float)
            assert np.abs(np.stack([x, y], axis=1) - expected).max() <= 0.0501
            assert len(cells) == 141


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_as_r_reads_it(tmp_path: Path) -> None:
    write_with(OpenFaceCsv(), tmp_path, frame_rows(GAP))
    code = (
        "d <- do.call(rbind, lapply(list.files('.', full.names = TRUE), read.csv));"
        "cat(nrow(d), ncol(d), mean(d$AU12_r[d$success == 1]),"
        "paste(names(d)[3:5], collapse = ','), sum(d$AU12_c), sep = ' ')"
    )
    command = ["Rscript", "--vanilla", "-e", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "4 714 0.25 timestamp,confidence,success 3"


def test_columns_are_in_order_whatever_the_order_of_the_groups(tmp_path: Path) -> None:
    write_with(OpenFaceCsv(("aus", "pose")), tmp_path, frame_rows([[0]]))
    header, _ = lines_of(tmp_path / "clip.csv")
    assert header[5:7] == ["pose_Tx", "pose_Ty"]
    assert header[-1] == "AU45_c"
    assert len(header) == 5 + 6 + 35


@pytest.mark.parametrize(("groups", "dialect"), [(("3D",), "plain"), (("2d",), "tabs")])
def test_wrong_choices(groups: tuple[str, ...], dialect: str) -> None:
    with pytest.raises(ConfigError, match="there is no such"):
        OpenFaceCsv(groups, dialect)


@pytest.mark.parametrize("dialect", ["plain", "spaced"])
def test_landmarks_are_read_back(tmp_path: Path, dialect: str) -> None:
    write_with(OpenFaceCsv(dialect=dialect), tmp_path, frame_rows(GAP))
    given = read_landmarks(str(tmp_path / "clip.csv"))
    assert given.success.tolist() == [True, True, False, True]
    assert given.confidence is not None
    assert np.abs(given.landmarks[0] - face_clip(1)[1][0]).max() <= 0.0501
    assert np.isnan(given.landmarks[2]).all()


def test_landmarks_of_the_first_of_several_faces_are_read_back(tmp_path: Path) -> None:
    write_with(OpenFaceCsv(), tmp_path, frame_rows([[0, 1], [1], [0]]))
    given = read_landmarks(str(tmp_path / "clip.csv"))
    assert given.success.tolist() == [True, False, True]


def test_details_name_what_is_written(tmp_path: Path) -> None:
    exporter = OpenFaceDetails(("openface-csv", "overlay", "of-details"), ("2d", "aus"))
    write_with(exporter, tmp_path, frame_rows([[0]]), uri="in/clip.avi")
    text = (tmp_path / "clip_of_details.txt").read_text()
    assert text.splitlines() == [
        "Input:in/clip.avi",
        "Input full path:in/clip.avi",
        "Camera parameters:152.083,152.083,88,80",
        "Output video:clip.mp4",
        "Output csv:clip.csv",
        "Gaze: 0",
        "AUs: 1",
        "Landmarks 2D: 1",
        "Landmarks 3D: 0",
        "Pose: 0",
        "Shape parameters: 0",
    ]


@pytest.mark.parametrize(
    ("kind", "faces", "outputs"),
    [
        ("video", [None, [0]], ["HOG", "aligned directory", "csv"]),
        ("video", [None, None], ["HOG", "csv"]),  # a CSV of zeros
        ("image", [[0]], ["HOG", "aligned directory", "csv"]),
        ("image", [None], ["HOG"]),
    ],
)
def test_details_name_no_file_that_a_missing_face_costs(
    kind: str, faces: list[list[int] | None], outputs: list[str], tmp_path: Path
) -> None:
    exporter = OpenFaceDetails(("openface-csv", "hog", "aligned", "of-details"))
    write_with(exporter, tmp_path, frame_rows(faces), kind=kind)
    text = (tmp_path / "clip_of_details.txt").read_text()
    assert [line.split(":")[0].removeprefix("Output ") for line in text.splitlines()[3:]] == [
        *outputs,
        *(["Gaze", "AUs", "Landmarks 2D", "Landmarks 3D", "Pose", "Shape parameters"]
          if "csv" in outputs else []),
    ]  # fmt: skip


def test_details_of_a_name_that_is_no_text(tmp_path: Path) -> None:
    write_with(OpenFaceDetails(), tmp_path, frame_rows([[0]]), uri="in/caf\udcff.mp4")
    text = (tmp_path / "clip_of_details.txt").read_text()
    assert text.startswith("Input:in/caf\\xff.mp4\n")


@pytest.mark.parametrize(("end", "text"), [("\n", "\\n"), ("\r", "\\r"), ("\u2028", "\\u2028")])
def test_details_of_a_name_with_a_line_break(end: str, text: str, tmp_path: Path) -> None:
    write_with(OpenFaceDetails(), tmp_path, frame_rows([[0]]), uri=f"in/a{end}b.mp4")
    lines = (tmp_path / "clip_of_details.txt").read_text(encoding="utf-8").splitlines()
    assert lines[:2] == [f"Input:in/a{text}b.mp4", f"Input full path:in/a{text}b.mp4"]


def test_gaze_that_was_never_measured_is_noted(tmp_path: Path) -> None:
    rows = frame_rows(GAP)
    place = rows.column_names.index("gaze_angle_x")

    def notes(angles: list[float | None], *groups: str) -> dict[str, object]:
        exporter = OpenFaceCsv(groups or ("gaze",))
        column = pa.array(angles, pa.float32())
        write_with(exporter, tmp_path, rows.set_column(place, "gaze_angle_x", column))
        return exporter.notes()

    assert notes([None] * 4) == {ROWS_WITHOUT_GAZE: 3}
    assert notes([0.0, None, None, None]) == {}
    assert notes([None] * 4, "pose") == {}
