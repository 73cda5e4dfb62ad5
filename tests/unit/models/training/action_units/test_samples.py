"""Samples: the student's descriptors beside the teacher's scores of the same pictures."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import cv2
import numpy as np
import pytest

from models.training.action_units.samples import SampleMaker, Samples, Student
from models.training.photographs import Photograph
from openface_core.descriptors import DESCRIPTOR_SIZE
from openface_core.faces import FaceMeter
from tests.fixtures.faces.rendering import render_face
from tests.fixtures.faces.shape import plausible_shape_parameters, project_face, synthetic_pdm
from tests.fixtures.faces.triangles import synthetic_triangles
from tests.fixtures.synthetic_models.action_units import synthetic_action_unit_models

PHOTOGRAPHS, VERSIONS, SIDE = 4, 3, 160
FACELESS = 2
"""Number of the photograph that is grey all over."""

FACES = [project_face(synthetic_pdm(), 0.8, (0.1, 0.1 * k, 0.0), (78.0 + k, 80.0),
                      plausible_shape_parameters(k)) for k in range(PHOTOGRAPHS)]  # fmt: skip


def is_grey(image: np.ndarray) -> bool:
    return bool(image.std() < 1.0)


@dataclass
class KnownTeacher:
    """Knows where the faces are by the order of its calls, and scores brightness."""

    pdm: Any = field(default_factory=synthetic_pdm)
    video_models: Any = field(default_factory=synthetic_action_unit_models)
    key: str = "teacher"
    calls: int = 0

    def landmarks(self, image: np.ndarray) -> np.ndarray | None:
        border = (image.shape[0] - SIDE) // 2
        number = self.calls
        self.calls += 1
        return None if is_grey(image) else FACES[number] + np.float32(border)

    def settled(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        return landmarks

    def scores(self, image: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
        self.calls += 1
        return np.full(2 * len(self.video_models.all_models), image.mean())


@dataclass
class KnownNetwork:
    """Finds points a little off from where it starts."""

    key: str = "known"
    calls: int = 0

    def landmarks(self, image: np.ndarray) -> np.ndarray | None:
        border = (image.shape[0] - SIDE) // 2
        number = self.calls
        self.calls += 1
        return None if is_grey(image) else FACES[number] + np.float32(border + 0.3)

    def follow(self, image: np.ndarray, landmarks: np.ndarray) -> SimpleNamespace:
        return SimpleNamespace(landmarks=landmarks + np.float32(0.2))


def samples_of(folder: Path, teacher: KnownTeacher, threads: int, key: str) -> Samples:
    photographs = tuple(
        Photograph("made", str(k), folder / f"{k}.png", None) for k in range(PHOTOGRAPHS)
    )
    network: Any = KnownNetwork()
    student = Student(network, FaceMeter(synthetic_pdm(), synthetic_triangles()), key)
    given: Any = teacher
    maker = SampleMaker(photographs, given, VERSIONS, 5, threads, folder, lambda _line: None)
    return maker.samples(student, network)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photographs")
    for k in range(PHOTOGRAPHS):
        image = render_face(
            synthetic_pdm(), 0.8, (0.1, 0.1 * k, 0.0), (78.0 + k, 80.0),
            plausible_shape_parameters(k), (SIDE, SIDE),
        )  # fmt: skip
        if k == FACELESS:
            image[:] = 128
        cv2.imwrite(str(folder / f"{k}.png"), image)
    return folder


def test_samples_stand_beside_their_scores_whatever_the_threads(folder: Path) -> None:
    teacher = KnownTeacher()
    found = samples_of(folder, teacher, 1, "one")
    faces = [k for k in range(PHOTOGRAPHS) if k != FACELESS]
    np.testing.assert_array_equal(found.people, np.repeat(faces, VERSIONS))
    assert found.descriptors.shape == (len(faces) * VERSIONS, DESCRIPTOR_SIZE)
    assert np.isfinite(found.descriptors).all()
    # Versions of a photograph differ, in another light for one.
    plain, mirrored, other = found.scores[:VERSIONS, 0]
    assert plain == pytest.approx(mirrored, abs=1e-3)
    assert plain != pytest.approx(other, abs=1e-3)
    # Another student of the same photographs: the teacher is not asked again.
    asked = teacher.calls
    again = samples_of(folder, teacher, 3, "three")
    assert teacher.calls == asked
    np.testing.assert_array_equal(again.descriptors, found.descriptors)
    np.testing.assert_array_equal(again.scores, found.scores)
