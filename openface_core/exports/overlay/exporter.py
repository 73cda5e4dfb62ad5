"""The overlay of an input: a film, or a picture."""

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from openface_core.errors import InputError
from openface_core.exports.exported_video import ExportedVideo
from openface_core.exports.exporter import Exporter
from openface_core.exports.options import ExportOptions
from openface_core.exports.overlay.face_drawing import (
    draw_eyes,
    draw_face,
    draw_gaze,
    draw_pose,
    face_of,
)
from openface_core.exports.overlay.film_writer import FilmWriter
from openface_core.exports.overlay.sound_track import SoundTrack
from openface_core.exports.overlay.style import VERMILION, Style
from openface_core.exports.overlay.text import clock_time, drawable, put_label
from openface_core.exports.overlay.unit_panel import UnitPanel
from openface_core.exports.rows import Rows
from openface_core.media import DecodedFrame, DecodeLimits

Image = NDArray[np.uint8]


def _listed(face_ids: Iterable[int]) -> str:
    return ", ".join(str(face_id) for face_id in sorted(face_ids))


class FramePainter:
    """Draws all that is known of a frame into it.

    Parameters
    ----------
    video : ExportedVideo
        The input.
    face_ids : tuple of int
        Whose; none stands for all faces.
    """

    def __init__(self, video: ExportedVideo, face_ids: tuple[int, ...] = ()) -> None:
        self._video, self._wanted = video, set(face_ids)
        self.style = Style(video.width_px, video.height_px)
        self._panel = UnitPanel(video, self.style)
        self._canvas: Image = np.empty((0, 0, 3), dtype=np.uint8)

    def paint(self, image: Image, rows: Rows) -> Image:
        """Return a frame with what is known of it; the picture lasts until the next one.

        Parameters
        ----------
        image : (H, W, 3) ndarray of uint8
            The frame, BGR.
        rows : Rows
            Its rows.
        """
        if self._canvas.shape != image.shape:
            self._canvas = np.empty_like(image)
        painted = self._canvas  # memory that is new for every frame would cost more than drawing
        np.copyto(painted, image)
        style, success = self.style, rows.success
        known = np.nan_to_num(rows.face_ids)
        chosen = [
            int(row)
            for row in np.flatnonzero(success)
            if not self._wanted or int(known[row]) in self._wanted
        ]
        named = {
            row: face_of(rows, row, drawable(self._video.person(int(known[row])))) for row in chosen
        }
        faces = {row: face for row, face in named.items() if face.is_drawable}
        camera = self._video.camera_of(image.shape[1], image.shape[0])
        for row, face in faces.items():
            draw_pose(painted, rows, row, camera, style)
            draw_eyes(painted, rows, row, style)
            draw_face(painted, face, style)
            draw_gaze(painted, rows, row, camera, style)
        self._panel.begin(faces.values())
        for row, face in faces.items():
            if self._video.has_several_faces:
                self._panel.draw_beside(painted, rows, row, face)
            else:
                self._panel.draw(painted, rows, row, face)
        self._write_frame_line(painted, rows, has_face=bool(chosen))
        return painted

    def _write_frame_line(self, painted: Image, rows: Rows, *, has_face: bool) -> None:
        seconds = float(rows.column("timestamp")[0])
        number = int(rows.frames[0])
        time = "" if np.isnan(seconds) else f"{clock_time(seconds)}  "
        text = "" if self._video.is_image else f"{time}frame {number}"
        height, width = painted.shape[:2]
        bottom = height - self.style.line_height_px
        if text:
            put_label(painted, text, 0, bottom, self.style)
        if not has_face:
            thickness = 3 * self.style.thickness_px
            cv2.rectangle(painted, (0, 0), (width - 1, height - 1), VERMILION, thickness)
            words = f"no face {_listed(self._wanted)}" if self._wanted else "no face found"
            put_label(painted, words, width // 2, bottom, self.style, VERMILION)


class Overlay(Exporter):
    """Writes a film with what was measured, or a picture.

    It has the size, the time stamps and the sound of the input.

    Parameters
    ----------
    options : ExportOptions
        Which part of it, and whose faces.
    limits : DecodeLimits
        Bounds on reading the sound.
    """

    format: ClassVar[str] = "overlay"
    needs_pictures: ClassVar[bool] = True

    def __init__(self, options: ExportOptions, limits: DecodeLimits | None = None) -> None:
        self._options = options
        self._limits = limits or DecodeLimits()
        self._film: FilmWriter | None = None
        self._sound: SoundTrack | None = None

    def begin(self, folder: Path, video: ExportedVideo) -> None:
        """Remember where the overlay goes.

        Raises
        ------
        InputError
            If it has none of the wanted faces.
        """
        wanted = set(self._options.face_ids)
        if wanted and not wanted & set(video.face_ids):
            raise InputError(
                video.uri,
                f"it has no face {_listed(wanted)}",
                f"Its faces are {_listed(video.face_ids)}."
                if video.face_ids
                else "No face was found in it.",
            )
        self._video, self._folder = video, folder
        self._painter = FramePainter(video, self._options.face_ids)
        self._begin_seconds = self._options.from_seconds or 0.0

    def add(self, rows: Rows, frame: DecodedFrame | None) -> None:
        """Draw and write a frame, if it is in the wanted part."""
        if frame is None:
            return
        seconds = float(rows.column("timestamp")[0])
        if not self._video.is_image and self._is_outside(seconds):
            return
        painted = self._painter.paint(frame.image, rows)
        if self._video.is_image:
            _, content = cv2.imencode(".png", painted)
            (self._folder / f"{self._video.name}.png").write_bytes(content.tobytes())
            return
        film = self._film or self._open(painted, frame)
        shown = frame.pts_seconds
        film.add(painted, None if shown is None else shown - self._shift_seconds)
        if self._sound is not None and shown is not None:
            self._sound.write_until(shown)

    def _is_outside(self, seconds: float) -> bool:
        if np.isnan(seconds):
            return False
        end = self._options.to_seconds
        return seconds < self._begin_seconds or (end is not None and seconds >= end)

    def _open(self, painted: Image, frame: DecodedFrame) -> FilmWriter:
        # A part begins at 0; a whole keeps the time stamps that it has.
        is_part = self._options.from_seconds is not None
        self._shift_seconds = (frame.pts_seconds or 0.0) if is_part else 0.0
        if self._video.kind == "video":
            begin = self._shift_seconds if is_part else None
            self._sound = SoundTrack(self._video.uri, self._limits, begin)
        height, width = painted.shape[:2]
        path = self._folder / f"{self._video.name}.mp4"
        fps = self._video.average_rate_fps
        self._film = FilmWriter(path, (width, height), fps, self._sound)
        return self._film

    def finish(self) -> None:
        """Complete the film.

        Raises
        ------
        InputError
            If none of its frames lies in the wanted part.
        """
        begin, end = self._options.from_seconds, self._options.to_seconds
        if self._film is None and not self._video.is_image and (begin, end) != (None, None):
            last = "" if end is None else f" to {end:g} s"
            raise InputError(
                self._video.uri,
                f"it has no frame from {begin or 0.0:g} s{last}",
                "Choose another part of it: --from and --to are the seconds of the column "
                "timestamp.",
            )
        if self._film is not None:
            if self._sound is not None and self._options.to_seconds is None:
                self._sound.write_until(float("inf"))
            self._film.finish()
            self._film = None
        self.abandon()

    def abandon(self) -> None:
        """Close what is open."""
        if self._film is not None:
            self._film.abandon()
            self._film = None
        if self._sound is not None:
            self._sound.close()
            self._sound = None
