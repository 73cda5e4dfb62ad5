"""Labels by OpenFace's detector: doubtful faces left out, doubtful points weighing less."""

import cv2
import numpy as np
import pytest

from models.training.landmarks.labels import ANNOTATED_SET, HELD_OUT_EVERY
from models.training.landmarks.openface_labels import openface_faces, trust
from models.training.photograph_landmarks import MOST_DISAGREEMENT
from models.training.photographs import Photograph
from tests.fixtures.faces.drawn import drawn_face, face_points

COUNT = HELD_OUT_EVERY + 1


@pytest.fixture(scope="module")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Photograph, ...]:
    folder = tmp_path_factory.mktemp("photographs")
    found = []
    for number in range(COUNT + 1):
        path = folder / f"{number}.png"
        assert cv2.imwrite(str(path), drawn_face(face_points((75.0, 80.0), 40.0), (150, 170)))
        name = ANNOTATED_SET if number < COUNT else "others"
        found.append(Photograph(name, str(number), path, None))
    return tuple(found)


def test_faces_are_learned_or_held_out_or_doubted(photographs: tuple[Photograph, ...]) -> None:
    taught = np.stack([face_points((75.0, 80.0), 40.0)] * len(photographs)).astype(np.float32)
    taught += np.arange(len(photographs), dtype=np.float32)[:, None, None] / 10
    own = taught + np.float32(0.5)
    own[1] += 40.0  # another face
    own[2] = np.nan
    training, held_out = openface_faces(photographs, own, taught)
    np.testing.assert_array_equal(held_out.landmarks, taught[[0, HELD_OUT_EVERY]])
    left = [k for k in range(3, len(photographs)) if k != HELD_OUT_EVERY]
    np.testing.assert_array_equal(training.landmarks, taught[left])
    assert training.annotated == 0
    assert (training.weights > 0.9).all()


def test_points_that_both_see_elsewhere_weigh_less() -> None:
    taught = face_points((75.0, 80.0), 40.0).astype(np.float32)[None]
    eyes = taught[0, 36:42].mean(axis=0) - taught[0, 42:48].mean(axis=0)
    own = taught.copy()
    own[0, 8, 1] += 2 * MOST_DISAGREEMENT * np.linalg.norm(eyes)
    weights = trust(own, taught)
    assert weights[0, 8] == pytest.approx(0.5)
    assert (np.delete(weights[0], 8) == 1.0).all()
