"""The faces that patch experts learn from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.training.photograph_landmarks import agree
from models.training.photographs import Photograph

Float32Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class LabelledFace:
    """A face of a photograph.

    Parameters
    ----------
    number : int
        Number of the photograph.
    photograph : Photograph
        The photograph.
    label_px : (68, 2) ndarray of float32
        Where experts should see the landmarks, pixels.
    found_px : (68, 2) ndarray of float32
        Where the landmark network sees them.
    """

    number: int
    photograph: Photograph
    label_px: Float32Array
    found_px: Float32Array


def labelled_faces(
    photographs: Sequence[Photograph], taught: Float32Array, own: Float32Array
) -> tuple[LabelledFace, ...]:
    """Return the faces of photographs whose labels can be trusted.

    Parameters
    ----------
    photographs : sequence of Photograph
        The photographs, n of them.
    taught, own : (n, 68, 2) ndarray of float32
        What the teacher and the embedded landmark network see, pixels; NaN without a face.

    Notes
    -----
    The teacher's landmarks are the labels, also where people marked some: the points that its patch
    experts settle on are wanted. Where it is far from the landmark network, one of them is lost, or
    they look at different faces, and the photograph is left out.
    """
    faces = []
    for number, photograph in enumerate(photographs):
        label, found = taught[number], own[number]
        if agree(found, label):
            faces.append(LabelledFace(number, photograph, label, found))
    return tuple(faces)
