"""What given landmarks lack, and whether they can be those of a face in the picture."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from openface_core.shape import PointDistributionModel, ShapeFit, project_shape

Float32Array = NDArray[np.float32]

_LEAST_SEEN: Final = 34
"""Of 68 landmarks; the shape makes up the others."""

_LEAST_SIDE_PX: Final = 8.0
"""Of the larger side of the landmarks' box: a face of fewer pixels has no features."""

_MOST_PICTURES: Final = 4.0
"""Faces that are larger than so many pictures are none."""

_LEAST_WIDTH: Final = 0.05
"""Of the spread across, in that along: less is a line, and no face from the side."""

_MOST_STRENGTH: Final = 8.0
"""Root mean square of the shape parameters, in standard deviations: photographs have up to 3.4,
landmarks in the order of a mirror image 24 in the median."""

_MOST_AWAY: Final = 0.1
"""Of landmarks from the fitted shape, in the mean and in sides of their box; faces have 0.02."""


def is_seen(landmarks: Float32Array) -> NDArray[np.bool_]:
    """Return which landmarks are not marked missing by an x of exactly 0, as in OpenFace, (n,)."""
    return np.asarray(landmarks[:, 0] != 0.0)


def completed(pdm: PointDistributionModel, fit: ShapeFit, landmarks: Float32Array) -> Float32Array:
    """Return landmarks (n, 2), with points of the shape fitted to them where they are missing."""
    seen = is_seen(landmarks)
    if seen.all():
        return landmarks
    return np.where(seen[:, None], landmarks, project_shape(pdm, fit))


def may_be_face(
    pdm: PointDistributionModel,
    fit: ShapeFit,
    landmarks: Float32Array,
    frame_shape: tuple[int, ...],
) -> bool:
    """Return whether landmarks may be those of a face in a frame.

    Parameters
    ----------
    pdm : PointDistributionModel
        The shape model, n points.
    fit : ShapeFit
        Its fit to the landmarks.
    landmarks : (n, 2) ndarray of float32
        Given landmarks, finite, pixels.
    frame_shape : tuple of int
        Height and width of the frame.
    """
    seen = is_seen(landmarks)
    points = landmarks[seen].astype(np.float64)
    if len(points) < min(_LEAST_SEEN, pdm.landmark_count):
        return False
    low, high = points.min(axis=0), points.max(axis=0)
    side, (height, width) = float((high - low).max()), frame_shape[:2]
    touches = (high >= 0.0).all() and low[0] <= width and low[1] <= height
    if not touches or not _LEAST_SIDE_PX <= side <= _MOST_PICTURES * max(height, width):
        return False
    across, along = np.sqrt(np.linalg.eigvalsh(np.cov(points.T)))
    if not across >= _LEAST_WIDTH * along:
        return False
    strength = math.sqrt(float(np.mean(fit.shape_parameters**2 / pdm.eigenvalues)))
    if not fit.is_finite or not strength <= _MOST_STRENGTH:
        return False
    away = np.hypot(*(points - project_shape(pdm, fit)[seen]).T)
    return bool(away.mean() <= _MOST_AWAY * side)
