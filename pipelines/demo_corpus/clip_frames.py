"""The pictures of a clip, one after the other."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.demo_corpus.face_rendering import FaceRenderer
from pipelines.demo_corpus.face_sides import made_of_one_half
from pipelines.demo_corpus.script import Clip
from pipelines.demo_corpus.staging import DIVIDER_PX, face_state, face_view, place_width_px

Image = NDArray[np.uint8]

_GRAIN_SD = 1.5
_PADDING_PX = 64
"""How far a window moves over grain and texture."""
_SEED = 20

_TEXTURE_SIGMAS_PX = (3.0, 8.0, 20.0)
_TEXTURE_CONTRAST = 25
_TEXTURE_DRIFT_PX_PER_S = 24


def clip_frames(clip: Clip, renderer: FaceRenderer) -> Iterator[Image]:
    """Yield the upright pictures of a clip, (H, W, 3), BGR, with a camera's grain."""
    rng = np.random.default_rng(_SEED)
    height, width = clip.height_px, clip.width_px
    padded = (height + _PADDING_PX, width + _PADDING_PX, 3)
    grain = np.rint(rng.normal(0.0, _GRAIN_SD, padded)).astype(np.int16)
    texture = None if clip.faces else _texture(rng, padded)
    for time_s in clip.frame_times_s():
        if texture is None:
            picture = _side_by_side(clip, renderer, time_s)
        else:
            aside = round(_TEXTURE_DRIFT_PX_PER_S * time_s) % _PADDING_PX
            picture = texture[aside : aside + height, aside : aside + width]
        dy, dx = rng.integers(0, _PADDING_PX, 2)
        noise = grain[dy : dy + height, dx : dx + width]
        yield np.asarray(cv2.add(picture, noise, dtype=cv2.CV_8U), dtype=np.uint8)


def _side_by_side(clip: Clip, renderer: FaceRenderer, time_s: float) -> Image:
    """Return the faces of a clip, each in a part of the picture as in a video call."""
    width = place_width_px(clip)
    picture = np.zeros((clip.height_px, clip.width_px, 3), dtype=np.uint8)
    for number, face in enumerate(clip.faces):
        view = face_view(face, time_s, width, clip.height_px)
        drawn = renderer.draw(face_state(face, time_s), view)
        if face.symmetric:
            drawn = made_of_one_half(drawn)
        left = number * (width + DIVIDER_PX)
        picture[:, left : left + width] = drawn[:, ::-1] if face.mirrored else drawn
    return picture


def _texture(rng: np.random.Generator, shape: tuple[int, int, int]) -> Image:
    """Return a picture in which nobody is to be seen: blots of several sizes."""
    total = np.zeros(shape, dtype=np.float32)
    for sigma_px in _TEXTURE_SIGMAS_PX:
        blots = cv2.GaussianBlur(rng.normal(0.0, 1.0, shape).astype(np.float32), (0, 0), sigma_px)
        total += blots / blots.std()
    return np.clip(128 + _TEXTURE_CONTRAST * total, 0, 255).astype(np.uint8)
