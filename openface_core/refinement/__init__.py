"""Component 3: landmarks refined on the grey picture by patch experts under a shape model.

:mod:`~openface_core.refinement.patch_experts` holds the experts,
:mod:`~openface_core.refinement.expert_maps` applies them around every landmark, and
:mod:`~openface_core.refinement.landmark_fit` moves the shape model towards their maxima
(regularised landmark mean shift). :mod:`~openface_core.refinement.refiner` puts these together for
one model, :mod:`~openface_core.refinement.parts` for a face and models of its parts.
"""

from openface_core.refinement.grey import grey_from_bgr
from openface_core.refinement.landmark_model import FaceLandmarkModel, LandmarkModel, PartModel
from openface_core.refinement.parts import FaceRefiner, PartRefiner, RefinedFace, RefinedPart
from openface_core.refinement.patch_experts import CcnfExperts, PatchExperts, SvrExperts
from openface_core.refinement.refiner import LandmarkRefiner, RefinedShape
from openface_core.refinement.settings import (
    FROM_DETECTION,
    PART_SETTINGS,
    TRACKING,
    RefinementSettings,
)
from openface_core.refinement.view_grid import ViewGrid

__all__ = [
    "FROM_DETECTION",
    "PART_SETTINGS",
    "TRACKING",
    "CcnfExperts",
    "FaceLandmarkModel",
    "FaceRefiner",
    "LandmarkModel",
    "LandmarkRefiner",
    "PartModel",
    "PartRefiner",
    "PatchExperts",
    "RefinedFace",
    "RefinedPart",
    "RefinedShape",
    "RefinementSettings",
    "SvrExperts",
    "ViewGrid",
    "grey_from_bgr",
]
