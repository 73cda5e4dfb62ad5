"""Decode a video from its first frame to its last."""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack
from time import monotonic
from typing import cast

import av.error
import numpy as np
from av.buffer import Buffer
from av.packet import Packet
from av.sidedata.sidedata import SideDataContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from openface_core.errors import MediaError
from openface_core.media.clock import PresentationClock, stated_rate
from openface_core.media.containers import (
    decoder_name,
    film_stream,
    films_of,
    opened,
    timed_out,
)
from openface_core.media.early_end import early_end
from openface_core.media.frame_colours import FrameColours
from openface_core.media.frames import DecodedFrame, DecodeLimits, MediaInfo, MediaReader
from openface_core.media.orientation import (
    UPRIGHT,
    Orientation,
    orientation_from_display_matrix,
)
from openface_core.media.packet_watch import PacketWatch
from openface_core.media.pixel_aspect import SQUARE, believable_ratio, square_size
from openface_core.media.several_pictures import FilmFormat
from openface_core.media.sources import Source
from openface_core.media.start import (
    container_seconds,
    start_seconds,
    stated_end_seconds,
    stated_frame_count,
    stream_seconds,
)
from openface_core.media.tally import Tally, warnings_of
from openface_core.partial_pictures import AnyPicture

# Reads that fail in a row, without a packet in between, before the rest of a file counts as lost.
_FAILED_READS_IN_A_ROW = 16


