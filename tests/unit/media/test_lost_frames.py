"""Every loss of five frames or more is told with its place, whatever holds the video."""

import random
import re
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from openface_core.errors import MediaError
from openface_core.media import open_media
from openface_core.media.gaps import gap_warnings
from tests.fixtures.media.containers import DAMAGES, KINDS, Kind, damaged
from tests.fixtures.media.numbered_frames import number_of, numbered_frames

COUNT = 120
LEAST_LOSS = 5
# Around damage, decoders give wrong pictures up to the next key frame; groups have 12 frames.
PLACE_TOLERANCE_FRAMES = 12
SEEDS = range(3)

_PLACES = re.compile(r"frames? ((?:\d+(?:-\d+)?(?:, | and )?)+)")


class Loss(NamedTuple):
    """Frames that are missing, and how many of the others come before them."""

    frames: int
    after: int


def read(path: Path) -> tuple[list[int | None], tuple[str, ...]]:
    """Return the numbers in a video's pictures, and its warnings."""
    numbers, times = [], []
    with open_media(str(path)) as reader:
        for frame in reader:
            numbers.append(number_of(frame.image))
            times.append(np.nan if frame.pts_seconds is None else frame.pts_seconds)
        return numbers, (*reader.warnings, *gap_warnings(reader.info, np.array(times)))


def losses(numbers: list[int | None]) -> list[Loss]:
    """Return what is missing between frames that can be read; other rows stand for a frame each."""
    found, last, rows = [], -1, 0
    for place, number in enumerate([*numbers, COUNT]):
        if number is None or number <= last:
            rows += 1
            continue
        missing = number - last - 1 - rows
        if missing >= LEAST_LOSS:
            found.append(Loss(missing, place - rows))
        last, rows = number, 0
    return found


def places(warnings: tuple[str, ...]) -> set[int]:
    """Return all numbers of frames that warnings name."""
    named = [found for line in warnings for found in _PLACES.findall(line)]
    return {int(number) for text in named for number in re.findall(r"\d+", text)}


def is_told(loss: Loss, warnings: tuple[str, ...]) -> bool:
    if any("where they are missing cannot be told" in line for line in warnings):
        return True
    return any(abs(place - loss.after) <= PLACE_TOLERANCE_FRAMES for place in places(warnings))


def test_frames_show_their_numbers() -> None:
    assert [number_of(image) for image in numbered_frames(COUNT)] == list(range(COUNT))
    assert number_of(np.full_like(numbered_frames(1)[0], 128)) is None


def test_what_counts_as_a_loss() -> None:
    whole: list[int | None] = list(range(COUNT))
    assert losses(whole) == []
    assert losses([*whole[:40], *whole[44:]]) == []
    assert losses([*whole[:40], *whole[45:]]) == [Loss(5, 40)]
    assert losses([*whole[:40], None, *whole[46:]]) == [Loss(5, 40)]
    assert losses(whole[:80]) == [Loss(40, 80)]


def check(kind: Kind, path: Path, damage: str, seed: int) -> int:
    """Damage a video, assert that every loss is told, and return how many there are."""
    chance = random.Random(f"{kind.suffix}{kind.codec}{damage}{seed}")
    broken = path.with_name(f"damaged{kind.suffix}")
    broken.write_bytes(damaged(path.read_bytes(), damage, chance))
    try:
        numbers, warnings = read(broken)
    except MediaError:
        return 0  # told as a whole
    found = losses(numbers)
    for loss in found:
        assert is_told(loss, warnings), (damage, seed, loss, warnings)
    return len(found)


@pytest.mark.parametrize("name", ["mkv", "avi mpeg4", "ts"])
def test_a_hole_is_told_with_its_place(name: str, tmp_path: Path) -> None:
    path = KINDS[name].write(tmp_path, COUNT)
    assert check(KINDS[name], path, "hole", 0) == 1


def test_frames_lost_within_an_avi_are_told_though_its_end_is_in_place(tmp_path: Path) -> None:
    path = KINDS["avi mpeg4"].write(tmp_path, COUNT)
    content = bytearray(path.read_bytes())
    begin = len(content) // 3
    content[begin : begin + len(content) // 20] = bytes(len(content) // 20)
    path.write_bytes(content)
    numbers, warnings = read(path)
    assert len(numbers) < COUNT
    assert any(f"the header promises {COUNT} frames" in line for line in warnings)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if not kind.is_raw])
def test_every_loss_is_told_with_its_place(name: str, tmp_path: Path) -> None:
    kind = KINDS[name]
    path = kind.write(tmp_path, COUNT)
    numbers, warnings = read(path)
    assert numbers == list(range(COUNT))
    assert warnings == ()
    found = [check(kind, path, damage, seed) for damage in DAMAGES for seed in SEEDS]
    assert sum(found) >= len(SEEDS)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if kind.is_raw])
def test_a_raw_stream_says_that_lost_frames_leave_no_gap(name: str, tmp_path: Path) -> None:
    path = KINDS[name].write(tmp_path, COUNT)
    numbers, warnings = read(path)
    assert numbers == list(range(COUNT))
    (line,) = warnings
    assert line.endswith("they are timed at 25 fps, and frames that were lost leave no gap")
