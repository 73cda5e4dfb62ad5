"""Rows and frames of an input side by side."""

from collections.abc import Iterable, Iterator

import pyarrow as pa

from openface_core.errors import MediaError
from openface_core.exports import Rows
from openface_core.media import DecodedFrame

_CHANGED = "Analyse it again, then export."


def rows_by_frame(batches: Iterable[pa.Table]) -> Iterator[tuple[int, Rows]]:
    """Yield the number of every frame and its rows, also where two batches share a frame.

    Parameters
    ----------
    batches : iterable of pyarrow.Table
        Rows in order.
    """
    rest: pa.Table | None = None
    for batch in batches:
        joined = batch if rest is None else pa.concat_tables([rest, batch])
        frames = list(Rows(joined.combine_chunks()).by_frame())
        if not frames:
            continue
        yield from frames[:-1]
        rest = frames[-1][1].table
    if rest is not None:
        yield from Rows(rest).by_frame()


def in_step(
    uri: str, frames: Iterable[DecodedFrame], rows: Iterable[tuple[int, Rows]]
) -> Iterator[tuple[Rows, DecodedFrame]]:
    """Yield the rows of every frame with the frame.

    Parameters
    ----------
    uri : str
        The input, for messages.
    frames : iterable of DecodedFrame
        Its frames.
    rows : iterable of (int, Rows)
        As :func:`rows_by_frame` gives them.

    Raises
    ------
    MediaError
        If one of the two ends before the other.
    """
    numbered = iter(rows)
    count = 0
    for frame in frames:
        found = next(numbered, None)
        if found is None or found[0] != frame.index + 1:
            raise MediaError(uri, f"its table ends, or has a gap, at frame {count + 1}", _CHANGED)
        count += 1
        yield found[1], frame
    if next(numbered, None) is not None:
        raise MediaError(uri, f"only {count} of the frames in its table can be decoded", _CHANGED)
