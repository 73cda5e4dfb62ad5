"""Faces in shots of a frame or two, as a camera's flash makes them: whose they are."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openface_core.identity.chains import overlap_in_time, scene_of
from openface_core.identity.descriptors import Looks, margins_of
from openface_core.identity.settings import IdentitySettings
from openface_core.identity.tracklet import Tracklet
from openface_core.identity.vouching import without_glimpses


def short_shots(
    faces: Sequence[Tracklet], chains: Sequence[list[int]], least: int, cuts: Sequence[int]
) -> list[list[int]]:
    """Return the faces that are seen for long enough in their shot, however short it is.

    Parameters
    ----------
    faces : sequence of Tracklet
        Of one video, in their order.
    chains : sequence of list of int
        Tracklets of each face that was followed without a break, none of them over a scene cut.
    least : int
        Fewer frames are a glimpse, but half as many as that of the face seen longest in the shot.
    cuts : sequence of int
        The frames that begin another scene, in order.
    """
    shots: dict[int, list[list[int]]] = {}
    for chain in chains:
        shots.setdefault(scene_of(cuts, faces[chain[0]]), []).append(chain)
    return [chain for shot in shots.values() for chain in without_glimpses(faces, shot, least)[0]]


def with_short_shots(
    faces: Sequence[Tracklet],
    persons: Sequence[list[int]],
    shots: Sequence[list[int]],
    settings: IdentitySettings,
    typical_appearance: NDArray[Any] | None,
) -> list[list[int]]:
    """Give faces of short shots to the persons whom they look like; the most alike come first.

    Who is who among the persons does not depend on them: a frame or two say too little for that.

    Parameters
    ----------
    faces : sequence of Tracklet
        Of one video, in their order.
    persons : sequence of list of int
        Tracklets of each person.
    shots : sequence of list of int
        Tracklets of each face to be given away.
    settings : IdentitySettings
        The thresholds; those of both sides of a scene cut count.
    typical_appearance : (4464,) ndarray of float or None
        See :func:`~openface_core.identity.descriptors.look_of`.

    Returns
    -------
    list of list of int
        The persons, in the same order.
    """
    known, short = (
        Looks([[faces[k] for k in own] for own in groups], typical_appearance)
        for groups in (persons, shots)
    )
    margins = margins_of(short, known, False, settings)
    pairs = [
        (-margins[number, who], number, who) for number, who in np.argwhere(margins >= 0.0).tolist()
    ]
    members, given = [list(person) for person in persons], set()
    for _, number, who in sorted(pairs):
        seen = [faces[k] for k in shots[number]]
        if number in given or overlap_in_time(seen, [faces[k] for k in members[who]]):
            continue
        given.add(number)
        members[who] = sorted(members[who] + shots[number])
    return members
