"""Pictures of decoded frames: whole ones by FFmpeg, or parts of them where these are the same."""

from typing import Final, NamedTuple

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter

from openface_core.media.orientation import UPRIGHT, Orientation
from openface_core.media.yuv_pictures import FORMATS, Int32Array, YuvPicture, all_weights
from openface_core.partial_pictures import AnyPicture, UInt8Array

# Bit-exact: the same pixels whatever instructions the processor has.
_INTERPOLATION = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.BITEXACT

_LEAST_PIXELS: Final = 1 << 18
"""Smaller pictures are converted as a whole in less time than a face and its surroundings."""

_STEPS: Final = 32
"""So many values of each of both colours are tried, with all values of brightness."""

_CONVERTED: Final = frozenset({0, 1, 2, 4, 5, 6, 7, 9})
"""Matrices of colours that FFmpeg converts, by their numbers in ITU-T H.273; 2: not stated."""

_NEAREST: Final = {10: Colorspace.BT2020, 14: Colorspace.BT2020}
"""Of others: BT.2020 with constant luminance, and ICtCp, are made of the same primaries."""

_BY_PRIMARIES: Final = {1: Colorspace.ITU709, 9: Colorspace.BT2020}
_DERIVED: Final = (12, 13)
"""Matrices that follow from the primaries."""

_STRIP_PX: Final = 48
"""At the right and lower borders of a frame, where sizes make a difference if they do anywhere."""


class _Kind(NamedTuple):
    """What decides how FFmpeg makes colours."""

    format: str
    range: int
    space: int
    transfer: int
    primaries: int
    are_stated: bool


_WEIGHTS: Final[dict[_Kind, Int32Array | None]] = {}
"""What is known of kinds of colours so far; None where no weights give what FFmpeg does."""


class FrameColours:
    """Makes pictures of a video's frames; has a state, so each video needs its own.

    Parameters
    ----------
    are_stated : bool
        Whether colours are made as the video states, or else taken for those of BT.601.
    """

    def __init__(self, *, are_stated: bool) -> None:
        self._are_stated = are_stated
        self._reformatter = VideoReformatter()
        self._weights: dict[tuple[_Kind, int, int], Int32Array | None] = {}

    def picture(self, frame: VideoFrame, orientation: Orientation) -> AnyPicture:
        """Return the upright picture of a frame, (H, W, 3), blue first; in parts where that can be.

        Raises
        ------
        av.error.FFmpegError, ValueError
            If its format cannot be converted.
        """
        width, height = frame.width, frame.height
        if frame.format.name not in FORMATS or width % 2 or height % 2:
            return self.whole(frame, orientation)
        # Of interlaced frames, FFmpeg converts one field after the other.
        if frame.interlaced_frame or width * height < _LEAST_PIXELS:
            return self.whole(frame, orientation)
        kind = _kind_of(frame, are_stated=self._are_stated)
        key = kind, width, height
        if key not in self._weights:
            picture = self.whole(frame)
            self._weights[key] = self._weights_of(kind, frame, picture)
            return orientation.apply(picture)
        weights = self._weights[key]
        if weights is None:
            return self.whole(frame, orientation)
        return YuvPicture(frame, weights, orientation, self.whole)

    def whole(self, frame: VideoFrame, orientation: Orientation = UPRIGHT) -> UInt8Array:
        """Return the whole upright picture of a frame, as FFmpeg makes it.

        Raises
        ------
        av.error.FFmpegError, ValueError
            If its format cannot be converted.
        """
        space = self._taken_for(frame)
        made = self._reformatter.reformat(
            frame, format="bgr24", src_colorspace=space, dst_colorspace=space, threads=1
        )
        return orientation.apply(_values_of(made))

    def stretched(
        self, frame: VideoFrame, width_px: int, height_px: int, orientation: Orientation
    ) -> UInt8Array:
        """Return the upright picture of a frame that had another size before it was turned.

        Raises
        ------
        av.error.FFmpegError, ValueError
            If its format cannot be converted.
        """
        space = self._taken_for(frame)
        made = self._reformatter.reformat(
            frame, width_px, height_px, "bgr24", src_colorspace=space, dst_colorspace=space,
            interpolation=_INTERPOLATION, threads=1,
        )  # fmt: skip
        return orientation.apply(_values_of(made))

    def knows(self, frame: VideoFrame) -> bool:
        """Return whether a frame's colours are made by the matrix that they are to be made by.

        Where the frame states one that FFmpeg does not convert, another takes its place.
        """
        return not self._are_stated or frame.colorspace in _CONVERTED or not _has_matrix(frame)

    def _taken_for(self, frame: VideoFrame) -> Colorspace | None:
        """Return the matrix that FFmpeg is told; None has it take the frame's own."""
        if not self._are_stated:
            return Colorspace.ITU601
        return None if self.knows(frame) else _nearest_space(frame)

    def _weights_of(self, kind: _Kind, frame: VideoFrame, picture: UInt8Array) -> Int32Array | None:
        """Return the weights that give what FFmpeg does, for all colours and in a frame."""
        if kind not in _WEIGHTS:
            colours = _frame_of_all_colours(frame)
            whole = self.whole(colours)
            found = (w for w in all_weights() if _gives(w, colours, whole, whole.shape[0]))
            _WEIGHTS[kind] = next(found, None)
        weights = _WEIGHTS[kind]
        if weights is None or not _gives(weights, frame, picture, _STRIP_PX):
            return None
        return weights


