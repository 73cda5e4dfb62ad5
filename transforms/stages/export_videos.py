"""The stage that writes inputs in other formats."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import apache_beam as beam
from apache_beam.pvalue import TaggedOutput

from openface_core.errors import MediaError
from transforms.exports.export_input import ExportPlan, export_input
from transforms.exports.task import ExportTask
from transforms.problems import Problem
from transforms.records import PROBLEMS, VideoTask
from transforms.work.ending_failures import keep_ending_failures_off_screen
from transforms.work.stopping import check_not_stopped, working
from transforms.work.worker_presence import join_run

WRITTEN = "written"
"""Tag of the main output."""

_STAGE = "export"


class _ExportVideo(beam.DoFn):
    def __init__(self, plan: ExportPlan, run: str) -> None:
        self._plan = plan
        self._run = run

    def setup(self) -> None:
        """Register as a worker of the run."""
        keep_ending_failures_off_screen()
        join_run(self._plan.run_folder)

    def process(
        self, task: ExportTask
    ) -> Iterator[tuple[str, int] | TaggedOutput[Literal["problems"], Problem]]:
        """Yield an input's id and how many formats were written; problems to the side."""
        video = VideoTask(task.table.video_id, task.uri)
        with working(self._run):
            outcome = export_input(task, self._plan, lambda: check_not_stopped(self._run))
        problems = (Problem.from_error(video, _of_export(e), _STAGE) for e in outcome.failures)
        # What is wrong with the input, and not with a format, is told once.
        for problem in dict.fromkeys(problems):
            yield TaggedOutput(PROBLEMS, problem)
        yield task.table.video_id, len(outcome.written)


def _of_export(error: Exception) -> Exception:
    """Return an error with a remedy for exports: an input may have moved since it was analysed."""
    if isinstance(error, MediaError) and error.cause == "there is no such file":
        remedy = "Name the folder that the inputs are in now with --videos."
        return MediaError(error.subject, error.cause, remedy)
    return error


@dataclass
class ExportVideos(beam.PTransform):
    """Write inputs in other formats: ``ExportTask`` to ``(video_id, formats written)``.

    The outputs are ``written`` (main) and ``problems``.

    Parameters
    ----------
    plan : ExportPlan
        What is common to all inputs.
    run : str
        Tells the export from all others.
    """

    plan: ExportPlan
    run: str = ""

    def expand(self, tasks: beam.PCollection) -> Any:
        """Return the outputs by their tags."""
        step = beam.ParDo(_ExportVideo(self.plan, self.run))
        return tasks | "Export" >> step.with_outputs(PROBLEMS, main=WRITTEN)
