"""Rows and frames side by side."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from openface_core.errors import MediaError
from openface_core.media import DecodedFrame
from tests.fixtures.exports.tables import frame_rows
from transforms.exports.frames_in_step import in_step, rows_by_frame

FACES: Sequence[Sequence[int] | None] = ([0, 1], None, [1], [0, 1, 2])


def frames(count: int) -> Iterator[DecodedFrame]:
    for index in range(count):
        yield DecodedFrame(index, index / 25, np.zeros((2, 2, 3), np.uint8))


@pytest.mark.parametrize("size", [1, 2, 3, 50])
def test_frames_that_batches_share_stay_whole(size: int) -> None:
    table = frame_rows(FACES)
    batches = [table.slice(begin, size) for begin in range(0, table.num_rows, size)]
    found = [(number, len(rows)) for number, rows in rows_by_frame(batches)]
    assert found == [(1, 2), (2, 1), (3, 1), (4, 3)]


def test_each_frame_has_its_rows() -> None:
    pairs = list(in_step("v", frames(4), rows_by_frame([frame_rows(FACES)])))
    assert [(int(rows.frames[0]), frame.index) for rows, frame in pairs] == [
        (1, 0), (2, 1), (3, 2), (4, 3),
    ]  # fmt: skip


@pytest.mark.parametrize(("count", "message"), [(3, "only 3 of the frames"), (5, "at frame 5")])
def test_another_number_of_frames(count: int, message: str) -> None:
    with pytest.raises(MediaError, match=message):
        list(in_step("v", frames(count), rows_by_frame([frame_rows(FACES)])))


def test_a_gap_in_the_table() -> None:
    table = frame_rows(FACES)
    rows = [table.slice(0, 2), table.slice(3)]
    with pytest.raises(MediaError, match="a gap, at frame 2"):
        list(in_step("v", frames(4), rows_by_frame(rows)))
