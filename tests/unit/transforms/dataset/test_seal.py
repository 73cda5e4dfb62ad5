"""Seals of Parquet files: every flipped bit shows."""

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openface_core.analysis.settings import OutputSettings
from transforms.dataset.seal import BLANK, SEAL_KEY, SealedFile, is_intact
from transforms.dataset.table_files import write_row_groups


def table(rows: int = 100) -> pa.Table:
    values = np.random.default_rng(rows).random((3, rows), dtype=np.float32)
    return pa.table({f"x_{k}": values[k] for k in range(3)}).replace_schema_metadata({"a": "b"})


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("sealed") / "frames.parquet"
    rows = table()
    size = write_row_groups(str(path), rows.schema, [rows], OutputSettings())
    assert size == path.stat().st_size
    return path.read_bytes()


def test_a_file_is_intact_and_reads_as_any_other(content: bytes) -> None:
    assert is_intact(io.BytesIO(content)) is True
    file = pq.ParquetFile(io.BytesIO(content), page_checksum_verification=True)
    assert file.read().equals(table())
    metadata = file.metadata.metadata
    assert metadata[b"a"] == b"b"
    assert metadata[SEAL_KEY.encode()].startswith(b"sha256:")
    assert metadata[SEAL_KEY.encode()] != BLANK.encode()


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_flipped_bit_shows(content: bytes, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(content) - 1))
    changed = bytearray(content)
    changed[place] ^= 1 << data.draw(st.integers(0, 7))
    # A file whose key has changed counts as never sealed; its record says that it was.
    assert is_intact(io.BytesIO(bytes(changed))) is not True


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_lost_and_added_bytes_show(content: bytes, data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(content) - 1))
    end = data.draw(st.integers(begin + 1, len(content)))
    assert is_intact(io.BytesIO(content[:begin] + content[end:])) is not True
    added = data.draw(st.binary(min_size=1, max_size=20))
    assert is_intact(io.BytesIO(content[:begin] + added + content[begin:])) is not True


def test_a_file_without_a_seal(tmp_path: Path) -> None:
    pq.write_table(table(), tmp_path / "frames.parquet")
    with (tmp_path / "frames.parquet").open("rb") as file:
        assert is_intact(file) is None


@pytest.mark.parametrize("pieces", [1, 7, 71, 1000])
def test_the_blank_may_come_in_pieces(pieces: int) -> None:
    whole = b"begin " + BLANK.encode() + b" and " + BLANK.encode() + b" end"
    target = io.BytesIO()
    sealed = SealedFile(target)
    for begin in range(0, len(whole), pieces):
        sealed.write(whole[begin : begin + pieces])
    assert sealed.tell() == len(whole)
    sealed.seal()
    result = target.getvalue()
    assert len(result) == len(whole)
    assert result.startswith(b"begin " + BLANK.encode() + b" and sha256:")
    assert result.endswith(b" end")
    assert result.count(BLANK.encode()) == 1


def test_a_file_without_a_blank_cannot_be_sealed() -> None:
    with pytest.raises(RuntimeError):
        SealedFile(io.BytesIO()).seal()
