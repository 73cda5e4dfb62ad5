"""A short clip of the demo's face, of any size, for videos that are made by repeating it."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from benchmarks.long_videos import FPS
from pipelines.demo_corpus.clip_frames import clip_frames
from pipelines.demo_corpus.face_actions import SMILE
from pipelines.demo_corpus.face_rendering import FaceRenderer
from pipelines.demo_corpus.script import Action, Clip, ScriptedFace


def smiling_face(width_px: int, height_px: int) -> Iterator[NDArray[np.uint8]]:
    """Yield the frames, BGR, of two seconds in which the face smiles and comes to rest again."""
    clip = Clip(
        "smile.mp4",
        (ScriptedFace((Action(SMILE, 0.5, 0.5, 0.5, 0.5),)),),
        seconds=2.0,
        frame_rate=FPS,
        width_px=width_px,
        height_px=height_px,
    )
    yield from clip_frames(clip, FaceRenderer())
