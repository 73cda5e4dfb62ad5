"""Which squares of a frame the eye network looks at, one around each eye of a face."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from openface_core.eyes.eye_points import FACE_LID_POINTS
from openface_core.landmarks.crop import CropSquare

EYE_CROP_PX: Final = 48
"""Side of the network's input."""

EYE_SQUARE_MM: Final = 42.0
"""Side of a square in the scale of the face: an eye, its brow, and the bridge of the nose."""


def eye_squares(
    landmarks: NDArray[np.float32], scale_px_per_mm: float
) -> tuple[CropSquare, CropSquare]:
    """Return the squares around both eyes, turned so that the eyes are level.

    Parameters
    ----------
    landmarks : (68, 2) ndarray of float32
        Landmarks of the face, pixels.
    scale_px_per_mm : float
        Scale of the face.

    Returns
    -------
    tuple of two CropSquare
        The left eye in the picture first. Where both eyes lie in one place, the face is taken to
        be upright.
    """
    left, right = (
        landmarks[list(lids)].astype(np.float64).mean(axis=0) for lids in FACE_LID_POINTS
    )
    x, y = (float(value) for value in right - left)
    length = float(np.hypot(x, y))
    cos, sin = (x / length, y / length) if length > 0.0 else (1.0, 0.0)
    side_px = EYE_SQUARE_MM * scale_px_per_mm
    first, second = (
        CropSquare(float(centre[0]), float(centre[1]), side_px, cos, sin)
        for centre in (left, right)
    )
    return first, second
