"""Average linkage, beside a plain one that looks at all pairs of members."""

import itertools

import numpy as np
import pytest

from openface_core.identity.linkage import average_linkage

INFINITY = float("inf")


def plain(margins: np.ndarray, may_join: np.ndarray, sizes: np.ndarray) -> list[int]:
    groups = [[k] for k in range(len(sizes))]

    def mean(a: list[int], b: list[int]) -> float:
        weights = np.outer(sizes[a], sizes[b])
        return float((margins[np.ix_(a, b)] * weights).sum() / weights.sum())

    while True:
        pairs = [
            (round(mean(a, b), 4), a, b)
            for a, b in itertools.combinations(groups, 2)
            if may_join[np.ix_(a, b)].all()
        ]
        best = max(pairs, key=lambda pair: pair[0], default=None)
        if best is None or best[0] < 0.0:
            break
        groups.remove(best[2])
        best[1].extend(best[2])
    return [next(min(g) for g in groups if k in g) for k in range(len(sizes))]


@pytest.mark.parametrize("seed", range(30))
def test_it_is_the_plain_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    margins = rng.uniform(-1.0, 1.0, (9, 9))
    margins = (margins + margins.T) / 2.0
    may_join = rng.random((9, 9)) < 0.8
    may_join &= may_join.T
    sizes = rng.integers(1, 50, 9).astype(np.float64)
    assert average_linkage(margins, may_join, sizes).labels == plain(margins, may_join, sizes)


def test_of_equal_margins_the_first_pair_is_joined() -> None:
    margins = np.full((3, 3), 0.5)
    may_join = np.ones((3, 3), dtype=np.bool_)
    may_join[0, 2] = may_join[2, 0] = False
    assert average_linkage(margins, may_join, np.ones(3)).labels == [0, 0, 2]


def test_the_inputs_are_left_alone() -> None:
    margins, may_join = np.ones((3, 3)), np.ones((3, 3), dtype=np.bool_)
    average_linkage(margins, may_join, np.ones(3))
    assert (margins == 1.0).all()
    assert may_join.all()


def test_what_came_nearest_is_told() -> None:
    margins = np.array([[0.0, -0.2], [-0.2, 0.0]])
    linkage = average_linkage(margins, np.ones((2, 2), dtype=np.bool_), np.ones(2))
    np.testing.assert_array_equal(linkage.margins, [[-INFINITY, -0.2], [-0.2, -INFINITY]])
    apart = average_linkage(margins, np.eye(2, dtype=np.bool_), np.ones(2))
    assert (apart.margins == -INFINITY).all()


@pytest.mark.parametrize("count", [0, 1])
def test_few_items_need_no_linkage(count: int) -> None:
    linkage = average_linkage(
        np.zeros((count, count)), np.zeros((count, count), dtype=np.bool_), np.ones(count)
    )
    assert linkage.labels == list(range(count))
