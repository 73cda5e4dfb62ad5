"""Views of the photographs, turned and squeezed, and the faces that the teacher finds in them.

The teacher is the reference RetinaFace. It looks at every view once; the training then shows the
views at any size, so that the labels cost nothing more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.photographs import Photograph, read_picture
from openface_core.detection import DetectionSettings, RetinaFaceDetector

VIEW_SIDE_PX = 192
"""Side of the square that a view is labelled in."""
FACE_SIDE_PX = 84.0
"""The longer side of the face of the photograph in a view, before it is squeezed."""

_TEACHER = "retinaface_mobilenet025.onnx"
_CERTAIN = 0.5
_DOUBTFUL = 0.15
_MAX_TURN_RAD = np.deg2rad(38.0)
_NARROWEST = 0.62
_MAX_SLANT = 0.22
"""Greatest relative change of size from the centre of the face to the view's border."""


@dataclass(frozen=True, eq=False)
class Views:
    """Views of photographs and their faces.

    Parameters
    ----------
    photograph : ndarray of int32, shape (V,)
        Which photograph each view shows.
    matrix : ndarray of float32, shape (V, 3, 3)
        Homography from the photograph's pixels to the view's.
    first_face : ndarray of int32, shape (V + 1,)
        Faces ``first_face[v]:first_face[v + 1]`` are those of view v, the most certain first.
    boxes : ndarray of float32, shape (F, 4)
        x_min, y_min, x_max, y_max in pixels of the view.
    scores : ndarray of float32, shape (F,)
        The teacher's probability. The first face of each view is certain.
    points : ndarray of float32, shape (F, 5, 2)
        The five points in pixels of the view.
    """

    photograph: NDArray[np.int32]
    matrix: NDArray[np.float32]
    first_face: NDArray[np.int32]
    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    points: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.photograph)

    def is_certain(self) -> NDArray[np.bool_]:
        """Tell of each face whether it shall be found; the others are left open."""
        return self.scores >= _CERTAIN

    def chosen(self, photograph_chosen: NDArray[np.bool_], first_number: int) -> "Views":
        """Return the views of some photographs, which are numbered anew.

        Parameters
        ----------
        photograph_chosen : ndarray of bool, shape (P,)
            Whether the views of each photograph are kept.
        first_number : int
            New number of the first photograph that is kept.

        Returns
        -------
        Views
        """
        numbers = np.cumsum(photograph_chosen) - 1 + first_number
        keep = photograph_chosen[self.photograph]
        counts = np.diff(self.first_face)
        keep_face = np.repeat(keep, counts)
        return Views(
            photograph=numbers[self.photograph[keep]].astype(np.int32),
            matrix=self.matrix[keep],
            first_face=np.concatenate([[0], np.cumsum(counts[keep])]).astype(np.int32),
            boxes=self.boxes[keep_face],
            scores=self.scores[keep_face],
            points=self.points[keep_face],
        )

    @classmethod
    def joined(cls, parts: Sequence["Views"]) -> "Views":
        """Return the views of several sets as one."""
        counts = np.concatenate([np.diff(part.first_face) for part in parts])
        return cls(
            photograph=np.concatenate([part.photograph for part in parts]),
            matrix=np.concatenate([part.matrix for part in parts]),
            first_face=np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
            boxes=np.concatenate([part.boxes for part in parts]),
            scores=np.concatenate([part.scores for part in parts]),
            points=np.concatenate([part.points for part in parts]),
        )


def teacher_file(models: Path) -> Path:
    """Return the file of the teacher, in the folder of the reference networks."""
    return models / _TEACHER


def teacher_detector(models: Path) -> RetinaFaceDetector:
    """Return the teacher, which also tells what might be a face.

    Parameters
    ----------
    models : Path
        Folder of the reference networks.
    """
    settings = DetectionSettings(score_threshold=_DOUBTFUL, max_side_px=None)
    return RetinaFaceDetector(teacher_file(models), settings)


