"""How many frames an input promises, by its header alone."""

from openface_core.errors import MediaError
from openface_core.media.clock import stated_rate
from openface_core.media.containers import film_stream, opened, refuse_by_content
from openface_core.media.frames import DecodeLimits
from openface_core.media.images import image_names
from openface_core.media.several_pictures import film_format
from openface_core.media.sniffing import HEAD_BYTES, image_format
from openface_core.media.sources import locate
from openface_core.media.start import (
    container_seconds,
    start_seconds,
    stated_frame_count,
    stream_seconds,
)


def promised_frame_count(uri: str, limits: DecodeLimits) -> int | None:
    """Return how many frames an input's header promises; nothing is decoded.

    Parameters
    ----------
    uri : str
        A local path or an fsspec URL of a video, an image or a folder of images.
    limits : DecodeLimits
        Bounds on hostile or damaged input.

    Returns
    -------
    int or None
        Frames, where need be by duration and rate; None if the header does not say.

    Raises
    ------
    MediaError
        There is no such file, or it is no video or image.
    """
    source = locate(uri, timeout_seconds=limits.io_timeout_seconds)
    if source.is_directory():
        return len(image_names(source))
    if source.size_bytes() == 0:
        raise MediaError(uri, "the file is empty", "Copy or download it again.")
    head = source.read(HEAD_BYTES)
    if image_format(head) is not None:
        return None if film_format(source, head) else 1
    refuse_by_content(source, head)
    with opened(source, limits) as container:
        stream = film_stream(container, source, limits)
        count = stated_frame_count(container, stream)
        if count is not None:
            return count
        start = start_seconds(container, source, limits)
        seconds = stream_seconds(container, stream, start)
        if seconds is None:
            seconds = container_seconds(container, start)
        rate = stated_rate(container, stream)
        return round(seconds * float(rate)) if seconds and rate else None
