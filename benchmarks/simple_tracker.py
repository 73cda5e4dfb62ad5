"""Tracklets from faces that were looked for in every few frames: nearest overlap, no more.

It stands in for the tracker of the program, so that what is measured is the joining of tracklets.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from benchmarks.face_samples import FaceSamples
from openface_core.identity import Tracklet

INTERVAL_FRAMES = 150
CUT_CHANGE = 14.0
"""Mean change of a thumbnail at a scene cut; the videos themselves come to 13 without one."""
MIN_IOU = 0.3
MAX_GAP_FRAMES = 9
MIN_CONFIDENCE = 0.725
EMBEDDINGS = 5

Box = NDArray[np.float64]


def overlap(a: Box, b: Box) -> float:
    """Return the intersection of two boxes over their union."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return float(both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both))


@dataclass(eq=False)
class Track:
    """A face that is followed.

    Parameters
    ----------
    interval : int
        Interval it lies in.
    rows : list of int
        Its samples.
    following : Track or None
        The track of the next interval that goes on with it.
    number : int
        Its number in the interval.
    """

    interval: int
    rows: list[int] = field(default_factory=list)
    following: "Track | None" = None
    number: int = 0


def cut_frames(samples: FaceSamples) -> list[int]:
    """Return the frames looked at that begin another scene."""
    return [int(frame) for frame in samples.looked_at[samples.change >= CUT_CHANGE]]


def follow(samples: FaceSamples) -> list[Track]:
    """Return the tracks of a video, by interval and number."""
    done: list[Track] = []
    active: list[Track] = []
    interval = -1
    cuts = set(cut_frames(samples))
    for frame in samples.looked_at:
        is_cut, is_border = int(frame) in cuts, frame // INTERVAL_FRAMES != interval
        before: list[Track] = []
        if is_cut or is_border:
            before = [] if is_cut else active
            done, active = done + active, []
        interval = int(frame // INTERVAL_FRAMES)
        faces = np.flatnonzero((samples.frame == frame) & (samples.confidence > MIN_CONFIDENCE))
        new = _continue(samples, active, [int(k) for k in faces])
        ended = [t for t in active if frame - samples.frame[t.rows[-1]] > MAX_GAP_FRAMES]
        active = [t for t in active if t not in ended]
        done += ended
        for k in new:
            track = Track(interval, [k])
            _link(samples, before, track)
            active.append(track)
    return _numbered(samples, done + active)


def _continue(samples: FaceSamples, active: list[Track], faces: list[int]) -> list[int]:
    """Give faces to the tracks that they overlap most; return those left over."""
    pairs = [
        (-overlap(samples.box[track.rows[-1]], samples.box[k]), i, k)
        for i, track in enumerate(active)
        for k in faces
    ]
    continued: set[int] = set()
    taken: set[int] = set()
    for iou, i, k in sorted(pairs):
        if -iou >= MIN_IOU and i not in continued and k not in taken:
            active[i].rows.append(k)
            continued.add(i)
            taken.add(k)
    return [k for k in faces if k not in taken]


def _link(samples: FaceSamples, before: list[Track], track: Track) -> None:
    free = [t for t in before if t.following is None]
    if not free:
        return
    box = samples.box[track.rows[0]]
    nearest = max(free, key=lambda t: overlap(samples.box[t.rows[-1]], box))
    if overlap(samples.box[nearest.rows[-1]], box) >= MIN_IOU:
        nearest.following = track


def _numbered(samples: FaceSamples, tracks: list[Track]) -> list[Track]:
    counts: dict[int, int] = {}
    for track in sorted(
        tracks, key=lambda t: (samples.frame[t.rows[0]], samples.box[t.rows[0], 0])
    ):
        track.number = counts.get(track.interval, 0)
        counts[track.interval] = track.number + 1
    return sorted(tracks, key=lambda t: (t.interval, t.number))


def tracklet_of(samples: FaceSamples, track: Track, step: int, with_network: bool) -> Tracklet:
    """Return what is known of a track.

    Parameters
    ----------
    samples : FaceSamples
        The faces of the video.
    track : Track
        One of its tracks.
    step : int
        Every how many frames faces were looked for.
    with_network : bool
        Whether embeddings take part: those of the best samples.
    """
    rows = np.array(track.rows)
    first, last = int(samples.frame[rows[0]]), int(samples.frame[rows[-1]])
    quality = -samples.score[rows] * samples.sharpness[rows]
    best = rows[np.argsort(quality, kind="stable")[: EMBEDDINGS if with_network else 0]]
    x0, y0, x1, y1 = samples.box[rows].T.tolist()
    return Tracklet(
        interval=track.interval,
        number=track.number,
        first_frame=first,
        last_frame=last,
        seen=min(len(rows) * step, last - first + 1),
        first_box=(x0[0], y0[0], x1[0], y1[0]),
        last_box=(x0[-1], y0[-1], x1[-1], y1[-1]),
        width_px=float(np.median(samples.box[rows, 2] - samples.box[rows, 0])),
        confidence=float(samples.confidence[rows].mean()),
        appearance=samples.appearance[rows].mean(axis=0),
        embeddings=samples.embedding[best],
        next_number=None if track.following is None else track.following.number,
    )
