"""Open whatever a path or URL names: a video, an image, or a folder of images."""

from openface_core.errors import MediaError
from openface_core.media.containers import refuse_by_content
from openface_core.media.frames import DecodeLimits, MediaReader
from openface_core.media.images import ImageReader, ImageSequenceReader
from openface_core.media.sniffing import HEAD_BYTES, image_format
from openface_core.media.sources import locate
from openface_core.media.video import VideoReader

_DEFAULT_LIMITS = DecodeLimits()


def open_media(
    uri: str,
    *,
    limits: DecodeLimits = _DEFAULT_LIMITS,
    image_sequence_fps: float = 30.0,
) -> MediaReader:
    """Open a video, an image or a folder of images for sequential reading.

    Files are recognised by their content. The first frame is decoded here, so that a file without
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

    Returns
    -------
    MediaReader
        To be used as a context manager and iterated over once.

    Raises
    ------
    MediaError
        There is no such file, it is no readable medium, or not one frame can be decoded.
    ConfigError
        `image_sequence_fps` is not positive.
    """
    source = locate(uri)
    if source.is_directory():
        return ImageSequenceReader(source, limits, image_sequence_fps)
    if source.size_bytes() == 0:
        raise MediaError(uri, "the file is empty", "Copy or download it again.")
    head = source.read(HEAD_BYTES)
    if image_format(head) is not None:
        return ImageReader(source, limits)
    refuse_by_content(source, head)
    return VideoReader(source, limits)
