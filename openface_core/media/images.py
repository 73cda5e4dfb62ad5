"""Single images, and folders of images read as a video."""

import math
import re
from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from openface_core.errors import ConfigError, MediaError
from openface_core.media.decoder_words import decoded_quietly
from openface_core.media.frames import DecodedFrame, DecodeLimits, MediaInfo, MediaReader
from openface_core.media.image_headers import image_size, is_cut_off
from openface_core.media.several_pictures import picture_count
from openface_core.media.sniffing import HEAD_BYTES, ImageFormat, image_format
from openface_core.media.sources import Source
from openface_core.media.tally import sizes_text

IMAGE_SUFFIXES = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".tif", ".tiff", ".webp",
)  # fmt: skip
"""What counts as an image in a folder; single files are recognised by their content."""

_OTHER_SUFFIXES = (
    ".heic", ".heif", ".avif", ".gif", ".jp2", ".jxl", ".tga", ".pgm", ".ppm", ".dng", ".cr2",
    ".cr3", ".nef", ".arw",
)  # fmt: skip
"""Pictures of formats that are not read, and that somebody may miss."""

# An uncompressed image has at most 8 bytes per pixel (16-bit RGBA); the rest is for metadata.
_BYTES_PER_PIXEL = 8
_METADATA_BYTES = 16 * 2**20


class UnusableImageError(MediaError):
    """An image was read, but its content cannot be used; the storage is not to blame."""


def image_decoder_name() -> str:
    """Return library, version and function that decode images."""
    return f"OpenCV {cv2.__version__} imdecode"


class DecodedImage(NamedTuple):
    """An image file's content.

    Parameters
    ----------
    kind : ImageFormat
        Its format.
    image : (H, W, 3) ndarray of uint8
        Its first picture, BGR and upright.
    pictures : int
        How many pictures it holds.
    damage : str or None
        What its decoder says of damage that it has patched up.
    """

    kind: ImageFormat
    image: NDArray[np.uint8]
    pictures: int
    damage: str | None


def decode_image(source: Source, limits: DecodeLimits) -> DecodedImage:
    """Read and decode one image file, with its EXIF orientation applied.

    Returns
    -------
    DecodedImage
        The format found in the content, the first picture, and what else is known of it.

    Raises
    ------
    UnusableImageError
        The file is no image, is cut off or damaged, or is larger than `limits` allows (which is
        found out before it is decoded).
    MediaError
        The file cannot be read.
    """
    data = _read_bounded(source, limits)
    kind = image_format(data[:HEAD_BYTES])
    if kind is None:
        raise UnusableImageError(
            source.uri,
            "its content is not that of a JPEG, PNG, BMP, TIFF or WebP image",
            "Convert it to one of these.",
        )
    try:
        width, height = image_size(kind, data)
        cut_off = is_cut_off(kind, data)
    except ValueError as problem:
        raise UnusableImageError(
            source.uri, f"the {kind.upper()} image is damaged: {problem}", "Copy it again."
        ) from None
    if width * height > limits.max_pixels:
        raise UnusableImageError(
            source.uri,
            f"its {width} x {height} pixels are more than the {limits.max_pixels} allowed",
            "Make it smaller, or raise max_pixels.",
        )
    image, damage = (None, None) if cut_off else decoded_quietly(lambda: _imdecode(data))
    if image is None:
        cause = "is cut off" if cut_off else "is damaged or of an unusual kind"
        raise UnusableImageError(
            source.uri,
            f"the {kind.upper()} image {cause}",
            "Copy or download it again, or save it anew with an image editor.",
        )
    return DecodedImage(kind, image, picture_count(kind, data), damage)


