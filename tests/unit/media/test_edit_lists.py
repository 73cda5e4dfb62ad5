"""Films cut to length by an edit list have the frames that it shows, and lost ones are told."""

from pathlib import Path

import pytest

from openface_core.media import open_media
from openface_core.media.frame_count import promised_frame_count
from openface_core.media.frames import DecodeLimits
from tests.fixtures.media.boxes import with_edit, with_half_the_chunks
from tests.fixtures.media.writing import moving_square, write_video

FRAMES, RATE_FPS = 90, 30
GROUPS = {"g": "30", "bf": "2", "threads": "1"}


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("film") / "a.mp4"
    # Sound lies between the pictures, which makes many chunks of them.
    write_video(path, moving_square(FRAMES), fps=RATE_FPS, options=GROUPS, audio_seconds=3.0)
    return path.read_bytes()


def read(folder: Path, data: bytes) -> tuple[int, int | None, tuple[str, ...]]:
    path = folder / "changed.mp4"
    path.write_bytes(data)
    with open_media(str(path)) as reader:
        count = len(list(reader))
        assert reader.info.frame_count_from_header == promised_frame_count(
            str(path), DecodeLimits()
        )
        return count, reader.info.frame_count_from_header, reader.warnings


@pytest.mark.parametrize(
    ("begin_seconds", "seconds", "frames"),
    [(0.0, 1.0, 30), (1.5, 1.5, 45), (1.2, 0.8, 24), (2.0, 1.0, 30), (0.0, 3.0, 90)],
)
def test_frames_that_are_cut_away_are_not_missing(
    tmp_path: Path, film: bytes, begin_seconds: float, seconds: float, frames: int
) -> None:
    found = read(tmp_path, with_edit(film, begin_seconds, seconds))
    assert found == (frames, frames, ())


def test_frames_of_an_index_that_ends_early_are_missing(tmp_path: Path, film: bytes) -> None:
    count, promised, (warning,) = read(tmp_path, with_half_the_chunks(film))
    assert 0 < count < FRAMES
    assert promised == FRAMES
    assert warning.startswith(f"the header promises {FRAMES} frames, {count} could be decoded")


def test_they_are_missing_from_a_part_of_the_film_too(tmp_path: Path, film: bytes) -> None:
    count, promised, (warning,) = read(tmp_path, with_half_the_chunks(with_edit(film, 1.0, 1.5)))
    assert promised is not None
    assert count < 45 <= promised
    assert "could be decoded" in warning
