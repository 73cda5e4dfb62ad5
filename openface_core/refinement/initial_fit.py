"""The first fit of a face that was detected: several head orientations are tried in its box.

All begin with the mean shape. Where it is known what makes a fit good enough, as for CE-CLM, a fit
at the coarsest scale ranks them; the first one that is good enough is taken at once, or else the
best of three are fitted at the finer scales. Otherwise, as for CLNF, all are fitted at all scales,
and the likeliest is taken.

References
----------
``DetectLandmarksInImageMultiHypEarlyTerm``, ``DetectLandmarksInImageMultiHypBasic`` and
``PDM::CalcParams`` (of a bounding box) of OpenFace 2.2. One thing is not OpenFace's: with CE-CLM,
the confidence of the chosen hypothesis is its own, and not that of the last one that was tried.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from openface_core.refinement.cen.experts import CenExperts
from openface_core.refinement.early_termination import EarlyTermination
from openface_core.refinement.parts import FaceRefiner, RefinedFace
from openface_core.refinement.patch_areas import AnyGrey
from openface_core.refinement.patch_experts import Float32Array, PatchExperts
from openface_core.refinement.refiner import RefinedShape
from openface_core.refinement.settings import RefinementSettings
from openface_core.shape import PointDistributionModel, ShapeFit, project_shape
from openface_core.shape.posed_model import rounded_rotation

Rotation = tuple[float, float, float]

HEAD_ROTATIONS: Final[tuple[Rotation, ...]] = (
    (0.0, 0.0, 0.0),
    (0.0, -0.5236, 0.0),
    (0.0, 0.5236, 0.0),
    (0.0, -0.96, 0.0),
    (0.0, 0.96, 0.0),
    (0.0, 0.0, 0.5236),
    (0.0, 0.0, -0.5236),
    (0.0, -1.57, 0.0),
    (0.0, 1.57, 0.0),
    (0.0, -1.22, 0.698),
    (0.0, 1.22, -0.698),
)
"""Euler angles rx, ry, rz in radians, in the order in which OpenFace tries them in videos."""

_TRIED_FURTHER = 3


class Refiner(Protocol):
    """Anything that refines a face from a fit."""

    def refine(self, grey: AnyGrey, start: ShapeFit) -> RefinedFace:
        """Refine a face; see :meth:`FaceRefiner.refine`."""


@dataclass(frozen=True, eq=False)
class InitialFace:
    """The first fit of a detected face.

    Parameters
    ----------
    face : RefinedFace
        The face.
    hypothesis : int
        From which of the orientations it was fitted.
    """

    face: RefinedFace
    hypothesis: int


def start_in_box(
    pdm: PointDistributionModel, box: NDArray[np.floating], rotation: Rotation
) -> ShapeFit:
    """Return the mean shape, turned, so that its landmarks fill a box.

    Parameters
    ----------
    pdm : PointDistributionModel
        The shape model.
    box : (4,) ndarray
        Left, top, width and height of the landmarks, pixels.
    rotation : tuple of float
        Euler angles rx, ry, rz, radians.

    Returns
    -------
    ShapeFit
        Its scale is the mean of those that fit the width and the height.
    """
    left, top, width, height = (np.float32(value) for value in box)
    angles = np.array(rotation, dtype=np.float32)
    turn = np.empty((3, 3), dtype=np.float32)
    rounded_rotation(angles[0], angles[1], angles[2], turn)
    x, y, z = pdm.mean_mm.reshape(3, -1)
    # float32 in this order, as in OpenFace.
    points = np.stack([(row[0] * x + row[1] * y) + row[2] * z for row in turn[:2]], axis=1)
    least, most = points.min(axis=0), points.max(axis=0)
    spread = most - least
    half = np.float32(2.0)
    scale = (width / spread[0] + height / spread[1]) / half
    centre = np.array([left + width / half, top + height / half], dtype=np.float32)
    shift = centre - np.float64(scale) * (least.astype(np.float64) + most) / 2.0
    mean = np.zeros(pdm.mode_count, dtype=np.float32)
    return ShapeFit(float(scale), angles, shift.astype(np.float32), mean, 0)


def _with_windows(settings: RefinementSettings, *, is_first_scale: bool) -> RefinementSettings:
    """Return the settings for the first scale only, or for all others."""
    windows = settings.windows_px
    if is_first_scale:
        return replace(settings, windows_px=(windows[0], *(0 for _ in windows[1:])))
    return replace(settings, windows_px=(0, *windows[1:]))


class HypothesisFit:
    """Fits a detected face from several head orientations; keeps no state.

    Parameters
    ----------
    refiner : FaceRefiner
        Refines the face.
    settings : RefinementSettings
        How; with a window for the first scale and for another, where fits may be good enough.
    early_termination : EarlyTermination or None
        When a fit at the first scale is good enough; None where that is not known.
    rotations : sequence of tuple of float
        The orientations, Euler angles in radians.
    idle : sequence of PatchExperts
        Experts that nothing else needs until the next face is detected. Their memory is given back.

    Raises
    ------
    ValueError
        If there should be windows for the first scale and for another, and are not.
    """

    def __init__(
        self,
        refiner: FaceRefiner,
        settings: RefinementSettings,
        early_termination: EarlyTermination | None,
        rotations: Sequence[Rotation] = HEAD_ROTATIONS,
        idle: Sequence[PatchExperts] = (),
    ) -> None:
        self._early_termination = early_termination
        self._rotations = tuple(rotations)
        self._idle = tuple(experts for experts in idle if isinstance(experts, CenExperts))
        self._whole = refiner.with_settings(settings)
        self._pdm = self._whole.face.pdm
        if early_termination is None:
            return
        if not (settings.windows_px[0] and any(settings.windows_px[1:])):
            raise ValueError(
                "several head orientations need windows for the first scale and another, found "
                f"{list(settings.windows_px)}"
            )
        self._first = refiner.with_settings(_with_windows(settings, is_first_scale=True)).face
        self._others = refiner.with_settings(_with_windows(settings, is_first_scale=False))

    def refine(self, grey: AnyGrey, start: ShapeFit) -> RefinedFace:
        """Fit the face in the box around the landmarks of another fit."""
        points = project_shape(self._pdm, start)
        least, most = points.min(axis=0), points.max(axis=0)
        return self.refine_in_box(grey, np.concatenate([least, most - least]))

    def refine_in_box(self, grey: AnyGrey, box: NDArray[np.floating]) -> RefinedFace:
        """Fit the face in a box, as :meth:`fit_in_box`, and need nothing for the next one yet."""
        found = self.fit_in_box(grey, box).face
        for experts in self._idle:
            experts.let_go()
        return found

    def fit_in_box(self, grey: AnyGrey, box: NDArray[np.floating]) -> InitialFace:
        """Fit the face in a box.

        Parameters
        ----------
        grey : (H, W) ndarray of uint8 or float32, or PartialPicture
            The grey picture.
        box : (4,) ndarray
            Left, top, width and height of its landmarks, pixels.

        Returns
        -------
        InitialFace
            The face; not fitted where all orientations fail.
        """
        if self._early_termination is None:
            return self._likeliest(grey, box)
        return self._good_enough(self._early_termination, grey, box)

    def _likeliest(self, grey: AnyGrey, box: NDArray[np.floating]) -> InitialFace:
        best: tuple[np.float32, int, RefinedShape] | None = None
        for number, rotation in enumerate(self._rotations):
            found = self._whole.face.refine(grey, start_in_box(self._pdm, box, rotation))
            # Single precision, as in OpenFace: of those that come to the same, the first counts.
            likelihood = np.float32(found.log_likelihood)
            if found.is_fitted and (best is None or likelihood > best[0]):
                best = likelihood, number, found
        if best is None:
            return self._nothing(box)
        return InitialFace(self._whole.with_parts(grey, best[2]), best[1])

    def _good_enough(
        self, early_termination: EarlyTermination, grey: AnyGrey, box: NDArray[np.floating]
    ) -> InitialFace:
        ranked: list[tuple[float, int, RefinedShape]] = []
        for number, rotation in enumerate(self._rotations):
            found = self._first.refine(grey, start_in_box(self._pdm, box, rotation))
            if not found.is_fitted:
                continue
            if early_termination.is_enough(found.view, found.log_likelihood):
                return InitialFace(self._others.refine(grey, found.fit), number)
            score = early_termination.score(found.view, found.log_likelihood)
            ranked.append((score, number, found))
        ranked.sort(key=lambda entry: -entry[0])
        tried = [self._continued(grey, *entry[1:]) for entry in ranked[:_TRIED_FURTHER]]
        fitted = [one for one in tried if one.face.face.is_fitted]
        if not fitted:
            return self._nothing(box)
        return max(fitted, key=lambda one: one.face.face.log_likelihood)

    def _nothing(self, box: NDArray[np.floating]) -> InitialFace:
        start = start_in_box(self._pdm, box, self._rotations[0])
        landmarks = self._whole.face.landmarks(start)
        nothing = RefinedShape(landmarks, start, float("nan"), 0, False)
        return InitialFace(RefinedFace(nothing, {}), 0)

    def _continued(self, grey: AnyGrey, number: int, found: RefinedShape) -> InitialFace:
        """Fit a hypothesis at the finer scales."""
        start = found.fit
        if number != len(self._rotations) - 1:
            # OpenFace keeps the shape parameters of the last hypothesis only: those of the others
            # share the memory that the next one is cleared in.
            mean: Float32Array = np.zeros_like(start.shape_parameters)
            start = replace(start, shape_parameters=mean)
        return InitialFace(self._others.refine(grey, start), number)
