"""Pictures that are made of one half."""

import numpy as np
import pytest

from pipelines.demo_corpus.clip_frames import clip_frames
from pipelines.demo_corpus.face_rendering import FaceRenderer
from pipelines.demo_corpus.face_sides import made_of_one_half
from pipelines.demo_corpus.script import Clip, ScriptedFace

GRAIN = 12
"""Levels by which the camera's grain may make two halves differ."""


def test_the_right_half_is_the_mirror_image_of_the_left_one() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    made = made_of_one_half(picture)
    np.testing.assert_array_equal(made[:, :3], picture[:, :3])
    np.testing.assert_array_equal(made[:, ::-1], made)
    with pytest.raises(ValueError, match="even width, found 5 px"):
        made_of_one_half(picture[:, :5])


def test_a_symmetric_face_has_the_same_halves(renderer: FaceRenderer) -> None:
    plain, symmetric = (
        next(clip_frames(Clip("a.mp4", (ScriptedFace((), symmetric=made),), 1.0), renderer))
        for made in (False, True)
    )

    def apart(picture: np.ndarray) -> int:
        return int(np.abs(picture.astype(int) - picture[:, ::-1]).max())

    assert apart(symmetric) <= GRAIN < apart(plain)
