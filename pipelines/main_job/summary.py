"""What a person is told at the end of a run."""

import sys
from dataclasses import dataclass

from openface_core.readable import counted
from pipelines.command import EXIT_SOME_FAILED

_REPORTED_PROBLEMS = 10


@dataclass(frozen=True)
class RunSummary:
    """What a run did.

    Parameters
    ----------
    output : str
        Output folder.
    inputs : int
        Inputs in all.
    inputs_written, inputs_finished, inputs_failed : int
        Those that got a table, had one from an earlier run, and have none.
    frames_decoded, frames_with_face : int
        Rows written, and those with a measured face.
    warnings : int
        Rows of the error table that cost no results.
    inputs_with_few_frames : int
        Inputs, finished ones among them, that are calibrated on fewer frames than is good.
    few_frames : int
        How many that are.
    inputs_withheld : int
        Those among them in which action units are null, because even fewer frames calibrate them.
    least_frames : int
        How many that are.
    by_person : bool
        Whether the clips of a person are calibrated together already.
    static_columns : tuple of str
        Columns of action units that calibration does not touch, where it is on a person.
    has_gaze : bool
        Whether gaze was measured where there was a face.
    preset_without_eyes : str or None
        The preset, where it asks for no models of the eyes.
    seconds : float
        Wall time.
    handed_over_to : str or None
        The runner that goes on by itself; nothing else is known then.
    report : str or None
        The index of its report, where one was made.
    pages_failed : int
        Inputs of the dataset whose page in it could not be made.
    made_otherwise : int
        Tables of the dataset that were made with other settings, models or another version.
    damaged_tables : int
        Tables of the dataset, not of the run's inputs, that are damaged.
    is_dry : bool
        Whether it only told what a run would do.
    """

    output: str
    inputs: int
    inputs_written: int = 0
    inputs_finished: int = 0
    inputs_failed: int = 0
    frames_decoded: int = 0
    frames_with_face: int = 0
    warnings: int = 0
    inputs_with_few_frames: int = 0
    few_frames: int = 0
    inputs_withheld: int = 0
    least_frames: int = 0
    by_person: bool = False
    static_columns: tuple[str, ...] = ()
    has_gaze: bool = True
    preset_without_eyes: str | None = None
    seconds: float = 0.0
    handed_over_to: str | None = None
    report: str | None = None
    pages_failed: int = 0
    made_otherwise: int = 0
    damaged_tables: int = 0
    is_dry: bool = False

    @property
    def has_results(self) -> bool:
        """Whether an input has a table, or may get one from a cluster that works on it."""
        return bool(self.inputs_written or self.inputs_finished or self.handed_over_to)

    @property
    def exit_status(self) -> int:
        """What the command ends with: 0, 3 if some inputs or pages failed, 1 if all inputs did."""
        if self.is_dry:
            return 0
        if not self.has_results:
            return 1
        return EXIT_SOME_FAILED if self.inputs_failed or self.pages_failed else 0

    def __str__(self) -> str:
        return self._outcome() + self._mixture() + self._damage() + self._report()

    def _report(self) -> str:
        """Return what follows where a report was made."""
        if self.report is None:
            return ""
        text = f"\nOpen {self.report} in a browser."
        if self.pages_failed:
            errors = f"{self.report.rpartition('/')[0]}/errors.parquet"
            text += f" {counted(self.pages_failed, 'page')} of it could not be made: see {errors}."
        return text

    def _outcome(self) -> str:
        if self.is_dry:
            todo = self.inputs - self.inputs_finished - self.inputs_failed
            return (
                f"Nothing was done: {counted(todo, 'input')} would be analysed, "
                f"{self.inputs_finished} are finished, {self.inputs_failed} cannot be analysed."
            )
        if self.handed_over_to is not None:
            return (
                f"Handed {self.inputs} inputs over to {self.handed_over_to}, which goes on by "
                f"itself and writes to {self.output}."
            )
        if self.inputs == self.inputs_finished:
            return (
                f"Nothing to do: an earlier run has finished all {self.inputs} inputs in "
                f"{self.output}. --force analyses them anew."
            )
        were = "was" if self.inputs_finished == 1 else "were"
        earlier = (
            f" ({self.inputs_finished} {were} finished before)" if self.inputs_finished else ""
        )
        text = (
            f"Wrote {self.inputs_written} of {self.inputs} inputs{earlier} to {self.output}: "
            f"{self._frames()}; "
            f"{counted(self.inputs_failed, 'input')} failed, {counted(self.warnings, 'warning')}"
        )
        if self.inputs_failed or self.warnings:
            text += f": see {self.output.rstrip('/')}/errors.parquet"
        text += "."
        text += self._calibration()
        if self.inputs_written and self.static_columns:
            text += (
                f"\n{len(self.static_columns)} columns of action units are not relative to the "
                f"person, such as {', '.join(self.static_columns[:3])}: see "
                f"{self.output.rstrip('/')}/data_dictionary.json."
            )
        if self.inputs_written and not self.has_gaze:
            text += self._missing_gaze()
        return text

    def _missing_gaze(self) -> str:
        """Return what follows where gaze was not measured."""
        if self.preset_without_eyes is not None:
            return (
                f"\nThe preset {self.preset_without_eyes} has no models of the eyes, so gaze is "
                "null; choose another --config for gaze."
            )
        return (
            "\nThere are no models of the eyes, so gaze is null; "
            "`openface-beam models list` shows packs that have them."
        )

    def _mixture(self) -> str:
        """Return what follows where the dataset has tables that were made otherwise."""
        if not self.made_otherwise:
            return ""
        were = "was" if self.made_otherwise == 1 else "were"
        return (
            f"\n{counted(self.made_otherwise, 'table')} of this dataset {were} made with other "
            "settings, models or another version: their columns may be others, and "
            "dataset_description.json and data_dictionary.json tell of this run alone. Keep such "
            "runs in folders of their own."
        )

    def _damage(self) -> str:
        """Return what follows where tables of other inputs are damaged."""
        if not self.damaged_tables:
            return ""
        are = "is" if self.damaged_tables == 1 else "are"
        return (
            f"\n{counted(self.damaged_tables, 'table')} of this dataset {are} damaged, and left "
            f"out of its summary: see {self.output.rstrip('/')}/errors.parquet."
        )

    def _calibration(self) -> str:
        """Return what follows where few frames calibrate action units."""
        if not self.inputs_with_few_frames:
            return ""
        text = (
            f"\n{self.inputs_with_few_frames} of {self.inputs_written + self.inputs_finished} "
            f"inputs are calibrated on fewer than {self.few_frames} frames, so that action units "
            "which are relative to the person are uncertain in them"
        )
        if self.inputs_withheld:
            together = (
                ""
                if self.by_person
                else "--calibration person puts the clips of a person together, "
            )
            text += (
                f", and null in {self.inputs_withheld} that have fewer than {self.least_frames} "
                f"({together}--calibration none takes models that need no such frames)"
            )
        return f"{text}: see {self.output.rstrip('/')}/summary.parquet."

    def _frames(self) -> str:
        if self.inputs_written and not self.frames_decoded:  # the runner has counted nothing
            return f"in {self.seconds:.1f} s"
        without = self.frames_decoded - self.frames_with_face
        rate = self.frames_decoded / max(self.seconds, 1e-9)
        return (
            f"{self.frames_decoded} frames, {without} of them without a face, "
            f"in {self.seconds:.1f} s ({rate:.{0 if rate >= 10 else 1}f} frames per second)"
        )


def report_problems(output: str) -> None:
    """Write the first rows of a dataset's error table to stderr."""
    import pyarrow.parquet as pq

    from transforms.dataset.layout import errors_path
    from transforms.dataset.storage import read_whole

    # On this thread only, hence nothing buffered ahead: one of Arrow's own threads that still lets
    # go of the file while the interpreter ends would abort the process, exit status and all.
    file = pq.ParquetFile(read_whole(errors_path(output)), pre_buffer=False)
    rows = file.read(use_threads=False).to_pylist()
    for row in rows[:_REPORTED_PROBLEMS]:
        sys.stderr.write(f"{row['severity']}: {row['uri']}: {row['reason']}. {row['remedy']}\n")
    if len(rows) > _REPORTED_PROBLEMS:
        sys.stderr.write(f"... and {len(rows) - _REPORTED_PROBLEMS} more\n")
