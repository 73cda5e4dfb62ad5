"""Names of inputs, as they stand in a dataset."""

import re
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openface_core.media import fingerprint
from openface_core.media.sources import recorded_uri
from transforms.plan.known_inputs import KnownInput, KnownInputs
from transforms.plan.video_ids import name_videos, safe_video_id

ALLOWED = re.compile(r"[A-Za-z0-9._-]{1,120}")

tricky_names = st.text(max_size=200) | st.sampled_from(
    ["007", "1e5", "1E-3", "-inf", "+Infinity", "nan", "NaN", "NULL", "0x1F", "2024-01-01", "true",
     "", ".", "..", "...", "../../etc", "a/b", "a b", "é", "___", "1_000", ".5", "1e5.", "9" * 130,
     "__HIVE_DEFAULT_PARTITION__", "C:\\x", "video_id=3", "\x00", "%2e%2e"]
)  # fmt: skip
plain_names = st.from_regex(r"[A-Za-z0-9.+_-]{1,12}", fullmatch=True)


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

    def test_takes_the_folder_where_names_clash(self) -> None:
        uris = [f"{day}/clip.mp4" for day in ("mon", "tue")] + ["tue/clip.mkv"]
        assert name_videos(uris) == ("mon_clip", "tue_clip", "clip.mkv")

    def test_a_hash_of_the_place_tells_the_rest_apart(self) -> None:
        uris = ["/p1/mon/clip.mp4", "/p2/mon/clip.mp4"]
        names = name_videos(uris)
        assert all(re.fullmatch("clip-[0-9a-f]{8}", name) for name in names)
        assert name_videos(uris[::-1]) == names[::-1]

    @pytest.mark.parametrize(
        ("name", "begin"), [("Müller", "Muller-"), ("张三", "video-"), ("P1_Šárka", "P1_Sarka-")]
    )
    def test_names_beyond_ascii_stay_apart_and_readable(self, name: str, begin: str) -> None:
        found = safe_video_id(name)
        assert found.startswith(begin)
        # As some systems write accents.
        assert safe_video_id(unicodedata.normalize("NFD", name)) == found
        assert safe_video_id("李四") != safe_video_id("张三")

    def test_such_names_do_not_depend_on_neighbours(self) -> None:
        alone = name_videos(["in/张三.mp4"])
        assert name_videos(["in/李四.mp4", "in/张三.mp4", "in/王五.mp4"])[1:2] == alone

    def test_a_name_that_is_no_text(self) -> None:
        assert re.fullmatch(
            "caf_-[0-9a-f]{8}|caf-[0-9a-f]{8}", name_videos(["in/caf\udce9.mp4"])[0]
        )


def known_file(folder: Path, name: str, content: bytes, video_id: str) -> KnownInput:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return KnownInput(video_id, str(path), fingerprint(str(path)), len(content))


class TestKnownInputs:
    def test_a_relative_path_means_another_file_in_another_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for folder, content in (("a", b"one"), ("b", b"two")):
            known_file(tmp_path, f"{folder}/video.mp4", content, "")
        monkeypatch.chdir(tmp_path / "a")
        recorded = KnownInput("video", recorded_uri("video.mp4"), fingerprint("video.mp4"), 3)
        assert name_videos(["video.mp4"], KnownInputs([recorded])) == ("video",)
        monkeypatch.chdir(tmp_path / "b")
        assert name_videos(["video.mp4"], KnownInputs([recorded])) == ("video.mp4",)
        of_earlier_version = replace(recorded, uri="video.mp4")
        assert name_videos(["video.mp4"], KnownInputs([of_earlier_version])) == ("video.mp4",)
        monkeypatch.chdir(tmp_path / "a")  # where its content is the same, it is the same input
        assert name_videos(["video.mp4"], KnownInputs([of_earlier_version])) == ("video",)

    def test_an_input_keeps_its_name_at_its_place(self, tmp_path: Path) -> None:
        known = KnownInputs([known_file(tmp_path, "visit.mp4", b"one", "P1")])
        (tmp_path / "visit.mp4").write_bytes(b"another content")
        (tmp_path / "visit.mkv").write_bytes(b"two")
        uris = [f"{tmp_path}/visit.mkv", f"{tmp_path}/./visit.mp4"]
        assert name_videos(uris, known) == ("visit", "P1")

    def test_a_new_neighbour_takes_another_name(self, tmp_path: Path) -> None:
        known = KnownInputs([known_file(tmp_path, "visit.mp4", b"one", "visit")])
        (tmp_path / "visit.mkv").write_bytes(b"two")
        uris = [f"{tmp_path}/visit.mkv", f"{tmp_path}/visit.mp4"]
        assert name_videos(uris, known) == ("visit.mkv", "visit")

    def test_an_input_of_another_run_keeps_its_name(self, tmp_path: Path) -> None:
        known = KnownInputs([known_file(tmp_path, "sub-01/video.mp4", b"one", "video")])
        known_file(tmp_path, "sub-02/video.mp4", b"two", "")
        assert name_videos([f"{tmp_path}/sub-02/video.mp4"], known) == ("video.mp4",)

    def test_a_copy_of_the_corpus_is_the_corpus(self, tmp_path: Path) -> None:
        known = KnownInputs([known_file(tmp_path, "archive/video.mp4", b"one", "video")])
        known_file(tmp_path, "scratch/video.mp4", b"one", "")
        assert name_videos([f"{tmp_path}/scratch/video.mp4"], known) == ("video",)
        both = [f"{tmp_path}/scratch/video.mp4", f"{tmp_path}/archive/video.mp4"]
        assert name_videos(both, known) == ("video.mp4", "video")

    def test_a_renamed_file_keeps_its_name(self, tmp_path: Path) -> None:
        known = KnownInputs([known_file(tmp_path, "old.mp4", b"one", "old")])
        (tmp_path / "old.mp4").rename(tmp_path / "new.mp4")
        (tmp_path / "two.mp4").write_bytes(b"two")
        uris = [f"{tmp_path}/new.mp4", f"{tmp_path}/two.mp4"]
        assert name_videos(uris, known) == ("old", "two")
        (tmp_path / "old.mp4").write_bytes(b"something else")
        assert name_videos(uris, known) == ("new", "two")
