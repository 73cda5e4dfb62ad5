"""Frames with time stamps written as H.264 in MP4."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from openface_core.exports.overlay.sound_track import SoundTrack

_TIME_BASE = Fraction(1, 90_000)
_DEFAULT_FPS = 30.0
_OPTIONS = {"preset": "ultrafast", "qp": "24"}
"""Constant quality costs no look ahead: a fifth of the time of slower presets, twice the size."""


class FilmWriter:
    """Encodes frames one by one, on one thread.

    Parameters
    ----------
    path : Path
        The file.
    size_px : (int, int)
        Width and height of the frames; an odd one loses a row or column, as H.264 must.
    fps : float or None
        Frames per second, for players that want to know and for frames without a time stamp.
    sound : SoundTrack or None
        Sound that goes with them.
    """

    def __init__(
        self, path: Path, size_px: tuple[int, int], fps: float | None, sound: SoundTrack | None
    ) -> None:
        self._width, self._height = (max(2, side - side % 2) for side in size_px)
        self._step = round(1 / ((fps or _DEFAULT_FPS) * float(_TIME_BASE)))
        self._container = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
        rate = Fraction(fps or _DEFAULT_FPS).limit_denominator(1001)
        stream = self._container.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = self._width, self._height, "yuv420p"
        stream.codec_context.time_base = _TIME_BASE
        stream.codec_context.thread_count = 1
        stream.codec_context.options = _OPTIONS
        self._stream, self._sound = stream, sound
        if sound is not None:
            sound.add_to(self._container)
        # One frame serves for all: the encoder keeps what it needs, and memory that is new for
        # every frame costs as much as half the encoding.
        self._frame = VideoFrame(self._width, self._height, "yuv420p")
        self._planes = [_plane_of(self._frame, k) for k in range(3)]
        self._converted = np.empty((self._height * 3 // 2, self._width), dtype=np.uint8)
        self._last = -self._step

    def add(self, image: NDArray[np.uint8], seconds: float | None) -> None:
        """Encode a frame.

        Parameters
        ----------
        image : (H, W, 3) ndarray of uint8
            BGR; scaled if it is not of the film's size.
        seconds : float or None
            When it is shown; None follows the frame before.
        """
        if abs(image.shape[0] - self._height) > 1 or abs(image.shape[1] - self._width) > 1:
            image = cv2.resize(image, (self._width, self._height)).astype(np.uint8, copy=False)
        image = np.ascontiguousarray(image[: self._height, : self._width])
        cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420, dst=self._converted)
        begin, values = 0, self._converted.reshape(-1)
        for plane in self._planes:
            plane[:] = values[begin : begin + plane.size].reshape(plane.shape)
            begin += plane.size
        frame = self._frame
        known = None if seconds is None else round(seconds / float(_TIME_BASE))
        pts = self._last + self._step if known is None else max(known, self._last + 1)
        frame.pts, frame.time_base = pts, _TIME_BASE
        self._last = pts
        self._container.mux(self._stream.encode(frame))

    def finish(self) -> None:
        """Write what is left, and close the file."""
        self._container.mux(self._stream.encode(None))
        self._container.close()

    def abandon(self) -> None:
        """Close the file as it is."""
        self._container.close()


def _plane_of(frame: VideoFrame, index: int) -> NDArray[np.uint8]:
    """Return the pixels of one of a frame's planes, (h, w), which can be written to."""
    plane = frame.planes[index]
    lines = np.frombuffer(memoryview(plane), dtype=np.uint8)
    return lines.reshape(plane.height, plane.line_size)[:, : plane.width]
