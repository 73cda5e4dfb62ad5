"""The steps of following a face, for those who want to know how long each takes."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from enum import Enum, auto


class TrackingStep(Enum):
    """A step of following a face."""

    DETECTION = auto()
    LANDMARKS = auto()
    REFINEMENT = auto()
    CONFIDENCE = auto()


Stopwatch = Callable[[TrackingStep], AbstractContextManager[None]]
"""Returns a context manager that is entered and left with a step."""


def no_stopwatch(_step: TrackingStep) -> AbstractContextManager[None]:
    """Measure nothing."""
    return nullcontext()
