import numpy as np
import pytest

from models.evaluation.calibration import calibration_error, reliability


def test_the_calibration_error_is_that_of_the_bins() -> None:
    confidences = np.array([0.95, 0.95, 0.05, 0.05])
    right = np.array([True, True, False, False])
    assert calibration_error(confidences, right) == pytest.approx(0.05)
    assert calibration_error(confidences, ~right) == pytest.approx(0.95)


def test_bins_without_cases_are_left_out() -> None:
    rows = [*reliability(np.array([0.0, 1.0, 0.97]), np.array([False, True, False]))]
    assert [least for least, *_ in rows] == pytest.approx([0.0, 14 / 15])
    assert [count for _, count, _, _ in rows] == [1, 2]
    assert list(rows[1][2:]) == pytest.approx([0.985, 0.5])
