"""Refinement in a frame of the face's own, so that its place in the picture has no influence.

A face some whole pixels elsewhere, as in a picture of several people, is the same to all experts
but for the last digits of its coordinates. Experts look in steps of a thirtieth of a pixel, and
mean shift goes in steps of a tenth: there the last digit decides at times, and what follows a face
keeps the difference. So a face is refined in a picture of its surroundings, with coordinates that
begin there, from a start whose last digits are cut off.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from openface_core.exact_places import to_steps
from openface_core.finite import all_finite
from openface_core.refinement.initial_fit import Refiner
from openface_core.refinement.parts import RefinedFace, RefinedPart
from openface_core.refinement.patch_areas import AnyGrey, GreyPicture
from openface_core.refinement.patch_experts import Float32Array
from openface_core.refinement.refiner import RefinedShape
from openface_core.shape import PointDistributionModel, ShapeFit, calc_params, project_shape
from openface_core.surroundings import cut_surroundings

# Of the start: each step moves no landmark by more than a fiftieth of a millimetre.
_START_STEPS_PER_PIXEL: Final = 128.0
_STEPS_PER_RADIAN: Final = 8192.0
_STEPS_PER_MILLIMETRE: Final = 64.0
_STEPS_PER_OCTAVE: Final = 8192.0

_MARGIN_MM: Final = 80.0
"""Experts look no farther than this beyond the landmarks that they start from."""

_JUDGED_MARGIN_PX: Final = 8.0
"""Who judges landmarks looks no farther than this beyond them."""

_MOST_PICTURES: Final = 4.0
"""Surroundings that are longer than so many pictures are those of no face."""


class PictureFrame:
    """Fits and refines faces in the coordinates of the picture, as OpenFace does.

    Parameters
    ----------
    pdm : PointDistributionModel
        The shape model of a face, n points.
    """

    def __init__(self, pdm: PointDistributionModel) -> None:
        self.pdm = pdm

    def in_steps(self, points: NDArray[np.floating]) -> Float32Array:
        """Return points (n, 2) as they are kept."""
        return np.ascontiguousarray(points, dtype=np.float32)

    def fit(self, points: Float32Array) -> ShapeFit:
        """Return pose and shape of points (n, 2), pixels; see CalcParams for which have none."""
        return calc_params(self.pdm, points)

    def landmarks(self, fit: ShapeFit) -> Float32Array:
        """Return the landmarks (n, 2) of a fit, pixels."""
        return project_shape(self.pdm, fit)

    def judged_picture(
        self, grey: AnyGrey, landmarks: Float32Array
    ) -> tuple[AnyGrey, Float32Array]:
        """Return the picture that landmarks (n, 2) are judged in, and where they are in it."""
        return grey, landmarks

    def facing_radians(
        self,
        fit: ShapeFit,
        landmarks: Float32Array,  # noqa: ARG002 - where they say how a face is rolled
    ) -> Float32Array:
        """Return the Euler angles that say how far a face is turned up, down and aside, (3,)."""
        return fit.rotation_radians

    def refine(self, refiner: Refiner, grey: AnyGrey, start: ShapeFit) -> RefinedFace:
        """Refine a face.

        Parameters
        ----------
        refiner : Refiner
            Refines it.
        grey : (H, W) ndarray of uint8 or float32, or PartialPicture
            The grey picture.
        start : ShapeFit
            Finite pose and shape to start from, as of the previous frame.

        Returns
        -------
        RefinedFace
            In pixels of the picture.
        """
        return refiner.refine(grey, start)


class OwnFrame(PictureFrame):
    """Fits and refines faces alike wherever they are.

    Whole pixels by which picture and points are shifted shift the result, and do nothing else: up
    to 16,384 px, where points are given in steps of :meth:`in_steps`.
    """

    def in_steps(self, points: NDArray[np.floating]) -> Float32Array:
        """Return points (n, 2) rounded to what is exact wherever they are."""
        return to_steps(points)

    def fit(self, points: Float32Array) -> ShapeFit:
        """As of the whole picture, in coordinates that begin near the points."""
        if not all_finite(points):
            return super().fit(points)
        whole = np.floor(points.min(axis=0)) - 1  # an x of 0 would mark a missing point
        fit = super().fit(points - whole)
        return _at(fit, to_steps(fit.translation_px) + whole)

    def landmarks(self, fit: ShapeFit) -> Float32Array:
        """As of the whole picture, rounded."""
        near, whole = _near_origin(fit)
        return to_steps(super().landmarks(near)) + whole

    def judged_picture(
        self, grey: AnyGrey, landmarks: Float32Array
    ) -> tuple[AnyGrey, Float32Array]:
        """Their surroundings: at the border of the whole picture, landmarks are judged otherwise.

        OpenFace takes the last row and column of a picture for black.
        """
        corner = np.floor(landmarks.min(axis=0)) - np.float32(_JUDGED_MARGIN_PX)
        size = np.ceil(landmarks.max(axis=0)) + np.float32(_JUDGED_MARGIN_PX) - corner
        if not _are_in(grey, corner, size):
            return grey, landmarks
        return _surroundings(grey, corner, size), landmarks - corner

    def refine(self, refiner: Refiner, grey: AnyGrey, start: ShapeFit) -> RefinedFace:
        """As of the whole picture, in a picture of the face's surroundings."""
        start = _rounded(start)
        near, whole = _near_origin(start)
        points = super().landmarks(near)
        margin = np.float32(_MARGIN_MM * start.scale_px_per_mm)
        low = np.floor(points.min(axis=0) - margin)
        size = np.ceil(points.max(axis=0) + margin) - low
        corner = whole + low
        if not _are_in(grey, corner, size):
            return refiner.refine(grey, start)
        local = _at(near, near.translation_px - low)
        refined = refiner.refine(_surroundings(grey, corner, size), local)
        parts = {
            name: RefinedPart(_moved(part.shape, corner), part.is_refined)
            for name, part in refined.parts.items()
        }
        return RefinedFace(_moved(refined.face, corner), parts)


