"""What the fit of the eye models to a picture gives, before a camera is assumed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.eyes.eye_points import EYE_COUNT, EYE_POINT_COUNT
from openface_core.finite import all_finite
from openface_core.shape import PointDistributionModel, ShapeFit, posed_shape

Float32Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class FittedEyes:
    """Both eyes of a face in a picture.

    Parameters
    ----------
    landmarks_px : (2, 28, 2) ndarray of float32
        Points of each eye, pixels of the upright frame.
    relative_depths_mm : (2, 28) ndarray of float32
        Depth of each point beyond the origin of its eye model.
    scales_px_per_mm : (2,) ndarray of float64
        Scale of each eye's weak-perspective projection; positive.

    Raises
    ------
    ValueError
        If a shape is another one, a value is not finite, or a scale is not positive.
    """

    landmarks_px: Float32Array
    relative_depths_mm: Float32Array
    scales_px_per_mm: NDArray[np.float64]

    def __post_init__(self) -> None:
        for name, shape in (
            ("landmarks_px", (EYE_COUNT, EYE_POINT_COUNT, 2)),
            ("relative_depths_mm", (EYE_COUNT, EYE_POINT_COUNT)),
            ("scales_px_per_mm", (EYE_COUNT,)),
        ):
            values = getattr(self, name)
            if values.shape != shape:
                raise ValueError(f"{name}: shape {shape} is expected, found {values.shape}")
            if not all_finite(values):
                raise ValueError(f"{name} holds values that are not finite")
        if not (self.scales_px_per_mm > 0).all():
            raise ValueError("scales_px_per_mm must be positive")


def place_eyes(
    pdms: Sequence[PointDistributionModel], fits: Sequence[ShapeFit]
) -> FittedEyes | None:
    """Return the points of two fitted eye models.

    Parameters
    ----------
    pdms : sequence of two PointDistributionModel
        Shape models of the two eyes, 28 points each.
    fits : sequence of two ShapeFit
        Their fits.

    Returns
    -------
    FittedEyes or None
        None where a fit has no meaning.
    """
    landmarks = np.empty((EYE_COUNT, EYE_POINT_COUNT, 2), dtype=np.float32)
    depths = np.empty((EYE_COUNT, EYE_POINT_COUNT), dtype=np.float32)
    for eye, (pdm, fit) in enumerate(zip(pdms, fits, strict=True)):
        if not fit.is_finite:
            return None
        turned, landmarks[eye] = posed_shape(pdm, fit)
        depths[eye] = turned[:, 2]
    if not (all_finite(landmarks) and all_finite(depths)):
        return None
    return FittedEyes(landmarks, depths, np.array([fit.scale_px_per_mm for fit in fits]))
