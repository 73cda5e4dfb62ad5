"""What an exporter is."""

from typing import IO, Protocol

import pyarrow as pa

from openface_core.media import DecodedFrame


class Exporter(Protocol):
    """Writes one input in one format, given its rows in order.

    An exporter is made for one input and used once: ``begin``, then ``add`` for the rows of every
    frame, then ``finish``.
    """

    @property
    def format(self) -> str:
        """Name of the format, as users give it."""

    @property
    def suffix(self) -> str:
        """Ending of the file's name, with its dot."""

    @property
    def needs_pictures(self) -> bool:
        """Whether it must see the frames, and not only their rows."""

    def begin(self, file: IO[bytes], schema: pa.Schema) -> None:
        """Start the file of an input.

        Parameters
        ----------
        file : file opened for writing
            Where to.
        schema : pyarrow.Schema
            The columns of its rows, with the record of how they were made.
        """

    def add(self, rows: pa.Table, frame: DecodedFrame | None) -> None:
        """Write the rows of one frame, a row for each face.

        Parameters
        ----------
        rows : pyarrow.Table
            The rows.
        frame : DecodedFrame or None
            The frame itself, for an exporter that needs pictures.
        """

    def finish(self) -> None:
        """Complete the file."""
