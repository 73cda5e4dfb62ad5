"""Which frames of a video show the person at rest, as a user names them."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_RANGES = 1000

_ROUNDING_SECONDS = 1e-6
"""So much before and after a range belong to it: people round the time stamps of a table."""

_TIME = r"([0-9]{1,9}(?:\.[0-9]{1,20})?)"
_SECONDS = re.compile(rf"{_TIME}\s*-\s*{_TIME}")
_FRAMES = re.compile(r"([0-9]{1,9})(?:\s*-\s*([0-9]{1,9}))?")


@dataclass(frozen=True)
class RestRanges:
    """Ranges of a video, by time, by frame number or by both.

    Parameters
    ----------
    seconds : tuple of (float, float)
        First and last time stamp of each range.
    frames : tuple of (int, int)
        First and last frame number of each range, counted from 1.

    Raises
    ------
    ValueError
        If there are too many ranges, or one begins after its end or before frame 1.
    """

    seconds: tuple[tuple[float, float], ...] = ()
    frames: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        if len(self.seconds) + len(self.frames) > MAX_RANGES:
            raise ValueError(f"more than {MAX_RANGES} ranges")
        for begin, end in (*self.seconds, *self.frames):
            if begin > end:
                raise ValueError(f"the range {begin}-{end} ends before it begins")
        if any(begin < 1 for begin, _ in self.frames):
            raise ValueError("frames are counted from 1")

    @classmethod
    def parse(cls, seconds: str | None, frames: str | None) -> "RestRanges | None":
        """Return ranges given as text.

        Parameters
        ----------
        seconds : str or None
            As ``"0-10.5; 60-65"``.
        frames : str or None
            As ``"1-150; 300"``.

        Returns
        -------
        RestRanges or None
            None where both are None or hold nothing.

        Raises
        ------
        ValueError
            If a text is not such a list.
        """
        times = tuple(
            (float(found[1]), float(found[2])) for found in _matches(_SECONDS, seconds, "seconds")
        )
        numbers = tuple(
            (int(found[1]), int(found[2] or found[1]))
            for found in _matches(_FRAMES, frames, "frames")
        )
        return cls(times, numbers) if times or numbers else None

    def __str__(self) -> str:
        times = [f"{_shortest(begin)}-{_shortest(end)} s" for begin, end in self.seconds]
        numbers = [f"frames {begin}-{end}" for begin, end in self.frames]
        return "; ".join(times + numbers)

    def contain(self, timestamps: NDArray[np.float64], first_number: int) -> NDArray[np.bool_]:
        """Return which of n consecutive frames lie in a range.

        Parameters
        ----------
        timestamps : (n,) ndarray of float64
            Their time stamps in seconds; NaN, where unknown, lies in no range.
        first_number : int
            Number of the first of them, counted from 1.

        Returns
        -------
        (n,) ndarray of bool
            Both ends of a range belong to it, also where they are rounded to microseconds.
        """
        inside = np.zeros(len(timestamps), dtype=np.bool_)
        for begin, end in self.seconds:
            first, last = begin - _ROUNDING_SECONDS, end + _ROUNDING_SECONDS
            inside |= (timestamps >= first) & (timestamps <= last)
        for first, last in self.frames:
            inside[max(0, first - first_number) : max(0, last - first_number + 1)] = True
        return inside


def _shortest(seconds: float) -> str:
    """Return the shortest text that means this number, 10 and not 10.0."""
    return repr(seconds).removesuffix(".0")


def _matches(pattern: re.Pattern[str], text: str | None, unit: str) -> list[re.Match[str]]:
    matches = []
    for item in (text or "").split(";"):
        if item.strip():
            found = pattern.fullmatch(item.strip())
            if found is None:
                raise ValueError(f"{item.strip()[:40]!r} is not a range of {unit}")
            matches.append(found)
    return matches
