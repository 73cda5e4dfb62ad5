"""What is told and recorded of a run's metrics: where the time went, and ``metrics.json``."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, Any

from openface_core import __version__
from openface_core.faces import FaceStatus
from openface_core.watch import Step
from pipelines.main_job.metrics import RunMetrics
from transforms.dataset.layout import metrics_path
from transforms.dataset.provenance import SOFTWARE
from transforms.dataset.storage import write_whole
from transforms.metrics import (
    ANALYSIS_STEPS,
    HOST_PREFIX,
    Count,
    StageStep,
    duration_name,
    frames_without_face_name,
)

_ABOUT = (
    "Counts and times of the last run into this folder. They differ from run to run and are no "
    "part of the dataset. Times are wall time in the workers, added up over all of them."
)
_NO_METRICS = "The runner has not offered metrics of everything: counts are too low or missing."

_LABELS: dict[Step | StageStep, str] = {
    StageStep.PLANNING: "reading packets",
    Step.OPENING: "opening inputs",
    Step.DECODING: "decoding",
    Step.DETECTION: "face detection",
    Step.LANDMARKS: "landmarks",
    Step.REFINEMENT: "refinement",
    Step.CONFIDENCE: "confidence",
    Step.MEASUREMENT: "measurement",
    StageStep.FEATURES: "writing features",
    StageStep.HISTOGRAMS: "adding histograms",
    StageStep.CALIBRATION: "calibration",
    StageStep.OFFSETS: "offsets",
    StageStep.FINISHING: "post-processing",
    StageStep.TABLE: "writing tables",
    StageStep.BUCKET: "writing buckets",
}
_WITHIN_SHARDS = (*ANALYSIS_STEPS, StageStep.FEATURES)


@dataclass(frozen=True)
class RunOutline:
    """What the pipelines of a run do not know of it.

    Parameters
    ----------
    begin : datetime
        When it began, with time zone.
    seconds : float
        Wall time.
    runner : str
        Beam runner.
    inputs, inputs_finished_before, inputs_out_of_reach : int
        Inputs in all, those that an earlier run had finished, and those that were not found.
    """

    begin: datetime
    seconds: float
    runner: str
    inputs: int
    inputs_finished_before: int
    inputs_out_of_reach: int


def seconds_of_steps(metrics: RunMetrics) -> dict[str, float]:
    """Return the time of every step in the words of :func:`describe_steps`, without overlap.

    Parameters
    ----------
    metrics : RunMetrics
        The metrics.

    Returns
    -------
    dict of str to float
        Seconds of all workers together; what shards took besides their steps is ``other``.
    """

    def seconds(step: Step | StageStep) -> float:
        values = metrics.distributions.get(duration_name(step))
        return 0.0 if values is None else values.total / 1e6

    found = {label: seconds(step) for step, label in _LABELS.items()}
    found[_LABELS[StageStep.FINISHING]] -= seconds(StageStep.TABLE)  # which is a part of it
    found["other"] = seconds(StageStep.SHARD) - sum(seconds(step) for step in _WITHIN_SHARDS)
    return {label: max(0.0, value) for label, value in found.items()}


def describe_steps(metrics: RunMetrics) -> Iterator[str]:
    """Yield a table of where the time went, line by line; nothing where nothing is known.

    Parameters
    ----------
    metrics : RunMetrics
        The metrics.
    """
    steps = seconds_of_steps(metrics)
    frames, total = metrics.counters[Count.FRAMES_EXTRACTED], sum(steps.values())
    if not frames or not total:
        return
    yield f"{'time of all workers':<20} {'s':>9} {'ms/frame':>9} {'share':>6}"
    for label, seconds in [*steps.items(), ("together", total)]:
        if seconds:
            frame_ms = 1000 * seconds / frames
            yield f"{label:<20} {seconds:9.2f} {frame_ms:9.3f} {seconds / total:6.1%}"


def hosts_of(metrics: RunMetrics) -> dict[str, dict[str, float]]:
    """Return what each host of a cluster has analysed: shards, frames and seconds.

    Parameters
    ----------
    metrics : RunMetrics
        The metrics. Those of a run on this machine tell of no host.
    """
    found: dict[str, dict[str, float]] = {}
    for name, value in sorted(metrics.counters.items()):
        if name.startswith(HOST_PREFIX):
            kind, _, host = name.removeprefix(HOST_PREFIX).partition(".")
            of_host = found.setdefault(host, {"shards": 0, "frames": 0, "seconds": 0.0})
            if kind == "ms":
                of_host["seconds"] = value / 1000
            else:
                of_host[kind] = value
    return found


def metrics_document(metrics: RunMetrics, outline: RunOutline) -> dict[str, Any]:
    """Return the content of ``metrics.json``.

    Parameters
    ----------
    metrics : RunMetrics
        The metrics.
    outline : RunOutline
        The rest.
    """
    reasons = [status for status in FaceStatus if status is not FaceStatus.FOUND]
    names = [*(item.value for item in Count), *map(frames_without_face_name, reasons)]
    counters = {name: metrics.counters[name] for name in names} | {
        name: value for name, value in metrics.counters.items() if not name.startswith(HOST_PREFIX)
    }
    return {
        "about": _ABOUT,
        "software": SOFTWARE,
        "version": __version__,
        "begin": outline.begin.astimezone(UTC).isoformat(timespec="seconds"),
        "seconds": round(outline.seconds, 3),
        "runner": outline.runner,
        "inputs": outline.inputs,
        "inputs_finished_before": outline.inputs_finished_before,
        "inputs_out_of_reach": outline.inputs_out_of_reach,
        "missing": None if metrics.are_complete else _NO_METRICS,
        "counters": dict(sorted(counters.items())),
        "hosts": hosts_of(metrics),
        "distributions": {
            name: {
                "count": values.count,
                "sum": values.total,
                "min": values.minimum,
                "max": values.maximum,
                "mean": round(values.mean, 3),
            }
            for name, values in sorted(metrics.distributions.items())
        },
    }


def write_metrics(output: str, metrics: RunMetrics, outline: RunOutline) -> None:
    """Write ``metrics.json``.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    text = json.dumps(metrics_document(metrics, outline), indent=2) + "\n"

    def write(file: IO[bytes]) -> None:
        file.write(text.encode())

    write_whole(metrics_path(output), write)
