"""Labels: annotations and teachers' views blended, held-out faces left alone, others judged."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from models.training.landmarks.labels import (
    ANNOTATED_SET,
    HELD_OUT_EVERY,
    UNLABELLED_SET,
    labelled_faces,
)
from models.training.landmarks.teachers import TEACHERS, TeachersViews, teacher_files
from models.training.origins import kept, origin_of, origin_of_photographs
from models.training.photographs import read_photographs
from models.training.settings import TrainingFolders
from tests.fixtures.faces.drawn import drawn_face, face_points

ANNOTATED, OTHERS = 24, 4
ANOTHER_FACE, NO_FACE, UNCERTAIN, DISAGREED = 9, 0, 1, 2


def write_photographs(folder: Path, points: np.ndarray) -> None:
    folder.mkdir(parents=True)
    for index, face in enumerate(points):
        assert cv2.imwrite(str(folder / f"{index:02}.jpg"), drawn_face(face, (150, 170)))


def views_of(points: np.ndarray, chance: np.random.Generator) -> TeachersViews:
    views = TeachersViews.empty(len(points))
    views.scores[:] = 0.99
    noise = chance.normal(size=views.landmarks.shape)
    views.landmarks[:] = points[:, None] + 0.3 * noise
    return views


def keep_views(folders: TrainingFolders, set_name: str, views: TeachersViews) -> None:
    """Keep views as if the teachers, whose files stand for them, had been asked."""
    models = folders.reference / "models"
    models.mkdir(exist_ok=True)
    files = teacher_files(models)
    for path in files:
        if path.is_relative_to(models):
            path.write_bytes(path.name.encode())
    photographs = origin_of_photographs(read_photographs(folders.faces, set_name))
    origin = origin_of(photographs, *files)
    kept(folders.work_of("landmarks") / f"teachers_{set_name}.npz", origin, lambda: vars(views))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> TrainingFolders:
    """Photographs, and what the teachers would have said about them."""
    root = tmp_path_factory.mktemp("labels")
    chance = np.random.default_rng(0)

    def random_faces(count: int) -> np.ndarray:
        return np.stack(
            [
                face_points(tuple(chance.uniform(60.0, 90.0, size=2)), chance.uniform(30.0, 45.0))
                for _ in range(count)
            ]
        )

    folders = TrainingFolders(root / "reference", root / "work", root / "output")
    annotated, others = random_faces(ANNOTATED), random_faces(OTHERS)
    write_photographs(folders.faces / ANNOTATED_SET, annotated)
    write_photographs(folders.faces / UNLABELLED_SET, others)
    names = [f"{index:02}" for index in range(ANNOTATED)]
    np.savez(folders.faces / f"{ANNOTATED_SET}.npz", names=names, landmarks=annotated)
    views = views_of(annotated, chance)
    views.landmarks[ANOTHER_FACE] += 80.0
    keep_views(folders, ANNOTATED_SET, views)
    views = views_of(others, chance)
    views.landmarks[NO_FACE, 1] = np.nan
    views.scores[UNCERTAIN] = 0.55
    views.landmarks[DISAGREED, 0] += 30.0 * chance.normal(size=(68, 2))
    keep_views(folders, UNLABELLED_SET, views)
    return folders


def test_labels_of_annotated_and_other_faces(folders: TrainingFolders) -> None:
    training, held_out = labelled_faces(folders, folders.work_of("landmarks"))
    with np.load(folders.faces / f"{ANNOTATED_SET}.npz") as content:
        marked = content["landmarks"]
    held = np.arange(ANNOTATED) % HELD_OUT_EVERY == 0
    np.testing.assert_array_equal(held_out.landmarks, marked[held])

    left = ~held
    left[ANOTHER_FACE] = False
    assert training.annotated == left.sum()
    apart = np.abs(training.landmarks[: training.annotated] - marked[left])
    assert 0.0 < apart.max() < 0.5
    # Of four others one is without a face, one uncertain, and one is seen in different ways.
    assert len(training) == training.annotated + 1
    assert len(training.images) == len(training.landmarks) == len(training.weights)
    assert (training.weights[: training.annotated] == 1.0).all()
    assert (training.weights[training.annotated :] > 0.5).all()
    assert training.images[0].shape == (150, 170, 3)


def test_there_are_several_teachers() -> None:
    assert len(set(TEACHERS)) == len(TEACHERS) > 1
