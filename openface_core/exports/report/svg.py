"""Small pictures of lines and bars as SVG, which need no script."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

WIDTH = 600
_POINTS = 300

FloatArray = NDArray[np.floating]


def _decimated(low: FloatArray, high: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return minima and maxima over so many stretches that a small picture shows."""
    if len(low) <= _POINTS:
        return low, high
    begins = np.arange(_POINTS) * len(low) // _POINTS
    return (
        np.fmin.reduceat(low, begins),
        np.fmax.reduceat(high, begins),
    )


def line(
    low: FloatArray, high: FloatArray, scale: tuple[float, float], label: str, height: int = 44
) -> str:
    """Return a timeline: the stretch between minima and maxima, with gaps where there is nothing.

    Parameters
    ----------
    low, high : (n,) ndarray
        Minima and maxima; NaN where there is nothing.
    scale : (float, float)
        Values at the lower and upper edge.
    label : str
        What it shows, for those who do not see it.
    height : int
        Height of the picture.
    """
    low, high = _decimated(np.asarray(low, float), np.asarray(high, float))
    bottom, top = scale
    parts: list[str] = []
    step = WIDTH / max(1, len(low))

    def y(value: float) -> float:
        share = (min(max(value, bottom), top) - bottom) / (top - bottom)
        return height - 1 - share * (height - 2)

    known = ~np.isnan(low)
    edges = np.flatnonzero(np.diff(known, prepend=False, append=False))
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        places = range(int(begin), int(end))
        upper = " ".join(f"{k * step:.0f},{y(high[k]):.1f}" for k in places)
        lower = " ".join(f"{k * step:.0f},{y(low[k]):.1f}" for k in reversed(places))
        parts.append(f'<polygon points="{upper} {lower}"/>')
    return (
        f'<svg class="line" viewBox="0 0 {WIDTH} {height}" preserveAspectRatio="none" role="img" '
        f'aria-label="{label}">{"".join(parts)}</svg>'
    )


def lane(found: NDArray[np.int64] | NDArray[np.bool_], label: str) -> str:
    """Return a bar of a person's presence: filled where the face was found, empty elsewhere."""
    known = np.asarray(found, dtype=np.bool_)
    if len(known) > WIDTH:
        known = np.logical_or.reduceat(known, np.arange(WIDTH) * len(known) // WIDTH)
    edges = np.flatnonzero(np.diff(known, prepend=False, append=False))
    step = WIDTH / max(1, len(known))
    bars = "".join(
        f'<rect x="{begin * step:.1f}" y="2" width="{max(0.5, (end - begin) * step):.1f}" '
        'height="14"/>'
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
