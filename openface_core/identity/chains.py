"""Tracklets that follow one another as one face: over borders of intervals, and short gaps."""

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from openface_core.identity.descriptors import Descriptors
from openface_core.identity.settings import IdentitySettings
from openface_core.identity.tracklet import Box, Tracklet

_MAX_STEP_WIDTHS = 1.0
"""How far a face moves at most while it is not seen, in widths of the face."""

_LIKENESS_PER_WIDTH = 0.5
"""Two men who change places at a cut that hardly shows, half a width apart, come to .23 to .29."""

_MAX_WIDTH_RATIO = 1.6


class Groups:
    """A partition of tracklets, none of whose groups has two at the same time."""

    def __init__(self, tracklets: Sequence[Tracklet]) -> None:
        self._tracklets = tracklets
        self._group = list(range(len(tracklets)))
        self._members = {k: [k] for k in self._group}

    def join(self, a: int, b: int) -> None:
        """Join the groups of two tracklets, unless they have tracklets at the same time."""
        first, second = sorted((self._group[a], self._group[b]))
        if first == second or overlap_in_time(self._of(first), self._of(second)):
            return
        moved = self._members.pop(second)
        self._members[first] = sorted(self._members[first] + moved)
        for k in moved:
            self._group[k] = first

    def _of(self, group: int) -> list[Tracklet]:
        return [self._tracklets[k] for k in self._members[group]]

    def labels(self) -> list[int]:
        """Return for each tracklet the number of the first one in its group."""
        return list(self._group)

    def members(self) -> list[list[int]]:
        """Return the tracklets of each group in their order, the groups by their first one."""
        return [self._members[k] for k in sorted(self._members)]


def border_links(tracklets: Sequence[Tracklet]) -> Groups:
    """Join tracklets that the tracker itself has linked over borders of intervals.

    Parameters
    ----------
    tracklets : sequence of Tracklet
        Of one video, in their order.
    """
    groups = Groups(tracklets)
    places = {(t.interval, t.number): k for k, t in enumerate(tracklets)}
    for k, tracklet in enumerate(tracklets):
        if tracklet.next_number is None:
            continue
        following = places.get((tracklet.interval + 1, tracklet.next_number))
        if following is not None:
            groups.join(k, following)
    return groups


def bridge_gaps(
    tracklets: Sequence[Tracklet],
    groups: Groups,
    descriptors: Descriptors,
    settings: IdentitySettings,
    frame_rate: float,
    cuts: Sequence[int],
) -> None:
    """Join a tracklet that ends with one that soon begins in its place.

    It must look as if it could be the same, and nobody else who comes or goes then may be nearer or
    more alike.

    Parameters
    ----------
    tracklets : sequence of Tracklet
        Of one video, in their order.
    groups : Groups
        Joined in place.
    descriptors : Descriptors
        What the faces look like.
    settings : IdentitySettings
        The longest gap.
    frame_rate : float
        Frames per second.
    cuts : sequence of int
        The frames that begin another scene, in order: nobody is followed over them.
    """
    candidates = _candidates(tracklets, descriptors, settings.max_gap_seconds * frame_rate, cuts)
    rivals: dict[tuple[str, int], list[_Candidate]] = {}
    for one in candidates:
        rivals.setdefault(("ending", one.ending), []).append(one)
        rivals.setdefault(("beginning", one.beginning), []).append(one)
    for one in sorted(candidates, key=lambda c: (c.gap_frames, c.step_widths, c.ending)):
        others = rivals["ending", one.ending] + rivals["beginning", one.beginning]
        if one.is_possible and not any(_is_better(tracklets, o, one) for o in others):
            groups.join(one.ending, one.beginning)


class _Candidate(NamedTuple):
    """A tracklet that ends, and another that begins soon after; infinite steps are impossible."""

    ending: int
    beginning: int
    gap_frames: int
    step_widths: float
    likeness: float | None

    @property
    def is_possible(self) -> bool:
        """Whether it may be one face: the further off, the more alike it must look."""
        if self.step_widths > _MAX_STEP_WIDTHS:
            return False
        return self.likeness is None or self.likeness >= _LIKENESS_PER_WIDTH * self.step_widths


