"""From tracklets to persons, over a whole video."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openface_core.identity.chains import (
    Groups,
    border_links,
    bridge_gaps,
    overlapping,
    share_scenes,
)
from openface_core.identity.descriptors import Descriptors, Looks, margins_of
from openface_core.identity.linkage import Linkage, average_linkage
from openface_core.identity.settings import IdentitySettings
from openface_core.identity.short_shots import short_shots, with_short_shots
from openface_core.identity.tracklet import Tracklet
from openface_core.identity.vouching import (
    DropReason,
    not_trusted,
    seen_frames,
    without_glimpses,
)

NOBODY = -1
"""Label of a tracklet that was dropped."""

_MIN_CHAIN = 3
"""Frames in which a face must be seen to take part at all."""


@dataclass(frozen=True)
class Persons:
    """Who is who.

    Parameters
    ----------
    labels : tuple of int
        For each tracklet, in the order given, the number of its person: 0 is the one seen in most
        frames; :data:`NOBODY` for those that were dropped.
    dropped : tuple of (DropReason or None)
        For each tracklet why it was dropped.
    count : int
        How many persons there are.
    chain_count : int
        How many faces were followed without a break.
    closest_margins : tuple of (float or None)
        For each person, by how much another one misses being the same: the person most alike of
        those never seen at the same time. The cosine of their embeddings less the threshold, or of
        their appearances without a face network. Below 0; None if there is no such other.
    """

    labels: tuple[int, ...]
    dropped: tuple[DropReason | None, ...]
    count: int
    chain_count: int
    closest_margins: tuple[float | None, ...]


def join_tracklets(
    tracklets: Sequence[Tracklet],
    settings: IdentitySettings,
    frame_rate: float,
    typical_appearance: NDArray[Any] | None = None,
    cuts: Iterable[int] = (),
) -> Persons:
    """Say which tracklets of a video show the same person.

    The result is a function of the set of tracklets: their order does not matter.

    Parameters
    ----------
    tracklets : sequence of Tracklet
        All of one video.
    settings : IdentitySettings
        Thresholds.
    frame_rate : float
        Frames per second.
    typical_appearance : (4464,) ndarray of float or None
        What is taken off appearances before they are compared, see
        :func:`~openface_core.identity.typical.typical_appearance`. Without it, only faces with
        embeddings are known again.
    cuts : iterable of int
        Numbers in the video of the frames that begin another scene.

    Returns
    -------
    Persons
        A person for each tracklet.

    Raises
    ------
    ValueError
        If two tracklets have the same place in the same interval, or the rate is not positive.
    """
    if not 0.0 < frame_rate < math.inf:
        raise ValueError(f"expected a positive frame rate, found {frame_rate}")
    if len({(t.interval, t.number) for t in tracklets}) != len(tracklets):
        raise ValueError("two tracklets have the same number in one interval")
    scenes = sorted(set(cuts))
    order = sorted(range(len(tracklets)), key=lambda k: tracklets[k].order)
    ordered = [tracklets[k] for k in order]
    doubtful = not_trusted(ordered, border_links(ordered).labels(), settings)
    kept = [k for k, is_doubtful in enumerate(doubtful) if not is_doubtful]
    faces = [ordered[k] for k in kept]
    chains = _chains(faces, settings, frame_rate, typical_appearance, scenes)
    # A second look at a face, in a frame or two, must not keep its other tracklets apart.
    every, least = chains, min(_MIN_CHAIN, settings.min_seen_frames)
    chains, doubles = without_glimpses(faces, every, least)
    linkage = _linkage(faces, chains, settings, typical_appearance, scenes)
    persons, brief = without_glimpses(
        faces, _persons(chains, linkage.labels), settings.min_seen_frames
    )
    closest = _closest_margins(chains, linkage, persons)
    if doubles and settings.identify != "off":
        brief_ones = set(doubles)
        long_enough = short_shots(faces, every, least, scenes)
        shots = [chain for chain in long_enough if chain[0] in brief_ones]
        persons = with_short_shots(faces, persons, shots, settings, typical_appearance)
        doubles = sorted(set(doubles).difference(*persons))
    ranks = _by_seen(faces, persons)
    persons, closest = [persons[k] for k in ranks], [closest[k] for k in ranks]
    labels = [NOBODY] * len(tracklets)
    dropped: list[DropReason | None] = [DropReason.NOT_TRUSTED] * len(tracklets)
    for number, members in enumerate(persons):
        for member in members:
            labels[order[kept[member]]] = number
            dropped[order[kept[member]]] = None
    for member in (*doubles, *brief):
        dropped[order[kept[member]]] = DropReason.SEEN_TOO_BRIEFLY
    return Persons(
        labels=tuple(labels),
        dropped=tuple(dropped),
        count=len(persons),
        chain_count=len(chains),
        closest_margins=tuple(closest),
    )


def _chains(
    faces: Sequence[Tracklet],
    settings: IdentitySettings,
    frame_rate: float,
    typical: NDArray[Any] | None,
    cuts: Sequence[int],
) -> list[list[int]]:
    groups: Groups = border_links(faces)
    bridge_gaps(faces, groups, Descriptors(faces, typical), settings, frame_rate, cuts)
    return groups.members()


def _linkage(
    faces: Sequence[Tracklet],
    chains: Sequence[Sequence[int]],
    settings: IdentitySettings,
    typical: NDArray[Any] | None,
    cuts: Sequence[int],
) -> Linkage:
    """Join chains by their looks."""
    count = len(chains)
    if settings.identify == "off":
        return Linkage(list(range(count)), np.broadcast_to(-math.inf, (count, count)))
    members = [[faces[k] for k in chain] for chain in chains]
    margins = _margins(members, settings, typical, cuts)
    sizes = np.array([sum(t.seen for t in chain) for chain in members], dtype=np.float64)
    return average_linkage(margins, np.isfinite(margins), sizes)


def _margins(
    chains: Sequence[Sequence[Tracklet]],
    settings: IdentitySettings,
    typical: NDArray[Any] | None,
    cuts: Sequence[int],
) -> NDArray[np.float64]:
    """Return how much speaks for any two chains being one person; -inf where they cannot be."""
    looks = Looks(chains, typical)
    margins = margins_of(looks, looks, share_scenes(chains, cuts), settings)
    for a, b in overlapping(chains):
        margins[a, b] = margins[b, a] = -math.inf
    return margins


def _persons(chains: Sequence[Sequence[int]], labels: Sequence[int]) -> list[list[int]]:
    """Return the tracklets of each person."""
    members: dict[int, list[int]] = {}
    for chain, label in zip(chains, labels, strict=True):
        members.setdefault(label, []).extend(chain)
    return [sorted(tracklets) for tracklets in members.values()]


def _closest_margins(
    chains: Sequence[Sequence[int]], linkage: Linkage, persons: Sequence[Sequence[int]]
) -> list[float | None]:
    """Return for each person the margin of the other one most alike, of those who may be one."""
    groups = {chain[0]: label for chain, label in zip(chains, linkage.labels, strict=True)}
    # The first tracklet of a person is the first one of a chain.
    own = [groups[tracklets[0]] for tracklets in persons]
    margins = [float(linkage.margins[group, own].max()) for group in own]
    return [margin if math.isfinite(margin) else None for margin in margins]


def _by_seen(faces: Sequence[Tracklet], persons: Sequence[list[int]]) -> list[int]:
    """Return the places of the persons, of the one seen in most frames first."""

    def rank(place: int) -> tuple[int, tuple[int, float, int, int]]:
        tracklets = persons[place]
        return -seen_frames(faces, tracklets), faces[tracklets[0]].order

    return sorted(range(len(persons)), key=rank)
