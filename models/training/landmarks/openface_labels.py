"""The points that OpenFace's detector sees, which the network learns last.

What it has learned before is where people would mark the points. Action units and head pose are
to agree with OpenFace's, whose detector sees some of the points elsewhere: outline and brows above
all.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.training.landmarks.labels import ANNOTATED_SET, HELD_OUT_EVERY, LabelledFaces
from models.training.photograph_landmarks import MOST_DISAGREEMENT, agree, eye_distance
from models.training.photographs import Photograph, read_picture

Float32Array = NDArray[np.float32]

_HALF_TRUSTED = 2.0 * MOST_DISAGREEMENT
"""A point that both see so far apart counts half; over the distance of the eyes."""


def openface_faces(
    photographs: Sequence[Photograph], own: Float32Array, taught: Float32Array
) -> tuple[LabelledFaces, LabelledFaces]:
    """Return faces with the points of OpenFace's detector, and those held out.

    Parameters
    ----------
    photographs : sequence of Photograph
        n photographs.
    own, taught : (n, 68, 2) ndarray of float32
        What the network so far and OpenFace's detector see, pixels; NaN without a face.

    Returns
    -------
    training, held_out : LabelledFaces
        Photographs in which both may be looking at different faces are left out.

    Raises
    ------
    InputError
        If a photograph cannot be read.
    """
    parts: tuple[list[int], list[int]] = [], []
    for number, photograph in enumerate(photographs):
        if agree(own[number], taught[number]):
            is_annotated = photograph.set_name == ANNOTATED_SET
            parts[is_annotated and number % HELD_OUT_EVERY == 0].append(number)
    training, held_out = (
        LabelledFaces(
            tuple(read_picture(photographs[number]) for number in chosen),
            taught[chosen],
            trust(own[chosen], taught[chosen]),
        )
        for chosen in parts
    )
    return training, held_out


def trust(own: Float32Array, taught: Float32Array) -> Float32Array:
    """Return weights (n, 68) of points (n, 68, 2) that two methods see more or less alike."""
    unit = _HALF_TRUSTED * eye_distance(taught)
    away = np.linalg.norm(own - taught, axis=2) / unit[:, None]
    return np.asarray(1.0 / (1.0 + np.square(away)), dtype=np.float32)
