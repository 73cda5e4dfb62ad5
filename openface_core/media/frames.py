"""What decoding takes and gives: limits, the description of a medium, frames, and the reader."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from types import TracebackType
from typing import Final, Literal, Self

import numpy as np
from numpy.typing import NDArray

from openface_core.errors import ConfigError
from openface_core.partial_pictures import AnyPicture, all_pixels

MediaKind = Literal["video", "image", "image_sequence"]

_MOST_PIXELS: Final = 2**31 - 1
"""FFmpeg's bound of them is an integer of 32 bits."""


@dataclass(frozen=True)
class DecodeLimits:
    """How videos are decoded, and bounds that keep a hostile or damaged file from holding a worker.

    Parameters
    ----------
    max_pixels : int
        Largest coded width × height of one frame, at most 2147483647. FFmpeg enforces it too, so
        that a stream which grows after its first frame is bounded as well.
    io_timeout_seconds : float
        How long opening a local file, or reading one packet from it, may take; of other
        filesystems, each question and each read.
    frame_timeout_seconds : float
        Wall-clock time without a new frame after which a video is given up. It is looked at
        between packets, and the time a caller spends on a frame does not count.
    max_corrupt_packets : int
        Undecodable packets of a video, or unreadable images of a sequence, that are skipped before
        the input is given up.
    square_pixels : bool
        Whether pictures of a video whose pixels are not square are stretched. OpenFace measures
        them as they are stored.
    stated_colours : bool
        Whether a video's colours are made as it states, or else taken for those of BT.601; so the
        decoders do that OpenFace is built with.

    Raises
    ------
    ConfigError
        A limit is not positive (``max_corrupt_packets`` may be 0), or `max_pixels` too large.
    """

    max_pixels: int = 8192 * 8192 // 2
    io_timeout_seconds: float = 60.0
    frame_timeout_seconds: float = 120.0
    max_corrupt_packets: int = 1000
    square_pixels: bool = True
    stated_colours: bool = True

    def __post_init__(self) -> None:
        for name in ("max_pixels", "io_timeout_seconds", "frame_timeout_seconds"):
            value = getattr(self, name)
            if not value > 0:
                raise ConfigError(name, f"it must be positive, found {value}", "Give a larger one.")
        if self.max_pixels > _MOST_PIXELS:
            raise ConfigError(
                "max_pixels",
                f"it must be at most {_MOST_PIXELS}, found {self.max_pixels}",
                "FFmpeg decodes no larger pictures; give a smaller one.",
            )
        if self.max_corrupt_packets < 0:
            raise ConfigError(
                "max_corrupt_packets",
                f"it must not be negative, found {self.max_corrupt_packets}",
                "Give 0 or more.",
            )


@dataclass(frozen=True)
class MediaInfo:
    """Description of an opened medium.

    Attributes
    ----------
    uri : str
        As given by the caller.
    kind : {"video", "image", "image_sequence"}
        What was recognised from the content.
    container, codec : str
        FFmpeg's names for a video; the image format for an image; ``"directory"`` and the format of
        the first readable image for an image sequence.
    width_px, height_px : int
        Size of the first frame, upright and with square pixels. Later frames may differ.
    rotation_degrees : {0, 90, 180, 270}
        Clockwise rotation that was applied to the first frame of a video (after mirroring it
        left-right where `mirrored` is true). An image's EXIF orientation is applied while it is
        decoded and not reported here.
    average_rate_fps : float or None
        Frames per second stated by the container; for an image sequence the rate it was given.
    frame_count_from_header : int or None
        What the container promises; never used to allocate anything.
    duration_seconds_from_header : float or None
        Duration of the video stream, or else of the container.
    decoder : str
        Library and version.
    mirrored : bool
        Whether the container asked for a mirrored picture.
    pixel_aspect_ratio : Fraction
        Width of a coded pixel to its height, by which a video's frames were stretched before they
        were turned; 1 where nothing was done.
    start_seconds : float
        When the file starts, on its own clock: the earliest time of its pictures and its sound.
        Never negative; subtracted from the time stamps.
    image_names : tuple of str
        Of an image sequence, the file of every frame given so far.
    end_seconds_from_header : float or None
        When the last picture ends, since the file's start, by a header that is written apart from
        the pictures; None where there is none, or where the frames' times are only counted.
    """

    uri: str
    kind: MediaKind
    container: str
    codec: str
    width_px: int
    height_px: int
    rotation_degrees: int
    average_rate_fps: float | None
    frame_count_from_header: int | None
    duration_seconds_from_header: float | None
    decoder: str
    mirrored: bool = False
    pixel_aspect_ratio: Fraction = Fraction(1)
    start_seconds: float = 0.0
    image_names: tuple[str, ...] = ()
    end_seconds_from_header: float | None = None


@dataclass(frozen=True, eq=False)
class DecodedFrame:
    """One upright frame.

    Attributes
    ----------
    index : int
        0-based, in presentation order, counting decoded frames only.
    pts_seconds : float or None
        Presentation time since the file's start, see :attr:`MediaInfo.start_seconds`; where sound
        starts earlier, the first frame is not at 0. A file without time stamps has them counted at
        its frame rate; None where it states none.
        A single image is at 0.0, an image of a sequence at its index divided by the rate.
    picture : ndarray of uint8, shape (H, W, 3), or PartialPicture
        BGR, C-contiguous, with square pixels, rotation applied; what is made in part has its
        pixels where they are asked for.
    """

    index: int
    pts_seconds: float | None
    picture: AnyPicture

    @property
    def image(self) -> NDArray[np.uint8]:
        """The whole picture, an ndarray of shape (H, W, 3)."""
        return all_pixels(self.picture)


class MediaReader(ABC):
    """Frames of one medium, read once from the first to the last.

    A reader is a context manager and an iterable of :class:`DecodedFrame`. Like an open file it
    can be run through only once: a second loop resumes where the first one stopped.
    """

    @property
    @abstractmethod
    def info(self) -> MediaInfo:
        """Description of the medium, known from the moment it is open, but for image_names."""

    @property
    @abstractmethod
    def warnings(self) -> tuple[str, ...]:
        """What was wrong but could be worked around; complete once the iteration has ended."""

    @property
    def preroll_frames(self) -> int:
        """Frames decoded so far but not given, because they lie outside the wanted part."""
        return 0

    @abstractmethod
    def __iter__(self) -> Iterator[DecodedFrame]:
        """Return the iterator over the frames, in presentation order.

        Raises
        ------
        MediaError
            In the course of the iteration: a time limit was reached, the storage failed, or more
            packets were damaged than :class:`DecodeLimits` allows.
        """

    @abstractmethod
    def close(self) -> None:
        """Release the file; may be called more than once."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
