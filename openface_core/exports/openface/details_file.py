"""OpenFace's text file beside its CSV: what the input was, and what was written of it."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import ClassVar

from openface_core.exports.exported_video import ExportedVideo
from openface_core.exports.exporter import Exporter
from openface_core.exports.openface.csv_layout import COLUMN_GROUPS
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
HOG, OVERLAY, ALIGNED, CSV = "HOG", "video", "aligned directory", "csv"


def details_text(
    uri: str, camera: Camera, files: Mapping[str, str], groups: Collection[str], *, is_image: bool
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

    References
    ----------
    ``RecorderOpenFace``, OpenFace 2.2.
    """
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
    lines += [f"{text}: {int(group in groups)}" for text, group in _SWITCHES.items()]
    return "".join(f"{line}\n" for line in lines)


class OpenFaceDetails(Exporter):
    """Writes OpenFace's ``_of_details.txt``.

    Parameters
    ----------
    formats : collection of str
        All formats that are written.
    groups : tuple of str
        Parts of the CSV.
    """

    format: ClassVar[str] = "of-details"

    def __init__(
        self, formats: Collection[str] = (), groups: tuple[str, ...] = COLUMN_GROUPS
    ) -> None:
        self._formats, self._groups = formats, groups

    def begin(self, folder: Path, video: ExportedVideo) -> None:
        """Write the file."""
        overlay = f"{video.name}.{'png' if video.is_image else 'mp4'}"
        names = {
            HOG: ("hog", f"{video.name}.hog"),
            OVERLAY: ("overlay", overlay),
            ALIGNED: ("aligned", f"{video.name}_aligned"),
            CSV: ("openface-csv", f"{video.name}.csv"),
        }
        files = {kind: name for kind, (format_, name) in names.items() if format_ in self._formats}
        name = readable(video.uri)
        text = details_text(name, video.camera, files, self._groups, is_image=video.is_image)
        path = folder / f"{video.name}_of_details.txt"
        path.write_text(text, encoding="utf-8", newline="\n")
