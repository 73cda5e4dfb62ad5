"""Lists of inputs as CSV and Parquet."""

import io
from contextlib import suppress
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from openface_core.errors import ConfigError
from openface_core.rest_frames import RestRanges
from openface_core.shape import Camera
from transforms.plan.manifest import is_manifest, read_manifest
from transforms.records import VideoTask


def csv(folder: Path, text: str, encoding: str = "utf-8") -> str:
    path = folder / "list.csv"
    path.write_bytes(text.encode(encoding))
    return str(path)


def refusal(uri: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        read_manifest(uri)
    assert caught.value.subject == uri
    assert caught.value.remedy.endswith(".")
    assert "\n" not in str(caught.value)
    return caught.value


def test_what_counts_as_a_manifest() -> None:
    assert is_manifest("a/list.csv")
    assert is_manifest("s3://b/LIST.PARQUET")
    assert not is_manifest("a/list.mp4")
    assert not is_manifest("csv")


def test_csv(tmp_path: Path) -> None:
    uri = csv(tmp_path, "video_id,uri,person_id,other\nv1,a.mp4,P 1,9\nv2,/b/c.mp4,,8\n")
    assert read_manifest(uri) == (
        VideoTask("v1", f"{tmp_path}/a.mp4", "P 1", row=1),
        VideoTask("v2", "/b/c.mp4", None, row=2),
    )


def test_ids_that_look_like_values_are_made_text(tmp_path: Path) -> None:
    text = "video_id,uri,person_id\n007,1.mp4,0010\n1e3,2,1.0\n2024-01-01,3,\nnan,4,NA\nP1,5,\n"
    tasks = read_manifest(csv(tmp_path, text))
    assert [(task.video_id, task.manifest_id) for task in tasks] == [
        ("video-007", "007"),
        ("video-1e3", "1e3"),
        ("video-2024-01-01", "2024-01-01"),
        ("video-nan", "nan"),
        ("P1", None),
    ]
    assert [task.person_id for task in tasks] == ["0010", "1.0", None, None, None]
    assert tasks[1].uri == f"{tmp_path}/2"


def test_ids_are_unique_once_they_are_text(tmp_path: Path) -> None:
    numbers = [f"{number:03}" for number in range(1000)]
    text = "\n".join(["video_id,uri", *(f"{number},{number}.mp4" for number in numbers)])
    tasks = read_manifest(csv(tmp_path, text))
    assert len({task.video_id for task in tasks}) == len(numbers)
    assert [task.manifest_id for task in tasks] == numbers
    clash = csv(tmp_path, "video_id,uri\n007,a\n8,b\nVideo-007,c\n")
    assert "rows 1 and 3 share the video_id 'Video-007'" in refusal(clash).cause


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_spreadsheet_exports(ending: str, tmp_path: Path) -> None:
    text = ending.join(['"video_id","uri"', '01,"a, b.mp4"', ""])
    assert read_manifest(csv(tmp_path, text, "utf-8-sig")) == (
        VideoTask("video-01", f"{tmp_path}/a, b.mp4", manifest_id="01", row=1),
    )


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "list.parquet"
    table = pa.table(
        {
            "uri": ["a.mp4", "memory://x/b.mp4"],
            "video_id": ["007", "v2"],
            "landmarks": ["points/a.csv", None],
        }
    )
    pq.write_table(table, path)
    assert read_manifest(str(path)) == (
        VideoTask("video-007", f"{tmp_path}/a.mp4", None, f"{tmp_path}/points/a.csv", "007", row=1),
        VideoTask("v2", "memory://x/b.mp4", row=2),
    )


def test_parquet_as_pandas_writes_it(tmp_path: Path) -> None:
    nothing = float("nan")
    columns = {
        "video_id": pa.array([1.0, 2.0, 3.0, 4.0]),
        "uri": ["a", "b", "c", "d"],
        "person_id": pa.array([7.0, nothing, None, 7.5]),
        "camera": pa.array(["NaN", "", None, "n/a"]).dictionary_encode(),
    }
    pq.write_table(pa.table(columns), tmp_path / "list.parquet")
    tasks = read_manifest(str(tmp_path / "list.parquet"))
    assert [task.manifest_id for task in tasks] == ["1", "2", "3", "4"]
    assert [task.person_id for task in tasks] == ["7", None, None, "7.5"]
    assert {task.camera for task in tasks} == {None}


def test_ranges_of_rest(tmp_path: Path) -> None:
    text = "video_id,uri,rest_seconds,rest_frames\na,1,0-10.5; 60-65,\nb,2,,1-150;300\nc,3,,\n"
    assert [task.rest for task in read_manifest(csv(tmp_path, text))] == [
        RestRanges(seconds=((0.0, 10.5), (60.0, 65.0))),
        RestRanges(frames=((1, 150), (300, 300))),
        None,
    ]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("rest_seconds\nv,a,begin", "row 1: 'begin' is not a range of seconds"),
        ("rest_frames\nv,a,9-3", "row 1: the range 9-3 ends before it begins"),
    ],
)
def test_ranges_that_are_none(text: str, cause: str, tmp_path: Path) -> None:
    assert cause in refusal(csv(tmp_path, f"video_id,uri,{text}\n")).cause


