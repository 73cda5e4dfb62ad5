"""Tracklets contradict neither themselves nor time."""

from dataclasses import replace

import numpy as np
import pytest

from tests.unit.identity.tracklets import tracklet

FACE = tracklet(0, 0, (10, 19), 0)


@pytest.mark.parametrize("seen", [0, 11])
def test_it_is_seen_within_its_frames(seen: int) -> None:
    with pytest.raises(ValueError, match="trusted frames"):
        replace(FACE, seen=seen)


def test_embeddings_are_rows() -> None:
    with pytest.raises(ValueError, match="embeddings"):
        replace(FACE, embeddings=np.zeros(16, np.float32))


@pytest.mark.parametrize(
    ("frames", "expected"), [((0, 9), False), ((0, 10), True), ((19, 30), True)]
)
def test_one_common_frame_is_an_overlap(frames: tuple[int, int], expected: bool) -> None:
    other = tracklet(0, 1, frames, 0)
    assert FACE.overlaps(other) is expected
    assert other.overlaps(FACE) is expected
