"""OpenFace's CSV of a video or a picture."""

from pathlib import Path
from typing import IO, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from openface_core.errors import ConfigError
from openface_core.exports.exported_video import ExportedVideo
from openface_core.exports.exporter import Exporter
from openface_core.exports.openface.csv_layout import (
    COLUMN_GROUPS,
    CsvColumn,
    measured_columns,
)
from openface_core.exports.openface.no_face import values_without_face
from openface_core.exports.rows import Rows
from openface_core.media import DecodedFrame
from openface_core.shape import PointDistributionModel

DIALECTS = {"plain": ",", "spaced": ", "}
"""What is between two columns: OpenFace 2.0 wrote a space too, which some readers still expect."""

ROWS_WITHOUT_SHAPE = "rows_without_shape_model"
"""Name of a note: rows whose 3D landmarks are 0 for want of the shape model."""

ROWS_WITHOUT_GAZE = "rows_without_gaze"
"""Name of a note: rows with a face whose gaze is 0, in a file in which none was measured."""

_OF_A_VIDEO = {
    "frame": CsvColumn("frame", 0),
    "face_id": CsvColumn("face_id", 0),
    "timestamp": CsvColumn("timestamp", 3),
    "confidence": CsvColumn("confidence", 2),
    "success": CsvColumn("success", 0),
}
_OF_A_PICTURE = {"face_id": CsvColumn("face", 0), "confidence": CsvColumn("confidence", 3)}
"""The first columns, by our names."""


def is_written(rows: Rows, video: ExportedVideo) -> NDArray[np.bool_]:
    """Return which rows OpenFace would write, (n,).

    A video of one face has a row for every frame. In those of several faces, and in pictures, a
    frame without a face has none.
    """
    if video.is_image or video.has_several_faces:
        return ~np.isnan(rows.face_ids) & (rows.success | (not video.is_image))
    return np.ones(len(rows), dtype=np.bool_)


class OpenFaceCsv(Exporter):
    """Writes OpenFace's CSV: its header, order and decimals, and 0 where there is no value.

    Parameters
    ----------
    groups : tuple of str
        Parts of the file, see :data:`~openface_core.exports.openface.csv_layout.COLUMN_GROUPS`.
    dialect : str
        One of :data:`DIALECTS`.
    pdm : PointDistributionModel or None
        The shape model, for rows without a face.
    """

    format: ClassVar[str] = "openface-csv"

    def __init__(
        self,
        groups: tuple[str, ...] = COLUMN_GROUPS,
        dialect: str = "plain",
        pdm: PointDistributionModel | None = None,
    ) -> None:
        if dialect not in DIALECTS:
            raise ConfigError(
                f"--dialect {dialect}",
                "there is no such dialect",
                f"Choose one of: {', '.join(DIALECTS)}.",
            )
        measured_columns(groups)  # refuses unknown ones at once
        self._groups, self._separator, self._pdm = groups, DIALECTS[dialect], pdm
        self._file: IO[str] | None = None
        self._rows_without_shape = 0
        self._rows_with_face = self._rows_with_gaze = 0

    def begin(self, folder: Path, video: ExportedVideo) -> None:
        """Write the header, unless there may be nothing to follow it."""
        self._video = video
        of_one_face = not (video.is_image or video.has_several_faces)
        self._columns = measured_columns(self._groups, presence_decimals=2 if of_one_face else 1)
        columns = (*(_OF_A_PICTURE if video.is_image else _OF_A_VIDEO).values(), *self._columns)
        missing = values_without_face(video.camera, self._pdm)
        self._missing = np.array([missing.get(column.name, 0.0) for column in self._columns])
        formats = (f"%.{column.decimals}f" for column in columns)
        self._format = self._separator.join(formats) + "\n"
        self._path = folder / f"{video.name}.csv"
        self._header = self._separator.join(column.name for column in columns) + "\n"
        if not video.is_image:
            self._open()

    def _open(self) -> IO[str]:
        if self._file is None:
            self._file = self._path.open("w", encoding="ascii", newline="\n")
            self._file.write(self._header)
        return self._file

    def add(self, rows: Rows, _frame: DecodedFrame | None) -> None:
        """Write rows; where no face is found in a picture, OpenFace writes no file."""
        written = is_written(rows, self._video)
        values = self._values(rows)[written]
        if self._pdm is None and "3d" in self._groups:
            self._rows_without_shape += int(np.count_nonzero(written & ~rows.success))
        if "gaze" in self._groups:
            gaze = rows.values("gaze_angle_x")[written & rows.success]
            self._rows_with_face += len(gaze)
            self._rows_with_gaze += int(np.count_nonzero(~np.isnan(gaze)))
        if len(values):
            self._open().writelines(self._format % tuple(row) for row in values.tolist())

    def _values(self, rows: Rows) -> NDArray[np.float64]:
        names = tuple(column.name for column in self._columns)
        measured = rows.values(*names)
        with_face = rows.success[:, np.newaxis]
        measured = np.where(with_face, np.nan_to_num(measured), self._missing)
        first = _OF_A_PICTURE if self._video.is_image else _OF_A_VIDEO
        return np.hstack([np.nan_to_num(rows.values(*first)), measured])

    def notes(self) -> dict[str, Any]:
        """Return in how many rows values are 0 for want of models."""
        notes = {ROWS_WITHOUT_SHAPE: self._rows_without_shape}
        if not self._rows_with_gaze:
            notes[ROWS_WITHOUT_GAZE] = self._rows_with_face
        return {name: count for name, count in notes.items() if count}

    def abandon(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
