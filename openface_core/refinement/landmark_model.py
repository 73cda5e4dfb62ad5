"""What landmark refinement knows of a face: shape models, patch experts, and the face's parts."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from openface_core.refinement.cen.experts import CenExperts
from openface_core.refinement.early_termination import EarlyTermination
from openface_core.refinement.patch_experts import CcnfExperts, PatchExperts, SvrExperts
from openface_core.refinement.settings import RefinementSettings
from openface_core.shape.pdm import PointDistributionModel


@dataclass(frozen=True, eq=False)
class LandmarkModel:
    """A shape model and its patch experts.

    Parameters
    ----------
    pdm : PointDistributionModel
        The shape model, n points.
    experts : tuple of PatchExperts
        One set per scale, coarse to fine.
    early_termination : EarlyTermination or None
        When a first fit is good enough; its views are those of the first scale.

    Raises
    ------
    ValueError
        If there are no experts, or they have another number of landmarks than the shape model, or
        the first have other views than the early termination.
    """

    pdm: PointDistributionModel
    experts: tuple[PatchExperts, ...]
    early_termination: EarlyTermination | None = None

    def __post_init__(self) -> None:
        if not self.experts:
            raise ValueError("patch experts of at least one scale are expected")
        for scale in self.experts:
            if scale.grid.landmark_count != self.pdm.landmark_count:
                raise ValueError(
                    f"patch experts of {scale.grid.landmark_count} landmarks do not fit a shape "
                    f"model of {self.pdm.landmark_count}"
                )
        scales = [scale.grid.scale_px_per_mm for scale in self.experts]
        if any(later <= scale for scale, later in pairwise(scales)):
            raise ValueError(
                "patch experts of larger and larger scales are expected, found "
                f"{', '.join(f'{scale:g}' for scale in scales)} px/mm"
            )
        views = self.experts[0].grid.view_count
        if self.early_termination is not None and self.early_termination.view_count != views:
            raise ValueError(
                f"early termination for {self.early_termination.view_count} views does not fit "
                f"experts of {views}"
            )


@dataclass(frozen=True, eq=False)
class PartModel:
    """A model of a part of the face.

    Parameters
    ----------
    name : str
        As in the list: ``inner``, ``left_eye_28``, ``right_eye_28``.
    model : LandmarkModel
        Its shape model and experts.
    face_indices, part_indices : (k,) ndarray of int64
        Landmarks of the whole face, and the same points among the part's own.

    Raises
    ------
    ValueError
        If the indices are not of one length or leave the part's points.
    """

    name: str
    model: LandmarkModel
    face_indices: NDArray[np.int64]
    part_indices: NDArray[np.int64]

    def __post_init__(self) -> None:
        count = self.model.pdm.landmark_count
        if self.face_indices.shape != self.part_indices.shape or self.face_indices.ndim != 1:
            raise ValueError(f"the part {self.name} should have pairs of landmarks")
        if not ((self.part_indices >= 0) & (self.part_indices < count)).all():
            raise ValueError(f"the part {self.name} has no such landmarks")


class SettingsAdjustment(NamedTuple):
    """Factors by which the general settings become those of a model of the whole face.

    Parameters
    ----------
    sigma : float
        Factor of the width of the density estimate.
    regularisation : float
        Factor of the regularisation.
    """

    sigma: float
    regularisation: float

    def of(self, settings: RefinementSettings) -> RefinementSettings:
        """Return the settings of the model."""
        return replace(
            settings,
            sigma_px=settings.sigma_px * self.sigma,
            regularisation=settings.regularisation * self.regularisation,
        )


NO_ADJUSTMENT = SettingsAdjustment(1.0, 1.0)
CECLM_ADJUSTMENT = SettingsAdjustment(1.5, 0.9)
"""OpenFace's for its CEN experts (``LandmarkDetectorParameters``)."""


@dataclass(frozen=True, eq=False)
class FaceLandmarkModel:
    """The model of a whole face with its parts.

    Parameters
    ----------
    face : LandmarkModel
        The whole face.
    parts : tuple of PartModel
        Its parts. Where two share landmarks, the later one has the last word.
    adjustment : SettingsAdjustment
        Of the settings for the whole face.

    Raises
    ------
    ValueError
        If a part names landmarks that the face does not have.
    """

    face: LandmarkModel
    parts: tuple[PartModel, ...]
    adjustment: SettingsAdjustment = NO_ADJUSTMENT

    @property
    def detector_name(self) -> str:
        """What OpenFace calls the landmark detector that such a model makes; ours has no name."""
        kinds = {CenExperts: "own patch experts", CcnfExperts: "CLNF", SvrExperts: "CLM"}
        is_ceclm = self.adjustment == CECLM_ADJUSTMENT
        return "CE-CLM" if is_ceclm else kinds[type(self.face.experts[0])]

    def __post_init__(self) -> None:
        count = self.face.pdm.landmark_count
        for part in self.parts:
            if not ((part.face_indices >= 0) & (part.face_indices < count)).all():
                raise ValueError(f"the part {part.name} names landmarks that the face lacks")
