"""From command-line words to tasks, without Beam."""

import shutil
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from openface_core.errors import ConfigError, InputError, LandmarkFileError
from openface_core.media import DecodeLimits
from openface_core.shape import Camera
from tests.fixtures.faces.clips import write_clip
from tests.fixtures.media.writing import moving_square, write_video
from transforms.plan.inputs import (
    expand_inputs,
    plan_inputs,
    promised_frames,
)
from transforms.problems import Severity
from transforms.records import VideoTask


def touch(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"x")


class TestExpandInputs:
    def test_a_folder_stands_for_its_visible_files_in_order(self, tmp_path: Path) -> None:
        touch(tmp_path, "b.mp4", "a.mkv", ".hidden")
        touch(tmp_path / "sub", "c.mp4")
        assert expand_inputs([str(tmp_path)])[0] == (f"{tmp_path}/a.mkv", f"{tmp_path}/b.mp4")

    def test_patterns(self, tmp_path: Path) -> None:
        touch(tmp_path / "sub", "c.mp4", "d.txt")
        touch(tmp_path, "a.mp4")
        found = expand_inputs([f"{tmp_path}/**/*.mp4"])[0]
        assert found == (f"{tmp_path}/a.mp4", f"{tmp_path}/sub/c.mp4")

    def test_wildcards_do_not_find_hidden_names(self, tmp_path: Path) -> None:
        touch(tmp_path / ".data" / "s1", "a.mp4", "._a.mp4")
        touch(tmp_path / ".data" / ".Trash", "old.mp4")
        data = f"{tmp_path}/.data"
        assert expand_inputs([f"{data}/**/*.mp4"])[0] == (f"{data}/s1/a.mp4",)
        assert expand_inputs([f"{data}/*"], image_folders=True)[0] == (f"{data}/s1",)
        assert expand_inputs([f"{data}/.T*/*"])[0] == (f"{data}/.Trash/old.mp4",)

    def test_a_file_whose_name_looks_like_a_pattern(self, tmp_path: Path) -> None:
        touch(tmp_path, "take[1].mp4")
        assert expand_inputs([f"{tmp_path}/take[1].mp4"])[0] == (f"{tmp_path}/take[1].mp4",)

    def test_repetitions_count_once(self, tmp_path: Path) -> None:
        touch(tmp_path, "a.mp4")
        assert len(expand_inputs([f"{tmp_path}/a.mp4", str(tmp_path)])[0]) == 1

    def test_archives(self, tmp_path: Path) -> None:
        touch(tmp_path / "in" / "sub", "c.mp4")
        touch(tmp_path / "in", "a.mp4")
        archive = shutil.make_archive(str(tmp_path / "x"), "zip", tmp_path / "in")
        of_pattern = expand_inputs([f"zip://*.mp4::{archive}"])[0]
        assert of_pattern == (f"zip://a.mp4::{archive}",)
        assert expand_inputs([f"zip://::{archive}"])[0] == of_pattern
        of_folder = expand_inputs([f"zip://sub::{archive}"])[0]
        assert of_folder == (f"zip://sub/c.mp4::{archive}",)
        assert expand_inputs([f"zip://sub/*::{archive}"])[0] == of_folder
        assert fsspec.open(of_folder[0]).open().read() == b"x"

    def test_caches(self, tmp_path: Path) -> None:
        fsspec.filesystem("memory").pipe({"/cached/a.mp4": b"x"})
        (found,) = expand_inputs(["simplecache::memory://cached/*.mp4"])[0]
        assert found.startswith("simplecache::memory://")
        assert fsspec.open(found).open().read() == b"x"

    def test_urls_of_other_filesystems(self) -> None:
        fsspec.filesystem("memory").pipe({"/plan/b.mp4": b"x", "/plan/a.mp4": b"x"})
        by_folder = expand_inputs(["memory://plan"])[0]
        assert by_folder == ("memory://plan/a.mp4", "memory://plan/b.mp4")
        by_pattern = expand_inputs(["memory://plan/*.mp4"])[0]
        assert [uri.rsplit("/", 1)[1] for uri in by_pattern] == ["a.mp4", "b.mp4"]
        assert all(uri.startswith("memory://") for uri in by_pattern)

    def test_spellings_of_one_place_count_once(self, tmp_path: Path) -> None:
        touch(tmp_path, "a.mp4")
        given = [f"{tmp_path}/a.mp4", f"{tmp_path}/./a.mp4", f"{tmp_path}/b/../a.mp4"]
        assert expand_inputs(given)[0] == (f"{tmp_path}/a.mp4",)

    def test_side_files_are_left_out_and_counted(self, tmp_path: Path) -> None:
        touch(tmp_path, "a.mp4", "a.json", "a.tsv", "a.srt", "Thumbs.db", ".hidden")
        touch(tmp_path / "sub", "c.mp4")
        (tmp_path / "gone.mp4").symlink_to(tmp_path / "elsewhere.mp4")
        uris, left_out = expand_inputs([str(tmp_path)])
        assert uris == (f"{tmp_path}/a.mp4",)
        assert left_out == (
            f"{tmp_path}: 4 other files (Thumbs.db, a.json, a.srt, ...), 1 folder, 1 dead link "
            "left out",
        )
        uris, left_out = expand_inputs([f"{tmp_path}/a.*"])
        assert uris == (f"{tmp_path}/a.mp4",)
        assert left_out == (f"{tmp_path}/a.*: 3 other files (a.json, a.srt, a.tsv) left out",)

    def test_a_file_that_is_named_is_read_whatever_its_ending(self, tmp_path: Path) -> None:
        touch(tmp_path, "a.json")
        for given in (f"{tmp_path}/a.json", f"{tmp_path}/*.json"):
            assert expand_inputs([given]) == ((f"{tmp_path}/a.json",), ())

    def test_a_folder_of_other_things(self, tmp_path: Path) -> None:
        touch(tmp_path, "dataset_description.json", "README")
        touch(tmp_path / "sub-01", "c.mp4")
        with pytest.raises(InputError, match=r"holds no videos, but 2 other files .*, 1 folder"):
            expand_inputs([str(tmp_path)])

    @pytest.mark.parametrize("scheme", ["", "memory:/"])
    def test_a_pattern_for_image_folders(self, scheme: str, tmp_path: Path) -> None:
        for name in ("s1/1.png", "s1/2.png", "s2/1.png", "notes.txt"):
            with fsspec.open(f"{scheme}{tmp_path}/data/{name}", "wb", auto_mkdir=True) as file:
                file.write(b"x")
        pattern = f"{scheme}{tmp_path}/data/*"
        uris, left_out = expand_inputs([pattern], image_folders=True)
        assert left_out == (f"{pattern}: 1 other file (notes.txt) left out",)
        assert [uri.rsplit("/", 2)[1:] for uri in uris] == [["data", "s1"], ["data", "s2"]]
        assert all(uri.startswith(scheme) for uri in uris)
        with pytest.raises(InputError, match="only folders match the pattern"):
            expand_inputs([f"{scheme}{tmp_path}/data/s*"])

    def test_an_image_folder_is_one_input(self, tmp_path: Path) -> None:
        touch(tmp_path, "1.png", "2.png")
        assert expand_inputs([str(tmp_path)], image_folders=True)[0] == (str(tmp_path),)

    @pytest.mark.parametrize("pattern", ["*.mp4", "memory://nothing-here/*.mp4"])
    def test_a_pattern_without_a_match(self, pattern: str, tmp_path: Path) -> None:
        pattern = pattern if "://" in pattern else f"{tmp_path}/{pattern}"
        with pytest.raises(InputError, match="no file matches") as caught:
            expand_inputs([pattern])
        assert caught.value.subject == pattern
        assert "quote it" in caught.value.remedy

    def test_an_empty_folder(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="holds no files"):
            expand_inputs([str(tmp_path)])

    @pytest.mark.parametrize("uri", ["", "nosuch://x/*.mp4"])
    def test_what_is_no_address(self, uri: str) -> None:
        with pytest.raises(InputError):
            expand_inputs([uri])


