"""Rows of the error table: what failed or has to be known, and what can be done about it."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from openface_core.errors import DatasetError, InputError, OpenFaceBeamError, PipelineError
from openface_core.media.remedies import remedy_of
from openface_core.media.sources import recorded_uri
from openface_core.readable import readable
from transforms.records import VideoTask

_log = logging.getLogger(__name__)


class Severity(Enum):
    """Whether a problem cost the video its results."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Problem:
    """One row of the error table.

    Parameters
    ----------
    video_id, uri : str
        The input.
    severity : Severity
        Error: nothing was written for the input by this run. Warning: results exist.
    stage : str
        Where it happened.
    reason, remedy : str
        Why, and what can be done.
    kept_table : str or None
        SHA-256 of the record of a table that an earlier run made of the input, and that stays; None
        where there is none.
    """

    video_id: str
    uri: str
    severity: Severity
    stage: str
    reason: str
    remedy: str
    kept_table: str | None = None

    @classmethod
    def from_error(cls, task: VideoTask, error: Exception, stage: str = "analysis") -> "Problem":
        """Return the row of an exception that ended the analysis of an input.

        An exception that is not expected is logged with its traceback as well.

        Parameters
        ----------
        task : VideoTask
            The input.
        error : Exception
            The exception.
        stage : str
            Where it happened, if it is not expected; others say so themselves.

        Raises
        ------
        OpenFaceBeamError
            The exception itself, if it ends the whole run.
        """
        if isinstance(error, OpenFaceBeamError):
            if error.ends_run:
                raise error
            # The reason repeats what failed where that is not the input itself.
            about = "" if error.subject == task.uri else f"{error.subject}: "
            return cls(
                task.video_id,
                _place_of(task),
                Severity.ERROR,
                error.stage,
                about + error.cause,
                error.remedy,
            )
        _log.error("unexpected failure on %s", task.uri, exc_info=error)
        return cls(
            task.video_id,
            _place_of(task),
            Severity.ERROR,
            stage,
            f"unexpected {type(error).__name__}: {error}",
            "This is a fault of the program: please report it with the log of the run.",
        )

    @classmethod
    def decoding_warnings(
        cls, video_id: str, uri: str, texts: Iterable[str]
    ) -> tuple["Problem", ...]:
        """Return the rows of what decoding an input had to work around."""
        return tuple(
            cls(video_id, uri, Severity.WARNING, "decoding", text, remedy_of(text))
            for text in texts
        )

    @classmethod
    def damaged_embeddings(cls, video_id: str, error: DatasetError) -> "Problem":
        """Return the row of an input whose table is right, and whose embeddings are damaged."""
        return cls(
            video_id, error.subject, Severity.WARNING, error.stage, error.cause, error.remedy
        )

    @classmethod
    def damaged_table(cls, video_id: str, uri: str, path: str) -> "Problem":
        """Return the row of an input whose table is damaged.

        Parameters
        ----------
        video_id, uri : str
            The input. Where it is not known where that is, the path of the table.
        path : str
            The table.
        """
        return cls(
            video_id,
            uri,
            Severity.ERROR,
            DatasetError.stage,
            "its table is damaged, and left out of the summary",
            f"Run again with all inputs whose rows are in {path}, or put that file back from a "
            "copy.",
        )

    @classmethod
    def without_table(cls, task: VideoTask) -> "Problem":
        """Return the row of an input of which there is neither a new table nor a failure."""
        return cls(
            task.video_id,
            _place_of(task),
            Severity.ERROR,
            PipelineError.stage,
            "no table was written, though nothing failed",
            "Run again without options of Beam; if that repeats, please report it with the log of "
            "the run.",
        )

    @property
    def is_of_damaged_table(self) -> bool:
        """Whether it is a row of :meth:`damaged_table`."""
        return self.stage == DatasetError.stage

    @property
    def names_the_table(self) -> bool:
        """Whether such a row names the table in place of the input, which is not known."""
        return f"{self.uri}," in self.remedy

    @classmethod
    def face_notes(cls, video_id: str, uri: str, texts: Iterable[str]) -> tuple["Problem", ...]:
        """Return the rows of what is to be known of the faces of an input."""
        remedy = "Look at these frames; `openface-beam docs faces` says how people are told apart."
        return tuple(cls(video_id, uri, Severity.WARNING, "faces", text, remedy) for text in texts)


def _place_of(task: VideoTask) -> str:
    """Return where an input is; as it was named where the current folder is gone."""
    try:
        return recorded_uri(task.uri)
    except InputError:
        return readable(task.uri)
