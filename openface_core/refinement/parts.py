"""A face whose parts (brows to mouth, each eye) have finer models of their own.

The whole face is refined first. Each part's model then starts from the face's landmarks that it
shares, is refined on its own, and writes these landmarks back; at last the face's shape model is
fitted to them once more.

References
----------
``CLNF::DetectLandmarks`` of OpenFace 2.2.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from openface_core.refinement.landmark_model import FaceLandmarkModel, PartModel
from openface_core.refinement.patch_areas import AnyGrey
from openface_core.refinement.patch_experts import Float32Array
from openface_core.refinement.refiner import LandmarkRefiner, RefinedShape
from openface_core.refinement.settings import PART_SETTINGS, TRACKING, RefinementSettings
from openface_core.shape import ShapeFit, calc_params

_MIN_SCALE_SHARE = np.float32(0.9)
"""A part is refined where the face is larger than this share of its experts' first scale."""


@dataclass(frozen=True, eq=False)
class RefinedPart:
    """A part's own landmarks.

    Parameters
    ----------
    shape : RefinedShape
        All points of the part's model, pixels.
    is_refined : bool
        Whether experts had a say. If the face is too small for them, `shape` is the part's model
        fitted to the face's landmarks, and its likelihood is NaN.
    """

    shape: RefinedShape
    is_refined: bool


@dataclass(frozen=True, eq=False)
class RefinedFace:
    """A face after refinement of the whole and of its parts.

    Parameters
    ----------
    face : RefinedShape
        The landmarks of the whole face, parts written back, and the fit to them. Likelihood and
        view are those of the whole face's own refinement.
    parts : mapping of str to RefinedPart
        The parts by name; a part is absent where the face's landmarks admit no fit of it.
    """

    face: RefinedShape
    parts: Mapping[str, RefinedPart]


class PartRefiner:
    """Refines one part of a face; keeps no state.

    Parameters
    ----------
    part : PartModel
        The part's model, and which landmarks it shares with the face.
    settings : RefinementSettings
        How to refine it.
    later : sequence of PartRefiner
        Parts that are refined after it, whose landmarks count where both have them.
    finds_peaks : bool
        Whether the landmarks that it shares are sought by themselves, see
        :class:`LandmarkRefiner`.

    Raises
    ------
    ValueError
        See :class:`LandmarkRefiner`.
    """

    def __init__(
        self,
        part: PartModel,
        settings: RefinementSettings,
        later: Sequence["PartRefiner"] = (),
        *,
        finds_peaks: bool = False,
    ) -> None:
        self.name = part.name
        self.face_indices = part.face_indices
        self.part_indices = part.part_indices
        shared = np.zeros(part.model.pdm.landmark_count, dtype=np.bool_)
        shared[part.part_indices] = True
        better = [
            (other, part.part_indices[np.isin(part.face_indices, other.face_indices)])
            for other in later
        ]
        self.refiner = LandmarkRefiner(
            part.model,
            settings,
            peaks_of=partial(_peaks_that_count, shared, better) if finds_peaks else None,
            finds_likelihood=False,
        )

    def is_refined_at(self, scale_px_per_mm: float) -> bool:
        """Whether the part of a face of this scale is large enough for its experts."""
        least = _MIN_SCALE_SHARE * np.float32(self.refiner.scale_px_per_mm)
        return bool(np.float32(scale_px_per_mm) > least)

    def refine(self, grey: AnyGrey, face: RefinedShape) -> RefinedPart | None:
        """Refine the part from the landmarks of the whole face.

        Parameters
        ----------
        grey : (H, W) ndarray of uint8 or float32, or PartialPicture
            The grey picture.
        face : RefinedShape
            The whole face.

        Returns
        -------
        RefinedPart or None
            None if the shared landmarks admit no fit of the part's model.
        """
        points = np.zeros((self.refiner.pdm.landmark_count, 2), dtype=np.float32)
        points[self.part_indices] = face.landmarks[self.face_indices]
        start = calc_params(self.refiner.pdm, points)
        if not start.is_finite:
            return None
        if self.is_refined_at(face.fit.scale_px_per_mm):
            return RefinedPart(self.refiner.refine(grey, start), True)
        landmarks = self.refiner.landmarks(start)
        return RefinedPart(RefinedShape(landmarks, start, float("nan"), 0, False), False)


