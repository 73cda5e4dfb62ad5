"""The faces that patch experts learn from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.training.photographs import Photograph
from openface_core.shape import PointDistributionModel, calc_params

Float32Array = NDArray[np.float32]

_MOST_OFF = 0.05
"""Mean distance of the teacher's points from people's, over the larger side of these."""


@dataclass(frozen=True, eq=False)
class LocatedFace:
    """A face of a photograph.

    Parameters
    ----------
    number : int
        Number of the photograph.
    photograph : Photograph
        The photograph.
    points_px : (n, 2) ndarray of float32
        About where the landmarks of the face, or of a part of it, are, pixels. Searches begin near
        them; they are no labels.
    """

    number: int
    photograph: Photograph
    points_px: Float32Array


def located_faces(
    photographs: Sequence[Photograph], taught: Float32Array
) -> tuple[LocatedFace, ...]:
    """Return the faces of photographs whose place is known.

    Parameters
    ----------
    photographs : sequence of Photograph
        The photographs, n of them.
    taught : (n, 68, 2) ndarray of float32
        What the teacher sees, pixels; NaN without a face.

    Notes
    -----
    Where people marked points and the teacher is far from them, as on many faces in profile, these
    are taken: what experts should answer is known anywhere.
    """
    faces = []
    for number, photograph in enumerate(photographs):
        points, marked = taught[number], photograph.landmarks_px
        if marked is not None and not _are_near(points, marked):
            points = marked
        if np.isfinite(points).all():
            faces.append(LocatedFace(number, photograph, points))
    return tuple(faces)


def faces_of_part(
    faces: Sequence[LocatedFace],
    pdm: PointDistributionModel,
    landmarks: Sequence[int],
    least_px_per_mm: float,
) -> tuple[LocatedFace, ...]:
    """Return a part of faces, of those that are large enough.

    Parameters
    ----------
    faces : sequence of LocatedFace
        Whole faces.
    pdm : PointDistributionModel
        The part's shape model, which says how large a face is.
    landmarks : sequence of int
        The part's landmarks.
    least_px_per_mm : float
        Smaller faces are left out.
    """
    own = list(landmarks)
    parts = [replace(face, points_px=np.ascontiguousarray(face.points_px[own])) for face in faces]
    return tuple(
        part
        for part in parts
        if calc_params(pdm, part.points_px).scale_px_per_mm >= least_px_per_mm
    )


def _are_near(points: Float32Array, marked: Float32Array) -> bool:
    size = float(np.ptp(marked, axis=0).max())
    off = np.linalg.norm(points - marked, axis=1).mean()
    return bool(off <= _MOST_OFF * size)  # false for NaN