def test_a_remote_manifest_is_relative_to_its_own_folder() -> None:
    content = b"video_id,uri\nv1,sub/a.mp4\nv2,/abs.mp4\n"
    fsspec.filesystem("memory").pipe("/lists/list.csv", content)
    tasks = read_manifest("memory://lists/list.csv")
    assert [task.uri for task in tasks] == ["memory://lists/sub/a.mp4", "/abs.mp4"]


def test_a_manifest_of_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    csv(tmp_path, "video_id,uri\nv,a.mp4\n")
    monkeypatch.chdir(tmp_path)
    assert read_manifest("list.csv")[0].uri == "a.mp4"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("video_id,file\nv,a\n", "no column uri"),
        ("a,b\n1,2\n", "no column video_id and uri"),
        ("video_id.uri\nv.a\n", "no column"),
        ("video_id,uri,uri\nv,a,b\n", "uri is there twice"),
        ("video_id,uri\nv\n", "not a CSV"),
        ("video_id,uri\nv,\n", "row 1 has no uri"),
        ("video_id,uri\nv,  \n", "row 1 has no uri"),
        ("video_id,uri\nv,a\n,b\n", "row 2 has the video_id None"),
        ("video_id,uri\n../v,a\n", "row 1 has the video_id"),
        ("video_id,uri\na/b,a\n", "row 1 has the video_id"),
        (f"video_id,uri\n{'v' * 121},a\n", "row 1 has the video_id"),
        ("video_id,uri\nv,a\nw,b\nV,c\n", "rows 1 and 3 share the video_id"),
        ("", "empty"),
    ],
)
def test_refusals(text: str, cause: str, tmp_path: Path) -> None:
    assert cause in refusal(csv(tmp_path, text)).cause


@pytest.mark.parametrize(
    "rows",
    [
        'a,a.mp4,x\nb,b.mp4,"tired\nc,c.mp4,x\n',
        'a,a.mp4,x\nb,b.mp4,"tired\nc,c.mp4,"awake"\n',
        'a,a.mp4,x\nb,b.mp4,"tired\nc,c.mp4,"awake\nd,d.mp4,x\n',
    ],
)
@pytest.mark.parametrize("separator", [",", ";"])
def test_a_quotation_mark_without_an_end_takes_no_rows(
    separator: str, rows: str, tmp_path: Path
) -> None:
    text = ("video_id,uri,notes\n" + rows).replace(",", separator)
    assert refusal(csv(tmp_path, text)).cause == "a quotation mark in line 3 is not closed"


def test_quotation_marks_that_hide_nothing(tmp_path: Path) -> None:
    notes = ['"two\nlines"', '5" screen', '"5"" screen"', '"odd" end', f'"{"n" * 200_000}"']
    rows = "".join(f"v{k},{k}.mp4,{note}\n" for k, note in enumerate(notes))
    tasks = read_manifest(csv(tmp_path, f"video_id,uri,notes\n{rows}"))
    assert [task.video_id for task in tasks] == ["v0", "v1", "v2", "v3", "v4"]


