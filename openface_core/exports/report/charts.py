"""Timelines: their data as compact text for the script, and a still picture of each."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openface_core.action_units.meanings import AU_MEANINGS
from openface_core.exports.report import svg
from openface_core.exports.report.face_trace import FaceTrace
from openface_core.exports.report.time_axis import TimeAxis

_DEGREES = 180.0 / np.pi
_LEVELS = 254
_NOTHING = 255


@dataclass(frozen=True, eq=False)
class Chart:
    """One timeline.

    Parameters
    ----------
    title, unit : str
        What it shows.
    scale : (float, float)
        Values at its lower and upper edge.
    low, high : (n,) ndarray of float32
        Minima and maxima over stretches of time; NaN where there is nothing.
    present : (n,) ndarray of bool or None
        Stretches to be marked.
    """

    title: str
    unit: str
    scale: tuple[float, float]
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    present: NDArray[np.bool_] | None = None

    def as_data(self) -> dict[str, Any]:
        """Return what the script draws it from: levels of a byte each, as base64."""
        same = bool(np.array_equal(self.low, self.high, equal_nan=True))
        data: dict[str, Any] = {
            "title": self.title,
            "unit": self.unit,
            "scale": [round(float(edge), 4) for edge in self.scale],
            "high": _packed(self._levels(self.high)),
        }
        if not same:
            data["low"] = _packed(self._levels(self.low))
        if self.present is not None:
            data["present"] = _packed(np.packbits(self.present, bitorder="little"))
        return data

    def _levels(self, values: NDArray[np.float32]) -> NDArray[np.uint8]:
        bottom, top = self.scale
        share = np.clip((np.nan_to_num(values) - bottom) / (top - bottom), 0, 1)
        levels = np.round(share * _LEVELS)
        return np.where(np.isnan(values), _NOTHING, levels).astype(np.uint8)

    def as_svg(self, axis: TimeAxis) -> str:
        """Return a still picture of it, its stretches where they are on an axis."""
        label = escape(f"{self.title} over time")
        if self.present is not None and np.isnan(self.low).all():
            return svg.lane(axis, self.present, label)
        return svg.line(axis, self.low, self.high, self.scale, label)


def _packed(values: NDArray[np.uint8]) -> str:
    return base64.b64encode(values.tobytes()).decode()


def packed_times(times: NDArray[np.float64]) -> str:
    """Return time stamps as base64 of single-precision numbers, little endian."""
    return base64.b64encode(times.astype("<f4").tobytes()).decode()


def _between(
    trace: FaceTrace, name: str, factor: float = 1.0
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    place = trace.series.index(name)
    low, high = trace.low[place] * np.float32(factor), trace.high[place] * np.float32(factor)
    return np.where(np.isfinite(low), low, np.nan), np.where(np.isfinite(high), high, np.nan)


def _fitting(low: NDArray[np.float32], high: NDArray[np.float32]) -> tuple[float, float]:
    """Return a scale that holds all values and is not so fine that noise looks like movement."""
    if np.isnan(low).all():
        return -30.0, 30.0
    bottom, top = float(np.nanmin(low)), float(np.nanmax(high))
    middle, half = (bottom + top) / 2, max(10.0, 0.55 * (top - bottom))
    return middle - half, middle + half


def confidence_chart(trace: FaceTrace, title: str) -> Chart:
    """Return the confidence in a face over time."""
    return Chart(title, "", (0.0, 1.0), *_between(trace, "confidence"))


def unit_charts(trace: FaceTrace) -> Iterator[Chart]:
    """Yield the intensities over time, with their presences."""
    for name in trace.intensities:
        present = None
        if trace.units[name].judged_frames:
            present = trace.present[trace.presences.index(name)]
        title = f"{name} {AU_MEANINGS.get(name, '')}".strip()
        yield Chart(title, "intensity", (0.0, 5.0), *_between(trace, f"{name}_r"), present)
    nothing = np.full(trace.bins, np.nan, dtype=np.float32)
    for name, present in zip(trace.presences, trace.present, strict=True):
        if name not in trace.intensities and trace.units[name].judged_frames:
            title = f"{name} {AU_MEANINGS.get(name, '')}, presence only"
            yield Chart(title, "", (0.0, 5.0), nothing, nothing, present)


def movement_charts(trace: FaceTrace) -> Iterator[Chart]:
    """Yield head pose and gaze over time; gaze only where it was measured."""
    for name, title, factor, unit in (
        ("pose_Rx", "head: nod, down is positive", _DEGREES, "degrees"),
        ("pose_Ry", "head: turn, to the picture's left is positive", _DEGREES, "degrees"),
        ("pose_Rz", "head: tilt, clockwise in the picture is positive", _DEGREES, "degrees"),
        ("pose_Tz", "head: distance", 0.1, "cm"),
        ("gaze_angle_x", "gaze: sideways, to the picture's right is positive", _DEGREES, "degrees"),
        ("gaze_angle_y", "gaze: up and down, down is positive", _DEGREES, "degrees"),
    ):
        low, high = _between(trace, name, factor)
        if not np.isnan(low).all():
            yield Chart(title, unit, _fitting(low, high), low, high)
