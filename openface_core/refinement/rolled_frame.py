"""Refinement of faces that lie on a side or stand on their head, in a picture that is turned.

Shape fits begin upright, and patch experts and validators know head orientations of upright faces.
Quarter turns of the picture bring every face within 60 degrees of that, and move no pixel between
others. The picture of a face that is rolled by less is not turned.
"""

from typing import cast

import numpy as np
from numpy.typing import NDArray

from openface_core.finite import all_finite
from openface_core.partial_pictures import all_pixels
from openface_core.refinement.initial_fit import Refiner
from openface_core.refinement.own_frame import PictureFrame
from openface_core.refinement.parts import RefinedFace, RefinedPart
from openface_core.refinement.patch_areas import AnyGrey, GreyPicture
from openface_core.refinement.patch_experts import Float32Array
from openface_core.refinement.refiner import RefinedShape
from openface_core.shape import ShapeFit
from openface_core.shape.rolled import quarter_turns, roll_of, turned_fit, turned_points


class RolledFrame(PictureFrame):
    """Fits and refines faces alike however they are rolled.

    Parameters
    ----------
    upright : PictureFrame
        Does so with faces that are rolled by 60 degrees at most.
    """

    def __init__(self, upright: PictureFrame) -> None:
        super().__init__(upright.pdm)
        self._upright = upright

    def in_steps(self, points: NDArray[np.floating]) -> Float32Array:
        """Return points (n, 2) as they are kept."""
        return self._upright.in_steps(points)

    def fit(self, points: Float32Array) -> ShapeFit:
        """As of an upright face, turned back."""
        turns = self._turns(points)
        if turns == 0:
            return self._upright.fit(points)
        turned = turned_points(points, -turns)
        whole = np.floor(turned.min(axis=0)) - 1  # an x of 0 would mark a missing point
        fit = self._upright.fit(turned - whole)
        return turned_fit(_moved_fit(fit, whole), turns) if fit.is_finite else fit

    def landmarks(self, fit: ShapeFit) -> Float32Array:
        """Return the landmarks (n, 2) of a fit, pixels."""
        return self._upright.landmarks(fit)

    def judged_picture(
        self, grey: AnyGrey, landmarks: Float32Array
    ) -> tuple[AnyGrey, Float32Array]:
        """As of an upright face."""
        turns = self._turns(landmarks)
        if turns == 0:
            return self._upright.judged_picture(grey, landmarks)
        corner = _corner_px(grey, turns)
        return self._upright.judged_picture(
            _turned_picture(grey, turns), turned_points(landmarks, -turns) - corner
        )

    def facing_radians(self, fit: ShapeFit, landmarks: Float32Array) -> Float32Array:
        """As of an upright face."""
        turns = self._turns(landmarks)
        return fit.rotation_radians if turns == 0 else turned_fit(fit, -turns).rotation_radians

    def refine(self, refiner: Refiner, grey: AnyGrey, start: ShapeFit) -> RefinedFace:
        """As of an upright face, turned back."""
        turns = self._turns(self._upright.landmarks(start))
        if turns == 0:
            return self._upright.refine(refiner, grey, start)
        corner = _corner_px(grey, turns)
        upright = _moved_fit(turned_fit(start, -turns), -corner)
        refined = self._upright.refine(refiner, _turned_picture(grey, turns), upright)
        parts = {
            name: RefinedPart(_turned_back(part.shape, corner, turns), part.is_refined)
            for name, part in refined.parts.items()
        }
        return RefinedFace(_turned_back(refined.face, corner, turns), parts)

    def _turns(self, points: Float32Array) -> int:
        return quarter_turns(roll_of(self.pdm, points)) if all_finite(points) else 0


def _turned_picture(grey: AnyGrey, turns: int) -> GreyPicture:
    """Return a picture after so many quarter turns back, from y towards x."""
    return cast(GreyPicture, np.ascontiguousarray(np.rot90(all_pixels(grey), turns)))


def _corner_px(grey: AnyGrey, turns: int) -> Float32Array:
    """Return the first pixel of a turned picture, where the turn is one about the origin."""
    height, width = grey.shape
    corners = np.array([[0, 0], [width - 1, height - 1]], dtype=np.float32)
    return np.asarray(turned_points(corners, -turns).min(axis=0))


def _turned_back(shape: RefinedShape, corner: Float32Array, turns: int) -> RefinedShape:
    """Return a shape of the turned picture in pixels of the picture."""
    fit, unfitted = shape.fit, shape.unfitted
    return RefinedShape(
        turned_points(shape.landmarks + corner, turns),
        turned_fit(_moved_fit(fit, corner), turns) if fit.is_finite else fit,
        shape.log_likelihood,
        shape.view,
        shape.is_fitted,
        None if unfitted is None else turned_points(unfitted + corner, turns),
        shape.log_densities,
    )


def _moved_fit(fit: ShapeFit, by: Float32Array) -> ShapeFit:
    return ShapeFit(
        fit.scale_px_per_mm,
        fit.rotation_radians,
        fit.translation_px + by,
        fit.shape_parameters,
        fit.iterations,
    )
