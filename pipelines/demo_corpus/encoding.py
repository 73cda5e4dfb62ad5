"""Writing pictures as a video file, the same bytes every time."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
from numpy.typing import NDArray

# Divisible by all frame rates of the corpus.
_CLOCK_HZ = 90_000

_ENCODER_OPTIONS = {
    # x264's code for AVX-512 does not give the same bytes every time.
    "libx264": {
        "preset": "veryfast",
        "crf": "20",
        "threads": "1",
        "x264-params": "asm=sse4.2",
    },
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "crf": "28", "threads": "1"},
}
_VARIABLE_BIT_RATE = 0

# Containers would hold a random number of their own otherwise.
_CONTAINER_OPTIONS = {"fflags": "+bitexact"}

_ONE = 1 << 16
# A quarter turn clockwise, in the fixed-point numbers of the container.
_QUARTER_TURN = [0, _ONE, 0, -_ONE, 0, 0, 0, 0, 1 << 30]


def write_video(
    path: Path,
    pictures: Iterable[NDArray[np.uint8]],
    times_s: Iterable[float],
    *,
    frame_rate: int,
    encoder: str,
    turned: bool,
) -> int:
    """Write pictures as a video; the suffix of `path` chooses the container.

    Parameters
    ----------
    path : Path
        Where to write.
    pictures : iterable of (H, W, 3) ndarray of uint8
        Upright, BGR, of even sizes.
    times_s : iterable of float
        When each is shown.
    frame_rate : int
        For the header.
    encoder : str
        FFmpeg's name.
    turned : bool
        Store the pictures turned counter-clockwise, and have players turn them back.

    Returns
    -------
    int
        How many pictures there were.
    """
    count = 0
    with av.open(str(path), "w", options=_CONTAINER_OPTIONS) as container:
        options = dict(_ENCODER_OPTIONS[encoder])
        stream = cast(av.VideoStream, container.add_stream(encoder, frame_rate, options=options))
        stream.pix_fmt = "yuv420p"
        stream.bit_rate = _VARIABLE_BIT_RATE
        stream.codec_context.time_base = Fraction(1, _CLOCK_HZ)
        if turned:
            stream.set_display_matrix(_QUARTER_TURN)
        for picture, time_s in zip(pictures, times_s, strict=True):
            stored = np.ascontiguousarray(np.rot90(picture) if turned else picture)
            if count == 0:
                stream.height, stream.width = stored.shape[:2]
            frame = av.VideoFrame.from_ndarray(stored, format="bgr24")
            frame.time_base = Fraction(1, _CLOCK_HZ)
            frame.pts = round(time_s * _CLOCK_HZ)
            container.mux(stream.encode(frame))
            count += 1
        container.mux(stream.encode(None))
    return count
