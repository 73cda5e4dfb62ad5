"""Videos, images and image folders as a sequence of upright BGR frames with time stamps.

>>> with open_media("interview.mp4") as reader:  # doctest: +SKIP
...     for frame in reader:
...         print(frame.index, frame.pts_seconds, frame.image.shape)
"""

from openface_core.media.fingerprints import fingerprint
from openface_core.media.frame_count import promised_frame_count
from openface_core.media.frame_index import FrameIndex, index_frames
from openface_core.media.frames import (
    DecodedFrame,
    DecodeLimits,
    MediaInfo,
    MediaKind,
    MediaReader,
)
from openface_core.media.opening import open_media

__all__ = [
    "DecodeLimits",
    "DecodedFrame",
    "FrameIndex",
    "MediaInfo",
    "MediaKind",
    "MediaReader",
    "fingerprint",
    "index_frames",
    "open_media",
    "promised_frame_count",
]
