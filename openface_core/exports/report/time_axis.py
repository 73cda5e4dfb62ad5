"""When the stretches of a page's timelines begin and end."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64Array = NDArray[np.float64]

# As for warnings of stretches without frames: five frames or more are missing.
_LONGEST_STEP = 5.5
_AROUND = 9


@dataclass(frozen=True, eq=False)
class TimeAxis:
    """The time of n stretches, one after the other.

    Parameters
    ----------
    begins, ends : (n,) ndarray of float64
        Seconds. A stretch ends where the next one begins, unless that is much later than usual:
        then it ends after a usual step, and nothing is known until the next one.
    """

    begins: Float64Array
    ends: Float64Array

    @classmethod
    def of_times(cls, times: Float64Array, frame_seconds: float) -> "TimeAxis":
        """Return the axis of stretches that begin at some times.

        Parameters
        ----------
        times : (n,) ndarray of float64
            When they begin, seconds, in order.
        frame_seconds : float
            How long one lasts that is alone.
        """
        if len(times) < 2:
            return cls(times, times + frame_seconds)
        steps = np.diff(times)
        usual = _usual_steps(steps)
        is_far = steps > _LONGEST_STEP * usual
        ends = np.where(is_far, times[:-1] + usual, times[1:])
        return cls(times, np.append(ends, times[-1] + usual[-1]))

    @property
    def is_broken(self) -> NDArray[np.bool_]:
        """After which stretches nothing is known for a while, (n,)."""
        return np.append(self.ends[:-1] < self.begins[1:], False)[: len(self.begins)]

    def places(self) -> tuple[Float64Array, Float64Array]:
        """Return where stretches begin and end, as shares of the whole."""
        if not len(self.begins):
            return self.begins, self.ends
        first = self.begins[0]
        whole = max(float(self.ends[-1] - first), float(np.finfo(np.float32).tiny))
        return (self.begins - first) / whole, (self.ends - first) / whole


def _usual_steps(steps: Float64Array) -> Float64Array:
    """Return the usual step about each: where the frame rate varies, what is usual does too."""
    forward = steps[steps > 0]
    if not len(forward):
        return steps
    margin = min(_AROUND // 2, len(steps) - 1)
    padded = np.pad(steps, margin, mode="reflect")
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * margin + 1)
    # Time stamps that stand still make no step that others are long beside.
    return np.maximum(np.median(around, axis=1), np.median(forward))
