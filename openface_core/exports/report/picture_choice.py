"""Which frames show whether the pictures say what the numbers say."""

from dataclasses import dataclass

import numpy as np

from openface_core.exports.report.face_trace import FaceTrace

_BEST, _WORST, _SPREAD = 3, 3, 6
_LEAST_PEAK = 0.5
_ALIKE = 0.01
"""Confidences that differ by less tell no better pictures from worse."""


@dataclass(frozen=True)
class Choice:
    """A frame whose picture is shown.

    Parameters
    ----------
    frame : int
        Its number.
    group : str
        Why it was chosen: a heading of the contact sheet.
    caption : str
        What the numbers say of it.
    """

    frame: int
    group: str
    caption: str


def choose(trace: FaceTrace) -> tuple[Choice, ...]:
    """Return the frames of a face that are shown: best, worst, evenly spread, and at peaks."""
    seen = np.flatnonzero(trace.found)
    if not len(seen):
        return ()
    choices: list[Choice] = []
    apart = max(1, trace.bins // 12)
    for group, sign, values, frames, count in (
        ("Most confidence", -1, trace.sure, trace.sure_frame, _BEST),
        ("Least confidence", 1, trace.unsure, trace.unsure_frame, _WORST),
    ):
        if group == "Least confidence" and trace.sure.max() - trace.unsure.min() < _ALIKE:
            continue
        taken: list[int] = []
        for place in seen[np.argsort(sign * values[seen], kind="stable")]:
            if len(taken) < count and all(abs(place - other) >= apart for other in taken):
                taken.append(int(place))
                choices.append(Choice(int(frames[place]), group, f"confidence {values[place]:.2f}"))
    for place in seen[np.linspace(0, len(seen) - 1, min(_SPREAD, len(seen))).round().astype(int)]:
        frame = int(trace.sure_frame[place])
        choices.append(Choice(frame, "Evenly spread", f"confidence {trace.sure[place]:.2f}"))
    for name in trace.intensities:
        unit = trace.units[name]
        if unit.peak >= _LEAST_PEAK:
            caption = f"{name} at {unit.peak:.1f}"
            choices.append(Choice(unit.peak_frame, "At the peak of each action unit", caption))
    return tuple(choices)
