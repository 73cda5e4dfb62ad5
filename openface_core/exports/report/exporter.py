"""The report of an input."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from openface_core.exports.exported_video import ExportedVideo
from openface_core.exports.exporter import Exporter
from openface_core.exports.report.face_crops import (
    as_data_url,
    brightness_of,
    upright_crop,
    with_points,
)
from openface_core.exports.report.flags import Flag, flags_of
from openface_core.exports.report.page import Sheet, page
from openface_core.exports.report.page_data import PageData
from openface_core.exports.report.picture_choice import Choice, choose
from openface_core.exports.rows import Rows
from openface_core.media import DecodedFrame


@dataclass(frozen=True)
class _Wanted:
    """A face whose picture is shown, and what for."""

    face_id: int
    choices: tuple[Choice, ...]


class Report(Exporter):
    """Writes a page of HTML; its pictures are taken from the frames that are worth looking at."""

    format: ClassVar[str] = "report"
    needs_pictures: ClassVar[bool] = True
    looks_ahead: ClassVar[bool] = True

    def begin(self, folder: Path, video: ExportedVideo) -> None:
        """Begin to gather what is shown."""
        self._path = folder / f"{video.name}.html"
        self._data = PageData(video)
        self._wanted: dict[int, list[_Wanted]] | None = None
        self._pictures: dict[tuple[int, int], str] = {}
        self._brightness: dict[int, list[float]] = {}
        self._flags: tuple[Flag, ...] = ()

    def look(self, rows: Rows) -> None:
        """Take in rows."""
        self._data.add(rows)

    def add(self, rows: Rows, frame: DecodedFrame | None) -> None:
        """Take pictures from a frame that is worth looking at."""
        if self._wanted is None:
            self._wanted = self._choose()
        if frame is None:
            return
        face_ids = np.nan_to_num(rows.face_ids)
        for wanted in self._wanted.get(frame.index + 1, ()):
            for row in np.flatnonzero(rows.success & (face_ids == wanted.face_id)):
                crop, points = upright_crop(frame.image, rows.landmarks(int(row)))
                shown = as_data_url(with_points(crop, points))
                self._pictures[wanted.face_id, frame.index + 1] = shown
                self._brightness.setdefault(wanted.face_id, []).append(brightness_of(crop))

    def _choose(self) -> dict[int, list[_Wanted]]:
        self._sheets = {trace.face_id: choose(trace) for trace in self._data.shown}
        wanted: dict[int, list[_Wanted]] = {}
        for face_id, choices in self._sheets.items():
            for frame in {choice.frame for choice in choices}:
                of_frame = tuple(choice for choice in choices if choice.frame == frame)
                wanted.setdefault(frame, []).append(_Wanted(face_id, of_frame))
        return wanted

    def finish(self) -> None:
        """Write the page."""
        if self._wanted is None:
            self._wanted = self._choose()
        brightness = {
            face_id: float(np.median(values)) for face_id, values in self._brightness.items()
        }
        self._flags = flags_of(self._data, brightness)
        sheets = {
            face_id: Sheet(choices, self._pictures_of(face_id))
            for face_id, choices in self._sheets.items()
        }
        text = page(self._data, self._flags, sheets)
        self._path.write_text(text, encoding="utf-8", newline="\n")

    def _pictures_of(self, face_id: int) -> dict[int, str]:
        return {frame: url for (face, frame), url in self._pictures.items() if face == face_id}

    def notes(self) -> dict[str, Any]:
        """Return the row of the index."""
        data = self._data
        return {
            "frames": data.frames,
            "seconds": round(data.seconds, 2),
            "faces": data.face_count,
            "success": round(data.success_rate, 4),
            "confidence": round(
                float(
                    sum(t.confidence_sum for t in data.traces.values())
                    / max(1, sum(t.frames_with_face for t in data.traces.values()))
                ),
                3,
            ),
            "flags": sorted({flag.name for flag in self._flags}),
        }
