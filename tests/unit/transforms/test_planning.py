"""From command-line words to tasks, without Beam."""

import re
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openface_core.errors import ConfigError, InputError
from openface_core.media import DecodeLimits
from tests.integration.synthetic_corpus import write_clip
from tests.synthetic_video import moving_square, write_video
from transforms.planning import (
    expand_inputs,
    name_videos,
    plan_inputs,
    promised_frames,
    safe_video_id,
)
from transforms.records import Severity, VideoTask

ALLOWED = re.compile(r"[A-Za-z0-9._-]{1,120}")

tricky_names = st.text(max_size=200) | st.sampled_from(
    ["007", "1e5", "1E-3", "-inf", "+Infinity", "nan", "NaN", "NULL", "0x1F", "2024-01-01", "true",
     "", ".", "..", "...", "../../etc", "a/b", "a b", "é", "___", "1_000", ".5", "1e5.", "9" * 130,
     "__HIVE_DEFAULT_PARTITION__", "C:\\x", "video_id=3", "\x00", "%2e%2e"]
)  # fmt: skip
plain_names = st.from_regex(r"[A-Za-z0-9.+_-]{1,12}", fullmatch=True)


def touch(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_bytes(b"x")


class TestSafeVideoId:
    @given(tricky_names | plain_names)
    def test_stays_within_the_alphabet(self, name: str) -> None:
        found = safe_video_id(name)
        assert ALLOWED.fullmatch(found)
        assert not found.startswith(".")

    @given(tricky_names | plain_names)
    def test_never_reads_as_a_number(self, name: str) -> None:
        found = safe_video_id(name)
        for convert in (float, lambda text: int(text, 16) if "0x" in text.lower() else int(text)):
            with pytest.raises(ValueError):  # noqa: PT011 - any wording will do
                convert(found)
        assert found.lower() not in ("nan", "none", "null", "true", "false", "na")

    @given(plain_names)
    def test_is_its_own_safe_name(self, name: str) -> None:
        found = safe_video_id(name)
        assert safe_video_id(found) == found

    @pytest.mark.parametrize("name", ["interview_01", "P3-morning", "a.b", "0x_is_a_prefix", "e2e"])
    def test_keeps_harmless_names(self, name: str) -> None:
        assert safe_video_id(name) == name

    @pytest.mark.parametrize("name", ["0x1F", "-inf", "007", "__HIVE_DEFAULT_PARTITION__", "1e5"])
    def test_stays_text_in_a_dataset(self, name: str, tmp_path: Path) -> None:
        folder = tmp_path / f"video_id={safe_video_id(name)}"
        folder.mkdir()
        pq.write_table(pa.table({"a": [1]}), folder / "frames.parquet")
        table = pyarrow.dataset.dataset(tmp_path, partitioning="hive").to_table()
        assert table["video_id"].to_pylist() == [safe_video_id(name)]


class TestNameVideos:
    @given(st.lists(tricky_names | st.sampled_from(["a/v.mp4", "b/v.mp4", "b/V.mkv", "v-2.mp4"])))
    def test_is_unique_whatever_the_case(self, uris: list[str]) -> None:
        names = name_videos(uris)
        assert len(names) == len(uris)
        assert len({name.lower() for name in names}) == len(uris)
        assert all(re.fullmatch(r"[A-Za-z0-9._-]+", name) for name in names)

    def test_takes_the_stem(self) -> None:
        assert name_videos(["x/one.mp4", "s3://bucket/two.tar.mkv"]) == ("one", "two.tar")

    def test_keeps_the_ending_where_stems_clash(self) -> None:
        assert name_videos(["a.mp4", "a.mkv", "b.mp4"]) == ("a.mp4", "a.mkv", "b")

    def test_a_table_beside_a_video_does_not_take_its_name(self) -> None:
        uris = ["in/subj.csv", "in/subj.mp4", "in/subj.openface.csv"]
        assert name_videos(uris) == ("subj.csv", "subj", "subj.openface.csv")

    def test_numbers_what_still_clashes(self) -> None:
        uris = [f"{day}/clip.mp4" for day in ("mon", "tue", "wed")]
        assert name_videos(uris) == ("clip.mp4", "clip.mp4-2", "clip.mp4-3")

    def test_a_number_that_is_taken_is_passed_over(self) -> None:
        assert name_videos(["x/c.mp4", "y/c.mp4", "c.mp4-2.mkv"])[2] not in ("c.mp4", "c.mp4-2")


class TestExpandInputs:
    def test_a_folder_stands_for_its_visible_files_in_order(self, tmp_path: Path) -> None:
        touch(tmp_path, "b.mp4", "a.mkv", ".hidden")
        touch(tmp_path / "sub", "c.mp4")
        assert expand_inputs([str(tmp_path)]) == (f"{tmp_path}/a.mkv", f"{tmp_path}/b.mp4")

    def test_patterns(self, tmp_path: Path) -> None:
        touch(tmp_path / "sub", "c.mp4", "d.txt")
        touch(tmp_path, "a.mp4")
        found = expand_inputs([f"{tmp_path}/**/*.mp4"])
        assert found == (f"{tmp_path}/a.mp4", f"{tmp_path}/sub/c.mp4")

    def test_a_file_whose_name_looks_like_a_pattern(self, tmp_path: Path) -> None:
        touch(tmp_path, "take[1].mp4")
        assert expand_inputs([f"{tmp_path}/take[1].mp4"]) == (f"{tmp_path}/take[1].mp4",)

    def test_repetitions_count_once(self, tmp_path: Path) -> None:
        touch(tmp_path, "a.mp4")
        assert len(expand_inputs([f"{tmp_path}/a.mp4", str(tmp_path)])) == 1

    def test_urls_of_other_filesystems(self) -> None:
        fsspec.filesystem("memory").pipe({"/plan/b.mp4": b"x", "/plan/a.mp4": b"x"})
        by_folder = expand_inputs(["memory://plan"])
        assert by_folder == ("memory://plan/a.mp4", "memory://plan/b.mp4")
        by_pattern = expand_inputs(["memory://plan/*.mp4"])
        assert [uri.rsplit("/", 1)[1] for uri in by_pattern] == ["a.mp4", "b.mp4"]
        assert all(uri.startswith("memory://") for uri in by_pattern)

    def test_an_image_folder_is_one_input(self, tmp_path: Path) -> None:
        touch(tmp_path, "1.png", "2.png")
        assert expand_inputs([str(tmp_path)], image_folders=True) == (str(tmp_path),)

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
            VideoTask("one", f"{tmp_path}/a.mp4", "P1", f"{tmp_path}/own.csv"),
            VideoTask("two", f"{tmp_path}/b.mp4", None, f"{tmp_path}/points/two.csv"),
        )

    def test_an_empty_manifest(self, tmp_path: Path) -> None:
        (tmp_path / "list.csv").write_text("video_id,uri\n")
        with pytest.raises(InputError, match="nothing to analyse"):
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