def _read_bounded(source: Source, limits: DecodeLimits) -> bytes:
    limit_bytes = _BYTES_PER_PIXEL * limits.max_pixels + _METADATA_BYTES
    size = source.size_bytes()
    if size == 0:
        raise UnusableImageError(source.uri, "the file is empty", "Copy or download it again.")
    data = b"" if size is not None and size > limit_bytes else source.read(limit_bytes + 1)
    if len(data) > limit_bytes or not data:
        raise UnusableImageError(
            source.uri,
            f"as an image file it is larger than the {limit_bytes} bytes allowed",
            "Make it smaller, or raise max_pixels.",
        )
    return data


def _imdecode(data: bytes) -> NDArray[np.uint8] | None:
    try:
        image = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    if image is None or image.dtype != np.uint8 or image.ndim != 3:
        return None
    return np.ascontiguousarray(image)


class ImageReader(MediaReader):
    """A single image: one frame at 0.0 s.

    Parameters
    ----------
    source : Source
        The image file.
    limits : DecodeLimits
        Bounds.

    Raises
    ------
    MediaError
        See :func:`decode_image`.
    """

    def __init__(self, source: Source, limits: DecodeLimits) -> None:
        kind, image, self._pictures, self._damage = decode_image(source, limits)
        self._info = MediaInfo(
            uri=source.uri,
            kind="image",
            container=kind,
            codec=kind,
            width_px=image.shape[1],
            height_px=image.shape[0],
            rotation_degrees=0,
            average_rate_fps=None,
            frame_count_from_header=1,
            duration_seconds_from_header=None,
            decoder=image_decoder_name(),
        )
        self._frames = iter([DecodedFrame(0, 0.0, image)])

    @property
    def info(self) -> MediaInfo:
        """Description of the image."""
        return self._info

    @property
    def warnings(self) -> tuple[str, ...]:
        """That there are more pictures than the first, and that it is damaged."""
        lines = []
        if self._pictures > 1:
            lines.append(f"only the first of {self._pictures} pictures is read")
        if self._damage is not None:
            lines.append(f"the picture is damaged and was patched up ({self._damage})")
        return tuple(lines)

    def __iter__(self) -> Iterator[DecodedFrame]:
        """Return the iterator over the one frame."""
        return self._frames

    def close(self) -> None:
        """Do nothing: the file was read as a whole."""


