import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openface_core.detection.mtcnn.boxes import (
    corrected,
    landmark_boxes,
    proposals,
    sensible,
    squared,
    suppressed,
)


def boxes(*rows: tuple[float, ...]) -> np.ndarray:
    return np.array(rows, dtype=np.float32).reshape(-1, 4)


def test_proposals_are_where_the_heat_is_column_by_column() -> None:
    heat = np.zeros((4, 5), dtype=np.float32)
    heat[3, 1] = heat[0, 2] = 0.6
    heat[1, 1] = 0.9
    found, rows, columns = proposals(heat, 0.25, 0.6)
    assert list(zip(rows.tolist(), columns.tolist(), strict=True)) == [(1, 1), (3, 1), (0, 2)]
    assert found[0].tolist() == [12.0, 12.0, 44.0, 44.0]


def test_the_better_of_two_is_kept_and_of_equal_ones_the_later() -> None:
    found = boxes((0, 0, 10, 10), (1, 0, 10, 10), (50, 0, 10, 10), (50, 1, 10, 10))
    scores = np.array([0.9, 0.8, 0.7, 0.7], dtype=np.float32)
    assert suppressed(found, scores, 0.5).tolist() == [0, 3]
    assert suppressed(found[:0], scores[:0], 0.5).tolist() == []


def test_a_box_within_another_overlaps_all_of_itself() -> None:
    found = boxes((0, 0, 100, 100), (40, 40, 10, 10))
    scores = np.array([0.9, 0.8], dtype=np.float32)
    assert suppressed(found, scores, 0.7).tolist() == [0, 1]
    assert suppressed(found, scores, 0.7, of_smaller=True).tolist() == [0]


@given(st.lists(st.tuples(*[st.integers(0, 40)] * 4, st.integers(0, 9)), max_size=30))
def test_no_box_that_is_left_overlaps_a_better_one(rows: list[tuple[int, ...]]) -> None:
    found = boxes(*[(x, y, w + 1, h + 1) for x, y, w, h, _ in rows])
    scores = np.array([row[4] for row in rows], dtype=np.float32)
    left = suppressed(found, scores, 0.5)
    assert (np.diff(scores[left]) <= 0).all()
    assert len(rows) == 0 or scores[left[0]] == scores.max()
    for i, first in enumerate(left):
        for second in left[i + 1 :]:
            (a, b), (c, d) = found[first].reshape(2, 2), found[second].reshape(2, 2)
            sides = np.minimum(a + b, c + d) - np.maximum(a, c)
            shared = np.prod(np.maximum(sides, 0))
            assert shared / (np.prod(b) + np.prod(d) - shared) <= 0.5 + 1e-6


def test_corrections_move_the_edges_and_the_last_ones_count_a_pixel_more() -> None:
    shift = boxes((0.1, 0.2, 0.0, -0.1))
    found = corrected(boxes((10, 20, 100, 50)), shift, is_last=False)
    np.testing.assert_allclose(found, [[20, 30, 90, 35]], rtol=1e-6)
    found = corrected(boxes((10, 20, 99, 49)), shift, is_last=True)
    np.testing.assert_allclose(found, [[20, 30, 90, 35]], rtol=1e-6)


def test_squares_are_whole_and_cut_towards_zero() -> None:
    assert squared(boxes((10.6, 20.6, 30.9, 20.9), (-5.5, 3, 10, 10))).tolist() == [
        [10.0, 15.0, 30.0, 30.0],
        [-5.0, 3.0, 10.0, 10.0],
    ]


def test_boxes_without_size_and_far_away_make_no_sense() -> None:
    found = boxes(
        (0, 0, 5, 5), (0, 0, 0.5, 5), (np.nan, 0, 5, 5), (0, 0, np.inf, 5), (2e6, 0, 5, 5)
    )
    assert sensible(found).tolist() == [True, False, False, False, False]


def test_landmarks_fill_the_lower_part_of_a_box() -> None:
    ((left, top, width, height),) = landmark_boxes(boxes((100, 50, 200, 200)))
    assert (left, top) == (pytest.approx(98.5), pytest.approx(99.18))
    assert (width, height) == (pytest.approx(206.46), pytest.approx(155.02))
