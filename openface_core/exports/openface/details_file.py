"""OpenFace's text file beside its CSV: what the input was, and what was written of it."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, ClassVar

from openface_core.exports.exported_video import ExportedVideo
from openface_core.exports.exporter import Exporter
from openface_core.exports.openface.csv_file import is_written
from openface_core.exports.openface.csv_layout import COLUMN_GROUPS
from openface_core.exports.rows import Rows
from openface_core.media import DecodedFrame
from openface_core.readable import readable
from openface_core.shape import Camera

_SWITCHES = {
    "Gaze": "gaze",
    "AUs": "aus",
    "Landmarks 2D": "2d",
    "Landmarks 3D": "3d",
    "Pose": "pose",
    "Shape parameters": "pdm",
}
_LINE_BREAKS = re.compile("[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
HOG, OVERLAY, ALIGNED, CSV = "HOG", "video", "aligned directory", "csv"
_FORMATS = {HOG: "hog", OVERLAY: "overlay", ALIGNED: "aligned", CSV: "openface-csv"}
LISTED_FORMATS = tuple(_FORMATS.values())
"""Formats whose files it lists."""

LISTED = "listed_formats"
"""Name of a note: those that had been written."""


def details_text(
    uri: str,
    camera: Camera,
    files: Mapping[str, str],
    groups: Collection[str],
    *,
    is_image: bool,
    has_rows: bool = True,
) -> str:
    """Return the content of the file.

    Parameters
    ----------
    uri : str
        The input.
    camera : Camera
        Camera of its frames.
    files : mapping of str to str
        Names of the files written, by :data:`HOG`, :data:`OVERLAY`, :data:`ALIGNED`, :data:`CSV`.
    groups : collection of str
        Parts of the CSV.
    is_image : bool
        Whether the input is a picture.
    has_rows : bool
        Whether the CSV has rows; OpenFace says what is in it once it writes the first one.

    References
    ----------
    ``RecorderOpenFace``, OpenFace 2.2.
    """
    uri = _LINE_BREAKS.sub(lambda found: repr(found[0])[1:-1], uri)  # which names may have
    numbers = (camera.fx_px, camera.fy_px, camera.cx_px, camera.cy_px)
    lines = [
        f"Input:{uri}",
        f"Input full path:{uri}",
        f"Camera parameters:{','.join(f'{number:.6g}' for number in numbers)}",
    ]
    for kind in (HOG, OVERLAY, ALIGNED, CSV):
        if kind in files:
            called = "image" if kind == OVERLAY and is_image else kind
            lines.append(f"Output {called}:{files[kind]}")
    if has_rows:
        lines += [f"{text}: {int(group in groups)}" for text, group in _SWITCHES.items()]
    return "".join(f"{line}\n" for line in lines)


class OpenFaceDetails(Exporter):
    """Writes OpenFace's ``_of_details.txt``.

    Parameters
    ----------
    formats : collection of str
        All formats that have been written.
    groups : tuple of str
        Parts of the CSV.
    """

    format: ClassVar[str] = "of-details"

    def __init__(
        self, formats: Collection[str] = (), groups: tuple[str, ...] = COLUMN_GROUPS
    ) -> None:
        self._formats, self._groups = formats, groups

    def begin(self, folder: Path, video: ExportedVideo) -> None:
        """Remember the input."""
        self._folder, self._video = folder, video
        self._has_rows = self._has_face = False

    def add(self, rows: Rows, _frame: DecodedFrame | None) -> None:
        """See whether there is anything to write."""
        self._has_rows = self._has_rows or bool(is_written(rows, self._video).any())
        self._has_face = self._has_face or bool(rows.success.any())

    def finish(self) -> None:
        """Write the file: without a face there are no aligned ones, and of a picture no CSV."""
        video = self._video
        overlay = f"{video.name}.{'png' if video.is_image else 'mp4'}"
        names = {
            HOG: f"{video.name}.hog",
            OVERLAY: overlay,
            ALIGNED: f"{video.name}_aligned",
            CSV: f"{video.name}.csv",
        }
        missing = {ALIGNED: not self._has_face, CSV: not self._has_rows}
        files = {
            kind: name
            for kind, name in names.items()
            if _FORMATS[kind] in self._formats and not missing.get(kind, False)
        }
        text = details_text(
            readable(video.uri),
            video.camera,
            files,
            self._groups,
            is_image=video.is_image,
            has_rows=self._has_rows,
        )
        path = self._folder / f"{video.name}_of_details.txt"
        path.write_text(text, encoding="utf-8", newline="\n")

    def notes(self) -> dict[str, Any]:
        """Return the formats whose files it lists."""
        return {LISTED: listed(self._formats)}


def listed(formats: Collection[str]) -> list[str]:
    """Return those formats whose files the details list, as :data:`LISTED` has them."""
    return [name for name in LISTED_FORMATS if name in formats]
