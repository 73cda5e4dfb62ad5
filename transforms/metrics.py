"""What the stages count and time, and the names under which Beam adds it up over all workers.

A number goes to Beam where it arises. That costs a microsecond at most, so it can be done for every
step of every frame; outside of a pipeline nothing is kept, unless it is collected.
"""

import platform
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from time import perf_counter_ns
from types import TracebackType
from typing import Any

from openface_core.faces import FaceStatus
from openface_core.watch import Step

NAMESPACE = "openface_beam"


class Count(StrEnum):
    """Names of counters; :func:`frames_without_face_name`, :func:`failure_name` have more."""

    SHARDS = "shards"
    BLOCKS = "blocks"
    INPUTS_WRITTEN = "inputs_written"
    INPUTS_FAILED = "inputs_failed"
    INPUTS_REDONE = "inputs_analysed_again_as_a_whole"
    WARNINGS = "warnings"
    FRAMES_EXTRACTED = "frames_extracted"
    FRAMES_IN_VAIN = "frames_decoded_in_vain"
    FACES_FOUND = "faces_found"
    TRACKLETS_LEFT_OUT = "tracklets_left_out"
    FRAMES_DECODED = "frames_decoded"
    FRAMES_WITH_FACE = "frames_with_face"
    ATTEMPTS_SPARED = "finished_by_an_earlier_attempt"
    WORK_BYTES = "work_bytes_written"
    TABLE_BYTES = "table_bytes_written"


class StageStep(StrEnum):
    """What is timed of the stages, beside the steps of the analysis within shards."""

    PLANNING = "planning"
    SHARD = "shard"
    FEATURES = "features_writing"
    HISTOGRAMS = "histograms"
    CALIBRATION = "calibration"
    OFFSETS = "offsets"
    FINISHING = "finishing"
    TABLE = "table_writing"
    BUCKET = "bucket_writing"


ANALYSIS_STEPS = (
    Step.OPENING,
    Step.DECODING,
    Step.DETECTION,
    Step.LANDMARKS,
    Step.REFINEMENT,
    Step.CONFIDENCE,
    Step.MEASUREMENT,
)
"""The steps of the analysis that the main job times; a profile has finer ones."""

_TIMED = frozenset(ANALYSIS_STEPS)

HOST_PREFIX = "on_host_"
"""What counters of hosts begin with: then come what is counted, a point, and the host's name."""

SHARD_FRAMES = "shard_frames"
"""Name of the distribution of frames per shard."""


@dataclass
class Values:
    """What is known of many values.

    Parameters
    ----------
    count, total : int
        How many there are, and their sum.
    minimum, maximum : int
        The smallest and the largest; 0 where there is none.
    """

    count: int = 0
    total: int = 0
    minimum: int = 0
    maximum: int = 0

    def update(self, value: int) -> None:
        """Add a value."""
        self.minimum = min(self.minimum, value) if self.count else value
        self.maximum = max(self.maximum, value) if self.count else value
        self.count += 1
        self.total += value


@dataclass(frozen=True)
class Collected:
    """The numbers that have arisen in a block without Beam.

    Parameters
    ----------
    counters : Counter of str
        Counters by name.
    distributions : dict of str to Values
        Distributions by name.
    """

    counters: Counter[str] = field(default_factory=Counter)
    distributions: dict[str, Values] = field(default_factory=dict)


_collected: ContextVar[Collected | None] = ContextVar("_collected", default=None)


@contextmanager
def collecting() -> Iterator[Collected]:
    """Collect the numbers that arise in this thread in a block, in place of Beam."""
    found = Collected()
    token = _collected.set(found)
    try:
        yield found
    finally:
        _collected.reset(token)


def _metrics() -> Any:
    """Return Beam's metrics; None in a process that has nothing to do with Beam.

    Whoever analyses a video in Python need not import Beam, which takes a second, and a number that
    arises outside of a pipeline is lost anyway.
    """
    module = sys.modules.get("apache_beam.metrics")
    return None if module is None else module.Metrics


@cache
def _counter(name: str) -> Any:
    return _metrics().counter(NAMESPACE, name)


@cache
def _distribution_of_beam(name: str) -> Any:
    return _metrics().distribution(NAMESPACE, name)


def _distribution(name: str) -> Any:
    """Return what takes the values of a name; None where nothing is kept."""
    found = _collected.get()
    if found is not None:
        return found.distributions.setdefault(name, Values())
    return None if _metrics() is None else _distribution_of_beam(name)


def frames_without_face_name(status: FaceStatus) -> str:
    """Return the name of the counter of frames that have no measured face for a reason."""
    return f"frames_without_face_{status.value}"


def duration_name(step: "Step | StageStep") -> str:
    """Return the name of the distribution of a step's wall times, in microseconds."""
    return f"{step.value}_us"


def count(what: Count, by: int = 1) -> None:
    """Add to a counter.

    Parameters
    ----------
    what : Count
        The counter.
    by : int
        How much.
    """
    _add(what.value, by)


def _add(name: str, by: int = 1) -> None:
    found = _collected.get()
    if found is not None:
        found.counters[name] += by
    elif _metrics() is not None:
        _counter(name).inc(by)


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
    _add(failure_name(stage))


def count_on_host(frames: int, seconds: float) -> None:
    """Count an analysed shard for the host that this worker runs on, by which the load is told."""
    host = platform.node()
    for kind, by in (("shards", 1), ("frames", frames), ("ms", round(1000 * seconds))):
        _add(f"{HOST_PREFIX}{kind}.{host}", by)


def note_shard_frames(frames: int) -> None:
    """Add the number of frames of a shard to its distribution."""
    distribution = _distribution(SHARD_FRAMES)
    if distribution is not None:
        distribution.update(frames)


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


def timed(step: Step | StageStep) -> AbstractContextManager[None]:
    """Return a context manager that adds the time spent in it to a step, failures included.

    Parameters
    ----------
    step : Step or StageStep
        The step.
    """
    distribution = _distribution(duration_name(step))
    return nullcontext() if distribution is None else _Timer(distribution)


class BeamWatch:
    """Counts and times the analysis within a shard."""

    def time(self, step: Step) -> AbstractContextManager[None]:
        """Return a context manager that adds the time spent in it to a step of the main job."""
        return timed(step) if step in _TIMED else nullcontext()

    def count_frame(self, status: StrEnum) -> None:
        """Count a frame, by whether it shows a face."""
        count(Count.FRAMES_EXTRACTED)
        if status is FaceStatus.FOUND:
            count(Count.FACES_FOUND)
        else:
            _add(frames_without_face_name(FaceStatus(status)))
