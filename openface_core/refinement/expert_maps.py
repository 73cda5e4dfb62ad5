"""Response maps of one scale, prepared for one window size.

References
----------
``Patch_experts::Response`` of OpenFace 2.2.
"""

from typing import Protocol

import numpy as np

from openface_core.refinement.ccnf_maps import CcnfView, ccnf_maps
from openface_core.refinement.cen.experts import CenExperts
from openface_core.refinement.cen.response_maps import CenMaps
from openface_core.refinement.patch_areas import GreyPicture
from openface_core.refinement.patch_experts import (
    CcnfExperts,
    Float32Array,
    PatchExperts,
    SvrExperts,
)
from openface_core.refinement.smoothing import SmoothingMatrices
from openface_core.refinement.svr_maps import SvrView, svr_maps


class ExpertMaps(Protocol):
    """Writes the response maps of one view's experts of one scale."""

    def write(
        self,
        grey: GreyPicture,
        landmarks: Float32Array,
        to_image: Float32Array,
        view: int,
        out: Float32Array,
    ) -> None:
        """Write the maps around all landmarks.

        Parameters
        ----------
        grey : (H, W) ndarray of uint8 or float32
            The grey picture.
        landmarks : (n, 2) ndarray of float32
            Centres of the maps, pixels of the picture.
        to_image : (2, 2) ndarray of float32
            Rotation and scale from the experts' pixels to those of the picture.
        view : int
            Whose experts.
        out : (n, w * w) ndarray of float32
            Receives the maps; 0 for landmarks that the view does not show.
        """


class _CcnfMaps:
    """The maps of CCNF experts."""

    def __init__(self, experts: CcnfExperts, window: int, *, rounded_as_openface: bool) -> None:
        self._experts = experts
        self._window = window
        support = experts.grid.support_px
        by_columns = experts.weights.reshape(-1, support, support).transpose(0, 2, 1)
        neurons = (experts.biases[:, None], by_columns.reshape(len(experts.weights), -1))
        self._weights = np.ascontiguousarray(np.concatenate(neurons, axis=1))
        self._smoothing = SmoothingMatrices(
            experts, window, rounded_as_openface=rounded_as_openface
        )
        self._views: dict[int, CcnfView] = {}

    def write(
        self,
        grey: GreyPicture,
        landmarks: Float32Array,
        to_image: Float32Array,
        view: int,
        out: Float32Array,
    ) -> None:
        experts = self._views.get(view)
        if experts is None:  # two workers may both get here, and come to the same
            experts = self._views[view] = self._view(view)
        support_px = self._experts.grid.support_px
        ccnf_maps(grey, landmarks, to_image, experts, self._window, support_px, out)

    def _view(self, view: int) -> CcnfView:
        e = self._experts
        smoothing, index = self._smoothing.of_view(view)
        return CcnfView(
            e.grid.visible[view], e.first_neuron[view], e.neuron_count[view], self._weights,
            e.alphas, smoothing, index,
        )  # fmt: skip


class _SvrMaps:
    """The maps of SVR experts, whose templates are brought to mean 0 and length 1 beforehand."""

    def __init__(self, experts: SvrExperts, window: int) -> None:
        self._support_px = experts.grid.support_px
        self._window = window
        centred = experts.weights - experts.weights.mean(axis=1, keepdims=True, dtype=np.float64)
        lengths = np.linalg.norm(centred, axis=1, keepdims=True)
        # A template without contrast correlates with everything, by OpenCV's rule.
        flat = lengths.ravel() ** 2 < np.finfo(np.float64).eps * centred.shape[1]
        lengths[flat] = 1.0
        centred[flat] = 0.0
        templates = (centred / lengths).astype(np.float32)
        biases = np.where(flat, experts.scalings + experts.biases, experts.biases)
        self._views = [
            SvrView(
                visible, begins, counts, templates, experts.uses_gradient, experts.scalings, biases
            )
            for visible, begins, counts in zip(
                experts.grid.visible, experts.first_part, experts.part_count, strict=True
            )
        ]

    def write(
        self,
        grey: GreyPicture,
        landmarks: Float32Array,
        to_image: Float32Array,
        view: int,
        out: Float32Array,
    ) -> None:
        experts = self._views[view]
        svr_maps(grey, landmarks, to_image, experts, self._window, self._support_px, out)


def expert_maps(
    experts: PatchExperts,
    window_px: int,
    *,
    is_sparse: bool = True,
    rounded_as_openface: bool = True,
) -> ExpertMaps:
    """Prepare the response maps of experts for one window size.

    Parameters
    ----------
    experts : PatchExperts
        The experts of one scale, of any kind.
    window_px : int
        Side of the maps.
    is_sparse : bool
        Whether CEN experts, the costliest, are asked at every other position only.
    rounded_as_openface : bool
        See :class:`~openface_core.refinement.smoothing.SmoothingMatrices`.

    Raises
    ------
    ValueError
        If the smoothing of a CCNF expert is not positive definite.
    """
    if isinstance(experts, CcnfExperts):
        return _CcnfMaps(experts, window_px, rounded_as_openface=rounded_as_openface)
    if isinstance(experts, CenExperts):
        return CenMaps(experts, window_px, is_sparse=is_sparse)
    return _SvrMaps(experts, window_px)