def test_not_utf8(tmp_path: Path) -> None:
    refusal(csv(tmp_path, "video_id,uri\nv,é.mp4\n", "latin-1"))
    refusal(csv(tmp_path, "vidéo_id,uri\nv,a.mp4\n", "latin-1"))


def test_missing(tmp_path: Path) -> None:
    assert "no such file" in refusal(f"{tmp_path}/none.csv").cause


def test_a_damaged_parquet_file_is_refused_or_read(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"video_id": ["v1", "v2"], "uri": ["a", "b"]}), buffer)
    content = buffer.getvalue()
    path = tmp_path / "list.parquet"
    for position in range(4, len(content), 7):
        damaged = bytearray(content)
        damaged[position] ^= 0xFF
        path.write_bytes(damaged)
        with suppress(ConfigError):
            assert read_manifest(str(path))
        path.write_bytes(content[:position])
        refusal(str(path))


SPREADSHEETS = {
    "semicolons": ("video_id;uri;person_id\r\np1;a.mp4;x\r\n", "utf-8"),
    "tabs": ("video_id\turi\tperson_id\np1\ta.mp4\tx\n", "utf-8"),
    "old line ends": ("video_id,uri,person_id\rp1,a.mp4,x\r", "utf-8"),
    "blanks after commas": ("video_id, uri, person_id\np1, a.mp4, x\n", "utf-8"),
    "capitals": ("Video_ID,URI,Person ID\np1,a.mp4,x\n", "utf-8"),
    "a mark": ("video_id,uri,person_id\np1,a.mp4,x\n", "utf-8-sig"),
    "UTF-16": ("video_id,uri,person_id\np1,a.mp4,x\n", "utf-16"),
    "UTF-16 with tabs": ("video_id\turi\tperson_id\r\np1\ta.mp4\tx\r\n", "utf-16"),
    "UTF-16 without a mark": ("video_id,uri,person_id\np1,a.mp4,x\n", "utf-16-le"),
    "UTF-16 of the other order": ("video_id,uri,person_id\np1,a.mp4,x\n", "utf-16-be"),
    "UTF-32": ("video_id,uri,person_id\np1,a.mp4,x\n", "utf-32"),
    "rows of blanks": ("video_id,uri,person_id\n  \np1,a.mp4,x\n \t\n", "utf-8"),
    "empty columns": ("video_id,uri,person_id,,\np1,a.mp4,x,,\n", "utf-8"),
    "empty rows at the end": ("video_id,uri,person_id\r\np1,a.mp4,x\r\n,,\r\n, ,\r\n", "utf-8"),
    "quoted cells": ('"video_id";"uri";"person_id"\n"p1";"a.mp4";"x"\n', "utf-8"),
}


@pytest.mark.parametrize("kind", SPREADSHEETS)
def test_what_spreadsheets_write(kind: str, tmp_path: Path) -> None:
    assert read_manifest(csv(tmp_path, *SPREADSHEETS[kind])) == (
        VideoTask("p1", f"{tmp_path}/a.mp4", "x", row=1),
    )


def test_empty_rows_count_in_the_numbers_of_rows(tmp_path: Path) -> None:
    text = "video_id,uri\n,\np1,a.mp4\n,\np2,\n"
    assert refusal(csv(tmp_path, text)).cause == "row 4 has no uri"


@pytest.mark.parametrize("text", ["video_id,uri", "video_id,uri\n", "video_id,uri\n,\n\n"])
def test_a_manifest_without_rows(text: str, tmp_path: Path) -> None:
    assert refusal(csv(tmp_path, text)).cause == "the manifest has no rows"


def test_an_older_encoding_is_named(tmp_path: Path) -> None:
    error = refusal(csv(tmp_path, "video_id,uri\np1,a.mp4\np2,\u00fc.mp4\n", "latin-1"))
    assert "row 2 is not in UTF-8" in error.cause
    assert "CSV UTF-8" in error.remedy