def _candidates(
    tracklets: Sequence[Tracklet],
    descriptors: Descriptors,
    max_frames: float,
    cuts: Sequence[int],
) -> list[_Candidate]:
    found = []
    for a, ending in enumerate(tracklets):
        soon = bisect_right(tracklets, ending.last_frame, key=_first_frame)
        late = bisect_right(tracklets, ending.last_frame + max_frames, key=_first_frame)
        for b in range(soon, late):
            beginning = tracklets[b]
            gap = beginning.first_frame - ending.last_frame
            if not is_cut_between(cuts, ending, beginning):
                step = step_in_widths(ending.last_box, beginning.first_box)
                found.append(_Candidate(a, b, gap, step, descriptors.likeness(a, b)))
    return found


def _is_better(tracklets: Sequence[Tracklet], other: _Candidate, one: _Candidate) -> bool:
    """Whether the same tracklet goes with a rival: nearer, or more alike than the one meant.

    Only who is there at the same time is a rival, for others may be pieces of one face.
    """
    if other.ending == one.ending:
        is_rival = tracklets[other.beginning].overlaps(tracklets[one.beginning])
    elif other.beginning == one.beginning:
        is_rival = tracklets[other.ending].overlaps(tracklets[one.ending])
    else:
        return False
    if not is_rival or other == one:
        return False
    if other.likeness is not None and one.likeness is not None and other.likeness > one.likeness:
        return True
    return other.is_possible and other.step_widths < one.step_widths


def overlap_in_time(one: Sequence[Tracklet], other: Sequence[Tracklet]) -> bool:
    """Whether two faces are seen at the same time.

    Parameters
    ----------
    one, other : sequence of Tracklet
        Of one face each, by their first frame; no two of a face overlap.
    """
    few, many = (one, other) if len(one) <= len(other) else (other, one)
    for tracklet in few:
        later = bisect_right(many, tracklet.last_frame, key=_first_frame)
        if later > 0 and many[later - 1].overlaps(tracklet):
            return True
    return False


def overlapping(chains: Sequence[Sequence[Tracklet]]) -> Iterator[tuple[int, int]]:
    """Yield the numbers of any two chains that are seen at the same time, at times repeatedly.

    Parameters
    ----------
    chains : sequence of sequence of Tracklet
        Tracklets of one face each, of which no two overlap.
    """
    spans = sorted(
        (t.first_frame, t.last_frame, k) for k, chain in enumerate(chains) for t in chain
    )
    seen: list[tuple[int, int]] = []
    for first, last, chain in spans:
        seen = [(end, other) for end, other in seen if end >= first]
        yield from ((other, chain) for _, other in seen)
        seen.append((last, chain))


def _first_frame(tracklet: Tracklet) -> int:
    return tracklet.first_frame


def scene_of(cuts: Sequence[int], tracklet: Tracklet) -> int:
    """Return the number of the scene in which a tracklet lies, given the frames that begin one."""
    return bisect_right(cuts, tracklet.first_frame)


def share_scenes(chains: Sequence[Sequence[Tracklet]], cuts: Sequence[int]) -> NDArray[np.bool_]:
    """Return whether two chains are seen in one scene, (n, n): no cut parts all of their tracklets.

    Parameters
    ----------
    chains : sequence of sequence of Tracklet
        Tracklets of one face each.
    cuts : sequence of int
        The frames that begin another scene, in order.
    """
    scenes: dict[int, set[int]] = {}
    for number, chain in enumerate(chains):
        for tracklet in chain:
            scenes.setdefault(scene_of(cuts, tracklet), set()).add(number)
    shared = np.zeros((len(chains), len(chains)), dtype=np.bool_)
    for seen in scenes.values():
        numbers = sorted(seen)
        shared[np.ix_(numbers, numbers)] = True
    return shared


def is_cut_between(cuts: Sequence[int], earlier: Tracklet, later: Tracklet) -> bool:
    """Whether a scene cut lies after the end of one tracklet and before the begin of another."""
    return bisect_right(cuts, earlier.last_frame) < bisect_right(cuts, later.first_frame)


def step_in_widths(last: Box, first: Box) -> float:
    """Return how far a face has moved, in its widths; infinite if its size has changed too much."""
    widths = last[2] - last[0], first[2] - first[0]
    if min(widths) <= 0 or max(widths) > _MAX_WIDTH_RATIO * min(widths):
        return math.inf
    dx = (first[0] + first[2] - last[0] - last[2]) / 2.0
    dy = (first[1] + first[3] - last[1] - last[3]) / 2.0
    return round(math.hypot(dx, dy) / max(widths), 4)
