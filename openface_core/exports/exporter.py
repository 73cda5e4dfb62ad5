"""What an exporter is."""

from pathlib import Path
from typing import ClassVar, Protocol

from openface_core.exports.exported_video import ExportedVideo
from openface_core.exports.rows import Rows
from openface_core.media import DecodedFrame


class Exporter(Protocol):
    """Writes one input in one format, given its rows in order.

    An exporter is made for one input and used once: ``begin``, then ``add`` for all rows, then
    ``finish``. What it has left in its folder by then appears as a whole.
    """

    format: ClassVar[str]
    """Name of the format, as users give it."""

    needs_pictures: ClassVar[bool]
    """Whether it must see the frames, and not only their rows."""

    def begin(self, folder: Path, video: ExportedVideo) -> None:
        """Start with an input.

        Parameters
        ----------
        folder : Path
            An empty local folder for its files.
        video : ExportedVideo
            The input.
        """

    def add(self, rows: Rows, frame: DecodedFrame | None) -> None:
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

    def abandon(self) -> None:
        """Let go of what is open, where the input cannot be finished."""
