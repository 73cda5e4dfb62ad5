"""What a page shows of one face, gathered row by row in memory that does not grow with them."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from openface_core.exports.rows import LANDMARKS, Rows

MAX_BINS = 3000
"""Points of a timeline: more cannot be told apart on any screen."""

HISTOGRAM_BINS, FULL_INTENSITY = 500, 5.0
POSE = tuple(f"pose_{kind}{axis}" for kind in "TR" for axis in "xyz")
GAZE = ("gaze_angle_x", "gaze_angle_y")
_JUMP_WIDTHS = 0.5
_PLACE = ("p_tx", "p_ty", "face_width_px")
_INNER_FACE = LANDMARKS[2 * 17 :]

Float32Array = NDArray[np.float32]


@dataclass
class UnitStatistics:
    """One action unit over all frames of a face.

    Parameters
    ----------
    counts : (500,) ndarray of int64
        Histogram of the intensity, from 0 to 5.
    judged_frames, present_frames, episodes : int
        Frames in which it is known whether it is present, frames in which it is, and how often it
        begins.
    peak, peak_frame, peak_seconds : float, int, float
        Its highest intensity, and where.
    """

    counts: NDArray[np.int64] = field(
        default_factory=lambda: np.zeros(HISTOGRAM_BINS, dtype=np.int64)
    )
    judged_frames: int = 0
    present_frames: int = 0
    episodes: int = 0
    was_present: bool = False
    peak: float = -1.0
    peak_frame: int = 0
    peak_seconds: float = 0.0

    def quantile(self, share: float) -> float:
        """Return the intensity that a share of the frames does not exceed; NaN without frames."""
        total = int(self.counts.sum())
        if not total:
            return float("nan")
        place = int(np.searchsorted(np.cumsum(self.counts), max(1, share * total)))
        return place * FULL_INTENSITY / HISTOGRAM_BINS


class FaceTrace:
    """Minima and maxima over short stretches of time, and statistics over all of it.

    Parameters
    ----------
    face_id : int
        Number of the face.
    frames : int
        Frames of the input.
    intensities, presences : tuple of str
        Action units that have them, as ``AU12``.
    width_px, height_px : int
        Size of the picture.
    """

    def __init__(
        self,
        face_id: int,
        frames: int,
        intensities: tuple[str, ...],
        presences: tuple[str, ...],
        width_px: int,
        height_px: int,
    ) -> None:
        self.face_id, self.frames = face_id, max(1, frames)
        self._size_px = width_px, height_px
        self.bins = min(self.frames, MAX_BINS)
        self.intensities, self.presences = intensities, presences
        self.series = (*(f"{name}_r" for name in intensities), *POSE, *GAZE, "confidence")
        shape = (len(self.series), self.bins)
        self.low: Float32Array = np.full(shape, np.inf, dtype=np.float32)
        self.high: Float32Array = np.full(shape, -np.inf, dtype=np.float32)
        self.found = np.zeros(self.bins, dtype=np.int64)
        self.present = np.zeros((len(presences), self.bins), dtype=np.bool_)
        self.units = {name: UnitStatistics() for name in (*intensities, *presences)}
        self.sure = np.full(self.bins, -1.0)
        self.sure_frame = np.zeros(self.bins, dtype=np.int64)
        self.unsure = np.full(self.bins, 2.0)
        self.unsure_frame = np.zeros(self.bins, dtype=np.int64)
        self.frames_with_face = self.unsure_frames = self.jumps = 0
        self.cut_off_frames = 0
        self.confidence_sum = 0.0
        self.widths_px = np.zeros(4096, dtype=np.int64)
        self._last: tuple[int, NDArray[np.float64]] | None = None

    def bin_of(self, frames: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the stretches that frames are in, counted from 1."""
        return np.minimum((frames - 1) * self.bins // self.frames, self.bins - 1)

    def add(self, rows: Rows, chosen: NDArray[np.intp]) -> None:
        """Take in those rows in which the face was measured, in order."""
        if not len(chosen):
            return
        frames = rows.frames[chosen]
        bins = self.bin_of(frames)
        begins = np.flatnonzero(np.diff(bins, prepend=-1))
        values = rows.values(*self.series)[chosen].T.astype(np.float32)
        low = np.minimum.reduceat(np.nan_to_num(values, nan=np.inf), begins, axis=1)
        high = np.maximum.reduceat(np.nan_to_num(values, nan=-np.inf), begins, axis=1)
        at = bins[begins]
        self.low[:, at] = np.minimum(self.low[:, at], low)
        self.high[:, at] = np.maximum(self.high[:, at], high)
        np.add.at(self.found, bins, 1)
        self.frames_with_face += len(chosen)
        self._add_confidence(rows, chosen, frames, bins)
        self._add_units(rows, chosen, frames, bins)
        self._add_place(rows, chosen, frames)
        self._add_cut_off(rows, chosen)

    def _add_confidence(
        self,
        rows: Rows,
        chosen: NDArray[np.intp],
        frames: NDArray[np.int64],
        bins: NDArray[np.int64],
    ) -> None:
        confidence = np.nan_to_num(rows.column("confidence")[chosen])
        self.confidence_sum += float(confidence.sum())
        self.unsure_frames += int(np.count_nonzero(confidence < 0.75))
        for value, frame, place in zip(confidence, frames, bins, strict=True):
            if value > self.sure[place]:
                self.sure[place], self.sure_frame[place] = value, frame
            if value < self.unsure[place]:
                self.unsure[place], self.unsure_frame[place] = value, frame

    def _add_units(
        self,
        rows: Rows,
        chosen: NDArray[np.intp],
        frames: NDArray[np.int64],
        bins: NDArray[np.int64],
    ) -> None:
        seconds = rows.column("timestamp")[chosen]
        for name in self.intensities:
            unit, values = self.units[name], rows.column(f"{name}_r")[chosen]
            known = values[~np.isnan(values)]
            if not len(known):
                continue
            places = (known * HISTOGRAM_BINS / FULL_INTENSITY).astype(np.int64)
            np.add.at(unit.counts, places.clip(0, HISTOGRAM_BINS - 1), 1)
            highest = int(np.nanargmax(values))
            if values[highest] > unit.peak:
                unit.peak = float(values[highest])
                unit.peak_frame = int(frames[highest])
                unit.peak_seconds = float(np.nan_to_num(seconds[highest]))
        was_away = np.diff(frames, prepend=-1 if self._last is None else self._last[0]) != 1
        for number, name in enumerate(self.presences):
            unit, flags = self.units[name], rows.column(f"{name}_c")[chosen]
            present = flags == 1
            unit.judged_frames += int(np.count_nonzero(~np.isnan(flags)))
            self.present[number, bins[present]] = True
            unit.present_frames += int(np.count_nonzero(present))
            before = np.concatenate([[unit.was_present], present[:-1]])
            begun = present & (~before | was_away)
            unit.episodes += int(np.count_nonzero(begun))
            unit.was_present = bool(present[-1])

    def _add_place(self, rows: Rows, chosen: NDArray[np.intp], frames: NDArray[np.int64]) -> None:
        places = rows.values(*_PLACE)[chosen]
        known = np.nan_to_num(places[:, 2]).astype(np.int64).clip(0, len(self.widths_px) - 1)
        np.add.at(self.widths_px, known, 1)
        if self._last is not None:
            frames = np.concatenate([[self._last[0]], frames])
            places = np.vstack([self._last[1], places])
        moved = np.hypot(*np.diff(places[:, :2], axis=0).T)
        far = (np.diff(frames) == 1) & (moved > _JUMP_WIDTHS * places[:-1, 2])
        self.jumps += int(np.count_nonzero(far))
        self._last = int(frames[-1]), places[-1]

    def _add_cut_off(self, rows: Rows, chosen: NDArray[np.intp]) -> None:
        """Count frames in which brows, eyes, nose or mouth lie beyond the picture."""
        points = rows.values(*_INNER_FACE)[chosen].reshape(len(chosen), -1, 2)
        is_beyond = (points < 0) | (points > np.array(self._size_px) - 1)
        self.cut_off_frames += int(np.count_nonzero(is_beyond.any(axis=(1, 2))))

    @property
    def mean_confidence(self) -> float:
        """Mean confidence over the frames with the face."""
        return self.confidence_sum / max(1, self.frames_with_face)

    @property
    def median_width_px(self) -> int:
        """Median width of the face; 0 where it is not known."""
        total = np.cumsum(self.widths_px)
        return int(np.searchsorted(total, total[-1] / 2)) if total[-1] else 0
