"""What the frames of a table come to."""

import statistics

import numpy as np
import pyarrow as pa
import pytest

from openface_core.tables import FrameActionUnits, summarise_nobody
from openface_core.tables.summary import (
    length_seconds,
    names_in,
    summarise,
    summary_columns,
    summary_table,
)

INTENSITY, PRESENCE = ("AU01", "AU12"), ("AU12", "AU28")
TOLERANCE = 1e-12
"""Sums in another order than the standard library's."""


def measured(success: list[bool], seed: int = 0) -> dict[str, float | int | None]:
    rng = np.random.default_rng(seed)
    count = len(success)
    confidence = rng.random(count).astype(np.float32)
    confidence[:1] = np.nan
    units = FrameActionUnits(
        rng.uniform(0, 5, (count, 2)).astype(np.float32), rng.random((count, 2)) < 0.5
    )
    return summarise(
        np.arange(count) / 25,
        1,
        confidence,
        np.array(success, dtype=bool),
        units,
        INTENSITY,
        PRESENCE,
    )


def test_the_same_as_the_standard_library() -> None:
    success = [True, False, True, True, False, True, True]
    row = measured(success)
    rng = np.random.default_rng(0)
    confidence = rng.random(7).astype(np.float32)
    intensities = rng.uniform(0, 5, (7, 2)).astype(np.float32)
    present = rng.random((7, 2)) < 0.5
    good = [k for k, found in enumerate(success) if found]
    assert row["frames"] == 7
    assert (row["first_frame"], row["last_frame"]) == (1, 7)
    assert row["success_rate"] == 5 / 7
    assert row["mean_confidence"] == pytest.approx(
        statistics.fmean(float(confidence[k]) for k in good[1:]), abs=TOLERANCE
    )
    for column, name in enumerate(INTENSITY):
        values = [float(intensities[k, column]) for k in good]
        mean, sd = statistics.fmean(values), statistics.stdev(values)
        assert row[f"{name}_r_mean"] == pytest.approx(mean, abs=TOLERANCE)
        assert row[f"{name}_r_sd"] == pytest.approx(sd, abs=TOLERANCE)
    for column, name in enumerate(PRESENCE):
        share = sum(bool(present[k, column]) for k in good) / len(good)
        assert row[f"{name}_c_percent_present"] == pytest.approx(100 * share, abs=TOLERANCE)


def test_nothing_to_tell_is_none() -> None:
    row = measured([False, False])
    assert row["success_rate"] == 0
    assert row == summarise_nobody(np.arange(2) / 25, INTENSITY, PRESENCE)
    assert row["first_frame"] is None
    assert {value for key, value in row.items() if key.startswith("AU")} == {None}
    assert row["mean_confidence"] is None
    empty = measured([])
    assert (empty["frames"], empty["seconds"], empty["success_rate"]) == (0, None, None)
    one = measured([True])
    assert one["AU01_r_sd"] is None
    assert one["AU01_r_mean"] is not None


@pytest.mark.parametrize(
    ("times", "seconds"),
    [
        ([], None),
        ([3.0], None),
        ([np.nan, np.nan], None),
        ([0.0, 0.04], 0.08),
        ([1.0, 1.5, 2.0], 1.5),
        ([np.nan, 1.0, np.nan, 2.0], 2.0),
        ([0.0, 0.1, 1.1], 1.65),
    ],
)
def test_length(times: list[float], seconds: float | None) -> None:
    found = length_seconds(np.array(times))
    assert found == (None if seconds is None else pytest.approx(seconds, abs=TOLERANCE))


def test_the_table_is_typed_ordered_and_explained() -> None:
    columns = summary_columns(INTENSITY, PRESENCE)
    assert len({column.name for column in columns}) == len(columns)
    base = {
        "face_id": 0, "uri": "u", "calibration": "none", "calibration_frames": 0,
        "calibration_is_short": None, "person_id": None,
    }  # fmt: skip
    rows = [
        base | {"video_id": name} | measured([True, True], seed) for seed, name in enumerate("ba")
    ]
    table = summary_table(rows, columns)
    assert table["video_id"].to_pylist() == ["a", "b"]
    assert table.column_names == [column.name for column in columns]
    assert table["person_id"].null_count == table["calibration_is_short"].null_count == 2
    assert table.schema.field("AU12_c_percent_present").metadata[b"unit"] == b"%"
    assert table.schema.field("seconds").type == pa.float64()
    assert summary_table(reversed(rows), columns).equals(table)
    assert names_in(rows) == (INTENSITY, PRESENCE)
    assert summary_table([], columns).num_rows == 0