def _has_matrix(frame: VideoFrame) -> bool:
    """Return whether a frame has brightness and two colours, of which a matrix makes its pixels."""
    return not frame.format.is_rgb and len(frame.format.components) >= 3


def _nearest_space(frame: VideoFrame) -> Colorspace:
    """Return the matrix nearest to one that FFmpeg cannot convert; BT.601 where none is near."""
    if frame.colorspace in _DERIVED:
        return _BY_PRIMARIES.get(frame.color_primaries, Colorspace.ITU601)
    return _NEAREST.get(frame.colorspace, Colorspace.ITU601)


def _values_of(frame: VideoFrame) -> UInt8Array:
    return np.asarray(frame.to_ndarray(), dtype=np.uint8)


def _kind_of(frame: VideoFrame, *, are_stated: bool) -> _Kind:
    return _Kind(
        frame.format.name,
        frame.color_range,
        frame.colorspace,
        frame.color_trc,
        frame.color_primaries,
        are_stated,
    )


def _gives(weights: Int32Array, frame: VideoFrame, known: UInt8Array, strip_px: int) -> bool:
    """Return whether strips at the right and below have the same bits as the whole picture."""
    height, width = known.shape[:2]
    right, below = max(width - strip_px, 0), max(height - strip_px, 0)
    parts = YuvPicture(frame, weights, UPRIGHT, lambda _frame, _orientation: known)
    seen = parts.within(right, 0, width, height)
    if not np.array_equal(seen[:, right:], known[:, right:]):
        return False
    seen = parts.within(0, below, width, height)
    return np.array_equal(seen[below:], known[below:])


def _frame_of_all_colours(like: VideoFrame) -> VideoFrame:
    """Return a frame of all values of brightness for many colours, of another frame's kind."""
    steps = np.linspace(0, 255, _STEPS).round().astype(np.uint8)
    side = 16 * _STEPS
    # A colour has 64 squares of 2 x 2 pixels, each with four values of brightness.
    square = np.arange(64)
    luma = (4 * square.reshape(8, 8)[:, None, :, None] + np.arange(4).reshape(1, 2, 1, 2)).reshape(
        16, 16
    )
    planes = (
        np.tile(luma.astype(np.uint8), (_STEPS, _STEPS)),
        np.repeat(np.repeat(steps[:, None], _STEPS, axis=1), 8, axis=0).repeat(8, axis=1),
        np.repeat(np.repeat(steps[None, :], _STEPS, axis=0), 8, axis=0).repeat(8, axis=1),
    )
    frame = VideoFrame(side, side, like.format.name)
    for plane, values in zip(frame.planes, planes, strict=True):
        rows = np.zeros((plane.height, plane.line_size), dtype=np.uint8)
        rows[:, : plane.width] = values
        plane.update(rows.tobytes())
    frame.color_range, frame.colorspace = like.color_range, like.colorspace
    frame.color_trc, frame.color_primaries = like.color_trc, like.color_primaries
    return frame
