"""A triangulated face, and how each action moves its vertices.

Every action is a displacement of all vertices, known at the landmarks and some points more and
spread between them; actions add up. On one side of the face alone, the same displacement fades out
across the middle. The neutral face is the photograph's without its smile.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipelines.demo_corpus import portrait
from pipelines.demo_corpus.face_actions import ACTIONS, SMILE, Motion, motion_of
from pipelines.demo_corpus.face_sides import SIDES, movement, side_weight

Points = NDArray[np.float64]

_FACE_LEFT, _FACE_TOP, _FACE_RIGHT, _FACE_BOTTOM = 164, 56, 288, 208
_FACE_STEP_PX = 8
_STEP_PX = 24
_BORDER_PX = 48
_CLEARANCE_PX = 3.5
"""How near a vertex of the grid may be to one of the face."""

# What moves with the face fades out between these ellipses around its centre.
_FACE_CENTRE = (225.0, 128.0)
_INNER_RADII_PX, _OUTER_RADII_PX = (52.0, 66.0), (84.0, 104.0)


@dataclass(frozen=True, eq=False)
class FaceMesh:
    """Vertices of the photograph, and how actions move them; pixels of the photograph.

    Parameters
    ----------
    vertices : (v, 2) ndarray of float64
        In the photograph; the landmarks come first.
    triangles : (t, 3) ndarray of int32
        Vertices of each; those within the openings of eyes and mouth come first.
    displacements : dict of str to (v, 2) ndarray of float64
        What each action, on one side or both, adds to the neutral face at an amplitude of 1.
    neutral : (v, 2) ndarray of float64
        The face at rest.
    openings : dict of str to tuple of int
        Vertices around each opening, in order.
    """

    vertices: Points
    triangles: NDArray[np.int32]
    displacements: dict[str, Points]
    neutral: Points
    openings: dict[str, tuple[int, ...]]

    def posed(self, amplitudes: dict[str, float]) -> Points:
        """Return the vertices of a face with some actions, (v, 2)."""
        points = self.neutral.copy()
        for name, amplitude in amplitudes.items():
            points += amplitude * self.displacements[name]
        return points


@dataclass(frozen=True, eq=False)
class _Contours:
    """The vertices that are placed by hand, and which of them belong to what."""

    points: Points
    named: dict[str, tuple[int, ...]]


_NAMED = {
    "left_eye_upper": portrait.LEFT_EYE_UPPER,
    "left_eye_lower": portrait.LEFT_EYE_LOWER,
    "right_eye_upper": portrait.RIGHT_EYE_UPPER,
    "right_eye_lower": portrait.RIGHT_EYE_LOWER,
    "left_lashes": portrait.LEFT_LASHES,
    "right_lashes": portrait.RIGHT_LASHES,
    "lips_top": portrait.LIPS_TOP,
    "mouth_upper": portrait.MOUTH_UPPER,
    "mouth_lower": portrait.MOUTH_LOWER,
    "lips_bottom": portrait.LIPS_BOTTOM,
}

_OPENINGS = (
    ("left_eye", "left_eye_upper", "left_eye_lower"),
    ("right_eye", "right_eye_upper", "right_eye_lower"),
    ("mouth", "mouth_upper", "mouth_lower"),
)


def _contours() -> _Contours:
    """Return the landmarks, and after them the other points of the contours, none twice."""
    points = [tuple(point) for point in portrait.landmarks()]
    named = {}
    for name, contour in _NAMED.items():
        indices = []
        for point in contour:
            if point not in points:
                points.append(point)
            indices.append(points.index(point))
        named[name] = tuple(indices)
    return _Contours(np.array(points), named)


def _face_weight(points: Points) -> NDArray[np.float64]:
    """Return how much of the face's motion points follow, 1 within the face to 0 far from it."""
    offset = points - _FACE_CENTRE
    inner = np.linalg.norm(offset / _INNER_RADII_PX, axis=1)
    outer = np.linalg.norm(offset / _OUTER_RADII_PX, axis=1)
    share = np.clip((inner - 1) / np.maximum(inner - outer, 1e-9), 0, 1)
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * share))


