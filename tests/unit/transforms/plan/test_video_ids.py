"""Names of inputs, as they stand in a dataset."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

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

    def test_numbers_what_still_clashes(self) -> None:
        uris = [f"{day}/clip.mp4" for day in ("mon", "tue", "wed")]
        assert name_videos(uris) == ("clip.mp4", "clip.mp4-2", "clip.mp4-3")

    def test_a_number_that_is_taken_is_passed_over(self) -> None:
        assert name_videos(["x/c.mp4", "y/c.mp4", "c.mp4-2.mkv"])[2] not in ("c.mp4", "c.mp4-2")