def _peaks_that_count(
    own: NDArray[np.bool_],
    better: Sequence[tuple[PartRefiner, NDArray[np.intp]]],
    scale_px_per_mm: float,
) -> NDArray[np.bool_]:
    """Return whose peaks count: `own`, but for those that a part has that is refined as well.

    `better` are such parts, and which of the landmarks they have.
    """
    wanted = own.copy()
    for part, places in better:
        if part.is_refined_at(scale_px_per_mm):
            wanted[places] = False
    return wanted


class FaceRefiner:
    """Refines a face and its parts; keeps no state, so frames may come in any order.

    Parameters
    ----------
    model : FaceLandmarkModel
        The models of the whole face and of its parts.
    settings : RefinementSettings
        How to refine the whole face; the model adjusts this, see :class:`SettingsAdjustment`.
    part_settings : mapping of str to RefinementSettings
        How to refine the parts, by name.
    finds_peaks : bool
        Whether landmarks by themselves are sought too, see :class:`LandmarkRefiner`.

    Raises
    ------
    ValueError
        If a part has no settings; see also :class:`LandmarkRefiner`.
    """

    def __init__(
        self,
        model: FaceLandmarkModel,
        settings: RefinementSettings = TRACKING,
        part_settings: Mapping[str, RefinementSettings] = PART_SETTINGS,
        *,
        finds_peaks: bool = False,
    ) -> None:
        unknown = [part.name for part in model.parts if part.name not in part_settings]
        if unknown:
            raise ValueError(f"there are no settings for the parts {', '.join(unknown)}")
        self._adjustment = model.adjustment
        own = self._adjustment.of(settings)
        self.parts: tuple[PartRefiner, ...] = ()
        for part in reversed(model.parts):
            of_part = replace(
                part_settings[part.name], rounded_as_openface=settings.rounded_as_openface
            )
            found = PartRefiner(part, of_part, self.parts, finds_peaks=finds_peaks)
            self.parts = (found, *self.parts)
        every = np.ones(model.face.pdm.landmark_count, dtype=np.bool_)
        better = [(part, part.face_indices) for part in self.parts]
        self.face = LandmarkRefiner(
            model.face,
            own,
            peaks_of=partial(_peaks_that_count, every, better) if finds_peaks else None,
        )

    def with_settings(self, settings: RefinementSettings) -> "FaceRefiner":
        """Return a refiner of the same models that refines the whole face in another way.

        Raises
        ------
        ValueError
            See :class:`LandmarkRefiner`.
        """
        other = copy(self)
        other.face = self.face.with_settings(self._adjustment.of(settings))
        return other

    def refine_points(self, grey: AnyGrey, points: Float32Array) -> RefinedFace:
        """Refine landmarks of another source; see :meth:`LandmarkRefiner.refine_points`."""
        return self.with_parts(grey, self.face.refine_points(grey, points))

    def refine(self, grey: AnyGrey, start: ShapeFit) -> RefinedFace:
        """Refine a face from a fit; see :meth:`LandmarkRefiner.refine`."""
        return self.with_parts(grey, self.face.refine(grey, start))

    def with_parts(self, grey: AnyGrey, face: RefinedShape) -> RefinedFace:
        """Refine the parts of a face that is refined as a whole."""
        found = {part.name: part.refine(grey, face) for part in self.parts}
        parts = {name: part for name, part in found.items() if part is not None}
        return RefinedFace(self._written_back(face, parts), parts)

    def _written_back(self, face: RefinedShape, parts: Mapping[str, RefinedPart]) -> RefinedShape:
        """Put the parts' landmarks into the face's, and fit the face's shape model to them."""
        if not any(part.is_refined for part in parts.values()):
            return face
        landmarks = face.landmarks.copy()
        peaks = None if face.unfitted is None else face.unfitted.copy()
        for refiner in self.parts:
            if refiner.name in parts:
                own = parts[refiner.name].shape
                landmarks[refiner.face_indices] = own.landmarks[refiner.part_indices]
                if peaks is not None and own.unfitted is not None:
                    peaks[refiner.face_indices] = own.unfitted[refiner.part_indices]
        fit = calc_params(self.face.pdm, landmarks)
        if not fit.is_finite:
            return face
        unfitted = landmarks if peaks is None else peaks
        return replace(face, landmarks=self.face.landmarks(fit), fit=fit, unfitted=unfitted)