def natural_order(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sorting key that puts ``img2`` before ``img10``; letter case does not count."""
    parts = re.split(r"([0-9]+)", name)  # digits at the odd places
    key = [
        (0, int(part), "") if place % 2 else (1, 0, part.casefold())
        for place, part in enumerate(parts)
        if part
    ]
    return (*key, (2, 0, name))


def image_names(folder: Source) -> list[str]:
    """Return the names of the images in a folder, in natural order; hidden files are left out."""
    return _ending_in(IMAGE_SUFFIXES, folder.names())


def _ending_in(suffixes: tuple[str, ...], names: Iterable[str]) -> list[str]:
    found = (n for n in names if n.lower().endswith(suffixes) and not n.startswith("."))
    return sorted(found, key=natural_order)


class ImageSequenceReader(MediaReader):
    """The images of one folder as the frames of a video, in natural order of their names.

    A damaged image is skipped with a warning. Time stamps count the images that are read, as their
    numbers do; :attr:`MediaInfo.image_names` says which they are. A storage that fails is an error,
    since otherwise the result would depend on the network. The images need not be of one size.

    Parameters
    ----------
    source : Source
        The folder.
    limits : DecodeLimits
        Bounds on each image and on the number of unreadable ones.
    rate_fps : float
        Images per second.

    Raises
    ------
    MediaError
        The folder has no images, or none of them can be read.
    ConfigError
        `rate_fps` is not positive.
    """

    def __init__(self, source: Source, limits: DecodeLimits, rate_fps: float) -> None:
        if not (math.isfinite(rate_fps) and rate_fps > 0):
            raise ConfigError(
                "image_sequence_fps", f"it must be positive, found {rate_fps}", "Give e.g. 30."
            )
        self._source = source
        self._limits = limits
        self._rate_fps = rate_fps
        self._skipped: list[str] = []
        self._several: list[str] = []
        self._damaged: list[str] = []
        self._sizes: set[tuple[int, int]] = set()
        self._read_names: list[str] = []
        self._given = 0
        names = source.names()
        self._names = _ending_in(IMAGE_SUFFIXES, names)
        self._left_out = _ending_in(_OTHER_SUFFIXES, names)
        self._codec = "unknown"
        if not self._names:
            raise MediaError(
                source.uri,
                "the folder holds no images",
                f"Put {', '.join(IMAGE_SUFFIXES)} files into it, or name a video file.",
            )
        self._frames = self._decode()
        self._first = next(self._frames, None)
        if self._first is None:
            raise MediaError(
                source.uri,
                f"none of the {len(self._names)} images can be read; the first: {self._skipped[0]}",
                "Copy the images again.",
            )
        self._info = MediaInfo(
            uri=source.uri,
            kind="image_sequence",
            container="directory",
            codec=self._codec,
            width_px=self._first.picture.shape[1],
            height_px=self._first.picture.shape[0],
            rotation_degrees=0,
            average_rate_fps=rate_fps,
            frame_count_from_header=len(self._names),
            duration_seconds_from_header=len(self._names) / rate_fps,
            decoder=image_decoder_name(),
        )

    @property
    def info(self) -> MediaInfo:
        """Description of the sequence; its size is that of the first readable image."""
        return replace(self._info, image_names=tuple(self._read_names[: self._given]))

    @property
    def warnings(self) -> tuple[str, ...]:
        """A line about pictures left out, unreadable, several, damaged, and of many sizes each."""
        lines = []
        if self._left_out:
            lines.append(
                f"{len(self._left_out)} pictures of the folder are of formats that are not read, "
                f"such as {self._left_out[0]}"
            )
        if self._skipped:
            lines.append(
                f"{len(self._skipped)} of {len(self._names)} images skipped, the first because: "
                f"{self._skipped[0]}"
            )
        if self._several:
            lines.append(
                f"{len(self._several)} images hold several pictures, of which the first is read, "
                f"such as {self._several[0]}"
            )
        if self._damaged:
            lines.append(
                f"{len(self._damaged)} images are damaged and were patched up, the first: "
                f"{self._damaged[0]}"
            )
        if len(self._sizes) > 1:
            lines.append(f"the frame size changes within the folder ({sizes_text(self._sizes)})")
        return tuple(lines)

    def __iter__(self) -> Iterator[DecodedFrame]:
        """Return the iterator over the images."""
        return self

    def __next__(self) -> DecodedFrame:
        first, self._first = self._first, None
        frame = next(self._frames) if first is None else first
        self._given += 1
        return frame

    def close(self) -> None:
        """Stop the iteration; no file is held open between images."""
        self._frames.close()
        self._first = None

    def _decode(self) -> Generator[DecodedFrame, None, None]:
        for name in self._names:
            try:
                kind, image, pictures, damage = decode_image(self._source.child(name), self._limits)
            except UnusableImageError as problem:
                self._skip(name, problem)
                continue
            index = len(self._read_names)
            if index == 0:
                self._codec = kind
            if pictures > 1:
                self._several.append(name)
            if damage is not None:
                self._damaged.append(f"{name}: {damage}")
            self._sizes.add((image.shape[1], image.shape[0]))
            self._read_names.append(name)
            yield DecodedFrame(index, index / self._rate_fps, image)

    def _skip(self, name: str, problem: UnusableImageError) -> None:
        self._skipped.append(f"{name}: {problem.cause}")
        if len(self._skipped) > self._limits.max_corrupt_packets:
            raise MediaError(
                self._source.uri,
                f"more than {self._limits.max_corrupt_packets} of its images cannot be read, "
                f"the last: {self._skipped[-1]}",
                "Copy the images again, or raise max_corrupt_packets.",
            ) from problem
