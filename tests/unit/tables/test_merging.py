"""Rows of several faces in one table."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openface_core.tables.merging import FrameRows, merged_tables


def rows(face_id: int | None, frames: Sequence[int]) -> pa.Table:
    ids = pa.array([face_id] * len(frames), pa.int32())
    return pa.table({"frame": pa.array(frames, pa.int32()), "face_id": ids})


def frame_rows(frames: Sequence[int]) -> FrameRows:
    return FrameRows(np.array(frames, dtype=np.int64), lambda: rows(None, frames))


def pairs(tables: Iterator[pa.Table]) -> list[tuple[int, int | None]]:
    whole = pa.concat_tables([rows(None, []), *tables])
    return list(zip(whole["frame"].to_pylist(), whole["face_id"].to_pylist(), strict=True))


def test_frames_and_faces_are_in_order_and_empty_frames_have_a_row() -> None:
    frames = [frame_rows([1, 2, 3]), frame_rows([4, 5, 6])]
    faces = [[rows(0, [2, 3, 4]), rows(0, [6])], [rows(1, [1, 2])]]
    assert pairs(merged_tables(frames, faces)) == [
        (1, 1), (2, 0), (2, 1), (3, 0), (4, 0), (5, None), (6, 0),
    ]  # fmt: skip


def test_nobody_at_all() -> None:
    assert pairs(merged_tables([frame_rows([1, 2])], [])) == [(1, None), (2, None)]
    assert pairs(merged_tables([frame_rows([])], [])) == []


def test_rows_of_frames_are_made_only_where_one_shows_nobody() -> None:
    def unwanted() -> pa.Table:
        pytest.fail("every frame shows a face")

    frames = FrameRows(np.array([1, 2]), unwanted)
    assert pairs(merged_tables([frames], [[rows(0, [1, 2])]])) == [(1, 0), (2, 0)]


@given(
    count=st.integers(0, 30),
    shown=st.lists(st.sets(st.integers(1, 30)), max_size=4),
    cuts=st.lists(st.integers(1, 30), max_size=5),
)
def test_any_pieces_give_the_same_rows(count: int, shown: list[set[int]], cuts: list[int]) -> None:
    def cut(frames: Sequence[int], at: Sequence[int]) -> list[list[int]]:
        bounds = [0, *sorted(at), count + 1]
        return [[f for f in frames if low < f <= high] for low, high in pairwise(bounds)]

    faces = [sorted(frame for frame in frames if frame <= count) for frames in shown]
    found = pairs(
        merged_tables(
            [frame_rows(piece) for piece in cut(range(1, count + 1), cuts[:2])],
            [
                [rows(face_id, piece) for piece in cut(frames, cuts[face_id:])]
                for face_id, frames in enumerate(faces)
            ],
        )
    )
    expected: list[tuple[int, int | None]] = []
    for frame in range(1, count + 1):
        ids = [face_id for face_id, frames in enumerate(faces) if frame in frames]
        expected += [(frame, face_id) for face_id in ids] or [(frame, None)]
    assert found == expected
