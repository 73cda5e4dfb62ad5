"""What the teacher sees of the eyes on photographs: the points that the network learns.

Each photograph is seen twice, as it is and in mirror image. Where both ways of looking disagree,
the eye is left out.
"""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.in_threads import in_threads
from models.training.openface_teacher import Teacher
from models.training.origins import kept, origin_of, origin_of_photographs
from models.training.photograph_landmarks import read_photograph
from models.training.photographs import Photograph
from openface_core.eyes import EYE_COUNT, EYE_POINT_COUNT, FittedEyes
from openface_core.eyes.eye_points import MIRRORED_EYE_POINTS
from openface_core.landmarks.conventions import MIRRORED_ORDER
from openface_core.shape import PointDistributionModel, calc_params

UInt8Array = NDArray[np.uint8]
Float32Array = NDArray[np.float32]

SEEN_PX_PER_MM = 1.7
"""The teacher's experts need as many pixels: photographs are enlarged up to this scale."""

_LARGEST_FACTOR = 4.0
_GREATEST_SPREAD_MM = 0.6
"""Mean distance of an eye's points between the two ways of looking, where it is still taken."""


@dataclass(frozen=True, eq=False)
class EyeLabels:
    """n photographs, and their eyes.

    Parameters
    ----------
    landmarks : (n, 68, 2) ndarray of float32
        What the embedded landmark network finds, pixels of the photograph; NaN without a face.
    scales_px_per_mm : (n,) ndarray of float32
        Scale of the embedded shape model fitted to them.
    points : (n, 2, 28, 2) ndarray of float32
        The teacher's points of both eyes, pixels; NaN for eyes that are left out.
    """

    landmarks: Float32Array
    scales_px_per_mm: Float32Array
    points: Float32Array


def eye_labels(
    photographs: tuple[Photograph, ...],
    landmarks: Float32Array,
    pdm: PointDistributionModel,
    teacher: Teacher,
    cache: Path,
    threads: int = 1,
) -> EyeLabels:
    """Return the eyes of photographs.

    Parameters
    ----------
    photographs : tuple of Photograph
        n photographs.
    landmarks : (n, 68, 2) ndarray of float32
        The embedded network's landmarks on them; NaN without a face.
    pdm : PointDistributionModel
        The embedded shape model.
    teacher : Teacher
        Sees the eyes.
    cache : Path
        File in which the teacher's points are kept for the next time.
    threads : int
        Photographs seen at a time.
    """
    scales = np.full(len(photographs), np.nan, dtype=np.float32)
    for index in np.flatnonzero(np.isfinite(landmarks).all(axis=(1, 2))):
        scales[index] = calc_params(pdm, landmarks[index]).scale_px_per_mm
    origin = origin_of(teacher.key, scales, origin_of_photographs(photographs))
    found = kept(
        cache, origin, lambda: {"points": _taught_points(photographs, scales, teacher, threads)}
    )
    return EyeLabels(landmarks, scales, found["points"])


def _taught_points(
    photographs: tuple[Photograph, ...], scales: Float32Array, teacher: Teacher, threads: int
) -> Float32Array:
    """Return the teacher's points of the eyes of photographs, (n, 2, 28, 2)."""
    points = np.full((len(photographs), EYE_COUNT, EYE_POINT_COUNT, 2), np.nan, dtype=np.float32)

    def fill(index: int) -> None:
        if not scales[index] > 0.0:
            return
        image, border = read_photograph(photographs[index])
        factor = min(SEEN_PX_PER_MM / float(scales[index]), _LARGEST_FACTOR)
        large = cv2.resize(image, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
        found = _taught(np.asarray(large, dtype=np.uint8), teacher)
        if found is not None:
            points[index] = (found + 0.5) / factor - 0.5 - border

    in_threads(fill, range(len(photographs)), threads)
    return points


def _taught(image_bgr: UInt8Array, teacher: Teacher) -> Float32Array | None:
    """Return the teacher's points (2, 28, 2) on an enlarged photograph, NaN where unsure."""
    face = teacher.face(image_bgr)
    if face is None or face.fitted_eyes is None or face.landmarks is None or face.fit is None:
        return None
    again = _seen_mirrored(image_bgr, face.landmarks, teacher)
    if again is None:
        return None
    first, scale = face.fitted_eyes.landmarks_px, face.fit.scale_px_per_mm
    spreads_mm = np.linalg.norm(again - first, axis=2).mean(axis=1) / scale
    points = (first + again) / 2.0
    points[~(spreads_mm <= _GREATEST_SPREAD_MM)] = np.nan
    return points.astype(np.float32)


def _seen_mirrored(
    image_bgr: UInt8Array, landmarks: Float32Array, teacher: Teacher
) -> Float32Array | None:
    """Return the points (2, 28, 2) of eyes that are fitted in mirror image."""
    last = image_bgr.shape[1] - 1
    turned = np.ascontiguousarray(landmarks[MIRRORED_ORDER] * (-1, 1) + (last, 0), dtype=np.float32)
    eyes: FittedEyes | None = teacher.fit_eyes(np.ascontiguousarray(image_bgr[:, ::-1]), turned)
    if eyes is None:
        return None
    points = eyes.landmarks_px[::-1][:, MIRRORED_EYE_POINTS]
    return np.asarray(points * (-1, 1) + (last, 0), dtype=np.float32)
