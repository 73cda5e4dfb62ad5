"""What flows between the stages of the graph."""

from dataclasses import dataclass
from enum import Enum

import pyarrow as pa

from openface_core.errors import OpenFaceBeamError


@dataclass(frozen=True)
class VideoTask:
    """One input to be analysed.

    Parameters
    ----------
    video_id : str
        Its name in the output: letters, digits and ``._-`` only, unique within a run.
    uri : str
        Local path or fsspec URL of a video, an image or a folder of images.
    person_id : str or None
        Who is seen, where a manifest says so.
    landmarks_uri : str or None
        File of given landmarks; None where they are to be found in the frames.
    """

    video_id: str
    uri: str
    person_id: str | None = None
    landmarks_uri: str | None = None


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
        Error: nothing was written for the input. Warning: results exist.
    stage : str
        Where it happened.
    reason, remedy : str
        Why, and what can be done.
    """

    video_id: str
    uri: str
    severity: Severity
    stage: str
    reason: str
    remedy: str

    @classmethod
    def from_error(cls, task: VideoTask, error: Exception) -> "Problem":
        """Return the row of an exception that ended the analysis of an input."""
        if isinstance(error, OpenFaceBeamError):
            # The reason repeats what failed where that is not the input itself.
            about = "" if error.subject == task.uri else f"{error.subject}: "
            return cls(
                task.video_id,
                task.uri,
                Severity.ERROR,
                error.stage,
                about + error.cause,
                error.remedy,
            )
        return cls(
            task.video_id,
            task.uri,
            Severity.ERROR,
            "analysis",
            f"unexpected {type(error).__name__}: {error}",
            "This is a fault of the program: please report it with the log of the run.",
        )


@dataclass(frozen=True, eq=False)
class VideoResult:
    """The finished table of one input; passed to the writer in the same process.

    Parameters
    ----------
    task : VideoTask
        The input.
    table : pyarrow.Table
        One row per decoded frame, with provenance in its schema metadata.
    """

    task: VideoTask
    table: pa.Table
