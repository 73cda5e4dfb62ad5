"""Images and image folders: sniffed, bounded before decoding, upright, in natural order."""

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openface_core.errors import ConfigError, MediaError
from openface_core.media import DecodeLimits, open_media
from openface_core.media.image_headers import image_size, is_cut_off
from openface_core.media.images import natural_order
from openface_core.media.remedies import remedy_of
from openface_core.media.sniffing import image_format, looks_like_text
from tests.fixtures.media.writing import moving_square

FORMATS = {"jpeg": ".jpg", "png": ".png", "bmp": ".bmp", "tiff": ".tif", "webp": ".webp"}
PICTURE = moving_square(1, 70, 46)[0]


def encoded(suffix: str, image: np.ndarray = PICTURE) -> bytes:
    done, data = cv2.imencode(suffix, image)
    assert done
    return data.tobytes()


@pytest.mark.parametrize(("kind", "suffix"), FORMATS.items())
def test_formats_are_recognised_by_content(tmp_path: Path, kind: str, suffix: str) -> None:
    path = tmp_path / "misnamed.dat"
    path.write_bytes(encoded(suffix))
    with open_media(str(path)) as reader:
        info = reader.info
        (frame,) = reader
        assert reader.warnings == ()
    assert (info.kind, info.codec, info.width_px, info.height_px) == ("image", kind, 70, 46)
    assert info.decoder.startswith("OpenCV ")
    assert (frame.index, frame.pts_seconds) == (0, 0.0)
    assert frame.image.flags.c_contiguous
    assert np.mean(np.abs(frame.image.astype(int) - PICTURE)) < 4.0


@pytest.mark.parametrize(("kind", "suffix"), FORMATS.items())
def test_the_header_tells_the_size(kind: str, suffix: str) -> None:
    data = encoded(suffix)
    assert image_format(data) == kind
    assert image_size(kind, data) == (70, 46)
    assert not is_cut_off(kind, data)


@pytest.mark.parametrize("quality", [60, 101])
def test_the_header_tells_the_size_of_lossy_and_lossless_webp(quality: int) -> None:
    data = cv2.imencode(".webp", PICTURE, [cv2.IMWRITE_WEBP_QUALITY, quality])[1].tobytes()
    assert data[12:16] == (b"VP8L" if quality > 100 else b"VP8 ")
    assert image_size("webp", data) == (70, 46)


def test_the_header_tells_the_size_of_an_extended_webp() -> None:
    data = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0" + bytes(4)
    data += (70 - 1).to_bytes(3, "little") + (46 - 1).to_bytes(3, "little")
    assert image_size("webp", data) == (70, 46)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("big", [False, True])
def test_the_header_tells_the_size_of_any_tiff(order: str, big: bool) -> None:
    mark = b"II" if order == "<" else b"MM"
    if big:
        data = mark + struct.pack(order + "HHHQQ", 43, 8, 0, 16, 2)
        entries = [struct.pack(order + "HHQI4x", t, 4, 1, v) for t, v in ((256, 70), (257, 46))]
    else:
        data = mark + struct.pack(order + "HIH", 42, 8, 2)
        entries = [struct.pack(order + "HHIH2x", t, 3, 1, v) for t, v in ((256, 70), (257, 46))]
    assert image_size("tiff", data + b"".join(entries)) == (70, 46)


@pytest.mark.parametrize("suffix", FORMATS.values())
def test_too_many_pixels_are_refused_before_decoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    path = tmp_path / f"big{suffix}"
    path.write_bytes(encoded(suffix))

    def never(*_: object) -> None:
        raise AssertionError("it was decoded")

    monkeypatch.setattr(cv2, "imdecode", never)
    with pytest.raises(MediaError, match="70 x 46 pixels are more than the 3000 allowed"):
        open_media(str(path), limits=DecodeLimits(max_pixels=3000))


