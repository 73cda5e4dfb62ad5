"""Write small video clips whose content is known."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

# Ticks per second of the time stamps; the container may round them to its own.
_CLOCK_HZ = 90_000


def moving_square(
    count: int = 12, width_px: int = 64, height_px: int = 48, *, seed: int = 0
) -> list[NDArray[np.uint8]]:
    """Return BGR frames: a smooth background, and a square that moves by 2 px per frame."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height_px, 0:width_px]
    phase = rng.uniform(0, 2 * np.pi, 3)
    background = np.stack(
        [110 + 60 * np.sin(x / 11 + y / 17 + phase[channel]) for channel in range(3)], axis=-1
    )
    frames = []
    for index in range(count):
        image = background.astype(np.uint8)
        left = 4 + 2 * index % max(1, width_px - 16)
        image[8:20, left : left + 12] = (30, 220, 240)
        frames.append(image)
    return frames


def write_video(
    path: str | Path,
    frames: Iterable[NDArray[np.uint8]],
    *,
    fps: float = 30.0,
    codec: str = "libx264",
    rotation: int = 0,
    mirrored: bool = False,
    pts_seconds: Sequence[float] | None = None,
    pixel_format: str | None = None,
    options: dict[str, str] | None = None,
    audio_seconds: float = 0.0,
) -> Path:
    """Write BGR frames as a video; the suffix of `path` chooses the container.

    Parameters
    ----------
    path : str or Path
        Where to write.
    frames : iterable of ndarray of uint8, shape (H, W, 3)
        As they are stored, that is before `rotation`.
    fps : float
        Frame rate of the header, and of the time stamps unless `pts_seconds` gives them.
    codec : str
        FFmpeg's name of the encoder.
    rotation : {0, 90, 180, 270}
        Clockwise rotation that the container asks of a player.
    mirrored : bool
        Have the player mirror the picture left-right, before the rotation.
    pts_seconds : sequence of float, optional
        One time stamp per frame, for a variable frame rate.
    pixel_format : str, optional
        Default yuv420p for even sizes, else yuv444p.
    options : dict, optional
        Options of the encoder.
    audio_seconds : float
        Length of a silent sound track; none if 0.

    Returns
    -------
    Path
        `path`.
    """
    images = list(frames)
    height_px, width_px = images[0].shape[:2]
    odd = width_px % 2 or height_px % 2
    with av.open(str(path), "w") as container:
        rate = Fraction(fps).limit_denominator(100_000)
        stream = container.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height = width_px, height_px
        stream.pix_fmt = pixel_format or ("yuv444p" if odd else "yuv420p")
        variable = pts_seconds is not None
        stream.codec_context.time_base = Fraction(1, _CLOCK_HZ) if variable else 1 / rate
        if rotation or mirrored:
            # Row vectors: first the mirror, then the clockwise turn (y points down).
            cos, sin = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[rotation]
            sign = -1 if mirrored else 1
            one = 1 << 16
            stream.set_display_matrix(
                [sign * cos * one, sign * sin * one, 0, -sin * one, cos * one, 0, 0, 0, 1 << 30]
            )
        if audio_seconds > 0:
            # All streams must be there before the first packet is written.
            sound = container.add_stream("aac", rate=16_000)
        for index, image in enumerate(images):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="bgr24")
            frame.time_base = stream.codec_context.time_base
            frame.pts = round(pts_seconds[index] * _CLOCK_HZ) if pts_seconds is not None else index
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if audio_seconds > 0:
            _write_silence(container, sound, audio_seconds)
    return Path(path)


def write_audio(path: str | Path, seconds: float = 0.5) -> Path:
    """Write a file with a silent sound track only."""
    with av.open(str(path), "w") as container:
        _write_silence(container, container.add_stream("aac", rate=16_000), seconds)
    return Path(path)


def _write_silence(
    container: av.container.OutputContainer, stream: av.AudioStream, seconds: float
) -> None:
    block = 1024
    for start in range(0, round(seconds * 16_000), block):
        silence = np.zeros((1, block), dtype=np.float32)
        frame = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 16_000, start, Fraction(1, 16_000)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))
