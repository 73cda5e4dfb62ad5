"""OpenFace's folder of aligned faces."""

from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from openface_core.errors import OutputError
from openface_core.exports.exported_video import ExportedVideo
from openface_core.exports.exporter import Exporter
from openface_core.exports.face_pictures import STANDARD, AlignedForm, FacePictures
from openface_core.exports.rows import Rows
from openface_core.media import DecodedFrame
from openface_core.refinement import grey_from_bgr

PICTURE_TYPES = ("bmp", "png", "jpg")


class AlignedFaces(Exporter):
    """Writes a picture for every measured face, under OpenFace's names.

    Parameters
    ----------
    pictures : FacePictures
        Aligns faces.
    form : AlignedForm
        What they look like.
    picture_type : str
        One of :data:`PICTURE_TYPES`.
    """

    format: ClassVar[str] = "aligned"
    needs_pictures: ClassVar[bool] = True

    def __init__(
        self, pictures: FacePictures, form: AlignedForm = STANDARD, picture_type: str = "bmp"
    ) -> None:
        self._pictures, self._form, self._type = pictures, form, picture_type

    def begin(self, folder: Path, video: ExportedVideo) -> None:
        """Make the folder."""
        self._video = video
        self._folder = folder / f"{video.name}_aligned"
        self._folder.mkdir()

    def add(self, rows: Rows, frame: DecodedFrame | None) -> None:
        """Write the faces of a frame; those that were not measured are left out."""
        if frame is None:
            return
        for row in np.flatnonzero(rows.success):
            face_id, number = int(np.nan_to_num(rows.face_ids[row])), int(rows.frames[row])
            if self._video.is_image:
                name = f"face_det_{face_id:06}.{self._type}"
            else:
                name = f"frame_det_{face_id:02}_{number:06}.{self._type}"
            aligned = self._pictures.aligned(rows, int(row), frame.picture, self._form)
            picture = grey_from_bgr(aligned.image) if self._form.grey else aligned.image
            self._write(self._folder / name, picture)

    def finish(self) -> None:
        """Remove the folder if there is no face to be in it: storage of objects has none such."""
        if not any(self._folder.iterdir()):
            self._folder.rmdir()

    def _write(self, path: Path, image: NDArray[np.uint8]) -> None:
        is_encoded, content = cv2.imencode(path.suffix, image)
        if not is_encoded:
            raise OutputError(path, "the picture cannot be encoded", "Choose another type.")
        path.write_bytes(content.tobytes())
