"""What the stages count and time, and the names under which Beam adds it up over all workers.

A number goes to Beam where it arises. That costs a microsecond at most, so it can be done for every
step of every frame; outside of a pipeline nothing is kept.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache
from time import perf_counter_ns
from types import TracebackType
from typing import Any, TypeVar

from apache_beam.metrics import Metrics

NAMESPACE = "openface_beam"
PROBLEMS = "problems"
"""Tag of the rows of the error table among a stage's outputs."""
GROUPS = "groups"
"""Tag of the groups of inputs that are calibrated together."""

_Item = TypeVar("_Item")


class Count(StrEnum):
    """The names of the counters; :class:`NoFace` and :func:`count_failure` have more."""

    SHARDS = "shards"
    BLOCKS = "blocks"
    INPUTS_WRITTEN = "inputs_written"
    INPUTS_FAILED = "inputs_failed"
    INPUTS_REDONE = "inputs_analysed_again_as_a_whole"
    WARNINGS = "warnings"
    FRAMES_EXTRACTED = "frames_extracted"
    FRAMES_IN_VAIN = "frames_decoded_in_vain"
    FACES_FOUND = "faces_found"
    FRAMES_DECODED = "frames_decoded"
    FRAMES_WITH_FACE = "frames_with_face"
    WORK_BYTES = "work_bytes_written"
    TABLE_BYTES = "table_bytes_written"


class NoFace(StrEnum):
    """Why a frame has no measured face; a component that can reject one has its own reason here."""

    NOT_DETECTED = "not_detected"
    NO_LANDMARKS = "no_landmarks_found"
    NOT_TRUSTED = "landmarks_not_trusted"
    NOT_GIVEN = "none_in_landmark_file"
    NOT_A_FACE = "landmarks_not_a_face"

    @property
    def counter_name(self) -> str:
        """Name of the counter of such frames."""
        return f"frames_without_face_{self.value}"


class Step(StrEnum):
    """What is timed. The value names a distribution of microseconds of wall time."""

    PLANNING = "planning_us"
    SHARD = "shard_us"
    OPENING = "opening_us"
    DECODING = "decoding_us"
    DETECTION = "detection_us"
    LANDMARKS = "landmarks_us"
    REFINEMENT = "refinement_us"
    CONFIDENCE = "confidence_us"
    MEASUREMENT = "measurement_us"
    FEATURES = "features_writing_us"
    HISTOGRAMS = "histograms_us"
    CALIBRATION = "calibration_us"
    OFFSETS = "offsets_us"
    FINISHING = "finishing_us"
    TABLE = "table_writing_us"
    BUCKET = "bucket_writing_us"


SHARD_FRAMES = "shard_frames"
"""Name of the distribution of frames per shard."""


@cache
def _counter(name: str) -> Any:
    return Metrics.counter(NAMESPACE, name)


@cache
def _distribution(name: str) -> Any:
    return Metrics.distribution(NAMESPACE, name)


def count(what: Count | NoFace, by: int = 1) -> None:
    """Add to a counter.

    Parameters
    ----------
    what : Count or NoFace
        The counter, or why the frames to be counted have no face.
    by : int
        How much.
    """
    _counter(what.counter_name if isinstance(what, NoFace) else what.value).inc(by)


def failure_name(stage: str) -> str:
    """Return the name of the counter of inputs that failed in a stage of the error table."""
    return f"{Count.INPUTS_FAILED}_{stage.replace(' ', '_')}"


def count_failure(stage: str) -> None:
    """Count an input that has no results.

    Parameters
    ----------
    stage : str
        Where it failed, in the error table's words.
    """
    count(Count.INPUTS_FAILED)
    _counter(failure_name(stage)).inc()


def note_shard_frames(frames: int) -> None:
    """Add the number of frames of a shard to its distribution."""
    _distribution(SHARD_FRAMES).update(frames)


class _Timer:
    __slots__ = ("_began", "_distribution")

    def __init__(self, distribution: Any) -> None:
        self._distribution = distribution

    def __enter__(self) -> None:
        self._began = perf_counter_ns()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._distribution.update((perf_counter_ns() - self._began + 500) // 1000)


def timed(step: Step) -> _Timer:
    """Return a context manager that adds the time spent in it to a step, failures included.

    Parameters
    ----------
    step : Step
        The step.
    """
    return _Timer(_distribution(step.value))


def each_timed(step: Step, items: Iterable[_Item]) -> Iterator[_Item]:
    """Yield items and add the time that each takes to arrive, and the end of them, to a step.

    Parameters
    ----------
    step : Step
        The step.
    items : iterable
        The items.
    """
    iterator = iter(items)
    while True:
        try:
            with timed(step):
                item = next(iterator)
        except StopIteration:
            return
        yield item