def _grid(points: Points) -> Points:
    """Return vertices that fill the photograph, close together where the face is."""
    far = np.arange(-_BORDER_PX, portrait.PHOTOGRAPH_SIDE_PX + _BORDER_PX + 1, _STEP_PX)
    wide = np.stack(np.meshgrid(far, far), axis=-1).reshape(-1, 2)
    x, y = wide.T
    in_face = (x > _FACE_LEFT) & (x < _FACE_RIGHT) & (y > _FACE_TOP) & (y < _FACE_BOTTOM)
    columns = np.arange(_FACE_LEFT, _FACE_RIGHT + 1, _FACE_STEP_PX)
    rows = np.arange(_FACE_TOP, _FACE_BOTTOM + 1, _FACE_STEP_PX)
    near = np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2)
    # Half a step aside in every other row, so that triangles are about equilateral.
    near = near + np.stack(
        [(near[:, 1] // _FACE_STEP_PX % 2) * _FACE_STEP_PX / 2, 0 * near[:, 1]], 1
    )
    grid = np.concatenate([wide[~in_face], near]).astype(np.float64)
    distance = np.linalg.norm(grid[:, None] - points[None], axis=2).min(axis=1)
    return np.asarray(grid[distance > _CLEARANCE_PX])


def _triangulated(vertices: Points) -> NDArray[np.int32]:
    """Return the Delaunay triangles of all vertices."""
    low = -2 * _BORDER_PX
    size = portrait.PHOTOGRAPH_SIDE_PX + 4 * _BORDER_PX
    division = cv2.Subdiv2D((low, low, size, size))
    places = {}
    for index, (x, y) in enumerate(vertices.astype(np.float32)):
        division.insert((float(x), float(y)))
        places[float(x), float(y)] = index
    corners = np.asarray(division.getTriangleList()).reshape(-1, 3, 2)
    found = [[places.get((float(x), float(y)), -1) for x, y in triangle] for triangle in corners]
    # The subdivision's own outermost corners are no vertices.
    triangles = np.array([t for t in found if min(t) >= 0], dtype=np.int32)
    a, b, c = vertices[triangles].transpose(1, 0, 2)
    clockwise = (b - a)[:, 0] * (c - a)[:, 1] > (b - a)[:, 1] * (c - a)[:, 0]
    return np.where(clockwise[:, None], triangles, triangles[:, ::-1])


def _spread(motion: Motion, contours: _Contours, vertices: Points) -> Points:
    """Return the displacement of every vertex, given that of some points.

    A radial basis function, the distance itself, goes through the given ones; on the outer ellipse
    nothing moves.
    """
    named = set(motion.points)
    still = [tuple(point) for point in contours.points if tuple(point) not in named]
    angles = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    ring = _FACE_CENTRE + np.stack([np.cos(angles), np.sin(angles)], axis=1) * _OUTER_RADII_PX
    centres = np.concatenate([np.array(motion.points), np.array(still), ring])
    values = np.zeros_like(centres)
    values[: len(motion.points)] = motion.displacements
    n = len(centres)
    system = np.ones((n + 1, n + 1))
    system[:n, :n] = np.linalg.norm(centres[:, None] - centres[None], axis=2)
    system[n, n] = 0.0
    weights = np.linalg.solve(system, np.concatenate([values, np.zeros((1, 2))]))
    basis = np.linalg.norm(vertices[:, None] - centres[None], axis=2)
    spread = basis @ weights[:n] + weights[n]
    return np.asarray(spread * _face_weight(vertices)[:, None])


def build_face_mesh() -> FaceMesh:
    """Return the mesh of the photograph's face."""
    contours = _contours()
    openings = {
        name: contours.named[upper] + contours.named[lower][-2:0:-1]
        for name, upper, lower in _OPENINGS
    }
    vertices = np.concatenate([contours.points, _grid(contours.points)])
    triangles = _triangulated(vertices)
    inside = np.zeros(len(triangles), dtype=np.bool_)
    centres = vertices[triangles].mean(axis=1)
    for indices in openings.values():
        border = vertices[list(indices)].astype(np.float32)
        inside |= [cv2.pointPolygonTest(border, (x, y), False) > 0 for x, y in centres]
    ordered = np.concatenate([triangles[inside], triangles[~inside]])
    spread = {action: _spread(motion_of(action), contours, vertices) for action in ACTIONS}
    displacements = {
        movement(action, side): spread[action] * side_weight(vertices, side)[:, None]
        for action in ACTIONS
        for side in SIDES
    }
    return FaceMesh(vertices, ordered, displacements, vertices - spread[SMILE], openings)
