"""Work files come back as they were written, or say that they are damaged."""

import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from openface_core.errors import WorkFileError
from openface_core.fields import STORED_FIELDS
from openface_core.running_medians import DescriptorMedians, MedianState
from openface_core.shards import (
    ShardFeatures,
    count_shard,
    features_file,
    read_features,
    read_median_state,
    work_file,
    write_features,
    write_median_state,
)
from tests.fixtures.shards.shard_videos import (
    assert_same_state,
    bits,
    extent_of_models,
    models_and_pool,
    shard_of,
)

EXTENT = extent_of_models()


def _shard(places: list[int]) -> ShardFeatures:
    return shard_of(models_and_pool()[1], np.array(places, dtype=np.int64), seed=len(places))


def _written(features: ShardFeatures) -> bytes:
    file = io.BytesIO()
    write_features(file, features)
    return file.getvalue()


def _state(places: list[int]) -> MedianState:
    medians = DescriptorMedians()
    count_shard(medians, _shard(places))
    return medians.state()


def _written_state(state: MedianState) -> bytes:
    file = io.BytesIO()
    write_median_state(file, state)
    return file.getvalue()


def _read(data: bytes) -> ShardFeatures:
    return read_features(io.BytesIO(data), EXTENT)


def _read_state(data: bytes) -> MedianState:
    return read_median_state(io.BytesIO(data))


@pytest.mark.parametrize("places", [[], [-1], [4], [-1, 2], [-1, 2, 1, -1], [0, 1, 2, 3, 4, 5] * 9])
def test_features_come_back_bit_by_bit(places: list[int]) -> None:
    features = _shard(places)
    found = _read(_written(features))
    assert found.series.arrays.keys() == {field.name for field in STORED_FIELDS}
    for name, other in features.series.arrays.items():
        one = found.series[name]
        assert (one.shape, one.dtype) == (other.shape, other.dtype)
        assert bits(one) == bits(other)
    pairs = zip(found.first_descriptors, features.first_descriptors, strict=True)
    for first, written in pairs:
        assert (first is None) == (written is None)
        if first is not None and written is not None:
            assert [bits(values) for values in first] == [bits(values) for values in written]


@pytest.mark.parametrize("places", [[], [-1], [4], [4, 4, -1], [-1, 2], [0, 1, 2, 3, 4, 5] * 60])
def test_states_come_back_bit_by_bit(places: list[int]) -> None:
    state = _state(places)
    assert_same_state(_read_state(_written_state(state)), state)


def test_equal_contents_give_equal_bytes() -> None:
    places = [0, -1, 3, 4] * 5
    assert _written(_shard(places)) == _written(_shard(places))
    assert _written_state(_state(places)) == _written_state(_state(places))
    # A copy with another layout in memory is the same to the file.
    array = np.asfortranarray(np.arange(12.0).reshape(3, 4))
    one, other = io.BytesIO(), io.BytesIO()
    work_file.write_work_file(one, b"TESTFILE", [], [array])
    work_file.write_work_file(other, b"TESTFILE", [], [np.ascontiguousarray(array)])
    assert one.getvalue() == other.getvalue()


CASES: list[tuple[bytes, Callable[[bytes], object]]] = [
    (_written(_shard([0, 1, -1])), _read),
    (_written_state(_state([0, 1, 2, 3, 4])), _read_state),
    (_written_state(_state([0])), _read_state),
]


@pytest.mark.parametrize(("data", "read"), CASES)
def test_truncation_is_noticed(data: bytes, read: Callable[[bytes], object]) -> None:
    places = {*range(0, 200), *range(200, len(data), 997), *range(len(data) - 20, len(data))}
    for size in sorted(places):
        with pytest.raises(WorkFileError):
            read(data[:size])


@pytest.mark.parametrize(("data", "read"), CASES)
def test_flipped_bits_are_noticed(data: bytes, read: Callable[[bytes], object]) -> None:
    places = {*range(0, 200), *range(200, len(data), 499), *range(len(data) - 20, len(data))}
    for place in sorted(places):
        for mask in (0x01, 0x80, 0xFF):
            flipped = bytearray(data)
            flipped[place] ^= mask
            with pytest.raises(WorkFileError):
                read(bytes(flipped))


@pytest.mark.parametrize(("data", "read"), CASES)
def test_what_follows_the_end_is_noticed(data: bytes, read: Callable[[bytes], object]) -> None:
    with pytest.raises(WorkFileError, match="goes on"):
        read(data + b"\0")


