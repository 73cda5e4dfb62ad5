"""Parts of real videos, joined, are the whole."""

from pathlib import Path

import numpy as np
import pytest

from openface_core.media import index_frames
from tests.fixtures.media.decoding import decode, decode_in_parts

SAFE = [
    "subj01.mp4",
    "glasses.mp4",
    "expressive.mp4",
    "single_face.mp4",
    "face_noface_vfr.mov",
    "four_people.mp4",
]


def check_cuts(path: Path, times: list[int], trials: int) -> None:
    whole = decode(path)
    rng = np.random.default_rng(17)
    for _ in range(trials):
        cuts = rng.choice(times, min(3, len(times)), replace=False)
        assert decode_in_parts(path, cuts.tolist()) == whole


@pytest.mark.parametrize("name", SAFE)
def test_parts_of_safe_videos(reference: Path, name: str) -> None:
    path = reference / "videos" / name
    index = index_frames(str(path))
    assert index.unsafe_reason is None
    whole = decode(path)
    assert [float(int(t) * index.time_base) for t in index.pts] == [seconds for seconds, _ in whole]
    check_cuts(path, index.pts.tolist(), trials=1)


@pytest.mark.slow
@pytest.mark.parametrize("name", SAFE)
def test_many_parts_of_safe_videos(reference: Path, name: str) -> None:
    path = reference / "videos" / name
    check_cuts(path, index_frames(str(path)).pts.tolist(), trials=6)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param("multi_face.avi", "container avi", marks=pytest.mark.slow),
        ("no_face.mp4", "edit list"),
    ],
)
def test_unsafe_videos_are_read_in_parts_all_the_same(
    reference: Path, name: str, reason: str
) -> None:
    path = reference / "videos" / name
    index = index_frames(str(path))
    assert reason in str(index.unsafe_reason)
    times = [round(s / index.time_base) for s, _ in decode(path) if s is not None]
    check_cuts(path, times, trials=1)
