"""Agreement measures against published and hand-computed values, and their properties."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from openface_core.agreement import (
    compare_series,
    compare_tables,
    equal_share,
    intraclass_correlations,
    pearson_r,
)

NAN = float("nan")
SERIES = arrays(np.float64, 12, elements=st.integers(-1000, 1000).map(float))


def test_intraclass_correlations_of_the_papers_example() -> None:
    # Shrout and Fleiss 1979, table 2 (six targets, four judges) and table 4.
    ratings = np.array(
        [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]],
        dtype=np.float64,
    )
    found = intraclass_correlations(ratings)
    assert round(found.absolute_agreement, 2) == 0.29
    assert round(found.consistency, 2) == 0.71


def test_series_by_hand() -> None:
    found = compare_series(np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0, 2.0]))
    # Deviations (-4, -1, 5) / 3 and (-1, 1, 0): 1 / sqrt(42 / 9 * 2).
    assert found.pearson_r == pytest.approx(1.0 / np.sqrt(28.0 / 3.0))
    assert found.mean_absolute_difference == pytest.approx(1.0)
    assert found.max_absolute_difference == 2.0
    assert found.reference_sd == pytest.approx(np.sqrt(2.0 / 3.0))
    # Mean squares: targets 13/6, raters 1/6, error 7/6.
    assert found.icc.consistency == pytest.approx(1.0 / (20.0 / 6.0))
    assert found.icc.absolute_agreement == pytest.approx(1.0 / (20.0 / 6.0 + 2.0 * (-1.0) / 3.0))


def test_an_offset_costs_absolute_agreement_only() -> None:
    series = np.array([0.0, 1.0, 2.0, 3.0])
    found = compare_series(series + 1.0, series)
    assert found.pearson_r == pytest.approx(1.0)
    assert found.icc.consistency == pytest.approx(1.0)
    assert found.icc.absolute_agreement < 0.9
    assert found.mean_absolute_difference == 1.0


def test_missing_values_take_no_part() -> None:
    found = compare_series(np.array([1.0, NAN, 3.0, 9.0]), np.array([1.0, 2.0, 3.0, NAN]))
    assert found.count == 2
    assert found.max_absolute_difference == 0.0
    nothing = compare_series(np.array([NAN]), np.array([1.0]))
    assert nothing.count == 0
    assert np.isnan([nothing.pearson_r, nothing.max_absolute_difference]).all()
    assert equal_share(np.array([1.0, NAN]), np.array([0.0, 1.0])) == 0.0
    assert np.isnan(equal_share(np.array([NAN]), np.array([0.0])))


def test_correlation_is_undefined_for_constants() -> None:
    assert np.isnan(pearson_r(np.full(5, 0.1), np.arange(5.0)))
    assert np.isnan(compare_series(np.full(5, 0.1), np.full(5, 0.1)).icc.consistency)
    assert compare_series(np.zeros(5), np.full(5, 0.1)).reference_sd == 0.0


def test_table_sums_up_the_columns_that_vary() -> None:
    reference = np.array([[0.0, 0.0, 1.0], [1.0, 0.02, 1.0], [2.0, 0.0, 1.0], [3.0, 0.01, 1.0]])
    measured = reference + np.array([0.0, 0.0, 0.5])
    found = compare_tables(measured, reference, least_sd=0.05)
    assert found.varying == (0,)
    assert found.mean_r == found.least_r == pytest.approx(1.0)
    assert found.mean_icc == pytest.approx(1.0)
    assert found.mean_absolute_difference == pytest.approx(0.5 / 3.0)
    assert found.max_absolute_difference == 0.5
    assert compare_tables(measured, reference).varying == (0, 1)


def test_a_column_that_stands_still_beside_a_moving_reference_counts_as_uncorrelated() -> None:
    reference = np.stack([np.arange(4.0), np.arange(4.0)], axis=1)
    measured = np.stack([np.arange(4.0), np.zeros(4)], axis=1)
    found = compare_tables(measured, reference)
    assert found.least_r == 0.0
    assert found.mean_r == pytest.approx(0.5)


def test_tables_without_values() -> None:
    found = compare_tables(np.full((3, 2), NAN), np.zeros((3, 2)))
    assert found.count == 0
    assert np.isnan([found.mean_r, found.least_r, found.mean_icc]).all()
    assert np.isnan([found.mean_absolute_difference, found.max_absolute_difference]).all()


def test_shapes_must_be_equal() -> None:
    with pytest.raises(ValueError, match="series of one length"):
        compare_series(np.zeros(2), np.zeros(3))
    with pytest.raises(ValueError, match="tables of one shape"):
        compare_tables(np.zeros((2, 1)), np.zeros((2, 2)))
    with pytest.raises(ValueError, match="arrays of one shape"):
        equal_share(np.zeros(2), np.zeros(3))


def test_equal_share_of_booleans() -> None:
    assert equal_share(np.array([True, False, True]), np.array([1.0, 1.0, 1.0])) == pytest.approx(
        2 / 3
    )


@given(SERIES, SERIES)
def test_properties_of_a_comparison(a: NDArray[np.float64], b: NDArray[np.float64]) -> None:
    found, turned = compare_series(a, b), compare_series(b, a)
    assert found.mean_absolute_difference <= found.max_absolute_difference
    for one, other in (
        (found.pearson_r, turned.pearson_r),
        (found.icc.consistency, turned.icc.consistency),
        (found.icc.absolute_agreement, turned.icc.absolute_agreement),
    ):
        assert one == pytest.approx(other, nan_ok=True)
    if not np.isnan(found.pearson_r):
        assert -1.0 <= found.pearson_r <= 1.0
        assert found.pearson_r == pytest.approx(np.corrcoef(a, b)[0, 1], abs=1e-9)
        # Consistency never exceeds the correlation's size: scale counts too.
        assert abs(found.icc.consistency) <= abs(found.pearson_r) + 1e-9


@given(SERIES)
def test_a_series_agrees_with_itself(a: NDArray[np.float64]) -> None:
    found = compare_series(a, a)
    assert found.max_absolute_difference == 0.0
    assert equal_share(a, a) == 1.0
    if np.ptp(a) > 0:
        assert found.pearson_r == pytest.approx(1.0)
        assert found.icc.absolute_agreement == pytest.approx(1.0)
