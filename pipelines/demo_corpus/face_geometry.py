"""Where the vertices of a face come to lie in a picture."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipelines.demo_corpus.face_mesh import FaceMesh

Points = NDArray[np.float64]

# The head turns about the neck; what moves with it fades out between these ellipses.
_NECK = (222.0, 190.0)
_HEAD_CENTRE = (227.0, 104.0)
_INNER_RADII_PX, _OUTER_RADII_PX = (80.0, 92.0), (150.0, 175.0)


@dataclass(frozen=True)
class HeadPose:
    """Where the head is, against the photograph.

    Parameters
    ----------
    roll_rad : float
        Clockwise turn in the picture plane, as the viewer sees it.
    right_px, down_px : float
        Motion, pixels of the photograph.
    """

    roll_rad: float = 0.0
    right_px: float = 0.0
    down_px: float = 0.0


@dataclass(frozen=True)
class View:
    """Which part of the photograph a picture shows.

    Parameters
    ----------
    width_px, height_px : int
        Size of the picture.
    left_px, top_px : float
        Its upper left corner in the photograph.
    scale : float
        Pixels of the picture for one of the photograph.
    """

    width_px: int
    height_px: int
    left_px: float
    top_px: float
    scale: float

    def project(self, points: Points) -> Points:
        """Return points of the photograph in the picture, pixel centres on integers."""
        return (points + 0.5 - (self.left_px, self.top_px)) * self.scale - 0.5


@dataclass(frozen=True)
class FaceState:
    """One moment of a face.

    Parameters
    ----------
    amplitudes : dict of str to float
        Of the actions, on one side or both: 0 at rest and 1 at their full extent.
    head : HeadPose
        Where the head is.
    """

    amplitudes: dict[str, float] = field(default_factory=dict)
    head: HeadPose = HeadPose()


def head_weight(points: Points) -> NDArray[np.float64]:
    """Return how much of the head's motion points of the photograph follow, 1 to 0."""
    offset = points - _HEAD_CENTRE
    inner = np.linalg.norm(offset / _INNER_RADII_PX, axis=1)
    outer = np.linalg.norm(offset / _OUTER_RADII_PX, axis=1)
    share = np.clip((inner - 1) / np.maximum(inner - outer, 1e-9), 0, 1)
    return np.asarray(0.5 + 0.5 * np.cos(np.pi * share))


def move_head(points: Points, head: HeadPose) -> Points:
    """Return points of the head after its motion, with the full weight."""
    cos, sin = np.cos(head.roll_rad), np.sin(head.roll_rad)
    turned = (points - _NECK) @ np.array([[cos, sin], [-sin, cos]])
    return np.asarray(turned + _NECK + (head.right_px, head.down_px))


def place_vertices(mesh: FaceMesh, state: FaceState, view: View) -> Points:
    """Return the vertices in the picture, (v, 2), pixels; the first 68 are landmarks."""
    posed = mesh.posed(state.amplitudes)
    moved = move_head(posed, state.head)
    return view.project(posed + head_weight(mesh.vertices)[:, None] * (moved - posed))
