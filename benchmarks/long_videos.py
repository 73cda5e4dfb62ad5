"""Long videos for measurements, made by repeating short ones; none of them is kept."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from openface_core.media import open_media

FPS = 30
KEY_FRAME_SECONDS = 2
"""As phones and cameras do it; some have a key frame each second."""


def repeated_frames(path: Path, count: int) -> Iterator[NDArray[np.uint8]]:
    """Yield so many frames of a video, from its first again after its last."""
    with open_media(str(path)) as media:
        frames = [frame.image for frame in islice(media, count)]
    yield from islice(cycle(frames), count)


def encode(path: Path, frames: Iterator[NDArray[np.uint8]] | Sequence[NDArray[np.uint8]]) -> None:
    """Write BGR frames of equal, even size as H.264 in MP4, all groups of pictures closed."""
    first = None
    key_frames = {"g": str(FPS * KEY_FRAME_SECONDS), "sc_threshold": "0", "preset": "veryfast"}
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options=key_frames)
        stream.pix_fmt = "yuv420p"
        for index, image in enumerate(frames):
            if first is None:
                first = image
                stream.height, stream.width = first.shape[:2]
                stream.codec_context.time_base = Fraction(1, FPS)
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24")
            frame.pts, frame.time_base = index, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def repeat(source: Path, path: Path, times: int) -> None:
    """Write an MP4 of :func:`encode` several times over, its packets as they are."""
    with av.open(str(source)) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
        stamps = [(packet.pts or 0, packet.dts or 0, bytes(packet)) for packet in packets]
        time_base = stream.time_base
        keys = [packet.is_keyframe for packet in packets]
        if time_base is None:
            raise ValueError(f"{source}: its clock is not stated")
        length = round(len(packets) / FPS / time_base)
        with av.open(str(path), "w") as result:
            out = result.add_stream_from_template(stream)
            for k in range(times):
                for (pts, dts, data), is_key in zip(stamps, keys, strict=True):
                    packet = av.Packet(data)
                    packet.stream, packet.time_base = out, time_base
                    packet.pts, packet.dts = pts + k * length, dts + k * length
                    packet.is_keyframe = is_key
                    result.mux(packet)
