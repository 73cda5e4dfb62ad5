"""Synthetic photographs and views of them; the tests need the packages that training needs."""

from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import pytest

if TYPE_CHECKING:
    from models.training.detector.views import Views

if not all(find_spec(package) for package in ("torch", "onnx", "skimage")):
    collect_ignore_glob = ["test_*.py"]

N_PHOTOGRAPHS = 3


@pytest.fixture
def photographs() -> list[np.ndarray]:
    """Pictures of one colour each, with a bright square where the face would be."""
    pictures = []
    for number in range(N_PHOTOGRAPHS):
        picture = np.full((120, 120, 3), 60 + 20 * number, np.uint8)
        picture[30:90, 40:80] = 240
        pictures.append(picture)
    return pictures


@pytest.fixture
def views() -> "Views":
    """One view of each photograph; the second has a doubtful face too."""
    from models.training.detector.views import VIEW_SIDE_PX, Views

    matrix = np.diag([1.4, 1.4, 1.0]).astype(np.float32)
    matrix[:2, 2] = VIEW_SIDE_PX / 2 - 1.4 * 60
    box = np.array([40, 30, 80, 90], np.float32) * 1.4 + np.tile(matrix[:2, 2], 2)
    points = box[:2] + (box[2:] - box[:2]) * np.array(
        [[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]], np.float32
    )
    return Views(
        photograph=np.arange(N_PHOTOGRAPHS, dtype=np.int32),
        matrix=np.stack([matrix] * N_PHOTOGRAPHS),
        first_face=np.array([0, 1, 3, 4], np.int32),
        boxes=np.stack([box, box, box + 60, box]).astype(np.float32),
        scores=np.array([0.9, 0.9, 0.3, 0.9], np.float32),
        points=np.stack([points] * 4).astype(np.float32),
    )
