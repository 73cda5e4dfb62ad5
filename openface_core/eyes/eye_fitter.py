"""The fit of both eye models to a picture.

Source: the part models ``left_eye_28`` and ``right_eye_28`` of OpenFace 2.2. They start afresh in
every frame from the lids of the face model, and where the face is too small for their patch experts
(below 0.9 px/mm), it is to these points that they are fitted.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from openface_core.eyes.eye_points import EYE_POINT_COUNT, FACE_LID_POINTS, LID_POINTS
from openface_core.eyes.fitted_eyes import FittedEyes, place_eyes
from openface_core.finite import all_finite
from openface_core.refinement import (
    PART_SETTINGS,
    FaceLandmarkModel,
    PartModel,
    PartRefiner,
    RefinedPart,
    RefinedShape,
    RefinementSettings,
)
from openface_core.shape import ShapeFit

EYE_PARTS: Final = ("left_eye_28", "right_eye_28")
"""OpenFace's names of the eye models: left and right are those of the picture."""


class EyeFitter:
    """Fits the models of both eyes; keeps no state, so frames may come in any order.

    Parameters
    ----------
    model : FaceLandmarkModel
        Landmark models of a face, those of the eyes among its parts.
    settings : mapping of str to RefinementSettings
        How the eyes are refined, by the name of the part.

    Raises
    ------
    ValueError
        If the models of the eyes are missing or not those of 28 points.
    """

    def __init__(
        self,
        model: FaceLandmarkModel,
        settings: Mapping[str, RefinementSettings] = PART_SETTINGS,
    ) -> None:
        parts = {part.name: part for part in model.parts}
        missing = [name for name in EYE_PARTS if name not in parts]
        if missing:
            raise ValueError(f"there is no model of {' and '.join(missing)}")
        for eye, name in enumerate(EYE_PARTS):
            _check(parts[name], eye)
        self._refiners = tuple(PartRefiner(parts[name], settings[name]) for name in EYE_PARTS)
        self._pdms = tuple(parts[name].model.pdm for name in EYE_PARTS)

    def fit(
        self,
        grey: NDArray[np.uint8] | NDArray[np.float32],
        landmarks: NDArray[np.float32],
        face_fit: ShapeFit,
    ) -> FittedEyes | None:
        """Fit both eyes of a face.

        Parameters
        ----------
        grey : (H, W) ndarray of uint8 or float32
            The grey picture.
        landmarks : (68, 2) ndarray of float32
            Landmarks of the face, pixels.
        face_fit : ShapeFit
            The face's shape model fitted to them.

        Returns
        -------
        FittedEyes or None
            None where the lids admit no fit, as when they coincide.
        """
        if not (face_fit.is_finite and all_finite(landmarks)):
            return None
        face = RefinedShape(landmarks, face_fit, float("nan"), 0, False)
        found = {part.name: part.refine(grey, face) for part in self._refiners}
        return self.place({name: part for name, part in found.items() if part is not None})

    def place(self, parts: Mapping[str, RefinedPart]) -> FittedEyes | None:
        """Return the eyes of a face whose parts have been refined already.

        Parameters
        ----------
        parts : mapping of str to RefinedPart
            Parts of a :class:`~openface_core.refinement.RefinedFace`.

        Returns
        -------
        FittedEyes or None
            None where an eye is not among them.
        """
        if not all(name in parts for name in EYE_PARTS):
            return None
        return place_eyes(self._pdms, [parts[name].shape.fit for name in EYE_PARTS])


def _check(part: PartModel, eye: int) -> None:
    """Raise ValueError if a part is not the model of an eye with its lids where they belong."""
    if part.model.pdm.landmark_count != EYE_POINT_COUNT:
        raise ValueError(
            f"{part.name} should have {EYE_POINT_COUNT} points, "
            f"found {part.model.pdm.landmark_count}"
        )
    mapping = dict(zip(part.face_indices.tolist(), part.part_indices.tolist(), strict=True))
    if mapping != dict(zip(FACE_LID_POINTS[eye], LID_POINTS, strict=True)):
        raise ValueError(f"{part.name} should share the six points of its lids with the face")
