"""FHOG averaged over copies of the aligned face that are shifted by parts of a pixel.

FHOG depends on where in a pixel the aligned face comes to lie, and landmarks are not exact to a
part of a pixel. The mean over shifted copies depends on it less. OpenFace has nothing of the kind.
"""

import numpy as np
from numpy.typing import NDArray

from openface_core.alignment import AlignedFace, FaceAligner
from openface_core.alignment.aligner import warp_masked
from openface_core.alignment.warp import source_box
from openface_core.fhog import fhog, fhog_into, orientations
from openface_core.kernel import kernel
from openface_core.partial_pictures import AnyPicture, pixels_within

SHIFTS_PX = tuple((x, y) for x in (-0.25, 0.25) for y in (-0.25, 0.25))
"""Shifts x, y of the copies, pixels of the aligned face."""


_SHIFTS = np.array(SHIFTS_PX, dtype=np.float32)


@kernel
def _add_shifted(
    frame: NDArray[np.uint8],
    landmarks: NDArray[np.float32],
    matrix: NDArray[np.float32],
    triangles: NDArray[np.int32],
    shifts: NDArray[np.float32],
    orientations: NDArray[np.uint8],
    size_px: int,
    total: NDArray[np.float32],
) -> None:
    """Turn the features of the face in place into the mean of these and of the shifted copies'."""
    image = np.empty((size_px, size_px, 3), dtype=np.uint8)
    features = np.empty_like(total)
    shifted = matrix.copy()
    for k in range(shifts.shape[0]):
        shifted[0, 2] = matrix[0, 2] + shifts[k, 0]
        shifted[1, 2] = matrix[1, 2] + shifts[k, 1]
        warp_masked(frame, landmarks, shifted, triangles, image)
        fhog_into(image, orientations, features)
        total += features
    total /= np.float32(1 + shifts.shape[0])


def shift_averaged_fhog(
    aligner: FaceAligner,
    frame: AnyPicture,
    landmarks: NDArray[np.float32],
    aligned: AlignedFace,
) -> NDArray[np.float32]:
    """Return the mean FHOG of the aligned face and four shifted copies.

    Parameters
    ----------
    aligner : FaceAligner
        What aligned the face.
    frame : (H, W, 3) ndarray of uint8, or PartialPicture
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
    size_px = aligned.image.shape[0]
    pixels = pixels_within(frame, *source_box(aligned.matrix, size_px))
    _add_shifted(
        pixels, landmarks, aligned.matrix, aligner.triangles, _SHIFTS, orientations(), size_px,
        total,
    )  # fmt: skip
    return total
