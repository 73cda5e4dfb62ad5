"""All that a page shows, gathered from the rows of an input."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from openface_core.exports.exported_video import ExportedVideo
from openface_core.exports.report.face_trace import FaceTrace
from openface_core.exports.report.time_axis import TimeAxis
from openface_core.exports.rows import Rows
from openface_core.tables.summary import seconds_between

MAX_FACES = 6
"""Faces that are shown in full: those that are seen longest."""


@dataclass
class PageData:
    """What is known of an input once all its rows have been seen.

    Parameters
    ----------
    video : ExportedVideo
        The input.
    traces : dict of int to FaceTrace
        Its faces by number.
    """

    video: ExportedVideo
    traces: dict[int, FaceTrace] = field(default_factory=dict)
    frames: int = 0
    frames_with_face: int = 0
    last_seconds: float = 0.0
    first_seconds: float = float("nan")

    def __post_init__(self) -> None:
        promised = self.video.record.get("frames_decoded")
        self.promised = max(1, promised if isinstance(promised, int) else self.video.rows)
        units = self.video.names_of("_r"), self.video.names_of("_c")
        size_px = self.video.width_px, self.video.height_px
        self.traces = {
            face_id: FaceTrace(face_id, self.promised, *units, *size_px)
            for face_id in self.video.face_ids
        }
        bins = min(self.promised, 3000)
        self.bin_seconds: NDArray[np.float64] = np.full(bins, np.nan)
        self._last_frame = self._timed_frames = 0

    def add(self, rows: Rows) -> None:
        """Take in rows, in order."""
        if not len(rows):
            return
        frames, success, face_ids = rows.frames, rows.success, rows.face_ids
        first_of_frame = np.diff(frames, prepend=self._last_frame) > 0
        seconds = rows.column("timestamp")[first_of_frame]
        self._add_times(frames[first_of_frame], seconds)
        self._last_frame = int(frames[-1])
        self.frames += int(np.count_nonzero(first_of_frame))
        self.frames_with_face += len(np.unique(frames[success]))
        for face_id, trace in self.traces.items():
            trace.add(rows, np.flatnonzero(success & (face_ids == face_id)))

    def _add_times(self, frames: NDArray[np.int64], seconds: NDArray[np.float64]) -> None:
        known = ~np.isnan(seconds)
        frames, seconds = frames[known], seconds[known]
        if not len(seconds):
            return
        bins = len(self.bin_seconds)
        places = np.minimum((frames - 1) * bins // self.promised, bins - 1)
        for place, when in zip(places[::-1], seconds[::-1], strict=True):
            if np.isnan(self.bin_seconds[place]) or when < self.bin_seconds[place]:
                self.bin_seconds[place] = when
        if np.isnan(self.first_seconds):
            self.first_seconds = float(seconds[0])
        self.last_seconds = float(seconds[-1])
        self._timed_frames += len(seconds)

    @property
    def seconds(self) -> float:
        """Length of the video, as the summary has it; 0 where it is not known."""
        length = seconds_between(self.first_seconds, self.last_seconds, self._timed_frames)
        return length or 0.0

    @property
    def success_rate(self) -> float:
        """Share of the frames with a face."""
        return self.frames_with_face / max(1, self.frames)

    @property
    def face_count(self) -> int:
        """Faces that were measured in some frame."""
        return sum(trace.frames_with_face > 0 for trace in self.traces.values())

    @property
    def shown(self) -> tuple[FaceTrace, ...]:
        """The faces that are shown in full, those seen longest first."""
        by_length = sorted(self.traces.values(), key=lambda t: (-t.frames_with_face, t.face_id))
        return tuple(trace for trace in by_length[:MAX_FACES] if trace.frames_with_face)

    @property
    def axis(self) -> TimeAxis:
        """When the stretches of the timelines are; by the places of frames where no time is."""
        known = ~np.isnan(self.bin_seconds)
        rate = self.video.average_rate_fps or 30.0
        places = np.arange(len(self.bin_seconds))
        if not known.any():
            times = places * self.promised / len(places) / rate
        else:
            filled = np.interp(places, places[known], self.bin_seconds[known])
            times = np.maximum.accumulate(filled)
        return TimeAxis.of_times(times, 1.0 / rate)
