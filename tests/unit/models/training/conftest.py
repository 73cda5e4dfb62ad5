"""Faces for the training's tests: drawn, not photographed."""

import cv2
import numpy as np
import pytest

from models.training.landmarks.labels import LabelledFaces
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
