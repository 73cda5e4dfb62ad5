"""The file of what is known of a shard's tracklets and scenes, beside their features."""

from collections.abc import Sequence
from typing import IO

import numpy as np

from openface_core.descriptors import FHOG_SIZE
from openface_core.identity import Tracklet
from openface_core.shards.work_file import (
    AnyArray,
    ArrayLayout,
    DamagedError,
    damaged,
    read_work_file,
    write_work_file,
)

MAX_TRACKLETS = 100_000
"""The most tracklets a shard may have; bounds what reading a file allocates, about 2 GB."""

_MAX_EMBEDDINGS = 1_000_000
_MAX_EMBEDDING_SIZE = 4096
_MAX_CUTS = 10_000_000
_KIND = b"OFBTRKL2"
_NONE = -1
_INTEGERS = 7
_REALS = 10


def write_tracklets(file: IO[bytes], tracklets: Sequence[Tracklet], cuts: Sequence[int]) -> None:
    """Write tracklets and scene cuts; the same ones give the same bytes.

    Parameters
    ----------
    file : file opened for writing
        Where to.
    tracklets : sequence of Tracklet
        What to write.
    cuts : sequence of int
        The frames that begin another scene, whether or not a face is seen there.
    """
    count = len(tracklets)
    integers = np.array([_integers_of(each) for each in tracklets], dtype=np.int64)
    reals = np.array(
        [[*t.first_box, *t.last_box, t.width_px, t.confidence] for t in tracklets],
        dtype=np.float64,
    )
    sizes = [t.embeddings.shape[1] for t in tracklets if len(t.embeddings)]
    size = max(sizes, default=0)
    embeddings = [t.embeddings for t in tracklets if len(t.embeddings)]
    arrays: list[AnyArray] = [
        integers.reshape(count, _INTEGERS),
        reals.reshape(count, _REALS),
        np.array([t.appearance for t in tracklets], dtype=np.float32).reshape(count, FHOG_SIZE),
        np.concatenate([np.empty((0, size), dtype=np.float32), *embeddings]),
        np.array(cuts, dtype=np.int64),
    ]
    write_work_file(file, _KIND, [count, len(arrays[3]), size, len(cuts)], arrays)


def _integers_of(tracklet: Tracklet) -> list[int]:
    return [
        tracklet.interval,
        tracklet.number,
        tracklet.first_frame,
        tracklet.last_frame,
        tracklet.seen,
        _NONE if tracklet.next_number is None else tracklet.next_number,
        len(tracklet.embeddings),
    ]


def read_tracklets(file: IO[bytes]) -> tuple[list[Tracklet], list[int]]:
    """Read what :func:`write_tracklets` wrote.

    Parameters
    ----------
    file : file opened for reading
        Where from.

    Returns
    -------
    list of Tracklet, list of int
        The tracklets, and the frames that begin another scene.

    Raises
    ------
    WorkFileError
        If the file is truncated, damaged or of another kind.
    """

    def layout(numbers: Sequence[int]) -> ArrayLayout:
        count, embeddings, size, cuts = numbers
        limits = (MAX_TRACKLETS, _MAX_EMBEDDINGS, _MAX_EMBEDDING_SIZE, _MAX_CUTS)
        if not all(0 <= n <= limit for n, limit in zip(numbers, limits, strict=True)):
            raise DamagedError(
                f"it claims to hold {count} tracklets of {embeddings} embeddings, and {cuts} cuts"
            )
        return [
            ((count, _INTEGERS), np.dtype(np.int64)),
            ((count, _REALS), np.dtype(np.float64)),
            ((count, FHOG_SIZE), np.dtype(np.float32)),
            ((embeddings, size), np.dtype(np.float32)),
            ((cuts,), np.dtype(np.int64)),
        ]

    numbers, arrays = read_work_file(file, _KIND, 4, layout)
    integers, reals, appearances, embeddings, cuts = arrays
    if int(integers[:, -1].sum()) != numbers[1] or (integers[:, -1] < 0).any():
        raise damaged(file, "its embeddings are not as many as its tracklets say")
    tracklets = []
    begin = 0
    for row, values, appearance in zip(integers, reals, appearances, strict=True):
        interval, number, first, last, seen, following, own = map(int, row)
        sides = [float(value) for value in values]
        tracklets.append(
            Tracklet(
                interval=interval,
                number=number,
                first_frame=first,
                last_frame=last,
                seen=seen,
                first_box=(sides[0], sides[1], sides[2], sides[3]),
                last_box=(sides[4], sides[5], sides[6], sides[7]),
                width_px=sides[8],
                confidence=sides[9],
                appearance=appearance,
                embeddings=embeddings[begin : begin + own],
                next_number=None if following == _NONE else following,
            )
        )
        begin += own
    return tracklets, cuts.tolist()
