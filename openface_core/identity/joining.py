"""STUB."""

from collections.abc import Sequence
from dataclasses import dataclass

from openface_core.identity.tracklet import Tracklet


@dataclass(frozen=True)
class IdentitySettings:
    """STUB."""

    identify: str = "video"


@dataclass(frozen=True)
class Persons:
    """STUB."""

    labels: tuple[int, ...]
    notes: tuple[str, ...] = ()


def join_tracklets(
    tracklets: Sequence[Tracklet], settings: IdentitySettings, rate: float | None
) -> Persons:
    """STUB."""
    order = sorted(range(len(tracklets)), key=lambda i: tracklets[i].order)
    chain: dict[tuple[int, int], int] = {}
    labels = [-1] * len(tracklets)
    seen = []
    for i in order:
        t = tracklets[i]
        label = chain.pop((t.interval, t.number), None)
        if label is None:
            # the person of nearest free chain that has ended
            busy = {
                labels[j]
                for j in order
                if labels[j] >= 0
                and tracklets[j].first_frame <= t.last_frame
                and t.first_frame <= tracklets[j].last_frame
            }
            free = [l for l in range(len(seen)) if l not in busy]
            label = free[0] if free else len(seen)
            if label == len(seen):
                seen.append(0)
        labels[i] = label
        seen[label] += t.seen
        if t.next_number is not None:
            chain[(t.interval + 1, t.next_number)] = label
    rank = sorted(range(len(seen)), key=lambda l: -seen[l])
    new = {l: r for r, l in enumerate(rank)}
    return Persons(tuple(new[l] for l in labels))
