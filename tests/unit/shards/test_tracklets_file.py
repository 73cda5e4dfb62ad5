"""What is known of tracklets, on its way between stages."""

import io
from collections.abc import Sequence
from dataclasses import fields

import numpy as np
import pytest

from openface_core.descriptors import FHOG_SIZE
from openface_core.errors import WorkFileError
from openface_core.identity import Tracklet
from openface_core.shards import read_tracklets, write_tracklets


def tracklet(number: int, embeddings: int = 0) -> Tracklet:
    rng = np.random.default_rng(number)
    box = tuple(float(side) for side in rng.uniform(0, 100, 4))
    return Tracklet(
        interval=3,
        number=number,
        first_frame=450 + number,
        last_frame=460 + number,
        seen=9,
        first_box=(box[0], box[1], box[2], box[3]),
        last_box=(box[3], box[2], box[1], box[0]),
        width_px=120.5,
        confidence=0.93,
        appearance=rng.random(FHOG_SIZE).astype(np.float32),
        embeddings=rng.normal(size=(embeddings, 8)).astype(np.float32),
        next_number=None if number % 2 else number + 5,
    )


def written(tracklets: list[Tracklet], cuts: Sequence[int] = ()) -> bytes:
    file = io.BytesIO()
    write_tracklets(file, tracklets, cuts)
    return file.getvalue()


@pytest.mark.parametrize("counts", [[], [0], [0, 0], [3, 0, 5]])
def test_they_come_back(counts: list[int]) -> None:
    tracklets = [tracklet(number, count) for number, count in enumerate(counts)]
    found, cuts = read_tracklets(io.BytesIO(written(tracklets)))
    assert cuts == []
    assert len(found) == len(tracklets)
    for one, other in zip(found, tracklets, strict=True):
        for field in fields(Tracklet):
            value, expected = getattr(one, field.name), getattr(other, field.name)
            if isinstance(expected, np.ndarray) and expected.size:
                np.testing.assert_array_equal(value, expected)
            elif isinstance(expected, np.ndarray):
                assert len(value) == len(expected)
            else:
                assert value == expected, field.name


@pytest.mark.parametrize("tracklets", [[], [tracklet(0, 2), tracklet(1)]])
def test_scene_cuts_come_back_with_faces_and_without(tracklets: list[Tracklet]) -> None:
    cuts = [0, 7, 8, 123_456_789_012]
    found, found_cuts = read_tracklets(io.BytesIO(written(tracklets, cuts)))
    assert found_cuts == cuts
    assert [one.number for one in found] == [one.number for one in tracklets]


def test_the_same_ones_give_the_same_bytes() -> None:
    tracklets = [tracklet(0, 2), tracklet(1)]
    assert written(tracklets, [455]) == written(tracklets, [455])


@pytest.mark.parametrize("seed", range(20))
def test_a_flipped_bit(seed: int) -> None:
    content = bytearray(written([tracklet(0, 2), tracklet(1)], [455]))
    rng = np.random.default_rng(seed)
    content[rng.integers(len(content))] ^= 1 << rng.integers(8)
    with pytest.raises(WorkFileError):
        read_tracklets(io.BytesIO(bytes(content)))
