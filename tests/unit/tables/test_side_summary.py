"""What the summary says of both sides."""

from dataclasses import replace

import numpy as np
import pytest

from openface_core.tables import FrameActionUnits, summarise_no_sides, summarise_sides
from openface_core.tables.side_summary import LEAST_SUM, asymmetry_index, side_columns
from openface_core.tables.summary import have_sides, summary_columns

INTENSITY, PRESENCE = ("AU12", "AU45"), ("AU12",)


def units(*values: tuple[float, float], present: bool = False) -> FrameActionUnits:
    return FrameActionUnits(
        np.array(values, dtype=np.float32), np.full((len(values), 1), present, dtype=np.bool_)
    )


@pytest.fixture
def both() -> FrameActionUnits:
    left = units((3.0, 0.0), (1.0, 0.0), (5.0, 5.0), present=True)
    right = units((1.0, 0.1), (1.0, 0.1), (5.0, 5.0))
    return FrameActionUnits(left.intensities, left.presences, sides=(left, right))


SUCCESS = np.array([True, True, True])
MEASURES = np.array([[1, 0.3, 0.2], [1, 0.3, 0.2], [0, 0.9, 0.0]], dtype=np.float32)
"""In the last frame, the head is turned."""


def test_means_and_asymmetry_over_the_frames_that_can_be_compared(both: FrameActionUnits) -> None:
    row = summarise_sides(MEASURES, SUCCESS, both, INTENSITY, PRESENCE)
    assert row["sides_valid_rate"] == pytest.approx(2 / 3)
    assert (row["AU12_r_left_mean"], row["AU12_r_right_mean"]) == (2.0, 1.0)
    assert row["AU12_r_asymmetry"] == pytest.approx(1 / 3)
    assert row["AU45_r_asymmetry"] is None  # hardly anything on either side
    assert (row["AU12_c_left_percent_present"], row["AU12_c_right_percent_present"]) == (100, 0)
    assert row["eye_opening_left_mean"] == pytest.approx(0.3)
    assert row["eye_opening_asymmetry"] == pytest.approx(0.2)


def test_the_columns_are_those_of_a_row(both: FrameActionUnits) -> None:
    row = summarise_sides(MEASURES, SUCCESS, both, INTENSITY, PRESENCE)
    assert [column.name for column in side_columns(INTENSITY, PRESENCE)] == list(row)
    plain = summary_columns(INTENSITY, PRESENCE)
    more = summary_columns(INTENSITY, PRESENCE, has_sides=True)
    assert more[: len(plain)] == plain
    assert have_sides([row])
    assert not have_sides([{"AU12_r_mean": 1.0}])


def test_where_sides_are_not_measured_nothing_is_said() -> None:
    assert (
        summarise_sides(MEASURES, SUCCESS, units((1, 1), (1, 1), (1, 1)), INTENSITY, PRESENCE) == {}
    )


def test_nobody(both: FrameActionUnits) -> None:
    row = summarise_no_sides(INTENSITY, PRESENCE)
    assert set(row) == set(summarise_sides(MEASURES, SUCCESS, both, INTENSITY, PRESENCE))
    assert set(row.values()) == {None}


def test_a_head_that_is_always_turned(both: FrameActionUnits) -> None:
    row = summarise_sides(np.zeros((3, 3), np.float32), SUCCESS, both, INTENSITY, PRESENCE)
    assert row.pop("sides_valid_rate") == 0.0
    assert set(row.values()) == {None}


@pytest.mark.parametrize(
    ("left", "right", "index"),
    [(1.0, 1.0, 0.0), (2.0, 0.0, 1.0), (0.0, 2.0, -1.0), (1.0, 3.0, -0.5), (0.05, 0.1, None)],
)
def test_asymmetry_index(left: float, right: float, index: float | None) -> None:
    assert asymmetry_index(left, right) == index
    assert index is not None or left + right < LEAST_SUM


def test_eyes_that_are_shut_have_no_asymmetry() -> None:
    assert asymmetry_index(0.0, 0.0, least_sum=0.0) is None


def test_what_is_withheld_has_no_means(both: FrameActionUnits) -> None:
    columns = frozenset({"AU12_r_left", "AU12_r_right", "AU12_c_left", "AU12_c_right"})
    given = replace(both, withheld=columns)
    row = summarise_sides(MEASURES, SUCCESS, given, INTENSITY, PRESENCE)
    assert row["AU12_r_left_mean"] is None
    assert row["AU12_c_left_percent_present"] is None
    assert row["AU45_r_right_mean"] is not None
