"""Small pictures of lines and bars as SVG, which need no script."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from openface_core.exports.report.time_axis import TimeAxis

WIDTH = 600
_POINTS = 300

FloatArray = NDArray[np.floating]


def _grouped(axis: TimeAxis) -> NDArray[np.intp]:
    """Return which stretches begin a group that a small picture can tell from others."""
    begins, _ = axis.places()
    if len(begins) <= _POINTS:
        return np.arange(len(begins))
    return np.flatnonzero(np.diff((begins * _POINTS).astype(np.int64), prepend=-1))


def line(
    axis: TimeAxis,
    low: FloatArray,
    high: FloatArray,
    scale: tuple[float, float],
    label: str,
    height: int = 44,
) -> str:
    """Return a timeline: the stretch between minima and maxima, with gaps where there is nothing.

    Parameters
    ----------
    axis : TimeAxis
        When the n stretches of time are.
    low, high : (n,) ndarray
        Minima and maxima; NaN where there is nothing.
    scale : (float, float)
        Values at the lower and upper edge.
    label : str
        What it shows, for those who do not see it.
    height : int
        Height of the picture.
    """
    groups = _grouped(axis)
    bottom, top = scale
    parts: list[str] = []
    begins, ends = (WIDTH * places for places in axis.places())
    is_broken = axis.is_broken
    if len(groups):
        low = np.fmin.reduceat(np.asarray(low, float), groups)
        high = np.fmax.reduceat(np.asarray(high, float), groups)
        lasts = np.append(groups[1:], len(begins)) - 1
        begins, ends, is_broken = begins[groups], ends[lasts], is_broken[lasts]

    def y(value: float) -> float:
        share = (min(max(value, bottom), top) - bottom) / (top - bottom)
        return height - 1 - share * (height - 2)

    for begin, end in _runs(~np.isnan(low), is_broken):
        places = range(begin, end)
        upper = " ".join(f"{begins[k]:.1f},{y(high[k]):.1f}" for k in places)
        edge = (
            f"{ends[end - 1]:.1f},{y(high[end - 1]):.1f} {ends[end - 1]:.1f},{y(low[end - 1]):.1f}"
        )
        lower = " ".join(f"{begins[k]:.1f},{y(low[k]):.1f}" for k in reversed(places))
        parts.append(f'<polygon points="{upper} {edge} {lower}"/>')
    return (
        f'<svg class="line" viewBox="0 0 {WIDTH} {height}" preserveAspectRatio="none" role="img" '
        f'aria-label="{label}">{"".join(parts)}</svg>'
    )


def _runs(known: NDArray[np.bool_], is_broken: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Yield begin and end of stretches that are known one after the other, with no time between."""
    begins_anew = known & ~(np.append(False, known[:-1]) & ~np.append(False, is_broken[:-1]))
    ends_here = known & ~(np.append(known[1:], False) & ~is_broken)
    for begin, end in zip(np.flatnonzero(begins_anew), np.flatnonzero(ends_here), strict=True):
        yield int(begin), int(end) + 1


def lane(axis: TimeAxis, found: NDArray[np.int64] | NDArray[np.bool_], label: str) -> str:
    """Return a bar of a person's presence: filled where the face was found, empty elsewhere.

    Parameters
    ----------
    axis : TimeAxis
        When the n stretches of time are.
    found : (n,) ndarray
        Whether the face was found in each.
    label : str
        What it shows, for those who do not see it.
    """
    known = np.asarray(found, dtype=np.bool_)
    begins, ends = (WIDTH * places for places in axis.places())
    # What is too short to be seen takes one of its units, and each unit is drawn once.
    firsts = np.minimum(np.round(begins[known]).astype(np.int64), WIDTH - 1)
    lasts = np.maximum(np.round(ends[known]).astype(np.int64), firsts + 1)
    changes = np.zeros(WIDTH + 1, dtype=np.int64)
    np.add.at(changes, firsts, 1)
    np.add.at(changes, lasts, -1)
    is_filled = np.cumsum(changes[:-1]) > 0
    edges = np.flatnonzero(np.diff(is_filled, prepend=False, append=False))
    bars = "".join(
        f'<rect x="{begin}" y="2" width="{end - begin}" height="14"/>'
        for begin, end in zip(edges[::2], edges[1::2], strict=True)
    )
    return (
        f'<svg class="lane" viewBox="0 0 {WIDTH} 18" preserveAspectRatio="none" role="img" '
        f'aria-label="{label}"><rect class="ground" x="0" y="2" width="{WIDTH}" height="14"/>'
        f"{bars}</svg>"
    )


def histogram(counts: Sequence[int], median: float, label: str) -> str:
    """Return bars of a distribution from 0 to 1, with a line at its median.

    Parameters
    ----------
    counts : sequence of int
        Frames in each bar.
    median : float
        Where the median is, from 0 to 1.
    label : str
        What it shows, for those who do not see it.
    """
    highest = max([1, *counts])
    width = 120 / max(1, len(counts))
    # Most frames of most units are near 0: the root shows the others too.
    bars = "".join(
        f'<rect x="{k * width:.1f}" y="{24 - 24 * (count / highest) ** 0.5:.1f}" '
        f'width="{width - 0.5:.1f}" height="{24 * (count / highest) ** 0.5:.1f}"/>'
        for k, count in enumerate(counts)
        if count
    )
    x = 120 * min(max(median, 0.0), 1.0)
    return (
        f'<svg class="histogram" viewBox="0 0 120 25" role="img" aria-label="{label}">{bars}'
        f'<line x1="{x:.1f}" x2="{x:.1f}" y1="0" y2="25"/></svg>'
    )
