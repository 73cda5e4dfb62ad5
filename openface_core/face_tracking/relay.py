"""Trackers of one interval after the other: each begins some frames before its interval does."""

from collections.abc import Callable
from typing import Generic, TypeVar

from openface_core.face_tracking.settings import IntervalSettings

_Tracker = TypeVar("_Tracker")


class TrackerRelay(Generic[_Tracker]):
    """Says which trackers look at a frame; has a state.

    Parameters
    ----------
    intervals : IntervalSettings
        How the video is divided.
    begin : callable
        Makes the tracker of an interval.
    """

    def __init__(self, intervals: IntervalSettings, begin: Callable[[], _Tracker]) -> None:
        self._intervals = intervals
        self._begin = begin
        self.current: _Tracker | None = None
        """Of the interval that the frame lies in; None before the first that is seen whole."""
        self.ahead: _Tracker | None = None
        """Of the next interval, once its search has begun."""
        self.frames_to_next: int | None = 0
        """How many frames ahead the next interval begins; 0 where one begins, None if none will."""

    def advance(self, number: int) -> None:
        """Go on to the next frame.

        Parameters
        ----------
        number : int
            Its number in the video, from 0.

        Raises
        ------
        ValueError
            If it is the first one, and begins neither an interval nor its lead, nor is the one
            before an interval. At that, nobody looks if there is no lead.
        """
        self.frames_to_next = left = self._intervals.frames_to_next(number)
        if left == 0:
            self.current = self.ahead or self._begin()
            self.ahead = None
        elif left is not None and left <= self._intervals.lead_frames and self.ahead is None:
            self.ahead = self._begin()
        nobody_looks = self.current is None and self.ahead is None
        if nobody_looks and self.frames_to_next != 1:
            raise ValueError(f"frame {number} begins neither an interval nor its lead")

    def begin_anew(self) -> None:
        """Have other trackers look at the frame: none of what was seen before holds for it."""
        self.current = None if self.current is None else self._begin()
        self.ahead = None if self.ahead is None else self._begin()

    @property
    def share(self) -> float:
        """How far a face has passed from the current tracker to the next one, 0 to 1."""
        return 1.0 - (self.frames_to_next or 0) / (self._intervals.lead_frames + 1)
