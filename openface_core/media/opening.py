"""Open whatever a path or URL names: a video, an image, or a folder of images."""

from openface_core.errors import ConfigError, MediaError
from openface_core.media.containers import refuse_by_content
from openface_core.media.frames import DecodeLimits, MediaReader
from openface_core.media.images import ImageReader, ImageSequenceReader
from openface_core.media.several_pictures import film_format
from openface_core.media.sniffing import HEAD_BYTES, image_format
from openface_core.media.sources import locate
from openface_core.media.time_range import TimeRangeReader
from openface_core.media.video import VideoReader

_DEFAULT_LIMITS = DecodeLimits()


def open_media(
    uri: str,
    *,
    limits: DecodeLimits = _DEFAULT_LIMITS,
    image_sequence_fps: float = 30.0,
    pts_range: tuple[int | None, int | None] | None = None,
) -> MediaReader:
    """Open a video, an image or a folder of images, or a part of a video, for sequential reading.

    Files are recognised by their content. JPEG pictures one after the other and an animated PNG are
    videos, as an animated GIF is; of an animated WebP and a TIFF of several pages only the first
    picture is read, with a warning. The first frame is decoded here, so that a file without
    a readable frame fails at once.

    Parameters
    ----------
    uri : str
        A local path or an fsspec URL (``file://``, ``memory://``, ``s3://``, ...). A local path is
        never taken for an FFmpeg protocol, and formats that refer to other files are refused.
    limits : DecodeLimits
        Bounds on sizes, times and damage.
    image_sequence_fps : float
        Frame rate that gives the images of a folder their time stamps.
    pts_range : tuple of int or None, optional
        Read only the frames of a video with ``begin <= pts < end``, in ticks of its clock
        (:attr:`FrameIndex.time_base`); None leaves a side open. Every frame is the same as in
        reading the whole, provided that :func:`index_frames` finds the video safe; others are
        decoded whole wherever that is known from their kind. A part may be empty, and
        ``DecodedFrame.index`` counts within it. A frame without a time stamp belongs to no part.

    Returns
    -------
    MediaReader
        To be used as a context manager and iterated over once.

    Raises
    ------
    MediaError
        There is no such file, it is no readable medium, not one frame can be decoded, or a part
        of an image or of a folder of images is asked for.
    ConfigError
        `image_sequence_fps` is not positive, or `pts_range` ends before it begins.
    """
    begin_pts, end_pts = pts_range or (None, None)
    if begin_pts is not None and end_pts is not None and end_pts < begin_pts:
        raise ConfigError(
            "pts_range", f"it ends before it begins, found {pts_range}", "Swap the two."
        )
    source = locate(uri, timeout_seconds=limits.io_timeout_seconds)
    if pts_range is not None and source.is_directory():
        raise _no_parts(uri, "a folder of images")
    if source.is_directory():
        return ImageSequenceReader(source, limits, image_sequence_fps)
    if source.size_bytes() == 0:
        raise MediaError(uri, "the file is empty", "Copy or download it again.")
    head = source.read(HEAD_BYTES)
    if image_format(head) is not None:
        if pts_range is not None:
            raise _no_parts(uri, "an image")
        film = film_format(source, head)
        if film is not None:
            return VideoReader(source, limits, film)
        return ImageReader(source, limits)
    refuse_by_content(source, head)
    if pts_range is not None:
        return TimeRangeReader(source, limits, begin_pts, end_pts)
    return VideoReader(source, limits)


def _no_parts(uri: str, what: str) -> MediaError:
    return MediaError(uri, f"{what} is not read in parts", "Read it as a whole.")