def test_too_many_bytes_are_refused_before_reading(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(encoded(".png"))
    with path.open("ab") as file:
        file.truncate(20 * 2**20)
    with pytest.raises(MediaError, match="larger than the"):
        open_media(str(path), limits=DecodeLimits(max_pixels=4000))


@pytest.mark.parametrize("suffix", FORMATS.values())
@pytest.mark.parametrize("share", [0.02, 0.3, 0.6, 0.9])
def test_a_truncated_image_is_an_error(tmp_path: Path, suffix: str, share: float) -> None:
    data = encoded(suffix)
    path = tmp_path / f"cut{suffix}"
    path.write_bytes(data[: max(20, int(share * len(data)))])
    with pytest.raises(MediaError, match=r"cut off|damaged"):
        open_media(str(path))


def test_a_jpeg_thumbnail_does_not_hide_that_the_image_is_cut_off() -> None:
    data = encoded(".jpg")
    thumbnail = b"Exif\0\0" + encoded(".jpg", PICTURE[:8, :8])
    segment = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    whole = data[:2] + segment + data[2:]
    assert image_size("jpeg", whole) == (70, 46)
    assert not is_cut_off("jpeg", whole)
    assert is_cut_off("jpeg", whole[:-40])


def test_a_png_chunk_that_claims_gigabytes_is_not_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = encoded(".png")
    path = tmp_path / "a.png"
    end = data.index(b"IEND") - 4
    path.write_bytes(data[:end] + struct.pack(">I4s", 0x7FFFFF00, b"tEXt") + data[end:])

    def never(*_: object) -> None:
        raise AssertionError("it was decoded")

    monkeypatch.setattr(cv2, "imdecode", never)
    with pytest.raises(MediaError, match="cut off"):
        open_media(str(path))


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_the_exif_orientation_is_applied(tmp_path: Path, orientation: int) -> None:
    """Orientations 6 and 8: the stored rows run down the right and up the left side."""
    tiff = b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    body = b"Exif\0\0" + tiff
    segment = b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body
    data = encoded(".jpg")
    path = tmp_path / "turned.jpg"
    path.write_bytes(data[:2] + segment + data[2:])
    clockwise_quarter_turns = {1: 0, 3: 2, 6: 1, 8: 3}[orientation]
    with open_media(str(path)) as reader:
        info = reader.info
        (frame,) = reader
    plain = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert plain is not None
    assert np.array_equal(frame.image, np.rot90(plain, -clockwise_quarter_turns))
    assert (info.height_px, info.width_px) == frame.image.shape[:2]


@given(st.sampled_from(sorted(FORMATS)), st.binary(max_size=200), st.integers(0, 199))
@settings(max_examples=300, deadline=None)
def test_damaged_headers_never_end_in_another_exception(kind: str, noise: bytes, at: int) -> None:
    data = bytearray(encoded(FORMATS[kind])[:400])
    data[at : at + len(noise)] = noise
    try:
        width, height = image_size(kind, bytes(data))  # type: ignore[arg-type]
        is_cut_off(kind, bytes(data))  # type: ignore[arg-type]
    except ValueError:
        return
    assert width > 0
    assert height > 0


class TestSequences:
    """Folders of images."""

    def test_natural_order_and_time(self, tmp_path: Path) -> None:
        for number in (1, 2, 10, 100):
            image = np.full((20, 30, 3), number, dtype=np.uint8)
            (tmp_path / f"img{number}.png").write_bytes(encoded(".png", image))
        (tmp_path / "notes.txt").write_text("not an image")
        (tmp_path / ".hidden.png").write_bytes(b"junk")
        (tmp_path / "more").mkdir()
        with open_media(str(tmp_path), image_sequence_fps=25.0) as reader:
            info = reader.info
            frames = list(reader)
            assert reader.warnings == ()
        assert [int(frame.image[0, 0, 0]) for frame in frames] == [1, 2, 10, 100]
        assert [frame.pts_seconds for frame in frames] == [0.0, 1 / 25, 2 / 25, 3 / 25]
        assert (info.kind, info.container, info.codec) == ("image_sequence", "directory", "png")
        assert (info.average_rate_fps, info.frame_count_from_header) == (25.0, 4)

    def test_images_of_other_suffixes_and_formats(self, tmp_path: Path) -> None:
        for name in ("1.JPG", "2.jpe", "3.jfif", "4.jpeg"):
            (tmp_path / name).write_bytes(encoded(".jpg"))
        for name in ("10.heic", "9.HEIC", "notes.txt", ".hidden.heic"):
            (tmp_path / name).write_bytes(b"another format")
        with open_media(str(tmp_path)) as reader:
            assert len(list(reader)) == 4
            (warning,) = reader.warnings
        assert warning == (
            "2 pictures of the folder are of formats that are not read, such as 9.HEIC"
        )
        assert "Convert" in remedy_of(warning)

    def test_sizes_may_differ(self, tmp_path: Path) -> None:
        (tmp_path / "a.png").write_bytes(encoded(".png", PICTURE))
        (tmp_path / "b.bmp").write_bytes(encoded(".bmp", PICTURE[:30]))
        with open_media(str(tmp_path)) as reader:
            assert [frame.image.shape for frame in reader] == [(46, 70, 3), (30, 70, 3)]
            (warning,) = reader.warnings
        assert warning == "the frame size changes within the folder (70 x 30, 70 x 46)"
        assert "without --image-folders" in remedy_of(warning)

    def test_of_many_sizes_a_few_are_named(self, tmp_path: Path) -> None:
        for height in range(20, 30):
            (tmp_path / f"{height}.png").write_bytes(encoded(".png", PICTURE[:height]))
        with open_media(str(tmp_path)) as reader:
            assert len(list(reader)) == 10
            (warning,) = reader.warnings
        assert warning.endswith("(70 x 20, 70 x 21, 70 x 22, 70 x 23 and 6 more)")

    def test_numbers_and_times_count_the_images_that_are_read(self, tmp_path: Path) -> None:
        for name in ("1.png", "2.png", "3.png"):
            (tmp_path / name).write_bytes(encoded(".png"))
        (tmp_path / "2.png").write_bytes(encoded(".png")[:100])
        with open_media(str(tmp_path), image_sequence_fps=10.0) as reader:
            assert not reader.info.image_names
            frames = list(reader)
            (warning,) = reader.warnings
        assert [(frame.index, frame.pts_seconds) for frame in frames] == [(0, 0.0), (1, 0.1)]
        assert reader.info.image_names == ("1.png", "3.png")
        assert warning.startswith("1 of 3 images skipped, the first because: 2.png")

    def test_too_many_damaged_images(self, tmp_path: Path) -> None:
        for number in range(5):
            (tmp_path / f"{number}.png").write_bytes(b"junk" if number else encoded(".png"))
        reader = open_media(str(tmp_path), limits=DecodeLimits(max_corrupt_packets=2))
        with pytest.raises(MediaError, match="more than 2 of its images"):
            list(reader)

    def test_an_unreadable_storage_is_an_error(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("1.png", "2.png"):
            (tmp_path / name).write_bytes(encoded(".png"))
        reader = open_media(str(tmp_path))
        (tmp_path / "2.png").unlink()
        with pytest.raises(MediaError, match="no such file"):
            list(reader)

    def test_nothing_in_it(self, tmp_path: Path) -> None:
        with pytest.raises(MediaError, match="holds no images"):
            open_media(str(tmp_path))

    def test_none_readable(self, tmp_path: Path) -> None:
        (tmp_path / "a.jpg").write_bytes(b"junk")
        with pytest.raises(MediaError, match="none of the 1 images can be read"):
            open_media(str(tmp_path))

    @pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
    def test_the_rate_is_checked(self, tmp_path: Path, rate: float) -> None:
        (tmp_path / "a.png").write_bytes(encoded(".png"))
        with pytest.raises(ConfigError):
            open_media(str(tmp_path), image_sequence_fps=rate)


@given(st.lists(st.integers(0, 10**6), unique=True))
def test_natural_order_sorts_numbers(numbers: list[int]) -> None:
    names = [f"frame_{number}.jpg" for number in numbers]
    assert sorted(names, key=natural_order) == [f"frame_{number}.jpg" for number in sorted(numbers)]


@given(st.lists(st.text()))
def test_natural_order_is_defined_for_any_names(names: list[str]) -> None:
    in_order = sorted(names, key=natural_order)
    assert sorted(reversed(in_order), key=natural_order) == in_order


@given(st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1))
def test_text_looks_like_text_even_if_cut(text: str) -> None:
    data = (text * (5000 // len(text) + 1)).encode()
    assert looks_like_text(data)
    assert not looks_like_text(b"\0" + data)
