"""Eyes as the teacher sees them: what their experts learn from, and their shape model.

All eyes are brought to the left of the picture: what is at the right is seen in a mirror.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.training.in_threads import in_threads
from models.training.openface_teacher import Teacher
from models.training.patch_experts.faces import LocatedFace
from models.training.photographs import read_picture
from models.training.shape.generic_face import ring
from models.training.shape.poses import Poses
from models.training.shape.standard_frame import plain_model
from models.training.shape.structure_from_motion import reconstruct
from models.training.shape.teacher_frame import in_unit_of
from openface_core.eyes.eye_points import (
    EYE_COUNT,
    EYE_POINT_COUNT,
    IRIS,
    LIDS,
    MIRRORED_EYE_POINTS,
    PUPIL,
)
from openface_core.shape import PointDistributionModel, ShapeFit, calc_params
from openface_core.shape.rotations import rotation_matrix

Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]

EYE_MODES = 10
_ROUNDS = 60
_EYEBALL_RADIUS_MM = 12.0
_LEAST_PX_PER_MM = 0.8
"""Smaller eyes teach no experts; the teacher fits their shape to the lids alone."""

_WIDTHS_MM = (12.0, 36.0)
"""Between these, what is seen of an eye may be one."""

MIRRORED_EYE = np.array(MIRRORED_EYE_POINTS)


@dataclass(frozen=True, eq=False)
class TaughtEyes:
    """The eyes of n faces.

    Parameters
    ----------
    faces : tuple of LocatedFace
        The faces.
    points_px : (n, 2, 28, 2) ndarray of float32
        The teacher's points of both eyes, pixels; NaN where it sees none.
    scales_px_per_mm : (n, 2) ndarray of float64
        Size of the eyes.
    fits : tuple of ShapeFit
        The heads.
    """

    faces: tuple[LocatedFace, ...]
    points_px: Float32Array
    scales_px_per_mm: Float64Array
    fits: tuple[ShapeFit, ...]

    def large(self, eye: int) -> tuple[LocatedFace, ...]:
        """Return one eye of all faces in which it is large enough for experts."""
        return tuple(
            replace(face, points_px=np.ascontiguousarray(points[eye]))
            for face, points, scales in zip(
                self.faces, self.points_px, self.scales_px_per_mm, strict=True
            )
            if scales[eye] >= _LEAST_PX_PER_MM
        )

    def as_left_ones(self) -> tuple[Float64Array, Poses]:
        """Return the points of all eyes, (k, 28, 2), and the poses of the heads that they are in.

        Eyes at the right are seen in a mirror; what is too wide or too narrow for an eye is left
        out.
        """
        points = self.points_px.astype(np.float64)
        eyes = np.concatenate([points[:, 0], points[:, 1, MIRRORED_EYE] * (-1.0, 1.0)])
        mirror = np.diag([-1.0, 1.0, 1.0])
        rotations = np.stack([rotation_matrix(fit.rotation_radians) for fit in self.fits])
        rotations = np.concatenate([rotations, mirror @ rotations @ mirror])
        scales = np.tile([fit.scale_px_per_mm for fit in self.fits], 2)
        widths_mm = np.ptp(eyes[..., 0], axis=1) / scales
        kept = (widths_mm > _WIDTHS_MM[0]) & (widths_mm < _WIDTHS_MM[1])  # false for NaN
        poses = Poses(scales[kept], rotations[kept], eyes[kept].mean(axis=1))
        return eyes[kept], poses


def taught_eyes(faces: Sequence[LocatedFace], teacher: Teacher, threads: int) -> TaughtEyes:
    """Ask the teacher about the eyes of faces.

    Raises
    ------
    InputError
        If a photograph cannot be read.
    """
    points = np.full((len(faces), EYE_COUNT, EYE_POINT_COUNT, 2), np.nan, dtype=np.float32)
    scales = np.zeros((len(faces), EYE_COUNT))

    def look(number: int) -> None:
        face = faces[number]
        fitted = teacher.fit_eyes(read_picture(face.photograph), face.points_px)
        if fitted is not None:
            points[number], scales[number] = fitted.landmarks_px, fitted.scales_px_per_mm

    in_threads(look, range(len(faces)), threads)
    fits = tuple(calc_params(teacher.pdm, face.points_px) for face in faces)
    return TaughtEyes(tuple(faces), points, scales, fits)


def generic_eye_mm() -> Float64Array:
    """Return a crude eye at the left of the picture, (28, 3): rings on an eyeball."""
    eye = np.empty((EYE_POINT_COUNT, 3))
    for part, first_degrees, size_mm in (
        (IRIS, 180.0, (12.0, 12.0)),
        (LIDS, 180.0, (22.0, 10.0)),
        (PUPIL, 225.0, (5.0, 5.0)),
    ):
        turns = np.linspace(0.0, 360.0, part.stop - part.start, endpoint=False)
        eye[part, :2] = ring(first_degrees + turns, *size_mm)
    squared = np.square(eye[:, :2]).sum(axis=1)
    eye[:, 2] = _EYEBALL_RADIUS_MM - np.sqrt(_EYEBALL_RADIUS_MM**2 - squared)
    return eye


def eye_shape(
    eyes: TaughtEyes,
    teacher: PointDistributionModel,
    report: Callable[[str], None] = lambda _line: None,
) -> PointDistributionModel:
    """Return the shape model of an eye at the left of the picture.

    Parameters
    ----------
    eyes : TaughtEyes
        What it is learned from, large and small ones: so it knows too what the teacher takes an
        eye to look like of which it sees no more than the lids.
    teacher : PointDistributionModel
        The teacher's shape model of that eye, for its unit.
    report : callable
        Is told how it goes.
    """
    points, poses = eyes.as_left_ones()
    found = reconstruct(points, generic_eye_mm(), EYE_MODES, _ROUNDS, report, poses)
    return in_unit_of(plain_model(found.model, EYE_MODES), teacher, points[::10])


def mirrored_eye(pdm: PointDistributionModel) -> PointDistributionModel:
    """Return the shape model of an eye at the right of the picture, given that at the left."""

    def mirrored(columns: Float32Array) -> Float32Array:
        points = columns.reshape(3, EYE_POINT_COUNT, -1)[:, MIRRORED_EYE]
        turned = points * np.array([-1, 1, 1], dtype=np.float32)[:, None, None]
        return np.ascontiguousarray(turned.reshape(columns.shape))

    return replace(pdm, mean_mm=mirrored(pdm.mean_mm), components_mm=mirrored(pdm.components_mm))
