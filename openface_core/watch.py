"""What can be timed and counted while videos are analysed, by whoever wants to know.

The analysis tells a :class:`Watch` when a step begins and ends. What the watch does with that is
its own affair: the main job adds times up over all workers, a profile keeps every single one, and
:data:`NO_WATCH` ignores them.
"""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from enum import StrEnum
from typing import Protocol, TypeVar

_Item = TypeVar("_Item")


class Step(StrEnum):
    """A step of the analysis; the value is its name in records."""

    OPENING = "opening"
    DECODING = "decoding"
    DETECTION = "detection"
    LANDMARKS = "landmarks"
    REFINEMENT = "refinement"
    CONFIDENCE = "confidence"
    MEASUREMENT = "measurement"
    # Parts of a measurement:
    SHAPE = "shape"
    POSE = "pose"
    ALIGNMENT = "alignment"
    APPEARANCE = "appearance"
    GEOMETRY = "geometry"
    GAZE = "gaze"
    PREDICTION = "prediction"
    IDENTITY = "identity"
    FURTHER_NETWORKS = "further_networks"
    # Once all frames are measured:
    MEDIANS = "medians"
    POSTPROCESSING = "postprocessing"
    TABLE = "table"


MEASUREMENT_STEPS = frozenset(
    {
        Step.SHAPE,
        Step.POSE,
        Step.ALIGNMENT,
        Step.APPEARANCE,
        Step.GEOMETRY,
        Step.GAZE,
        Step.PREDICTION,
        Step.IDENTITY,
        Step.FURTHER_NETWORKS,
    }
)
"""Those that lie within :attr:`Step.MEASUREMENT`."""


class Watch(Protocol):
    """Is told what the analysis does."""

    def time(self, step: Step) -> AbstractContextManager[None]:
        """Return a context manager that is entered and left with a step."""

    def count_frame(self, status: StrEnum) -> None:
        """Take note of a frame, given its :class:`~openface_core.faces.FaceStatus`."""


class _NoWatch:
    """Measures nothing."""

    def time(self, step: Step) -> AbstractContextManager[None]:  # noqa: ARG002 - of the protocol
        """Return a context manager that does nothing."""
        return nullcontext()

    def count_frame(self, status: StrEnum) -> None:
        """Do nothing."""


NO_WATCH: Watch = _NoWatch()


def each_timed(watch: Watch, step: Step, items: Iterable[_Item]) -> Iterator[_Item]:
    """Yield items, and tell how long each takes to arrive, and the end of them.

    Parameters
    ----------
    watch : Watch
        Who is told.
    step : Step
        The step that makes the items.
    items : iterable
        The items.
    """
    iterator = iter(items)
    while True:
        with watch.time(step):
            item = next(iterator, _END)
        if item is _END:
            return
        yield item  # type: ignore[misc]


_END = object()
