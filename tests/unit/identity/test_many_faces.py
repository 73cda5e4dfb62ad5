"""Joining many faces, beside the plain loops over all pairs: the same to the last bit."""

from dataclasses import replace

import numpy as np
import pytest

from openface_core.descriptors import FHOG_SIZE
from openface_core.identity import IdentitySettings, Persons, Tracklet, join_tracklets, joining
from openface_core.identity.linkage import average_linkage
from tests.twins import joining as plain
from tests.unit.identity.tracklets import box, tracklet

RATE = 30.0
INTERVAL = 150


@pytest.mark.parametrize("decimals", [0, 1, 2, 4, 15])
@pytest.mark.parametrize("count", [2, 5, 40, 150])
def test_linkage_is_the_plain_one(count: int, decimals: int) -> None:
    rng = np.random.default_rng([count, decimals])
    for density in (0.3, 0.9, 1.0):
        margins = rng.uniform(-0.7, 1.0, (count, count)).round(decimals)
        margins = np.triu(margins) + np.triu(margins, 1).T
        may_join = np.triu(rng.random((count, count)) < density)
        may_join |= may_join.T
        sizes = rng.integers(1, 50, count).astype(np.float64)
        found = average_linkage(margins, may_join, sizes)
        expected = plain.average_linkage(margins, may_join, sizes)
        assert found.labels == expected.labels
        np.testing.assert_array_equal(found.margins, expected.margins)


def random_video(rng: np.random.Generator, how_described: str) -> list[Tracklet]:
    """Tracklets of five people, some at the same time, some hardly seen, some linked."""
    people = rng.normal(size=(5, FHOG_SIZE))
    faces = []
    for number in range(60):
        interval = int(rng.integers(0, 12))
        first = INTERVAL * interval + int(rng.integers(0, 140))
        frames = int(rng.choice([1, 2, 5, 30, 80]))
        last = min(first + frames - 1, INTERVAL * interval + INTERVAL - 1)
        looks = people[rng.integers(5)] + rng.uniform(0.3, 2.5) * rng.normal(size=FHOG_SIZE)
        embeddings = np.zeros((0, 0), dtype=np.float32)
        if how_described == "network" or (how_described == "mixed" and rng.random() < 0.5):
            size = 16 if how_described == "network" or rng.random() < 0.7 else 8
            embeddings = (looks[None, :size] / np.linalg.norm(looks[:size])).astype(np.float32)
        is_described = how_described == "appearance" or rng.random() < 0.8
        faces.append(
            replace(
                tracklet(interval, number, (first, last), None),
                first_box=box(float(rng.uniform(0, 400))),
                last_box=box(float(rng.uniform(0, 400))),
                appearance=looks.astype(np.float32) if is_described else None,
                embeddings=embeddings,
                next_number=int(rng.integers(0, 60)) if rng.random() < 0.3 else None,
            )
        )
    return faces


@pytest.mark.parametrize("how_described", ["appearance", "network", "mixed"])
@pytest.mark.parametrize("seed", range(8))
def test_persons_are_the_plain_ones(
    seed: int, how_described: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng([seed, len(how_described)])
    faces = random_video(rng, how_described)
    cuts = rng.integers(0, 12 * INTERVAL, 10).tolist()
    typical = np.zeros(FHOG_SIZE) if rng.random() < 0.9 else None

    def joined() -> Persons:
        return join_tracklets(faces, IdentitySettings(), RATE, typical, cuts)

    found = joined()
    monkeypatch.setattr(joining, "_linkage", plain.linked)
    monkeypatch.setattr(joining, "with_short_shots", plain.with_short_shots)
    assert found == joined()
    assert 1 <= found.count < len(faces)


def test_all_pairs_of_many_faces_are_compared_as_one_by_one() -> None:
    looks = np.random.default_rng(0).normal(size=(400, 8)).astype(np.float32)
    faces = [
        replace(tracklet(k, 0, (INTERVAL * k, INTERVAL * k + 80), None), embeddings=looks[k, None])
        for k in range(len(looks))
    ]
    chains = [[k] for k in range(len(faces))]
    found, expected = (
        linked(faces, chains, IdentitySettings(), None, [])
        for linked in (joining._linkage, plain.linked)
    )
    assert found.labels == expected.labels
    np.testing.assert_array_equal(found.margins, expected.margins)
