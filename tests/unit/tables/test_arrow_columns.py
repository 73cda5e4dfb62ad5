"""Columns made of NumPy's memory."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openface_core.tables.arrow_columns import arrow_column, column_values

_TYPES = ("?", "i1", "i4", "i8", "u1", "u4", "f2", "f4", "f8")


@pytest.mark.parametrize("kind", _TYPES)
@given(count=st.integers(0, 40), has_nulls=st.booleans(), seed=st.integers(0, 99))
def test_columns_are_those_of_pyarrow(kind: str, count: int, has_nulls: bool, seed: int) -> None:
    random = np.random.default_rng(seed)
    values = random.integers(0, 2 if kind == "?" else 100, count).astype(kind)
    is_null = random.random(count) < 0.3 if has_nulls else None
    column = arrow_column(values, is_null)
    expected = pa.array(values, mask=is_null)
    column.validate(full=True)
    assert column.equals(expected)
    assert column.null_count == expected.null_count


def test_every_other_element_of_an_array_is_a_column() -> None:
    assert arrow_column(np.arange(6)[::2]).to_pylist() == [0, 2, 4]


def test_not_a_number_stays_one() -> None:
    column = arrow_column(np.array([1.0, np.nan, np.nan]), np.array([False, False, True]))
    assert column.null_count == 1
    assert np.isnan(column[1].as_py())


@pytest.mark.parametrize("lengths", [(), (0,), (3,), (0, 2, 1), (2, 0)])
def test_values_of_a_column_are_those_of_its_parts(lengths: tuple[int, ...]) -> None:
    parts = [np.arange(length) + 10 * k for k, length in enumerate(lengths)]
    column = pa.chunked_array([pa.array(part) for part in parts], pa.int64())
    values = column_values(column)
    assert values.dtype == np.int64
    np.testing.assert_array_equal(values, column.to_numpy())


def test_values_of_a_slice_are_its_own() -> None:
    column = pa.chunked_array([arrow_column(np.arange(9))]).slice(2, 3)
    assert column_values(column).tolist() == [2, 3, 4]


def test_pandas_is_not_imported() -> None:
    code = (
        "import sys, numpy as np, pyarrow as pa; "
        "from openface_core.tables.arrow_columns import arrow_column, column_values; "
        "made = arrow_column(np.ones(3), np.array([True, False, True])); "
        "parts = [arrow_column(np.ones(3)), arrow_column(np.ones(2)), arrow_column(np.ones(0))]; "
        "column_values(pa.chunked_array(parts[:1])); column_values(pa.chunked_array(parts)); "
        "print('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
