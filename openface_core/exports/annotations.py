"""Presence of action units as tiers of ELAN and Praat."""

import importlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from openface_core.errors import ConfigError
from openface_core.exports.exported_video import ExportedVideo
from openface_core.exports.exporter import Exporter
from openface_core.exports.rows import Rows
from openface_core.media import DecodedFrame

_DEFAULT_STEP_SECONDS = 1 / 30
_MIME_TYPES = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".avi": "video/x-msvideo",
    ".mkv": "video/x-matroska",
    ".webm": "video/webm",
    ".mpg": "video/mpeg",
    ".mpeg": "video/mpeg",
    ".wmv": "video/x-ms-wmv",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jpe": "image/jpeg",
    ".jfif": "image/jpeg",
    ".png": "image/png",
    ".bmp": "image/bmp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
}


def _pympi() -> Any:
    try:
        return importlib.import_module("pympi")
    except ImportError as error:
        raise ConfigError(
            "--format annotations",
            "the package pympi-ling is missing",
            "Install it: python -m pip install 'openface-beam[annotations]'.",
        ) from error


@dataclass
class _Tier:
    """When a unit is present in a face.

    Parameters
    ----------
    spans : list of (float, float)
        Begin and end of each presence that is over, seconds.
    since_seconds : float or None
        Begin of one that is not.
    """

    spans: list[tuple[float, float]] = field(default_factory=list)
    since_seconds: float | None = None

    def note(self, present: bool, seconds: float) -> None:
        """Take in a frame that begins at a time."""
        if present and self.since_seconds is None:
            self.since_seconds = seconds
        elif not present and self.since_seconds is not None:
            self.spans.append((self.since_seconds, seconds))
            self.since_seconds = None

    def joined(self) -> list[tuple[float, float]]:
        """Return the presences for editors, which know neither empty ones nor two at a time.

        Frames that share a time stamp last for no time: a presence, or an absence, of such frames
        alone is none.
        """
        found: list[tuple[float, float]] = []
        for begin, end in self.spans:
            if found and begin <= found[-1][1]:
                found[-1] = found[-1][0], max(end, found[-1][1])
            elif begin < end:
                found.append((begin, end))
        return found

    def joined_ms(self) -> list[tuple[int, int]]:
        """Return the same in whole milliseconds; what is shorter than one lasts for one."""
        found: list[tuple[int, int]] = []
        for begin, end in self.joined():
            begin_ms = round(1000 * begin)
            end_ms = max(round(1000 * end), begin_ms + 1)
            if found and begin_ms < found[-1][1]:
                found[-1] = found[-1][0], max(end_ms, found[-1][1])
            else:
                found.append((begin_ms, end_ms))
        return found


class Annotations(Exporter):
    """Writes ``.eaf`` for ELAN and ``.TextGrid`` for Praat, one tier per face and action unit.

    A presence lasts from the time stamp of its first frame to that of the frame after its last.

    Raises
    ------
    ConfigError
        If the package that writes these files is not installed.
    """

    format: ClassVar[str] = "annotations"

    def __init__(self) -> None:
        self._library = _pympi()

    def begin(self, folder: Path, video: ExportedVideo) -> None:
        """Make a tier for every unit of every face."""
        self._folder, self._video = folder, video
        self._units = video.names_of("_c")
        self._tiers = {
            (face_id, name): _Tier() for face_id in video.face_ids for name in self._units
        }
        self._seconds: list[float] = []

    def add(self, rows: Rows, _frame: DecodedFrame | None) -> None:
        """Take in rows."""
        names = tuple(f"{name}_c" for name in self._units)
        step = self._step_seconds()
        for number, frame_rows in rows.by_frame():
            seconds = float(frame_rows.column("timestamp")[0])
            if np.isnan(seconds):
                seconds = (number - 1) * step
            # Editors know no time before a file's begin, nor two frames at the same time.
            seconds = max(seconds, 0.0, self._seconds[-1] if self._seconds else 0.0)
            self._seconds.append(seconds)
            presences, face_ids = frame_rows.values(*names), frame_rows.face_ids
            seen = {int(face): row for row, face in enumerate(face_ids) if not np.isnan(face)}
            for (face_id, name), tier in self._tiers.items():
                row = seen.get(face_id)
                column = self._units.index(name)
                tier.note(row is not None and presences[row, column] == 1, seconds)

    def _step_seconds(self) -> float:
        rate = self._video.average_rate_fps
        return 1 / rate if rate else _DEFAULT_STEP_SECONDS

    def finish(self) -> None:
        """Write both files."""
        last = self._seconds[-1] if self._seconds else 0.0
        end = last + self._step_seconds()
        for tier in self._tiers.values():
            tier.note(False, end)
        names = {key: f"{self._video.person(key[0])} {key[1]}".strip() for key in self._tiers}
        elan = self._library.Elan.Eaf(author="openface-beam")
        elan.remove_tier("default")
        uri = self._video.uri
        place = uri if "://" in uri else Path(uri).absolute().as_uri()
        of_any = "video/*" if self._video.kind == "video" else "image/*"
        kind = _MIME_TYPES.get(Path(uri).suffix.lower(), of_any)
        elan.add_linked_file(place, mimetype=kind)
        grid = self._library.Praat.TextGrid(xmin=0, xmax=end)
        for key, tier in self._tiers.items():
            elan.add_tier(names[key])
            # Praat writes a quotation mark twice; the package does so in texts, not in names.
            intervals = grid.add_tier(names[key].replace('"', '""'))
            for begin, until in tier.joined():
                intervals.add_interval(begin, until, key[1])
            for begin_ms, until_ms in tier.joined_ms():
                elan.add_annotation(names[key], begin_ms, until_ms, key[1])
        # It keeps a file that is there under another name; here is none.
        elan.to_file(str(self._folder / f"{self._video.name}.eaf"), pretty=True)
        grid.to_file(str(self._folder / f"{self._video.name}.TextGrid"))
