"""Open a video container with FFmpeg, under restrictions fit for files of unknown origin."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

import av
import av.error
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from openface_core.errors import MediaError
from openface_core.media.frames import DecodeLimits
from openface_core.media.sniffing import HEAD_BYTES, is_heif, looks_like_text, playlist
from openface_core.media.sources import Source, storage_errors

ALLOWED_FORMATS = (
    "3gp", "apng", "asf", "av1", "avi", "dv", "flv", "gif", "h264", "hevc", "ivf", "m4v",
    "matroska", "mjpeg", "mov", "mp4", "mpeg", "mpegts", "mpegvideo", "mxf", "nut", "obu", "ogg",
    "rm", "webm", "wtv", "yuv4mpegpipe",
)  # fmt: skip
"""FFmpeg's names of the containers that are read: each holds its data within the one file. Formats
that name other files or addresses (hls, dash, concat, sdp, image2, ...) are left out."""

_READABLE = "MP4, MOV, MKV, WebM, AVI, MPEG, WMV, FLV, Ogg or GIF"
_NOT_A_FILM = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image


class RemoteFile:
    """What FFmpeg needs of a file object, and no more.

    FFmpeg passes on an exception of its read callback, so a failing storage ends the iteration
    with its own cause, which the file puts into words, rather than as a damaged or short video.

    Parameters
    ----------
    source : Source
        The file; it is opened here.
    """

    def __init__(self, source: Source) -> None:
        self._file: BinaryIO = source.open()

    def read(self, count: int) -> bytes:
        """Read up to `count` bytes."""
        return self._file.read(count)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move to a byte position."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the byte position."""
        return self._file.tell()

    def close(self) -> None:
        """Close the file underneath."""
        self._file.close()


def decoder_name() -> str:
    """Return library and version of the video decoder."""
    major, minor, micro = av.library_versions["libavcodec"]
    return f"PyAV {av.__version__} (libavcodec {major}.{minor}.{micro})"


def open_container(
    source: Source,
    limits: DecodeLimits,
    file: RemoteFile | None,
    container_format: str | None = None,
) -> InputContainer:
    """Open a container of an allowed format.

    Parameters
    ----------
    source : Source
        Where the file is.
    limits : DecodeLimits
        Bounds.
    file : RemoteFile or None
        The opened file; None where `source` is local, so that FFmpeg opens it by its path.
    container_format : str or None
        One of :data:`ALLOWED_FORMATS`; None has FFmpeg find it out.

    Raises
    ------
    MediaError
        The file is no container of an allowed format, or its header is damaged.
    """
    # An explicit "file:" keeps names such as "concat:x" or "http:x" from being protocols. A file
    # object needs no protocol at all, and "none" is the name of none.
    target = f"file:{Path(source.path).absolute()}" if file is None else file
    options = {
        "format_whitelist": ",".join(ALLOWED_FORMATS),
        "protocol_whitelist": "file" if file is None else "none",
        "max_pixels": str(limits.max_pixels),
    }
    with _opening_errors(source, limits):
        return av.open(
            target,
            "r",
            format=container_format,
            options=options,
            metadata_errors="replace",
            timeout=limits.io_timeout_seconds,
        )


@contextmanager
def opened(
    source: Source, limits: DecodeLimits, container_format: str | None = None
) -> Iterator[InputContainer]:
    """Open a container as :func:`open_container` does, and close it in the end."""
    with ExitStack() as resources:
        file = None if source.is_local else RemoteFile(source)
        if file is not None:
            resources.callback(file.close)
        container = open_container(source, limits, file, container_format)
        yield resources.enter_context(container)


