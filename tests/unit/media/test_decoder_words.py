"""What decoders of pictures print does not reach the screen, and damage is told."""

import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from openface_core.media import open_media
from openface_core.media.decoder_words import decoded_quietly
from tests.fixtures.media.writing import moving_square


def jpeg() -> bytes:
    picture = np.ascontiguousarray(moving_square(1)[0])
    return bytes(cv2.imencode(".jpg", picture)[1])


def damaged(content: bytes) -> bytes:
    """Return a JPEG whose data are wrong in the middle, and which ends as it should."""
    middle = len(content) // 2
    return content[:middle] + bytes(200) + content[middle + 200 :]


def test_a_damaged_jpeg_is_told_and_nothing_is_printed(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.jpg").write_bytes(damaged(jpeg()))
    with open_media(str(tmp_path / "a.jpg")) as media:
        (warning,) = media.warnings
    assert warning.startswith("the picture is damaged and was patched up (Corrupt JPEG data")
    assert capfd.readouterr() == ("", "")
    (tmp_path / "a.jpg").write_bytes(jpeg())
    with open_media(str(tmp_path / "a.jpg")) as media:
        assert media.warnings == ()


def test_damaged_ones_of_a_sequence_are_counted(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for number, content in enumerate([jpeg(), damaged(jpeg()), damaged(jpeg())]):
        (tmp_path / f"{number}.jpg").write_bytes(content)
    with open_media(str(tmp_path)) as media:
        assert len(list(media)) == 3
        (warning,) = media.warnings
    assert warning.startswith("2 images are damaged and were patched up, the first: 1.jpg: Corrupt")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("line", "damage"),
    [
        ("Corrupt JPEG data: premature end of data segment", "data segment"),
        ("Premature end of JPEG file", "JPEG file"),
        (
            "[ERROR:0@6.385] global grfmt_tiff.cpp:117 TIFF_Error Using code not yet in table",
            "table",
        ),
        ("libpng warning: iCCP: known incorrect sRGB profile", None),
    ],
)
def test_what_is_damage(line: str, damage: str | None, capfd: pytest.CaptureFixture[str]) -> None:
    found = decoded_quietly(lambda: os.write(2, f"{line}\n".encode()))[1]
    assert found is None if damage is None else str(found).endswith(damage)
    assert capfd.readouterr().err == ""


def test_what_others_write_meanwhile_is_not_lost(capfd: pytest.CaptureFixture[str]) -> None:
    def decode() -> int:
        os.write(2, b"50 % done\nCorrupt JPEG data: bad Huffman code\nerror: disk full\n")
        return 7

    assert decoded_quietly(decode) == (7, "Corrupt JPEG data: bad Huffman code")
    assert capfd.readouterr().err == "50 % done\nerror: disk full\n"


def test_an_exception_leaves_stderr_as_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    fail: Callable[[], int] = lambda: int("x")  # noqa: E731
    with pytest.raises(ValueError, match="invalid literal"):
        decoded_quietly(fail)
    os.write(2, b"still here\n")
    assert capfd.readouterr().err == "still here\n"
