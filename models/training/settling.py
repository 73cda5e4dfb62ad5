"""Where patch experts settle on a picture with a shape model that is being tried."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from openface_core.refinement.landmark_model import LandmarkModel
from openface_core.refinement.patch_experts import PatchExperts
from openface_core.refinement.refiner import LandmarkRefiner
from openface_core.refinement.settings import FROM_DETECTION, TRACKING
from openface_core.shape import PointDistributionModel, ShapeFit, calc_params

Float32Array = NDArray[np.float32]


class Settling:
    """Patch experts that find a face, and then follow it in the same picture.

    Parameters
    ----------
    pdm : PointDistributionModel
        The shape model, with the variances that the experts may use.
    experts : sequence of PatchExperts
        Those of the whole face, by scale.
    """

    def __init__(self, pdm: PointDistributionModel, experts: Sequence[PatchExperts]) -> None:
        self._pdm = pdm
        self._first = LandmarkRefiner(LandmarkModel(pdm, tuple(experts)), FROM_DETECTION)
        self._following = self._first.with_settings(TRACKING)

    def fit(
        self, grey: NDArray[np.uint8], points_px: Float32Array, follows: int
    ) -> ShapeFit | None:
        """Return the fit of a face; None where the experts lose it.

        Parameters
        ----------
        grey : (H, W) ndarray of uint8
            The picture.
        points_px : (n, 2) ndarray of float32
            Where it about is.
        follows : int
            How often it is followed.
        """
        refined = self._first.refine(grey, calc_params(self._pdm, points_px))
        for _ in range(follows):
            if not refined.is_fitted:
                return None
            refined = self._following.refine(grey, refined.fit)
        return refined.fit if refined.is_fitted else None