class VideoReader(MediaReader):
    """Sequential decoding with PyAV, on one thread.

    Frames come in presentation order, turned upright by the display matrix of each frame, as BGR
    (FFmpeg's default conversion; of 8 bits, and of 10 bits without 4:2:0 chroma, equal to OpenCV's
    ``VideoCapture``; of 10-bit 4:2:0 about one grey level away from it, at most five). Size and
    orientation may change within a video: each frame then has its own size, and there is a warning.
    Where pixels are not square, the picture is stretched before it is turned (FFmpeg's bicubic
    interpolation, bit-exact).

    Damaged packets are skipped up to the limit. What lies behind the point where a file is cut off
    is lost with a warning.

    Parameters
    ----------
    source : Source
        The video file.
    limits : DecodeLimits
        Bounds.
    film : {"mjpeg", "apng"} or None
        What an image file is that is a film, see
        :func:`~openface_core.media.several_pictures.film_format`.

    Raises
    ------
    MediaError
        The file cannot be opened, holds no video, or not one frame of it can be decoded.
    """

    def __init__(
        self, source: Source, limits: DecodeLimits, film: FilmFormat | None = None
    ) -> None:
        self._film = film
        self._source = source
        self._limits = limits
        self._tally = Tally(has_no_clock=film == "mjpeg")
        self._skipped_packets = 0
        self._colours = FrameColours(are_stated=limits.stated_colours)
        self._resources = ExitStack()
        self._description: MediaInfo | None = None
        try:
            self._open()
            self._frames = self._decode()
            self._first = next(self._frames, None)
            self._info = self._description_of_content()
        except BaseException:
            self._resources.close()
            raise

    @property
    def info(self) -> MediaInfo:
        """Description of the video; size and rotation are those of the first frame."""
        return self._info

    @property
    def decoded_frames(self) -> int:
        """Number of frames decoded so far."""
        return self._tally.frames + self.preroll_frames

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was skipped, concealed, missing or changing."""
        return tuple(warnings_of(self._tally, self._info, self._expected_seconds()))

    def __iter__(self) -> Iterator[DecodedFrame]:
        """Return the iterator over the frames."""
        return self

    def __next__(self) -> DecodedFrame:
        first, self._first = self._first, None
        return next(self._frames) if first is None else first

    def close(self) -> None:
        """Close the file and release the decoder."""
        self._first = None
        self._frames.close()
        self._resources.close()

    def _open(self, *, strict: bool = False) -> None:
        """Open the file at its beginning, anew where it was open."""
        self._resources.close()
        container = self._resources.enter_context(opened(self._source, self._limits, self._film))
        self._container = container
        self._stream = film_stream(container, self._source, self._limits, strict=strict)
        self._tally.film_count = len(films_of(container))
        self._clock = PresentationClock(container, self._stream)
        self._watch = PacketWatch(container, self._stream)
        self._tally.odd_places, self._tally.seams = self._watch.places, self._watch.seams
        self._start_seconds = start_seconds(container, self._source, self._limits)
        stated = self._stream.sample_aspect_ratio
        ratio = believable_ratio(stated)
        self._tally.odd_pixels = stated if ratio is None else None
        self._pixel_ratio = SQUARE if ratio is None or not self._limits.square_pixels else ratio

    def _decode(self) -> Generator[DecodedFrame, None, None]:
        waiting_since = monotonic()
        for packet in self._packets():
            for frame in self._decode_packet(packet):
                picture = self._upright(frame)
                if picture is None:
                    continue
                yield self._count(frame, picture)
                waiting_since = monotonic()
            self._check_waiting(waiting_since)
        self._tally.early_end = self._early_end()
        self._tally.finished = True

    def _early_end(self) -> str | None:
        if self._watch.ends_early(self._source.size_bytes()):
            return "the rest of the file cannot be read"
        return early_end(self._source, self._container.format.name)

    def _check_waiting(self, since: float) -> None:
        """Give the video up where there was no frame for too long."""
        if monotonic() - since > self._limits.frame_timeout_seconds:
            raise MediaError(
                self._source.uri,
                f"no frame could be decoded for {self._limits.frame_timeout_seconds:g} s, "
                f"after {self.decoded_frames} frames",
                "Convert it anew, or raise frame_timeout_seconds.",
            )

    def _packets(self) -> Iterator["Packet[VideoStream] | None"]:
        """Demux, past damaged places while there is progress; None at the end flushes."""
        failed_reads = 0
        while failed_reads < _FAILED_READS_IN_A_ROW:
            try:
                for packet in self._container.demux(self._stream):
                    failed_reads = 0
                    if packet.size:  # an empty one would flush the decoder
                        yield packet
                break
            except av.error.ExitError:
                raise timed_out(self._source, self._limits) from None
            except av.error.FFmpegError:
                failed_reads += 1
                self._skip_packet()
        self._tally.rest_lost = failed_reads == _FAILED_READS_IN_A_ROW
        yield None

    def _decode_packet(self, packet: "Packet[VideoStream] | None") -> list[VideoFrame]:
        tally = self._tally
        if packet is not None:
            self._watch.feed(packet, tally.frames)
            self._watch.note_end(packet)
        self._clock.feed(packet)
        try:
            frames = self._stream.decode(packet)
        except av.error.MemoryError as problem:
            # Not the file's fault, and skipping it would make the result depend on the machine.
            raise MediaError(
                self._source.uri, "there is not enough memory to decode it", "Use fewer workers."
            ) from problem
        except av.error.EOFError:
            return []
        except av.error.FFmpegError:
            self._skip_packet()
            return []
        self._watch.count(len(frames), tally.frames)
        for frame in frames:
            self._clock.correct(frame)
        tally.counted_times = self._clock.counted_frames
        return frames

    def _skip_packet(self) -> None:
        self._tally.corrupt_packets += 1
        self._tally.corrupt_places.add(self._tally.frames)
        self._skipped_packets += 1
        if self._skipped_packets > self._limits.max_corrupt_packets:
            raise MediaError(
                self._source.uri,
                f"more than {self._limits.max_corrupt_packets} of its packets are damaged",
                "Copy or download it again, or raise max_corrupt_packets.",
            )

    def _upright(self, frame: VideoFrame) -> AnyPicture | None:
        orientation = self._orientation(frame)
        try:
            picture = self._with_square_pixels(frame, orientation)
        except (av.error.FFmpegError, ValueError):  # a pixel format that cannot be converted
            self._skip_packet()
            return None
        self._tally.orientations.add(orientation)
        if self._description is None:
            self._description = self._describe(picture.shape, orientation)
        return picture

    def _with_square_pixels(self, frame: VideoFrame, orientation: Orientation) -> AnyPicture:
        if self._pixel_ratio == SQUARE:
            return self._colours.picture(frame, orientation)
        width, height = square_size(frame.width, frame.height, self._pixel_ratio)
        if width * height > self._limits.max_pixels:
            raise MediaError(
                self._source.uri,
                f"its {width} x {height} pixels, once they are square, are more than the "
                f"{self._limits.max_pixels} allowed",
                "Scale it down, or raise max_pixels.",
            )
        return self._colours.stretched(frame, width, height, orientation)

    def _orientation(self, frame: VideoFrame) -> Orientation:
        orientation = _orientation_of(frame)
        if orientation is None:
            self._tally.odd_matrices += 1
            return UPRIGHT
        return orientation

    def _count(self, frame: VideoFrame, picture: AnyPicture) -> DecodedFrame:
        tally = self._tally
        pts_seconds = None
        if frame.pts is None or self._stream.time_base is None:
            tally.frames_without_pts += 1
        else:
            pts_seconds = float(frame.pts * self._stream.time_base - self._start_seconds)
            last = tally.last_pts_seconds
            tally.pts_steps_back += last is not None and pts_seconds <= last
            tally.last_pts_seconds = pts_seconds
            if tally.first_pts_seconds is None:
                tally.first_pts_seconds = pts_seconds
        tally.sizes.add((picture.shape[1], picture.shape[0]))
        tally.odd_colours += not self._colours.knows(frame)
        tally.frames += 1
        if frame.is_corrupt:
            tally.concealed_frames += 1
            tally.concealed_places.add(tally.frames)
        return DecodedFrame(tally.frames - 1, pts_seconds, picture)

    def _description_of_content(self) -> MediaInfo:
        if self._description is None:
            raise MediaError(
                self._source.uri,
                "not a single frame of its video can be decoded",
                "Copy or download it again, or convert it.",
            )
        return self._description

    def _describe(self, shape: tuple[int, ...], orientation: Orientation) -> MediaInfo:
        stream, start = self._stream, self._start_seconds
        rate = stated_rate(self._container, stream)
        return MediaInfo(
            uri=self._source.uri,
            kind="video",
            container=self._container.format.name,
            codec=stream.codec_context.name,
            width_px=shape[1],
            height_px=shape[0],
            rotation_degrees=orientation.rotation_degrees,
            average_rate_fps=float(rate) if rate else None,
            frame_count_from_header=stated_frame_count(self._container, stream),
            duration_seconds_from_header=self._stream_seconds()
            or container_seconds(self._container, start),
            decoder=decoder_name(),
            mirrored=orientation.mirrored,
            pixel_aspect_ratio=self._pixel_ratio,
            start_seconds=float(start),
            end_seconds_from_header=stated_end_seconds(self._container, stream, start),
        )

    def _stream_seconds(self) -> float | None:
        return stream_seconds(self._container, self._stream, self._start_seconds)

    def _expected_seconds(self) -> float | None:
        """Promised duration of the picture; sound may be longer, so it must not decide."""
        if self._stream_seconds() is not None or self._container.streams.audio:
            return self._stream_seconds()
        return container_seconds(self._container, self._start_seconds)


def _orientation_of(frame: VideoFrame) -> Orientation | None:
    """Return a frame's orientation by its display matrix, None where it is odd."""
    try:
        matrix = _side_data(frame).get("DISPLAYMATRIX")
    except ValueError:
        # Data of a kind that PyAV does not know, such as Exif in motion JPEG, hide the matrix; its
        # rotation can be had all the same. That of a mirrored picture would not mean much.
        quarter_turns, rest = divmod(-frame.rotation % 360, 90)
        return None if rest else Orientation(rotation_degrees=90 * quarter_turns)
    if matrix is None:
        return UPRIGHT
    return orientation_from_display_matrix(np.frombuffer(bytes(matrix), np.int32)[:9])


def _side_data(frame: VideoFrame) -> Mapping[str, Buffer]:
    """Return what comes with a frame's pixels, by FFmpeg's names.

    ``frame.side_data`` is not used: the frame keeps what it returns, which holds the frame in turn,
    so that the pixels would stay in memory until the garbage collector finds the two.
    """
    # PyAV's type stubs know neither how it is made nor that its keys may be names.
    container = cast(Callable[[VideoFrame], Mapping[str, Buffer]], SideDataContainer)
    return container(frame)
