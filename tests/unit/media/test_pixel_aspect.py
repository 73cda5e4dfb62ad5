"""Videos whose pixels are not square come out as players show them."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from openface_core.errors import MediaError
from openface_core.media import DecodeLimits, index_frames, open_media
from openface_core.media.pixel_aspect import believable_ratio, ratio_text, square_size
from tests.fixtures.media.decoding import decode, decode_in_parts
from tests.fixtures.media.writing import moving_square, write_video

CONTAINERS = {
    "a.mp4": "libx264",
    "a.mkv": "libx264",
    "a.ts": "libx264",
    "a.avi": "mpeg4",
    "a.mpg": "mpeg2video",
    "a.h264": "libx264",
}

# Mean difference in grey levels between a picture that was squeezed, coded and stretched, and the
# original; both the coding and the squeezing lose detail.
MEAN_ERROR = 8.0


@pytest.mark.parametrize("name", CONTAINERS)
@pytest.mark.parametrize("ratio", [Fraction(2), Fraction(4, 3), Fraction(8, 9)])
def test_pictures_have_the_shape_of_what_was_filmed(
    tmp_path: Path, name: str, ratio: Fraction
) -> None:
    filmed = moving_square(6, 192, 144)
    width, height = (round(192 / ratio), 144) if ratio > 1 else (192, round(144 * ratio))
    squeezed = [np.asarray(cv2.resize(p, (width, height)), dtype=np.uint8) for p in filmed]
    path = write_video(
        tmp_path / name, squeezed, fps=25, codec=CONTAINERS[name], pixel_aspect_ratio=ratio
    )
    with open_media(str(path)) as reader:
        frames = list(reader)
    assert len(frames) == 6
    assert reader.info.pixel_aspect_ratio == ratio
    assert (reader.info.width_px, reader.info.height_px) == (192, 144)
    for frame, original in zip(frames, filmed, strict=True):
        assert frame.image.shape == original.shape
        assert np.abs(frame.image.astype(int) - original).mean() < MEAN_ERROR


def test_the_stretched_picture_is_then_turned(tmp_path: Path) -> None:
    path = write_video(
        tmp_path / "a.mp4", moving_square(3), rotation=90, pixel_aspect_ratio=Fraction(2)
    )
    with open_media(str(path)) as reader:
        shapes = {frame.image.shape for frame in reader}
    assert shapes == {(128, 48, 3)}
    assert (reader.info.width_px, reader.info.height_px) == (48, 128)


def test_parts_of_a_stretched_video_are_the_whole(tmp_path: Path) -> None:
    path = write_video(
        tmp_path / "a.mp4",
        moving_square(30),
        options={"g": "6"},
        pixel_aspect_ratio=Fraction(4, 3),
    )
    index = index_frames(str(path))
    assert index.unsafe_reason is None
    keys = [int(pts) for pts in index.pts[index.is_key][1:]]
    assert decode_in_parts(path, keys) == decode(path)


def test_pictures_can_be_left_as_they_are_stored(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", moving_square(3), pixel_aspect_ratio=Fraction(2))
    with open_media(str(path), limits=DecodeLimits(square_pixels=False)) as reader:
        assert reader.info.pixel_aspect_ratio == 1
        assert next(iter(reader)).image.shape == moving_square(1)[0].shape


def test_nearly_square_pixels_are_left_alone(tmp_path: Path) -> None:
    plain = write_video(tmp_path / "plain.mp4", moving_square(4))
    path = write_video(
        tmp_path / "a.mp4", moving_square(4), pixel_aspect_ratio=Fraction(1279, 1280)
    )
    assert decode(path) == decode(plain)


def test_a_ratio_that_no_camera_has_is_told_and_not_applied(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mkv", moving_square(4), pixel_aspect_ratio=Fraction(10))
    with open_media(str(path)) as reader:
        assert {frame.image.shape for frame in reader} == {(48, 64, 3)}
        assert reader.warnings == ("its pixels are said to be 10:1, and taken to be square",)


def test_stretching_stays_within_the_limit(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", moving_square(4), pixel_aspect_ratio=Fraction(2))
    with pytest.raises(MediaError, match="128 x 48 pixels, once they are square"):
        open_media(str(path), limits=DecodeLimits(max_pixels=64 * 48))


@pytest.mark.parametrize(
    ("stated", "believed"),
    [
        (None, Fraction(1)),
        (Fraction(0), Fraction(1)),
        (Fraction(1), Fraction(1)),
        (Fraction(100, 101), Fraction(1)),
        (Fraction(16, 15), Fraction(16, 15)),
        (Fraction(1, 4), Fraction(1, 4)),
        (Fraction(41, 10), None),
        (Fraction(1, 5), None),
    ],
)
def test_what_is_believed(stated: Fraction | None, believed: Fraction | None) -> None:
    assert believable_ratio(stated) == believed


def test_the_narrow_side_is_stretched() -> None:
    assert square_size(720, 576, Fraction(16, 15)) == (768, 576)
    assert square_size(720, 480, Fraction(8, 9)) == (720, 540)
    assert ratio_text(Fraction(16, 15)) == "16:15"
