"""Eyes of our own: a drawing, its shape model, and patch experts that know what it looks like."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from openface_core.eyes import EYE_PARTS
from openface_core.eyes.eye_points import FACE_LID_POINTS, LID_POINTS
from openface_core.refinement import (
    CcnfExperts,
    FaceLandmarkModel,
    LandmarkModel,
    PartModel,
    ViewGrid,
)
from openface_core.refinement.patch_areas import sample_area
from openface_core.shape import PointDistributionModel
from tests.synthetic_experts import SUPPORT_PX, ccnf_experts_for, synthetic_landmark_model

POINTS = 28
MODES = 3
WINDOWS_PX = (3, 5)
SCALES_PX_PER_MM = (1.0, 1.5)

_SKIN, _WHITE, _IRIS, _PUPIL = 150, 235, 95, 15
_FRACTION_BITS = 6


def _circle(radius_x: float, radius_y: float, count: int, begin: float) -> NDArray[np.float64]:
    angles = np.radians(begin + 360.0 / count * np.arange(count))
    return np.stack([radius_x * np.cos(angles), radius_y * np.sin(angles), 0 * angles], axis=1)


@cache
def eye_pdm() -> PointDistributionModel:
    """Return an eye whose iris moves sideways and up and down, and whose lids open.

    Its six shared lid points are shaped as those of the synthetic face.
    """
    mean = np.concatenate(
        [_circle(5.0, 5.0, 8, 180.0), _circle(14.0, 6.5, 12, 180.0), _circle(2.0, 2.0, 8, 180.0)]
    )
    mean[:, 2] = (mean[:, 0] ** 2 + mean[:, 1] ** 2) / 24.0  # as on an eyeball
    modes = np.zeros((MODES, POINTS, 3))
    iris = [*range(8), *range(20, 28)]
    modes[0, iris, 0] = modes[1, iris, 1] = 1.0
    modes[2, 8:20, 1] = mean[8:20, 1]
    modes /= np.linalg.norm(modes, axis=(1, 2), keepdims=True)
    return PointDistributionModel(
        mean_mm=mean.T.ravel().astype(np.float32),
        components_mm=modes.transpose(2, 1, 0).reshape(3 * POINTS, MODES).astype(np.float32),
        eigenvalues=np.array([60.0, 20.0, 10.0], dtype=np.float32),
    )


def draw_eyes(eyes_px: NDArray[np.floating], size_px: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a grey picture, width by height, of eyes (k, 28, 2)."""
    picture = np.full(size_px[::-1], _SKIN, dtype=np.uint8)
    for eye in eyes_px:
        opening = np.zeros_like(picture)
        _fill(opening, eye[8:20], 255)
        inside = np.full_like(picture, _WHITE)
        _fill(inside, eye[:8], _IRIS)
        _fill(inside, eye[20:], _PUPIL)
        share = opening.astype(np.float32) / 255.0
        picture = (share * inside + (1.0 - share) * picture + 0.5).astype(np.uint8)
    return picture


def _fill(picture: NDArray[np.uint8], outline: NDArray[np.floating], value: int) -> None:
    corners = np.round(outline * 2**_FRACTION_BITS).astype(np.int32)
    cv2.fillPoly(picture, [corners], value, lineType=cv2.LINE_AA, shift=_FRACTION_BITS)


@cache
def _experts(scale_px_per_mm: float) -> CcnfExperts:
    magnification = 2.0
    size = int(60 * scale_px_per_mm * magnification)
    flat = eye_pdm().shape_mm(np.zeros(MODES))[:, :2] * scale_px_per_mm * magnification + size / 2
    grey = draw_eyes(flat[None], (size, size))
    to_image = np.array([[magnification, 0.0], [0.0, magnification]], dtype=np.float32)
    seen = np.empty((1, POINTS, SUPPORT_PX, SUPPORT_PX), dtype=np.float32)
    for k, (x, y) in enumerate(flat):
        sample_area(grey, np.float32(x), np.float32(y), to_image, seen[0, k])
    grid = ViewGrid(
        scale_px_per_mm,
        SUPPORT_PX,
        np.zeros((1, 3), dtype=np.float32),
        np.ones((1, POINTS), dtype=np.bool_),
        np.ones((1, POINTS), dtype=np.float32),
    )
    return ccnf_experts_for(grid, seen, WINDOWS_PX, bias=-13.0)


@cache
def eye_part(eye: int, scales_px_per_mm: tuple[float, ...] = SCALES_PX_PER_MM) -> PartModel:
    """Return the landmark model of one eye."""
    model = LandmarkModel(eye_pdm(), tuple(_experts(scale) for scale in scales_px_per_mm))
    return PartModel(EYE_PARTS[eye], model, np.array(FACE_LID_POINTS[eye]), np.array(LID_POINTS))


@cache
def face_model_with_eyes() -> FaceLandmarkModel:
    """Return the landmark models of the synthetic face and of its eyes."""
    return FaceLandmarkModel(synthetic_landmark_model(), (eye_part(0), eye_part(1)))
