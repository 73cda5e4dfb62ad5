"""Rows of a table as arrays."""

import numpy as np
import pyarrow as pa

from openface_core.exports import Rows
from tests.fixtures.exports.tables import frame_rows


def test_missing_values_and_columns_are_nan() -> None:
    rows = Rows(frame_rows([[0], None]))
    assert rows.column("AU12_r")[0] == 0.25
    assert np.isnan(rows.column("AU12_r")[1])
    assert np.isnan(rows.values("AU99_r", "no_such_column")).all()
    assert rows.success.tolist() == [True, False]
    assert np.isnan(rows.face_ids[1])


def test_frames_with_several_faces() -> None:
    rows = Rows(frame_rows([[0, 2], None, [2]]))
    parts = list(rows.by_frame())
    assert [(number, len(part)) for number, part in parts] == [(1, 2), (2, 1), (3, 1)]
    assert parts[0][1].face_ids.tolist() == [0, 2]
    assert parts[2][1].table.equals(rows.table.slice(3, 1))
    assert parts[2][1].landmarks(0).shape == (68, 2)


def test_no_rows() -> None:
    assert list(Rows(frame_rows([])).by_frame()) == []


def test_a_table_without_a_number_of_the_face() -> None:
    table = frame_rows([[0]]).drop_columns(["face_id"])
    assert np.isnan(Rows(table).face_ids).all()
    assert isinstance(Rows(table).table, pa.Table)
