"""What a person is told at the end of an export."""

import sys
from dataclasses import dataclass

from openface_core.readable import counted
from pipelines.command import EXIT_SOME_FAILED
from transforms.problems import Problem

_REPORTED_PROBLEMS = 10
_NAMED_INPUTS = 3


def _named(video_ids: tuple[str, ...]) -> str:
    """Return the first of some inputs by their names, and how many more there are."""
    more = len(video_ids) - _NAMED_INPUTS
    names = ", ".join(video_ids[:_NAMED_INPUTS])
    return f"{names} and {more} more" if more > 0 else names


@dataclass(frozen=True)
class ExportSummary:
    """What an export did.

    Parameters
    ----------
    output : str
        Output folder.
    formats : tuple of str
        The formats.
    inputs, written, finished : int
        Inputs in all, those that were written completely, and those that were complete before.
    problems : tuple of Problem
        What could not be written, and why.
    seconds : float
        Wall time.
    index : str or None
        The index of reports.
    without_shape : tuple of str
        Inputs in whose CSV 3D landmarks are 0 for want of the shape model.
    without_gaze : tuple of str
        Inputs in whose CSV gaze is 0, because it was never measured.
    in_part : int
        Inputs with a problem that are written in some of the formats all the same.
    """

    output: str
    formats: tuple[str, ...]
    inputs: int
    written: int
    finished: int
    problems: tuple[Problem, ...]
    seconds: float
    index: str | None = None
    without_shape: tuple[str, ...] = ()
    without_gaze: tuple[str, ...] = ()
    in_part: int = 0

    @property
    def failed(self) -> int:
        """Inputs that were not, or not completely, written."""
        return len({problem.video_id for problem in self.problems})

    @property
    def has_results(self) -> bool:
        """Whether an input is complete."""
        return bool(self.written or self.finished)

    @property
    def exit_status(self) -> int:
        """What the command ends with: 0, 3 if some inputs failed, or 1 if none is complete."""
        if not self.has_results:
            return 1
        return EXIT_SOME_FAILED if self.problems else 0

    def __str__(self) -> str:
        if self.inputs and self.inputs == self.finished:
            all_are = "the input is" if self.inputs == 1 else f"all {self.inputs} inputs are"
            text = f"Nothing to do: {all_are} complete in {self.output}."
            return text + self._index_line()
        were = "was" if self.finished == 1 else "were"
        earlier = f" ({self.finished} {were} complete before)" if self.finished else ""
        text = (
            f"Wrote {', '.join(self.formats)} of {self._written_inputs()}{earlier} "
            f"to {self.output} in {self.seconds:.1f} s; "
            f"{counted(self.failed - self.in_part, 'input')} failed"
        )
        if self.in_part:
            were = "was" if self.in_part == 1 else "were"
            text += f", {self.in_part} {were} written in some formats only"
        if self.failed:
            text += f": see {self.output.rstrip('/')}/errors.parquet"
        return f"{text}.{self._shape_line()}{self._gaze_line()}{self._index_line()}"

    def _written_inputs(self) -> str:
        if self.written == self.inputs:
            return counted(self.written, "input")
        return f"{self.written} of {counted(self.inputs, 'input')}"

    def _shape_line(self) -> str:
        """Say where there are zeros that need not be."""
        if not self.without_shape:
            return ""
        return (
            "\n3D landmarks of frames without a face are 0 in the CSV of "
            f"{_named(self.without_shape)}: the shape model was not found. "
            "Name its folder with --models to have them as OpenFace writes them."
        )

    def _gaze_line(self) -> str:
        """Say where zeros are no measurements."""
        if not self.without_gaze:
            return ""
        return (
            f"\nGaze is 0 in the CSV of {_named(self.without_gaze)}: it was not measured, "
            "for want of models of the eyes, which the preset fast leaves out, or of larger faces."
        )

    def _index_line(self) -> str:
        return "" if self.index is None else f"\nOpen {self.index} in a browser."

    def tell(self) -> int:
        """Tell a person, and return the exit status."""
        self.report_problems()
        sys.stderr.flush()
        sys.stdout.write(f"{self}\n")
        return self.exit_status

    def report_problems(self) -> None:
        """Write the first problems to stderr."""
        for problem in self.problems[:_REPORTED_PROBLEMS]:
            sys.stderr.write(f"error: {problem.uri}: {problem.reason}. {problem.remedy}\n")
        if len(self.problems) > _REPORTED_PROBLEMS:
            sys.stderr.write(f"... and {len(self.problems) - _REPORTED_PROBLEMS} more\n")
