"""A face of a frame, from the moment it is looked for until it is measured."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openface_core.alignment import AlignedFace
from openface_core.eyes import EyeMeasurement, FittedEyes
from openface_core.shape import HeadPose, ShapeFit

Float32Array = NDArray[np.float32]

_NOT_MEASURED: Any = None
"""Stands for what only a measured face has; :attr:`Face.is_measured` says whether it is there."""


class FaceStatus(StrEnum):
    """Whether a frame shows a face, or why it does not."""

    FOUND = "found"
    NOT_DETECTED = "not_detected"
    NO_LANDMARKS = "no_landmarks_found"
    NOT_TRUSTED = "landmarks_not_trusted"
    NOT_GIVEN = "none_in_landmark_file"
    NOT_A_FACE = "landmarks_not_a_face"


@dataclass(frozen=True, eq=False)
class Face:
    """The face of one frame. It is found first, and measured then.

    Parameters
    ----------
    status : FaceStatus
        Whether there is a face, or why there is none.
    landmarks : (68, 2) ndarray of float32 or None
        Its landmarks, pixels of the upright frame. They are there for a face that is not trusted
        too, and None where nothing is known of one.
    confidence : float or None
        Confidence in the landmarks, 0 to 1; None where there was nothing to judge.
    fit : ShapeFit or None
        Pose and shape parameters of the PDM: those that the landmarks are points of, where a
        tracker knows them, otherwise fitted to them when the face is measured.
    fitted_eyes : FittedEyes or None
        Its eyes in the picture, where patch experts of the eyes take part.
    is_refined : bool
        Whether patch experts made the fit, and not :func:`~openface_core.shape.calc_params`.
    detector_score : float
        Score of the detection that the face goes back to; 0 without one.
    log_likelihood : float
        Mean log likelihood of its landmarks by the patch experts; NaN without these.
    unfitted : (68, 2) ndarray of float32 or None
        What a network gave, or each patch expert by itself, before a shape was fitted to it; None
        where the landmarks are all that is known.
    log_densities : (68,) ndarray of float64 or None
        How well the patch expert of each landmark sees it, log densities; NaN for landmarks that do
        not show. None where it was not asked for.
    missing_points : int
        How many of its landmarks were not given, and are points of the fitted shape.
    pose : HeadPose
        Head pose in camera coordinates. This and all below are known of a measured face only.
    landmarks_3d_mm : (68, 3) ndarray of float32
        Landmarks in camera coordinates.
    aligned : AlignedFace
        The aligned, masked face.
    fhog : (4464,) ndarray of float32
        Appearance descriptor.
    geometry : (238,) ndarray of float64
        Geometry descriptor.
    residual_mm : (136,) ndarray of float64 or None
        From the shape to the upright landmarks, see
        :func:`openface_core.shape.upright.upright_residual_mm`; None where nothing needs it.
    eyes : EyeMeasurement or None
        Points of the eyes in space, and gaze; None where the eyes were not found.
    network_values : (n,) ndarray of float32 or None
        What further networks say of it, one after the other; None where there are none.
    """

    status: FaceStatus
    landmarks: Float32Array | None = None
    confidence: float | None = None
    fit: ShapeFit | None = None
    fitted_eyes: FittedEyes | None = None
    is_refined: bool = False
    detector_score: float = 0.0
    log_likelihood: float = float("nan")
    unfitted: Float32Array | None = None
    log_densities: NDArray[np.float64] | None = None
    missing_points: int = 0
    pose: HeadPose = _NOT_MEASURED
    landmarks_3d_mm: Float32Array = _NOT_MEASURED
    aligned: AlignedFace = _NOT_MEASURED
    fhog: Float32Array = _NOT_MEASURED
    geometry: NDArray[np.float64] = _NOT_MEASURED
    residual_mm: NDArray[np.float64] | None = None
    eyes: EyeMeasurement | None = None
    network_values: Float32Array | None = None

    @property
    def seen_landmarks(self) -> Float32Array | None:
        """Its landmarks before a shape was fitted to them, where these are known."""
        return self.landmarks if self.unfitted is None else self.unfitted

    @property
    def is_found(self) -> bool:
        """Whether there are landmarks that are trusted."""
        return self.status is FaceStatus.FOUND

    @property
    def is_measured(self) -> bool:
        """Whether the face was found, and all that follows from its landmarks is known."""
        return self.is_found and self.pose is not _NOT_MEASURED
