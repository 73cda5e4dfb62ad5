"""The arithmetic of landmark errors, on faces whose errors are known."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from models.evaluation.annotated_faces import AnnotatedFace
from models.evaluation.landmark_accuracy import FITTED, NETWORK, measure, table_lines
from openface_core.detection import FaceDetections
from openface_core.face_tracking import FaceTrackingModels
from tests.fixtures.faces.shape import synthetic_pdm

PDM = synthetic_pdm()
POINTS = np.ascontiguousarray(PDM.mean_mm.reshape(3, -1)[:2].T + 120.0, dtype=np.float32)
SHIFT_PX = 3.0
FACE = AnnotatedFace("a", np.zeros((240, 240, 3), dtype=np.uint8), POINTS)


def detector(*boxes: tuple[float, float, float, float]) -> Any:
    count = len(boxes)
    found = FaceDetections(
        np.array(boxes, dtype=np.float32).reshape(count, 4),
        np.full(count, 0.9, dtype=np.float32),
        np.zeros((count, 5, 2), dtype=np.float32),
    )
    return SimpleNamespace(detect=lambda image: found)


def presets() -> dict[str, FaceTrackingModels]:
    nothing: Any = None
    return {"plain": FaceTrackingModels(nothing, nothing, PDM, None, None)}


def network(points: np.ndarray | None) -> Any:
    result = None if points is None else SimpleNamespace(landmarks=points)
    return SimpleNamespace(locate=lambda image, box, five: result)


BOX = tuple(float(v) for v in FACE.box)
FAR = (0.0, 0.0, 10.0, 10.0)


def test_errors_are_distances_over_those_of_the_eyes() -> None:
    shifted = POINTS + np.array([SHIFT_PX, 0.0], dtype=np.float32)
    found = measure([FACE, FACE], detector(FAR, BOX), network(shifted), presets())  # type: ignore[arg-type]
    assert (found.faces, found.found) == (2, 2)
    corners = np.linalg.norm(POINTS[45] - POINTS[36])
    centres = np.linalg.norm(POINTS[42:48].mean(axis=0) - POINTS[36:42].mean(axis=0))
    for kind in (NETWORK, FITTED):  # the points are a shape of the model, wherever they lie
        errors = found.errors[kind]
        np.testing.assert_allclose(errors.of_outer_corners, SHIFT_PX / corners, rtol=0.02)
        np.testing.assert_allclose(errors.of_eye_centres, SHIFT_PX / centres, rtol=0.02)


@pytest.mark.parametrize(
    ("boxes", "points"),
    [((), POINTS), ((FAR,), POINTS), ((BOX,), None)],
    ids=["none", "elsewhere", "no landmarks"],
)
def test_faces_that_are_not_found(boxes: tuple[Any, ...], points: np.ndarray | None) -> None:
    found = measure([FACE], detector(*boxes), network(points), presets())
    assert (found.faces, found.found, found.errors) == (1, 0, {})


def test_the_table_has_a_row_for_each_kind() -> None:
    found = measure([FACE], detector(BOX), network(POINTS), presets())  # type: ignore[arg-type]
    first, second = table_lines("set", "net", found)
    assert first == "| set | `net` | 1 of 1 | network | 0.00 | 0.00 | 0.00 | 0.00 |"
    assert FITTED in second
