"""What an exporter is."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar

from openface_core.exports.exported_video import ExportedVideo
from openface_core.exports.rows import Rows
from openface_core.media import DecodedFrame


class Exporter(ABC):
    """Writes one input in one format, given its rows in order.

    An exporter is made for one input and used once: :meth:`begin`, then :meth:`look` if it looks
    ahead, then :meth:`add` for all rows, then :meth:`finish`. What it has left in its folder by
    then appears as a whole.
    """

    format: ClassVar[str]
    """Name of the format, as users give it."""

    needs_pictures: ClassVar[bool] = False
    """Whether it must see the frames, and not only their rows."""

    looks_ahead: ClassVar[bool] = False
    """Whether it goes through all rows once before frames and rows come side by side."""

    @abstractmethod
    def begin(self, folder: Path, video: ExportedVideo) -> None:
        """Start with an input.

        Parameters
        ----------
        folder : Path
            An empty local folder for its files.
        video : ExportedVideo
            The input.
        """

    def look(self, rows: Rows) -> None:  # noqa: B027 - most do not look ahead
        """Take in rows of any number of frames, before any are added."""

    def add(self, rows: Rows, frame: DecodedFrame | None) -> None:  # noqa: B027 - as above
        """Write rows.

        Parameters
        ----------
        rows : Rows
            Those of one frame, a row for each face, for an exporter that needs pictures; those of
            any number of frames for others.
        frame : DecodedFrame or None
            The frame itself, for an exporter that needs pictures.
        """

    def finish(self) -> None:
        """Complete the files."""
        self.abandon()

    def abandon(self) -> None:  # noqa: B027 - most hold nothing
        """Let go of what is open, where the input cannot be finished; may be called twice."""

    def notes(self) -> dict[str, Any]:
        """Return what is to be known of the files once they are complete, as plain values."""
        return {}
