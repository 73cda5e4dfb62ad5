"""Colours of a video are those that it states, or those of BT.601."""

from pathlib import Path

import numpy as np
import pytest
from av.video.frame import VideoFrame

from openface_core.media import DecodeLimits, open_media
from openface_core.media.frame_colours import FrameColours
from tests.fixtures.media.writing import moving_square, write_video


def first_picture(path: Path, *, stated_colours: bool) -> np.ndarray:
    with open_media(str(path), limits=DecodeLimits(stated_colours=stated_colours)) as reader:
        return next(iter(reader)).image.astype(int)


def test_a_matrix_that_a_video_states_counts_or_does_not(tmp_path: Path) -> None:
    plain = write_video(tmp_path / "plain.mp4", moving_square(2), options={"threads": "1"})
    options = {"threads": "1", "colorspace": "bt709"}
    stating = write_video(tmp_path / "stating.mp4", moving_square(2), options=options)
    pictures = [
        first_picture(path, stated_colours=counts)
        for path in (plain, stating)
        for counts in (True, False)
    ]
    assert np.abs(pictures[2] - pictures[3]).max() > 5
    np.testing.assert_array_equal(pictures[1], pictures[0])
    # Both files hold the same numbers, of which BT.601 makes the same colours.
    np.testing.assert_array_equal(pictures[3], pictures[0])


# Numbers of ITU-T H.273: YCgCo, BT.2020 with constant luminance, derived from the primaries.
@pytest.mark.parametrize(("space", "nearest"), [(8, 5), (10, 9), (12, 1)])
def test_the_nearest_matrix_is_taken_for_one_that_cannot_be_converted(
    space: int, nearest: int
) -> None:
    frame = noisy_frame("yuv420p")
    frame.color_primaries = 1
    frame.colorspace = space
    colours = FrameColours(are_stated=True)
    found, is_known = colours.whole(frame), colours.knows(frame)
    frame.colorspace = nearest
    np.testing.assert_array_equal(found, colours.whole(frame))
    assert not is_known
    assert colours.knows(frame)


@pytest.mark.parametrize("kind", ["gray", "bgr24", "gbrp", "pal8"])
def test_pictures_without_a_matrix_are_known_whatever_they_state(kind: str) -> None:
    frame = noisy_frame(kind)
    frame.colorspace = 8
    assert FrameColours(are_stated=True).knows(frame)


def test_colours_that_cannot_be_converted_are_told_of(tmp_path: Path) -> None:
    path = write_video(
        tmp_path / "a.mp4", moving_square(3), options={"threads": "1", "colorspace": "ycgco"}
    )
    with open_media(str(path)) as reader:
        assert len(list(reader)) == 3
        (line,) = reader.warnings
    assert line.startswith("3 frames state colours that cannot be converted exactly")
    with open_media(str(path), limits=DecodeLimits(stated_colours=False)) as reader:
        list(reader)
        assert reader.warnings == ()


def noisy_frame(kind: str) -> VideoFrame:
    rng, frame = np.random.default_rng(0), VideoFrame(64, 48, kind)
    for plane in frame.planes:
        plane.update(rng.integers(0, 256, plane.buffer_size, dtype=np.uint8).tobytes())
    return frame