def test_backslashes_mean_folders_unless_a_file_has_them_in_its_name(tmp_path: Path) -> None:
    text = "video_id,uri\np1,sub\\a.mp4\np2,odd\\b.mp4\n"
    (tmp_path / "odd\\b.mp4").write_bytes(b"x")
    found = [task.uri for task in read_manifest(csv(tmp_path, text))]
    assert found == [f"{tmp_path}/sub/a.mp4", f"{tmp_path}/odd\\b.mp4"]


@pytest.mark.parametrize("path", ["C:\\Users\\lab\\a.mp4", "D:/a.mp4", "\\\\server\\share\\a.mp4"])
def test_a_path_of_windows_is_refused_as_such(path: str, tmp_path: Path) -> None:
    error = refusal(csv(tmp_path, f"video_id,uri\np1,{path}\n"))
    assert error.cause == f"row 1 has the Windows path {path!r}"


def test_a_column_of_ones_own_may_be_called_row(tmp_path: Path) -> None:
    (task,) = read_manifest(csv(tmp_path, "video_id,uri,row\np1,a.mp4,7\n"))
    assert task.row == 1


def test_cameras(tmp_path: Path) -> None:
    text = 'video_id,uri,Camera\na,1,"1200,1100,960,540"\nb,2,500 500 320 240\nc,3,\n'
    cameras = [task.camera for task in read_manifest(csv(tmp_path, text))]
    assert cameras == [Camera(1200, 1100, 960, 540), Camera(500, 500, 320, 240), None]


def test_a_camera_that_is_none_names_its_row(tmp_path: Path) -> None:
    error = refusal(csv(tmp_path, "video_id,uri,camera\na,1,\nb,2,500;500\n"))
    wrong = "the camera is wrong: expected four numbers, fx,fy,cx,cy, found '500;500'"
    assert error.cause == f"row 2: {wrong}"


@pytest.mark.parametrize(
    ("column", "meant"),
    [
        ("person", "person_id"),
        ("PersonID", "person_id"),
        ("persn_id", "person_id"),
        ("cameras", "camera"),
        ("Landmark", "landmarks"),
        ("rest_sec", "rest_seconds"),
        ("rest second", "rest_seconds"),
        ("rest.frames", "rest_frames"),
    ],
)
def test_a_misspelt_column_is_refused(column: str, meant: str, tmp_path: Path) -> None:
    error = refusal(csv(tmp_path, f"video_id,uri,{column}\np1,a.mp4,\n"))
    found = column.lower().replace(" ", "_")
    assert error.cause == f"the column {found!r} is not known, but looks like {meant}"
    assert error.remedy.startswith(f"Rename it to {meant}; drop it")


def test_columns_of_ones_own_are_allowed(tmp_path: Path) -> None:
    own = (
        "age,sex,group,condition,notes,session_id,season_id,subject,seconds,frames,frame_rate,rest,"
        "camera_id,camera_name,cam,person_age,personality,video,url,resting_heart_rate"
    )
    text = f"video_id,uri,{own}\np1,a.mp4{',' * len(own.split(','))}\n"
    assert read_manifest(csv(tmp_path, text)) == (VideoTask("p1", f"{tmp_path}/a.mp4", row=1),)


def test_a_column_beside_the_one_that_it_looks_like_is_ones_own(tmp_path: Path) -> None:
    text = "video_id,uri,person_id,person,cameras,camera\np1,a.mp4,P1,Ann,2,\n"
    (task,) = read_manifest(csv(tmp_path, text))
    assert (task.person_id, task.camera) == ("P1", None)


def test_many_cells_of_several_lines_are_read(tmp_path: Path) -> None:
    rows = [f'v{k},x.mp4,"first\nsecond line of the notes"\n' for k in range(30_000)]  # over 1 MiB
    assert len(read_manifest(csv(tmp_path, "video_id,uri,notes\n" + "".join(rows)))) == 30_000


def test_text_that_parquet_holds_as_bytes(tmp_path: Path) -> None:
    columns = {"video_id": pa.array([b"a"]), "uri": pa.array([b"/x.mp4"])}
    pq.write_table(pa.table(columns), tmp_path / "list.parquet")
    assert read_manifest(str(tmp_path / "list.parquet")) == (VideoTask("a", "/x.mp4", row=1),)
