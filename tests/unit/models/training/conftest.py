"""Faces for the training's tests: drawn, not photographed."""

import cv2
import numpy as np
import pytest

from models.training.eyes.batches import EyePictures
from models.training.eyes.labels import EyeLabels
from models.training.landmarks.labels import LabelledFaces
from openface_core.eyes.eye_points import FACE_LID_POINTS, LID_POINTS
from tests.fixtures.faces.drawn import drawn_face, face_points


@pytest.fixture(scope="session")
def drawn_faces() -> LabelledFaces:
    """Three pictures of a drawn face, of different sizes and places."""
    cv2.setNumThreads(1)
    places = [((60.0, 70.0), 30.0), ((90.0, 80.0), 42.0), ((75.0, 75.0), 36.0)]
    points = [face_points(centre, size) for centre, size in places]
    images = tuple(drawn_face(face, (150, 170)) for face in points)
    weights = np.ones((3, 68), dtype=np.float32)
    return LabelledFaces(images, np.stack(points), weights, annotated=1)


@pytest.fixture(scope="session")
def drawn_eyes(drawn_faces: LabelledFaces) -> EyePictures:
    """Both eyes of three drawn faces, their points in the middles of the lids."""
    landmarks = drawn_faces.landmarks
    points = np.empty((len(landmarks), 2, 28, 2), dtype=np.float32)
    for eye, lids in enumerate(FACE_LID_POINTS):
        points[:, eye] = landmarks[:, list(lids)].mean(axis=1)[:, None]
        points[:, eye, list(LID_POINTS)] = landmarks[:, list(lids)]
    # Irises look aside, each of another way.
    points[:, :, :8] += np.arange(6, dtype=np.float32).reshape(3, 2, 1, 1) / 2
    scales = np.full(len(landmarks), 0.8, dtype=np.float32)
    labels = EyeLabels(landmarks, scales, points)
    return EyePictures.of(labels, dict(enumerate(drawn_faces.images)))
