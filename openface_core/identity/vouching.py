"""Which tracklets are faces: those that the confidence in their landmarks vouches for."""

from collections.abc import Sequence
from enum import StrEnum

from openface_core.identity.settings import IdentitySettings
from openface_core.identity.tracklet import Tracklet


class DropReason(StrEnum):
    """Why a tracklet is not taken for a face."""

    SEEN_TOO_BRIEFLY = "seen_too_briefly"
    NOT_TRUSTED = "landmarks_not_trusted"


def not_trusted(
    tracklets: Sequence[Tracklet], linked: Sequence[int], settings: IdentitySettings
) -> list[bool]:
    """Return for each tracklet whether its landmarks are not trusted.

    Tracklets that the tracker has linked are judged together: a border may leave a piece of a
    few frames on one side. If none would be left, the one seen longest stays.

    Parameters
    ----------
    tracklets : sequence of Tracklet
        All of a video.
    linked : sequence of int
        For each the number of its group, see :func:`openface_core.identity.chains.border_links`.
    settings : IdentitySettings
        The thresholds.
    """
    seen: dict[int, int] = {}
    trust: dict[int, float] = {}
    for tracklet, group in zip(tracklets, linked, strict=True):
        seen[group] = seen.get(group, 0) + tracklet.seen
        trust[group] = trust.get(group, 0.0) + tracklet.seen * tracklet.confidence
    wrong = {g for g in seen if not round(trust[g] / seen[g], 6) >= settings.min_confidence}
    if wrong and len(wrong) == len(seen):
        wrong.remove(max(seen, key=lambda group: (seen[group], -group)))
    return [group in wrong for group in linked]


def are_glimpses(seen: Sequence[int], least: int) -> list[bool]:
    """Return which faces are seen too briefly to be taken for more than a glimpse of something.

    Parameters
    ----------
    seen : sequence of int
        Frames of each face.
    least : int
        Fewer are a glimpse. But in a video of a few frames, as in a picture, everybody is seen
        briefly: half as many as the face seen longest are enough.
    """
    enough = min(float(least), max(seen, default=0) / 2.0)
    return [frames < enough for frames in seen]


def seen_frames(faces: Sequence[Tracklet], tracklets: Sequence[int]) -> int:
    """Return in how many frames a face is seen, given the numbers of its tracklets."""
    return sum(faces[k].seen for k in tracklets)


def without_glimpses(
    faces: Sequence[Tracklet], groups: Sequence[list[int]], least: int
) -> tuple[list[list[int]], list[int]]:
    """Return the groups of tracklets that are seen long enough, and the tracklets of the others.

    Parameters
    ----------
    faces : sequence of Tracklet
        Of one video, in their order.
    groups : sequence of list of int
        Tracklets of each face.
    least : int
        See :func:`are_glimpses`.
    """
    brief = are_glimpses([seen_frames(faces, group) for group in groups], least)
    kept = [group for group, is_brief in zip(groups, brief, strict=True) if not is_brief]
    gone = [k for group, is_brief in zip(groups, brief, strict=True) if is_brief for k in group]
    return kept, gone