@contextmanager
def _opening_errors(source: Source, limits: DecodeLimits) -> Iterator[None]:
    try:
        yield
    except av.error.ExitError:
        raise timed_out(source, limits) from None
    except (av.error.PermissionError, av.error.FileNotFoundError):
        with storage_errors(source.uri, MediaError), source.open():
            pass  # says which of the two it is, in the words used everywhere
        raise MediaError(source.uri, "it cannot be opened", "Check the file.") from None
    except av.error.FFmpegError as problem:
        head = source.read(HEAD_BYTES)
        if isinstance(problem, av.error.ArgumentError):
            cause = "it is in a format that is not among the video containers read here"
        else:
            cause = "no video or image could be recognised in it, or its header is damaged"
        if head[4:8] == b"ftyp":
            cause = "the MP4/MOV file is damaged or cut off: its index (moov) cannot be read"
        raise MediaError(
            source.uri, cause, f"Copy or download it again, or convert it to {_READABLE}."
        ) from None


def refuse_by_content(source: Source, head: bytes) -> None:
    """Raise for what is known not to be a video, with a message that says what it is.

    FFmpeg's own refusals (see :data:`ALLOWED_FORMATS`) do not depend on this.

    Parameters
    ----------
    source : Source
        Subject of the message.
    head : bytes
        The first bytes of the file.

    Raises
    ------
    MediaError
        The file is empty, a playlist, a HEIF or AVIF image, or text.
    """
    if not head:
        raise MediaError(source.uri, "the file is empty", "Copy or download it again.")
    list_kind = playlist(head)
    if list_kind is not None:
        raise MediaError(
            source.uri,
            f"it is {list_kind}, which refers to other files or addresses and is not followed",
            "Name the video files themselves.",
        )
    if is_heif(head):
        raise MediaError(
            source.uri, "HEIF and AVIF images are not read", "Convert it to JPEG or PNG."
        )
    # YUV4MPEG begins with a line of text.
    if looks_like_text(head) and not head.startswith(b"YUV4MPEG2"):
        raise MediaError(
            source.uri, "it looks like text, not like a video or an image", "Name a media file."
        )


def films_of(container: InputContainer) -> list[VideoStream]:
    """Return the streams of moving pictures, in order."""
    return [s for s in container.streams.video if not s.disposition & _NOT_A_FILM]


def film_stream(
    container: InputContainer, source: Source, limits: DecodeLimits, *, strict: bool = False
) -> VideoStream:
    """Return the first stream of moving pictures, set to decode on one thread.

    Cover art and thumbnails do not count. All other streams are discarded while demuxing.

    Parameters
    ----------
    container : InputContainer
        The opened file.
    source : Source
        Subject of messages.
    limits : DecodeLimits
        Bounds.
    strict : bool
        Have the decoder report damage that it would otherwise patch up. What it makes of an
        undamaged video is the same.

    Raises
    ------
    MediaError
        There is none, it cannot be decoded, or its frames are larger than `limits` allows.
    """
    films = films_of(container)
    if not films:
        what = "it holds sound but no video" if container.streams.audio else "it holds no video"
        raise MediaError(source.uri, what, "Name a video or image file.")
    stream = films[0]
    for other in container.streams:
        if other.index != stream.index:
            other.discard = av.stream.Discard.all
    context = stream.codec_context
    if context is None:
        raise MediaError(
            source.uri, "there is no decoder for its video", "Convert it to H.264 in MP4."
        )
    if context.width * context.height > limits.max_pixels:
        raise MediaError(
            source.uri,
            f"its {context.width} x {context.height} pixels are more than the "
            f"{limits.max_pixels} allowed",
            "Scale it down, or raise max_pixels.",
        )
    # One thread: the workers are what runs in parallel.
    context.thread_type = "NONE"
    context.thread_count = 1
    context.options = {"max_pixels": str(limits.max_pixels)}
    if strict:
        context.options = {**context.options, "err_detect": "explode"}
    try:
        context.open(strict=False)
    except av.error.FFmpegError as problem:
        raise MediaError(
            source.uri,
            f"its {context.name} decoder cannot be started ({problem.strerror})",
            "Convert it to H.264 in MP4.",
        ) from problem
    return stream


def timed_out(source: Source, limits: DecodeLimits) -> MediaError:
    """Return the error for a read that took too long."""
    return MediaError(
        source.uri,
        f"nothing could be read from it for {limits.io_timeout_seconds:g} s",
        "Check the storage, or raise io_timeout_seconds.",
    )
