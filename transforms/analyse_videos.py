"""The stage that turns inputs into tables: one input per element, models shared by the process."""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.pvalue import TaggedOutput
from apache_beam.utils.shared import Shared

from models import ModelFiles
from openface_core.errors import OpenFaceBeamError
from transforms.engine import Engine, load_engine
from transforms.progress import ProgressWriter
from transforms.provenance import RunProvenance
from transforms.records import Problem, VideoResult, VideoTask
from transforms.settings import RunSettings
from transforms.video_analysis import analyse_video

PROBLEMS = "problems"
METRICS_NAMESPACE = "openface_beam"

_log = logging.getLogger(__name__)


class _AnalyseVideo(beam.DoFn):
    """Analyses one input; what goes wrong with it becomes a row of the error table."""

    def __init__(
        self,
        files: ModelFiles,
        settings: RunSettings,
        provenance: RunProvenance,
        progress_folder: str | None,
        shared: Shared,
    ) -> None:
        self._files = files
        self._settings = settings
        self._provenance = provenance
        self._progress_folder = progress_folder
        self._shared = shared
        self._frames_decoded = Metrics.counter(METRICS_NAMESPACE, "frames_decoded")
        self._frames_with_face = Metrics.counter(METRICS_NAMESPACE, "frames_with_face")
        self._failed = Metrics.counter(METRICS_NAMESPACE, "inputs_failed")
        self._warnings = Metrics.counter(METRICS_NAMESPACE, "warnings")
        self._milliseconds = Metrics.distribution(METRICS_NAMESPACE, "milliseconds_per_input")

    def setup(self) -> None:
        """Load the models, once for all threads of the process."""
        self._engine: Engine = self._shared.acquire(
            lambda: load_engine(self._files, self._settings)
        )

    def process(
        self, task: VideoTask
    ) -> Iterator[VideoResult | TaggedOutput[Literal["problems"], Problem]]:
        """Yield the input's table, and rows of the error table to the side."""
        progress = ProgressWriter(self._progress_folder, task.video_id)
        began = time.monotonic()
        try:
            analysis = analyse_video(
                task, self._engine, self._settings, self._provenance, progress.frame_done
            )
        except Exception as error:  # whatever one input does, the others go on
            if not isinstance(error, OpenFaceBeamError):
                _log.exception("unexpected failure on %s", task.uri)
            self._failed.inc()
            yield TaggedOutput(PROBLEMS, Problem.from_error(task, error))
            return
        finally:
            progress.finish()
        self._frames_decoded.inc(analysis.frames_decoded)
        self._frames_with_face.inc(analysis.frames_with_face)
        self._milliseconds.update(int(1000 * (time.monotonic() - began)))
        for warning in analysis.warnings:
            self._warnings.inc()
            yield TaggedOutput(PROBLEMS, warning)
        yield analysis.result


@dataclass
class AnalyseVideos(beam.PTransform):
    """Analyse inputs: ``VideoTask`` to ``VideoResult``, and ``Problem`` to the side.

    Parameters
    ----------
    files : ModelFiles
        The models.
    settings : RunSettings
        Settings of the run.
    provenance : RunProvenance
        What is recorded with every table.
    progress_folder : str or None
        Where progress is told, on runners of this machine.
    """

    files: ModelFiles
    settings: RunSettings
    provenance: RunProvenance
    progress_folder: str | None = None

    def expand(self, tasks: beam.PCollection) -> Any:
        """Return the collections ``results`` (main) and ``problems``."""
        function = _AnalyseVideo(
            self.files, self.settings, self.provenance, self.progress_folder, Shared()
        )
        return tasks | "Analyse" >> beam.ParDo(function).with_outputs(PROBLEMS, main="results")
