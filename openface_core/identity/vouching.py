"""Which tracklets are faces: those that the confidence in their landmarks vouches for."""

from collections.abc import Sequence
from enum import StrEnum

from openface_core.identity.settings import IdentitySettings
from openface_core.identity.tracklet import Tracklet


class DropReason(StrEnum):
    """Why a tracklet is not taken for a face."""

    SEEN_TOO_BRIEFLY = "seen_too_briefly"
    NOT_TRUSTED = "landmarks_not_trusted"


def drop_reasons(
    tracklets: Sequence[Tracklet], linked: Sequence[int], settings: IdentitySettings
) -> list[DropReason | None]:
    """Return for each tracklet why it is dropped, None for those that are kept.

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
    judged: dict[int, DropReason | None] = {}
    for group in seen:
        if seen[group] < settings.min_seen_frames:
            judged[group] = DropReason.SEEN_TOO_BRIEFLY
        elif round(trust[group] / seen[group], 6) < settings.min_confidence:
            judged[group] = DropReason.NOT_TRUSTED
        else:
            judged[group] = None
    if judged and all(reason is not None for reason in judged.values()):
        judged[max(seen, key=lambda group: (seen[group], -group))] = None
    return [judged[group] for group in linked]