def _rounded(fit: ShapeFit) -> ShapeFit:
    octaves = round(math.log2(fit.scale_px_per_mm) * _STEPS_PER_OCTAVE) / _STEPS_PER_OCTAVE
    return ShapeFit(
        float(np.float32(2.0**octaves)),
        to_steps(fit.rotation_radians, _STEPS_PER_RADIAN),
        to_steps(fit.translation_px, _START_STEPS_PER_PIXEL),
        to_steps(fit.shape_parameters, _STEPS_PER_MILLIMETRE),
        fit.iterations,
    )


def _near_origin(fit: ShapeFit) -> tuple[ShapeFit, Float32Array]:
    """Return a fit less than a pixel from the origin, and the whole pixels that it was moved by."""
    whole = np.floor(fit.translation_px)
    return _at(fit, fit.translation_px - whole), whole


def _are_in(grey: AnyGrey, corner: Float32Array, size: Float32Array) -> bool:
    """Return whether a face's surroundings touch the picture, and are not many times as large."""
    height, width = grey.shape
    touches = (corner < (width, height)).all() and (corner + size > 0.0).all()
    return bool(touches and size.max() <= _MOST_PICTURES * max(height, width))


def _surroundings(grey: AnyGrey, corner: Float32Array, size: Float32Array) -> GreyPicture:
    """Return a part of the picture, black where it reaches beyond that, as experts take it."""
    (left, top), (columns, rows) = (tuple(map(int, values)) for values in (corner, size))
    part: GreyPicture = cut_surroundings(grey, left, top, columns, rows)
    return part


def _moved(shape: RefinedShape, corner: Float32Array) -> RefinedShape:
    """Return a shape of the surroundings in pixels of the picture."""
    fit, unfitted = shape.fit, shape.unfitted
    return RefinedShape(
        to_steps(shape.landmarks) + corner,
        _at(fit, to_steps(fit.translation_px) + corner),
        shape.log_likelihood,
        shape.view,
        shape.is_fitted,
        None if unfitted is None else to_steps(unfitted) + corner,
        shape.log_densities,
    )


def _at(fit: ShapeFit, translation_px: Float32Array) -> ShapeFit:
    """Return a fit at another place; ``replace`` takes five times as long."""
    return ShapeFit(
        fit.scale_px_per_mm,
        fit.rotation_radians,
        translation_px,
        fit.shape_parameters,
        fit.iterations,
    )