def make_views(
    photographs: Sequence[Photograph], models: Path, views_each: int, rng: np.random.Generator
) -> Views:
    """Show the photographs to the teacher, each as it is and in several random views.

    Views in which the teacher misses the photograph's face are left out.

    Parameters
    ----------
    photographs : sequence of Photograph
        What to show.
    models : Path
        Folder of the reference networks.
    views_each : int
        Random views of each photograph, beside the plain one.
    rng : Generator
        Draws the views.

    Returns
    -------
    Views
    """
    teacher = teacher_detector(models)
    kept, matrices, first_face, faces = [], [], [0], []
    for index, photograph in enumerate(photographs):
        image = read_picture(photograph)
        border = max(image.shape[:2]) // 4
        framed = np.pad(image, ((border, border), (border, border), (0, 0)))
        plain = teacher.detect(framed)
        if len(plain) == 0 or plain.scores[0] < _CERTAIN:
            continue
        box = plain.boxes[np.argmax(np.prod(plain.boxes[:, 2:] - plain.boxes[:, :2], axis=1))]
        box = box - np.float32(border)
        for number in range(views_each + 1):
            matrix = _view_matrix(box, rng if number else None)
            view = cv2.warpPerspective(
                image, matrix, (VIEW_SIDE_PX, VIEW_SIDE_PX), flags=cv2.INTER_LINEAR
            )
            found = teacher.detect(view)
            centres = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
            order = np.argsort(np.linalg.norm(centres - VIEW_SIDE_PX / 2, axis=1), kind="stable")
            if len(order) == 0 or found.scores[order[0]] < _CERTAIN:
                continue
            if np.abs(centres[order[0]] - VIEW_SIDE_PX / 2).max() > FACE_SIDE_PX / 3:
                continue
            kept.append(index)
            matrices.append(matrix)
            faces += [
                np.r_[found.boxes[i], found.scores[i], found.five_points[i].ravel()] for i in order
            ]
            first_face.append(len(faces))
    table = np.array(faces, dtype=np.float32).reshape(-1, 15)
    return Views(
        photograph=np.array(kept, dtype=np.int32),
        matrix=np.array(matrices, dtype=np.float32).reshape(-1, 3, 3),
        first_face=np.array(first_face, dtype=np.int32),
        boxes=table[:, :4],
        scores=table[:, 4],
        points=table[:, 5:].reshape(-1, 5, 2),
    )


def _view_matrix(box: NDArray[np.float32], rng: np.random.Generator | None) -> NDArray[np.float64]:
    """Draw a homography that brings a face to the middle of a view; the plain one without rng."""
    centre = (box[:2] + box[2:]) / 2
    scale = FACE_SIDE_PX / float((box[2:] - box[:2]).max())
    to_origin = np.array([[1, 0, -centre[0]], [0, 1, -centre[1]], [0, 0, 1]], dtype=np.float64)
    change = np.diag([scale, scale, 1.0])
    if rng is not None:
        flip = rng.choice([-1.0, 1.0])
        squeeze = rng.uniform(_NARROWEST, 1.0) if rng.random() < 0.5 else rng.uniform(0.9, 1.1)
        change = np.diag([flip * scale * squeeze, scale, 1.0])
        slant = np.eye(3)
        slant[2, :2] = rng.uniform(-_MAX_SLANT, _MAX_SLANT, 2) * (2.0 / VIEW_SIDE_PX)
        # Most heads are nearly upright: the angle is the mean of two draws.
        angle = rng.uniform(-_MAX_TURN_RAD, _MAX_TURN_RAD, 2).mean() * 1.4
        cos, sin = np.cos(angle), np.sin(angle)
        turn = np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
        change = turn @ slant @ change
    half = VIEW_SIDE_PX / 2
    to_middle = np.array([[1, 0, half], [0, 1, half], [0, 0, 1]], dtype=np.float64)
    matrix: NDArray[np.float64] = to_middle @ change @ to_origin
    return matrix
