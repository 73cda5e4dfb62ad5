"""OpenFace's file of appearance descriptors."""

import struct
from pathlib import Path
from typing import IO, ClassVar

import numpy as np

from openface_core.descriptors import FHOG_SIZE
from openface_core.exports.exported_video import ExportedVideo
from openface_core.exports.exporter import Exporter
from openface_core.exports.face_pictures import FacePictures
from openface_core.exports.openface.csv_file import is_written
from openface_core.exports.rows import Rows
from openface_core.media import DecodedFrame

_HEAD = struct.Struct("<iiif")
_CELLS, _CHANNELS = 12, 31
_GOOD, _FAILED = 1.0, -1.0


class OpenFaceHog(Exporter):
    """Writes ``.hog``: a record of the same size for every row of OpenFace's CSV.

    Parameters
    ----------
    pictures : FacePictures
        Aligns faces.
    """

    format: ClassVar[str] = "hog"
    needs_pictures: ClassVar[bool] = True

    def __init__(self, pictures: FacePictures) -> None:
        self._pictures = pictures
        self._file: IO[bytes] | None = None

    def begin(self, folder: Path, video: ExportedVideo) -> None:
        """Open the file."""
        self._video = video
        self._file = (folder / f"{video.name}.hog").open("wb")

    def add(self, rows: Rows, frame: DecodedFrame | None) -> None:
        """Write the records of a frame."""
        if self._file is None or frame is None:
            return
        success = rows.success
        for row in np.flatnonzero(is_written(rows, self._video)):
            values = np.zeros(FHOG_SIZE, dtype=np.float32)
            if success[row]:
                values = self._pictures.descriptor(rows, int(row), frame.picture)
            mark = _GOOD if success[row] else _FAILED
            self._file.write(_HEAD.pack(_CELLS, _CELLS, _CHANNELS, mark))
            self._file.write(values.astype("<f4").tobytes())

    def abandon(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