def test_other_kinds_and_sizes_are_refused() -> None:
    with pytest.raises(WorkFileError, match="begins with"):
        _read(CASES[1][0])
    with pytest.raises(WorkFileError, match="begins with"):
        _read_state(CASES[0][0])
    fewer = replace(EXTENT, presence_names=EXTENT.presence_names[1:])
    for extent in (fewer, replace(EXTENT, mode_count=EXTENT.mode_count + 1)):
        expected = f"{extent.score_count} and {extent.mode_count} are expected"
        with pytest.raises(WorkFileError, match=expected) as caught:
            read_features(io.BytesIO(CASES[0][0]), extent)
        assert caught.value.stage == "work files"
        assert caught.value.remedy.endswith(".")


@pytest.mark.parametrize("numbers", [[-1, 35, 34, 0, 0], [2**40, 35, 34, 0, 0], [0, 35, 34, 2, 0]])
def test_impossible_features_are_refused_unread(numbers: list[int]) -> None:
    file = io.BytesIO()
    work_file.write_work_file(file, b"OFBSHRD3", numbers, [])
    with pytest.raises(WorkFileError, match="claims"):
        _read(file.getvalue())


@pytest.mark.parametrize(
    "numbers",
    [[0, -1, 0, 0], [1, 2, 0, 0], [2**60, 2**40, 0, 0], [9, 1, 4465, 238], [9, 2, -1, 238]],
)
def test_impossible_states_are_refused_unread(numbers: list[int]) -> None:
    file = io.BytesIO()
    work_file.write_work_file(file, b"OFBMEDI1", numbers, [])
    with pytest.raises(WorkFileError, match="claims"):
        _read_state(file.getvalue())


def test_histograms_out_of_order_are_refused() -> None:
    """Whole files with right checksums whose contents contradict themselves."""
    ones = np.ones(4464, dtype=np.int32), np.ones(238, dtype=np.int32)
    steps = np.full(4464, 1000, dtype=np.uint16), np.full(238, 10000, dtype=np.uint16)
    single = [np.zeros(4464), np.zeros(238)]

    def read(steps_fhog: np.ndarray, counts_fhog: np.ndarray, frames: int = 1) -> MedianState:
        file = io.BytesIO()
        arrays = [steps_fhog, counts_fhog, steps[1], ones[1], *single]
        work_file.write_work_file(file, b"OFBMEDI1", [frames, 1, 4464, 238], arrays)
        return _read_state(file.getvalue())

    assert read(steps[0], ones[0]).total == 1
    beyond, standing = steps[0].copy(), steps[0].copy()
    beyond[3], standing[3] = 60000, 0
    for bad in (beyond, standing):
        with pytest.raises(WorkFileError, match="out of order"):
            read(bad, ones[0])
    for bad_counts in (ones[0] * 2, -ones[0]):
        with pytest.raises(WorkFileError, match="should hold 1"):
            read(steps[0], bad_counts)
    with pytest.raises(WorkFileError):
        read(steps[0], ones[0], frames=-1)


@pytest.mark.parametrize(("field", "value"), [("fhog_bins", 1000), ("success", 2)])
def test_features_out_of_their_range_are_refused(field: str, value: int) -> None:
    shard = _shard([0, 1])
    arrays = {stored.name: shard.series[stored.name] for stored in STORED_FIELDS}
    kind = np.uint8 if field == "success" else arrays[field].dtype
    arrays[field] = np.full_like(arrays[field], value, dtype=kind)
    firsts = [values for first in shard.first_descriptors if first for values in first]
    file = io.BytesIO()
    numbers = [2, EXTENT.score_count, EXTENT.mode_count, 1, 1]
    work_file.write_work_file(file, b"OFBSHRD3", numbers, [*arrays.values(), *firsts])
    with pytest.raises(WorkFileError, match=field):
        _read(file.getvalue())


def test_data_that_is_not_compressed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The right checksum over something that zstd cannot make sense of."""

    class Broken:
        def __init__(self, *_: object) -> None:
            pass

        def compress(self, data: bytes, asbytes: bool) -> bytes:
            return b"not zstd"

    with monkeypatch.context() as patch:
        patch.setattr(pa, "Codec", Broken)
        data = _written(_shard([0]))
    with pytest.raises(WorkFileError, match="decompressed"):
        _read(data)


def test_arrays_larger_than_they_can_be_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Swollen:
        def __init__(self, *_: object) -> None:
            pass

        def compress(self, data: bytes, asbytes: bool) -> bytes:
            return bytes(2 * len(data) + 1000)

    with monkeypatch.context() as patch:
        patch.setattr(pa, "Codec", Swollen)
        data = _written(_shard([0]))
    with pytest.raises(WorkFileError, match="cannot take"):
        _read(data)


def test_shards_too_long_for_a_file_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features_file, "MAX_FRAMES", 2)
    with pytest.raises(WorkFileError, match="too long"):
        _written(_shard([0, 1, 2]))
