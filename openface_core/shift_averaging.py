"""FHOG averaged over copies of the aligned face that are shifted by parts of a pixel.

FHOG depends on where in a pixel the aligned face comes to lie, and landmarks are not exact to a
part of a pixel. The mean over shifted copies depends on it less. OpenFace has nothing of the kind.
"""

import numpy as np
from numpy.typing import NDArray

from openface_core.alignment import AlignedFace, FaceAligner
from openface_core.fhog import fhog

SHIFTS_PX = tuple((x, y) for x in (-0.25, 0.25) for y in (-0.25, 0.25))
"""Shifts x, y of the copies, pixels of the aligned face."""


def shift_averaged_fhog(
    aligner: FaceAligner,
    frame: NDArray[np.uint8],
    landmarks: NDArray[np.float32],
    aligned: AlignedFace,
) -> NDArray[np.float32]:
    """Return the mean FHOG of the aligned face and four shifted copies.

    Parameters
    ----------
    aligner : FaceAligner
        What aligned the face.
    frame : (H, W, 3) ndarray of uint8
        BGR frame.
    landmarks : (68, 2) ndarray of float32
        Detected landmarks, pixels.
    aligned : AlignedFace
        The face without any shift.

    Returns
    -------
    (12, 12, 31) ndarray of float32
        As :func:`openface_core.fhog.fhog`; each copy is masked where its own landmarks are.
    """
    total = fhog(aligned.image)
    for shift in SHIFTS_PX:
        matrix = aligned.matrix.copy()
        matrix[:, 2] += np.array(shift, dtype=np.float32)
        total += fhog(aligner.warp(frame, landmarks, matrix))
    total /= np.float32(1 + len(SHIFTS_PX))
    return total
