"""From chains of tracklets to persons, pair by pair: plain and slow loops."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openface_core.identity import IdentitySettings, Tracklet
from openface_core.identity.chains import overlap_in_time, scene_of
from openface_core.identity.descriptors import Look, look_of
from openface_core.identity.linkage import Linkage

Float64Array = NDArray[np.float64]
_DECIMALS = 4


def average_linkage(
    margins: Float64Array, may_join: NDArray[np.bool_], sizes: Float64Array
) -> Linkage:
    """Join the two groups that are most alike of all pairs, again and again."""
    count = len(sizes)
    mean, allowed, weight = margins.copy(), may_join.copy(), sizes.astype(np.float64)
    mean[~allowed] = -math.inf
    np.fill_diagonal(allowed, False)
    np.fill_diagonal(mean, -math.inf)
    labels = list(range(count))
    while count > 1:
        # The first greatest one of the flat array: the smallest row, then the smallest column.
        a, b = divmod(int(np.argmax(mean)), count)
        if not mean[a, b] >= 0.0:
            break
        both = allowed[a] & allowed[b]
        share = weight[b] / (weight[a] + weight[b])
        joined = np.full(count, -math.inf)
        joined[both] = np.round(mean[a, both] * (1.0 - share) + mean[b, both] * share, _DECIMALS)
        allowed[a] = allowed[:, a] = both
        mean[a] = mean[:, a] = joined
        allowed[b] = allowed[:, b] = False
        mean[b] = mean[:, b] = -math.inf
        weight[a] += weight[b]
        labels = [a if label == b else label for label in labels]
    return Linkage(labels, mean)


def margin(a: Look, b: Look, is_same_scene: bool, settings: IdentitySettings) -> float | None:
    """Return by how far the likeness of two faces exceeds its threshold; None if it is unknown."""
    cosine = a.cosine(b)
    if cosine is not None:
        return round(cosine - settings.network_threshold, _DECIMALS)
    likeness = a.likeness(b)
    if likeness is None:
        return None
    if is_same_scene:
        return round(likeness - settings.same_scene_threshold, _DECIMALS)
    return round(likeness - settings.appearance_threshold, _DECIMALS)


def linked(
    faces: Sequence[Tracklet],
    chains: Sequence[Sequence[int]],
    settings: IdentitySettings,
    typical: NDArray[Any] | None,
    cuts: Sequence[int],
) -> Linkage:
    """Join chains by their looks."""
    count = len(chains)
    members = [[faces[k] for k in chain] for chain in chains]
    looks = [look_of(chain, typical) for chain in members]
    margins = np.full((count, count), -math.inf)
    may_join = np.zeros((count, count), dtype=np.bool_)
    for a in range(count):
        for b in range(a + 1, count):
            if overlap_in_time(members[a], members[b]):
                continue
            scenes = ({scene_of(cuts, t) for t in members[k]} for k in (a, b))
            found = margin(looks[a], looks[b], bool(set.intersection(*scenes)), settings)
            if found is not None:
                margins[a, b] = margins[b, a] = found
                may_join[a, b] = may_join[b, a] = True
    sizes = np.array([sum(t.seen for t in chain) for chain in members], dtype=np.float64)
    return average_linkage(margins, may_join, sizes)


def with_short_shots(
    faces: Sequence[Tracklet],
    persons: Sequence[list[int]],
    shots: Sequence[list[int]],
    settings: IdentitySettings,
    typical_appearance: NDArray[Any] | None,
) -> list[list[int]]:
    """Give faces of short shots to the persons whom they look like; the most alike come first."""
    looks = [look_of([faces[k] for k in person], typical_appearance) for person in persons]
    pairs = []
    for number, shot in enumerate(shots):
        look = look_of([faces[k] for k in shot], typical_appearance)
        for who, known in enumerate(looks):
            found = margin(known, look, False, settings)
            if found is not None and found >= 0.0:
                pairs.append((-found, number, who))
    members, given = [list(person) for person in persons], set()
    for _, number, who in sorted(pairs):
        seen = [faces[k] for k in shots[number]]
        if number in given or overlap_in_time(seen, [faces[k] for k in members[who]]):
            continue
        given.add(number)
        members[who] = sorted(members[who] + shots[number])
    return members
