"""The failures that are expected, each told in plain words: what, why, and how to mend it."""

from typing import ClassVar

_LONGEST_CAUSE = 1000


class OpenFaceBeamError(Exception):
    """An expected failure.

    Parameters
    ----------
    subject : str
        What failed: a file, a URL, an option.
    cause : str
        Why, without a final full stop.
    remedy : str
        What the user can do about it, one sentence.
    """

    stage: ClassVar[str] = "run"
    ends_run: ClassVar[bool] = False
    """Whether no other input can be finished either."""

    def __init__(self, subject: object, cause: str, remedy: str) -> None:
        # All three reach Exception.args, so that the error survives pickling between workers.
        super().__init__(str(subject), _shortened(cause), remedy)

    @property
    def subject(self) -> str:
        """What failed."""
        return str(self.args[0])

    @property
    def cause(self) -> str:
        """Why it failed."""
        return str(self.args[1])

    @property
    def remedy(self) -> str:
        """What can be done about it."""
        return str(self.args[2])

    def __str__(self) -> str:
        return f"{self.subject}: {self.cause}. {self.remedy}"


def _shortened(text: str) -> str:
    """Return a text without its middle where it quotes something long, such as a whole file."""
    if len(text) <= _LONGEST_CAUSE:
        return text
    return f"{text[: _LONGEST_CAUSE // 2]} ... {text[-_LONGEST_CAUSE // 4 :]}"


class ConfigError(OpenFaceBeamError):
    """An option, a configuration file or a manifest is wrong."""

    stage = "configuration"


class InputError(OpenFaceBeamError):
    """An input does not exist or cannot be listed."""

    stage = "input"


class MediaError(OpenFaceBeamError):
    """A file cannot be opened as video or image, or cannot be decoded."""

    stage = "decoding"


class ModelFileError(OpenFaceBeamError):
    """A model file is missing, damaged or of another kind."""

    stage = "models"


class DownloadError(OpenFaceBeamError):
    """A file cannot be had from its address."""

    stage = "download"


class LandmarkFileError(OpenFaceBeamError):
    """A file of given landmarks is missing, damaged or does not fit its video."""

    stage = "landmarks"


class CalibrationError(OpenFaceBeamError):
    """There is nothing to calibrate a person's action units on."""

    stage = "calibration"


class OutputError(OpenFaceBeamError):
    """The output cannot be written."""

    stage = "writing"


class DatasetError(OpenFaceBeamError):
    """A dataset, or the table of one of its inputs, is missing or damaged."""

    stage = "dataset"


class StorageFullError(OutputError):
    """The disk of the output, or what the user may take of it, is full."""

    ends_run = True

    @classmethod
    def on(cls, subject: str, reason: str) -> "StorageFullError":
        """Return the error of a file that could not be written for a reason."""
        return cls(
            subject,
            f"there is no space left ({reason})",
            "Free some space and run again: finished tables stay, and the run goes on from there.",
        )


class RunOverError(OutputError):
    """A run has been ended, or another one has begun in its output folder."""

    ends_run = True

    @classmethod
    def of(cls, output: str) -> "RunOverError":
        """Return the error of a run whose output folder is no longer its own."""
        return cls(
            output,
            "this run was ended, or another one has begun in its folder",
            "Nothing is lost: what was finished stays, and the other run goes on from there.",
        )


class WorkFileError(OpenFaceBeamError):
    """A file of intermediate results cannot be read back or written."""

    stage = "work files"


class PipelineError(OpenFaceBeamError):
    """The dataflow itself failed, not the analysis of an input."""

    stage = "pipeline"
