"""Image files of several pictures are films, or say that only the first picture is read."""

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest

from openface_core.media import DecodeLimits, MediaInfo, index_frames, open_media
from openface_core.media.frame_count import promised_frame_count
from openface_core.media.several_pictures import picture_count
from tests.fixtures.media.several_pictures import animated_png, animated_webp, encoded
from tests.fixtures.media.writing import moving_square

PICTURES = moving_square(5)


def read(path: Path) -> tuple[MediaInfo, list[float | None], list[np.ndarray], tuple[str, ...]]:
    with open_media(str(path)) as reader:
        frames = list(reader)
        times = [frame.pts_seconds for frame in frames]
        return reader.info, times, [frame.image for frame in frames], reader.warnings


def test_jpeg_pictures_one_after_the_other_are_a_film(tmp_path: Path) -> None:
    path = tmp_path / "camera.jpg"
    path.write_bytes(b"".join(encoded(".jpg", image) for image in PICTURES))
    info, times, images, warnings = read(path)
    assert (info.kind, info.codec) == ("video", "mjpeg")
    assert times == pytest.approx([index / 25 for index in range(5)])
    for image, original in zip(images, PICTURES, strict=True):
        assert np.abs(image.astype(int) - original).mean() < 4.0
    (line,) = warnings
    assert line.startswith("it holds pictures without time stamps; they are timed at 25 fps, and")
    assert index_frames(str(path)).unsafe_reason is not None
    assert promised_frame_count(str(path), DecodeLimits()) is None


def test_a_photograph_with_its_preview_is_an_image(tmp_path: Path) -> None:
    picture = encoded(".jpg", PICTURES[0])
    mark = b"\xff\xe2" + struct.pack(">H", 2 + 8) + b"MPF\0MM\0*"
    path = tmp_path / "phone.jpg"
    path.write_bytes(picture[:2] + mark + picture[2:] + picture)
    info, times, _, warnings = read(path)
    assert (info.kind, times, warnings) == ("image", [0.0], ())


def test_an_image_with_something_behind_it_is_an_image(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded(".jpg", PICTURES[0]) + b"a clip in another format")
    assert read(path)[0].kind == "image"


def test_an_animated_png_is_a_film(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(animated_png(PICTURES, delay_ms=100))
    info, times, images, warnings = read(path)
    assert (info.kind, info.codec, warnings) == ("video", "apng", ())
    assert times == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])
    assert all(np.array_equal(a, b) for a, b in zip(images, PICTURES, strict=True))


def test_an_animated_png_of_one_frame_is_an_image(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(animated_png(PICTURES[:1], delay_ms=100))
    assert read(path)[0].kind == "image"


def test_pages_of_a_tiff_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    assert cv2.imwritemulti(str(path), PICTURES)
    info, times, _, warnings = read(path)
    assert (info.kind, times) == ("image", [0.0])
    assert warnings == ("only the first of 5 pictures is read",)


def test_frames_of_a_webp_are_told(tmp_path: Path) -> None:
    path = tmp_path / "a.webp"
    path.write_bytes(animated_webp(PICTURES))
    assert read(path)[3] == ("only the first of 5 pictures is read",)


def test_a_folder_tells_images_of_several_pictures(tmp_path: Path) -> None:
    assert cv2.imwritemulti(str(tmp_path / "b.tif"), PICTURES)
    (tmp_path / "a.png").write_bytes(encoded(".png", PICTURES[0]))
    _, times, _, warnings = read(tmp_path)
    assert len(times) == 2
    (line,) = warnings
    assert line == "1 images hold several pictures, of which the first is read, such as b.tif"


@pytest.mark.parametrize("length", [4, 9, 20, 60])
def test_what_is_cut_off_counts_as_one_picture(length: int) -> None:
    assert picture_count("webp", animated_webp(PICTURES)[:length]) == 1
    assert picture_count("tiff", encoded(".tif", PICTURES[0])[:length]) == 1


def test_pages_in_a_circle_are_counted_once() -> None:
    # A directory without entries at byte 8, whose successor is itself.
    assert picture_count("tiff", struct.pack("<2sHIHI", b"II", 42, 8, 0, 8)) == 1