class TestPlanInputs:
    def test_a_missing_file_is_a_problem_beside_the_others(self, tmp_path: Path) -> None:
        touch(tmp_path, "a.mp4")
        plan = plan_inputs([f"{tmp_path}/a.mp4", f"{tmp_path}/b.mp4"])
        assert plan.tasks == (VideoTask("a", f"{tmp_path}/a.mp4"),)
        (problem,) = plan.problems
        assert (problem.video_id, problem.severity, problem.stage) == (
            "b",
            Severity.ERROR,
            "input",
        )
        assert problem.reason == "there is no such file"
        assert problem.remedy

    def test_nothing_but_missing_files(self, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="no such file"):
            plan_inputs([f"{tmp_path}/a.mp4"])

    def test_no_input(self) -> None:
        with pytest.raises(InputError, match="nothing to analyse"):
            plan_inputs([])

    def test_a_device_is_not_read(self) -> None:
        with pytest.raises(InputError, match="not a regular file"):
            plan_inputs(["/dev/zero"])

    def test_landmarks_of_one_input(self, tmp_path: Path) -> None:
        touch(tmp_path, "a.mp4", "points.csv")
        plan = plan_inputs([f"{tmp_path}/a.mp4"], landmarks=f"{tmp_path}/points.csv")
        assert plan.tasks[0].landmarks_uri == f"{tmp_path}/points.csv"

    def test_one_file_of_landmarks_cannot_serve_two(self, tmp_path: Path) -> None:
        touch(tmp_path, "a.mp4", "b.mp4", "points.csv")
        with pytest.raises(InputError, match="cannot serve several inputs"):
            plan_inputs(
                [f"{tmp_path}/a.mp4", f"{tmp_path}/b.mp4"], landmarks=f"{tmp_path}/points.csv"
            )

    def test_the_cameras_of_a_manifest_come_first(self, tmp_path: Path) -> None:
        touch(tmp_path, "a.mp4", "b.mp4")
        (tmp_path / "list.csv").write_text('video_id,uri,camera\na,a.mp4,"5,5,2,2"\nb,b.mp4,\n')
        named = Camera(9, 9, 4, 3)
        tasks = plan_inputs([f"{tmp_path}/list.csv"], camera=named).tasks
        assert [task.camera for task in tasks] == [Camera(5, 5, 2, 2), named]
        assert plan_inputs([f"{tmp_path}/a.mp4"]).tasks[0].camera is None

    def test_a_folder_of_landmarks(self, tmp_path: Path) -> None:
        touch(tmp_path / "in", "a.mp4", "b.mp4", "c.mp4")
        touch(tmp_path / "points", "a.csv", "a.parquet", "b.parquet")
        plan = plan_inputs([f"{tmp_path}/in"], landmarks=f"{tmp_path}/points")
        assert [task.landmarks_uri for task in plan.tasks] == [
            f"{tmp_path}/points/a.csv",
            f"{tmp_path}/points/b.parquet",
        ]
        (problem,) = plan.problems
        assert problem.video_id == "c"
        assert "no landmarks" in problem.reason

    def test_landmarks_named_after_a_file_whose_id_is_another(self, tmp_path: Path) -> None:
        touch(tmp_path / "in", "001.mp4", "002.mp4")
        touch(tmp_path / "points", "001.csv", "video-002.csv")
        tasks = plan_inputs([str(tmp_path / "in")], landmarks=str(tmp_path / "points")).tasks
        assert [task.video_id for task in tasks] == ["video-001", "video-002"]
        assert [Path(str(task.landmarks_uri)).name for task in tasks] == [
            "001.csv",
            "video-002.csv",
        ]

    def test_landmarks_named_after_files_of_two_folders_are_of_neither(
        self, tmp_path: Path
    ) -> None:
        for folder in ("x", "y"):
            touch(tmp_path / "in" / folder, "video.mp4")
        touch(tmp_path / "points", "video.csv")
        inputs = [f"{tmp_path}/in/*/video.mp4"]
        with pytest.raises(InputError, match=r"there are no landmarks for .*/x/video\.mp4"):
            plan_inputs(inputs, landmarks=f"{tmp_path}/points")

    def test_landmarks_of_a_file_that_has_two_rows(self, tmp_path: Path) -> None:
        touch(tmp_path, "clip.mp4")
        touch(tmp_path / "points", "clip.csv")
        (tmp_path / "list.csv").write_text("video_id,uri\nleft,clip.mp4\nright,clip.mp4\n")
        tasks = plan_inputs([f"{tmp_path}/list.csv"], landmarks=str(tmp_path / "points")).tasks
        assert {task.landmarks_uri for task in tasks} == {f"{tmp_path}/points/clip.csv"}
        assert len(tasks) == 2

    @pytest.mark.parametrize("name", ["007", "video-007", "clip"])
    def test_landmarks_named_as_in_a_manifest(self, name: str, tmp_path: Path) -> None:
        touch(tmp_path, "clip.mp4", "other.mp4")
        touch(tmp_path / "points", f"{name}.csv")
        (tmp_path / "list.csv").write_text("video_id,uri\n007,clip.mp4\n8,other.mp4\n")
        (task,) = plan_inputs([f"{tmp_path}/list.csv"], landmarks=str(tmp_path / "points")).tasks
        assert (task.video_id, task.manifest_id) == ("video-007", "007")
        assert task.landmarks_uri == f"{tmp_path}/points/{name}.csv"

    def test_a_missing_file_of_landmarks(self, tmp_path: Path) -> None:
        touch(tmp_path, "a.mp4")
        with pytest.raises(InputError, match="no such file") as caught:
            plan_inputs([f"{tmp_path}/a.mp4"], landmarks=f"{tmp_path}/points.csv")
        assert caught.value.subject == f"{tmp_path}/points.csv"

    def test_a_manifest_keeps_its_own_landmarks(self, tmp_path: Path) -> None:
        touch(tmp_path, "a.mp4", "b.mp4", "own.csv")
        touch(tmp_path / "points", "two.csv")
        (tmp_path / "list.csv").write_text(
            "video_id,uri,person_id,landmarks\none,a.mp4,P1,own.csv\ntwo,b.mp4,,\n"
        )
        plan = plan_inputs([f"{tmp_path}/list.csv"], landmarks=f"{tmp_path}/points")
        assert plan.tasks == (
            VideoTask("one", f"{tmp_path}/a.mp4", "P1", f"{tmp_path}/own.csv", row=1),
            VideoTask("two", f"{tmp_path}/b.mp4", None, f"{tmp_path}/points/two.csv", row=2),
        )

    def test_landmarks_of_a_manifest_that_are_missing(self, tmp_path: Path) -> None:
        touch(tmp_path, "a.mp4", "own.csv")
        manifest = tmp_path / "list.csv"
        manifest.write_text("video_id,uri,landmarks\none,a.mp4,own.csv\ntwo,a.mp4,gone.csv\n")
        plan = plan_inputs([str(manifest)])
        assert [task.video_id for task in plan.tasks] == ["one"]
        (problem,) = plan.problems
        assert (problem.video_id, problem.stage) == ("two", "landmarks")
        assert problem.reason == f"{tmp_path}/gone.csv: there is no such file"
        (tmp_path / "own.csv").unlink()
        with pytest.raises(LandmarkFileError, match=r"own\.csv: there is no such file"):
            plan_inputs([str(manifest)])

    @pytest.mark.parametrize(
        "header", [b"frame,confidence\n1,0.9\n", b"", b"\xff\xfe\x00", b"video_id\na\n"]
    )
    def test_another_table_beside_videos_is_an_input(self, header: bytes, tmp_path: Path) -> None:
        touch(tmp_path, "a.mp4")
        (tmp_path / "a.csv").write_bytes(header)
        (tmp_path / "b.parquet").write_bytes(header)
        given = [str(tmp_path / name) for name in ("a.mp4", "a.csv", "b.parquet")]
        assert [task.uri for task in plan_inputs(given).tasks] == given

    @pytest.mark.parametrize(
        "header", ["Video ID;URI", "video_id,uri", '\n"uri"\t"video-id"', "uri|video_id"]
    )
    def test_manifests_of_every_kind_are_known(self, header: str, tmp_path: Path) -> None:
        (tmp_path / "a.csv").write_text(f"{header}\n", encoding="utf-8-sig")
        (tmp_path / "b.csv").write_text(f"{header}\n", encoding="utf-16")
        columns = {"video_id": ["one"], "uri": ["a.mp4"]}
        pq.write_table(pa.table(columns), tmp_path / "c.parquet")
        for name in ("a.csv", "b.csv", "c.parquet"):
            with pytest.raises(ConfigError, match="a manifest stands alone"):
                plan_inputs([str(tmp_path / name), str(tmp_path)])

    @pytest.mark.parametrize("others", [["b.csv"], ["a.mp4"], ["."], ["a.csv"]])
    def test_a_manifest_stands_alone(self, others: list[str], tmp_path: Path) -> None:
        touch(tmp_path, "a.mp4")
        for name in ("a.csv", "b.csv"):
            (tmp_path / name).write_text("video_id,uri\none,a.mp4\n")
        given = [str(tmp_path / name) for name in ("a.csv", *others)]
        for inputs in (given, given[::-1]):
            with pytest.raises(
                ConfigError, match="a manifest stands alone, and 2 inputs"
            ) as caught:
                plan_inputs(inputs)
            assert caught.value.subject.endswith(".csv")
            assert caught.value.remedy.startswith("Put all rows into one manifest")

    def test_an_empty_manifest(self, tmp_path: Path) -> None:
        (tmp_path / "list.csv").write_text("video_id,uri\n")
        with pytest.raises(ConfigError, match="no rows"):
            plan_inputs([f"{tmp_path}/list.csv"])
        (tmp_path / "list.csv").write_text("")
        with pytest.raises(ConfigError, match="empty"):
            plan_inputs([f"{tmp_path}/list.csv"])


class TestPromisedFrames:
    def test_is_zero_for_what_cannot_be_opened(self, tmp_path: Path) -> None:
        write_video(tmp_path / "a.mp4", moving_square(7))
        write_clip(tmp_path / "b.mkv", 3)
        touch(tmp_path, "c.mp4")
        tasks = plan_inputs([str(tmp_path)]).tasks
        assert [promised_frames(task, DecodeLimits()) for task in tasks] == [7, 3, 0]
