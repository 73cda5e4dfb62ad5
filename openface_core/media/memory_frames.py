"""Pictures that are in memory already, as a medium."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sized
from numbers import Real
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray

from openface_core.errors import InputError
from openface_core.frame_check import is_bgr
from openface_core.media.frames import DecodedFrame, MediaInfo, MediaReader
from openface_core.media.tally import sizes_text

# Beyond these, time stamps are no numbers any more, or all the same.
_LOWEST_FPS, _HIGHEST_FPS = 1e-6, 1e6


class MemoryFrames(MediaReader):
    """Frames given one by one as arrays.

    Parameters
    ----------
    images : iterable of (H, W, 3) ndarray of uint8
        Upright BGR pictures. Each is looked at once, before the next one is asked for.
    fps : float
        Frames per second, for the time stamps; from 1e-6 to 1e6.
    name : str
        What messages and records call them.

    Raises
    ------
    InputError
        If `fps` is no positive number, or there are no pictures to ask for; in the course of the
        iteration, if a picture is of another form.
    """

    def __init__(self, images: Iterable[object], fps: float, name: str) -> None:
        self._fps = _frames_per_second(fps, name)
        if not _are_pictures(images):
            raise InputError(
                name,
                f"a list or a generator of pictures is expected, found {_found(images)}",
                "Give pictures one after the other; a single one as [picture].",
            )
        self._images = iter(images)
        self._name = name
        self._sizes: set[tuple[int, int]] = set()
        self._first: DecodedFrame | None = next(self._decoded(0), None)
        self._digest = hashlib.sha256(np.float64(self._fps).tobytes())
        height, width = (0, 0) if self._first is None else self._first.picture.shape[:2]
        self._info = MediaInfo(
            uri=name,
            kind="video",
            container="memory",
            codec="bgr24",
            width_px=width,
            height_px=height,
            rotation_degrees=0,
            average_rate_fps=self._fps,
            frame_count_from_header=_length(images),
            duration_seconds_from_header=None,
            decoder="none",
        )

    @property
    def info(self) -> MediaInfo:
        """Description of the frames."""
        return self._info

    @property
    def warnings(self) -> tuple[str, ...]:
        """That they are not of one size."""
        if len(self._sizes) < 2:
            return ()
        return (f"the frame size changes within the video ({sizes_text(self._sizes)})",)

    @property
    def fingerprint(self) -> str:
        """Hash of the rate, and of the frames that were looked at so far."""
        return f"sha256:{self._digest.hexdigest()}"

    def _decoded(self, first_index: int) -> Iterator[DecodedFrame]:
        for index, image in enumerate(self._images, first_index):
            if not _is_picture(image):
                raise InputError(
                    self._name,
                    f"frame {index + 1} is not an array (H, W, 3) of uint8, found {_form(image)}",
                    "Give BGR pictures, as OpenCV reads them.",
                )
            self._sizes.add((image.shape[1], image.shape[0]))
            yield DecodedFrame(index, index / self._fps, _compact(image))

    def __iter__(self) -> Iterator[DecodedFrame]:
        """Return the iterator over the frames."""
        first, self._first = self._first, None
        if first is None:
            return
        yield self._noted(first)
        for frame in self._decoded(first.index + 1):
            yield self._noted(frame)

    def _noted(self, frame: DecodedFrame) -> DecodedFrame:
        self._digest.update(np.array(frame.image.shape, dtype=np.int64).tobytes())
        self._digest.update(frame.image.data)
        return frame

    def close(self) -> None:
        """Do nothing: there is no file."""


def _frames_per_second(fps: object, name: str) -> float:
    """Return the rate; of any type that is a real number, as fractions are."""
    rate = np.nan if isinstance(fps, bool) or not isinstance(fps, Real) else float(fps)
    if not _LOWEST_FPS <= rate <= _HIGHEST_FPS:
        raise InputError(
            name,
            f"fps must be a number from {_LOWEST_FPS:g} to {_HIGHEST_FPS:g}, found {fps!r}",
            "Give frames per second.",
        )
    return rate


def _are_pictures(images: object) -> TypeGuard[Iterable[object]]:
    """Return whether there is one picture after the other, as far as that can be told."""
    if isinstance(images, np.ndarray):
        return images.ndim > 0 and not _is_picture(images)
    return isinstance(images, Iterable) and not isinstance(images, Mapping | str | bytes)


def _found(images: object) -> str:
    return "a single one" if _is_picture(images) else type(images).__name__


def _length(images: object) -> int | None:
    """Return how many pictures there are, if that is known: only progress bars show it."""
    try:
        return len(images) if isinstance(images, Sized) else None
    except (TypeError, ValueError, OverflowError, NotImplementedError):
        return None  # so do loaders of streams answer, which have the method in any case


def _compact(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a picture without gaps, to which could be written.

    For arrays that are read-only, as those made of bytes or by Pillow, all kernels would be
    compiled once more, which takes half a minute.
    """
    return np.require(image, requirements=["C_CONTIGUOUS", "WRITEABLE", "ENSUREARRAY"])


def _is_picture(image: object) -> TypeGuard[NDArray[np.uint8]]:
    return isinstance(image, np.ndarray) and is_bgr(image) and image.size > 0


def _form(image: object) -> str:
    if isinstance(image, np.ndarray):
        return f"{image.shape} of {image.dtype}"
    return type(image).__name__
