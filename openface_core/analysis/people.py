"""The frames of each person of a video, put together of tracklets."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.action_units.postprocessing import SMOOTHING_REACH_FRAMES
from openface_core.face_tracking import FacesSettings
from openface_core.identity import IdentitySettings, Tracklet, join_tracklets, look_of

Float64Array = NDArray[np.float64]

_USUAL_RATE_FPS = 30.0

ABSENCE_FRAMES = 1000
"""Frames in which a person is not there come in pieces of at most so many."""


@dataclass(frozen=True)
class Piece:
    """Consecutive frames of a person.

    Parameters
    ----------
    frames : int
        How many.
    tracklet : int or None
        Index of the tracklet that they are of; None where the person is not there.
    """

    frames: int
    tracklet: int | None = None


@dataclass(frozen=True)
class PersonFrames:
    """All frames from the first to the last in which a person is seen.

    Parameters
    ----------
    face_id : int
        Number of the person in the video.
    first_frame : int
        The first of the frames, from 0.
    pieces : tuple of Piece
        The frames, in order.
    """

    face_id: int
    first_frame: int
    pieces: tuple[Piece, ...]

    @property
    def frames(self) -> int:
        """How many there are."""
        return sum(piece.frames for piece in self.pieces)


@dataclass(frozen=True, eq=False)
class PersonEmbedding:
    """What a face network makes of a person of a video.

    Parameters
    ----------
    face_id : int
        Number of the person in the video.
    seen_frames : int
        Frames with trusted landmarks.
    embedding : (d,) ndarray of float32
        Mean of the embeddings, of length 1.
    """

    face_id: int
    seen_frames: int
    embedding: NDArray[np.float32]


@dataclass(frozen=True)
class People:
    """Who is seen in a video.

    Parameters
    ----------
    frames : tuple of PersonFrames
        The frames of every person that is wanted, in the order of their numbers.
    notes : tuple of str
        What is to be known of them.
    tracklets_left_out : int
        Tracklets that are not taken for faces.
    embeddings : tuple of PersonEmbedding
        What they are known by in other videos; empty unless that is asked for.
    """

    frames: tuple[PersonFrames, ...] = ()
    notes: tuple[str, ...] = ()
    tracklets_left_out: int = 0
    embeddings: tuple[PersonEmbedding, ...] = ()


_CLOSE = 0.05
"""Two persons who miss being one by less than this, in cosine, are told of."""


def find_people(
    tracklets: Sequence[Tracklet],
    settings: FacesSettings,
    typical_appearance: Float64Array,
    frame_count: int,
    rate_fps: float | None,
    cuts: Sequence[int],
) -> People:
    """Return the persons of a video that are wanted.

    Parameters
    ----------
    tracklets : sequence of Tracklet
        All of the video.
    settings : FacesSettings
        Which faces are wanted, and how it is found who is who.
    typical_appearance : (4464,) ndarray of float64
        See :func:`openface_core.identity.typical_appearance`.
    frame_count : int
        Frames of the video.
    rate_fps : float or None
        Frames per second, where they are known.
    cuts : sequence of int
        The frames, from 0, that begin another scene.
    """
    if not tracklets:
        return People()
    identity = IdentitySettings(identify=settings.identify)
    rate = rate_fps or _USUAL_RATE_FPS
    persons = join_tracklets(tracklets, identity, rate, typical_appearance, cuts)
    people = frames_of_people(tracklets, persons.labels, frame_count)
    left_out = sum(reason is not None for reason in persons.dropped)
    wanted = people[:1] if settings.select == "main" else people
    margins = [persons.closest_margins[person.face_id] for person in wanted]
    closest = max((margin for margin in margins if margin is not None), default=-math.inf)
    notes: tuple[str, ...] = ()
    if closest > -_CLOSE:
        notes = (
            "two of its people look so much alike that they may be one: "
            f"they miss it by {-closest:.2f} in cosine",
        )
    embeddings = tuple(_embeddings(tracklets, wanted)) if settings.compares_videos else ()
    return People(wanted, notes, left_out, embeddings)


def _embeddings(
    tracklets: Sequence[Tracklet], people: Sequence[PersonFrames]
) -> Iterator[PersonEmbedding]:
    """Yield what the network makes of those persons of whom it makes anything."""
    for person in people:
        own = [tracklets[p.tracklet] for p in person.pieces if p.tracklet is not None]
        look = look_of(own, None)
        if look.embedding is not None:
            seen = sum(tracklet.seen for tracklet in own)
            yield PersonEmbedding(person.face_id, seen, look.embedding.astype(np.float32))


def frames_of_people(
    tracklets: Sequence[Tracklet], labels: Sequence[int], frame_count: int
) -> tuple[PersonFrames, ...]:
    """Return the frames of every person, in the order of their numbers.

    Parameters
    ----------
    tracklets : sequence of Tracklet
        All tracklets of a video.
    labels : sequence of int
        The number of the person in each; a negative one for a tracklet that is left out.
    frame_count : int
        Frames of the video.
    """
    by_person: dict[int, list[int]] = {}
    for index, label in enumerate(labels):
        if label >= 0:
            by_person.setdefault(int(label), []).append(index)
    people = []
    for face_id in sorted(by_person):
        own = sorted(by_person[face_id], key=lambda index: tracklets[index].order)
        # Smoothing reaches over the ends, where failed frames may count, as they do in a gap.
        first_frame = max(0, tracklets[own[0]].first_frame - SMOOTHING_REACH_FRAMES)
        end = min(frame_count, tracklets[own[-1]].last_frame + 1 + SMOOTHING_REACH_FRAMES)
        pieces = tuple(_pieces(tracklets, own, first_frame, end))
        people.append(PersonFrames(face_id, first_frame, pieces))
    return tuple(people)


def _pieces(
    tracklets: Sequence[Tracklet], own: Sequence[int], first_frame: int, end: int
) -> Iterator[Piece]:
    """Yield tracklets, and what lies before, between and after them."""
    next_frame = first_frame
    for index in own:
        tracklet = tracklets[index]
        if tracklet.first_frame < next_frame:
            raise ValueError(f"frame {tracklet.first_frame} shows the same person twice")
        yield from _absence(tracklet.first_frame - next_frame)
        yield Piece(tracklet.last_frame - tracklet.first_frame + 1, index)
        next_frame = tracklet.last_frame + 1
    yield from _absence(end - next_frame)


def _absence(frame_count: int) -> Iterator[Piece]:
    for begin in range(0, frame_count, ABSENCE_FRAMES):
        yield Piece(min(ABSENCE_FRAMES, frame_count - begin))
