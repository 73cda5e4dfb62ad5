"""Components 4 to 7 on one face of one frame: shape, pose, aligned face, descriptors, gaze."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.alignment import AlignedFace, FaceAligner
from openface_core.eyes import EyeMeasurement, FittedEyes, measure_eyes
from openface_core.fhog import fhog
from openface_core.finite import all_finite
from openface_core.geometry import geometry_descriptor
from openface_core.shape import (
    Camera,
    HeadPose,
    PointDistributionModel,
    ShapeFit,
    calc_params,
    head_pose,
    landmarks_in_camera_mm,
)
from openface_core.shift_averaging import shift_averaged_fhog

Float32Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class FaceMeasurement:
    """What follows from the landmarks of one face.

    Parameters
    ----------
    fit : ShapeFit
        Pose and shape parameters of the PDM: those that the landmarks are points of, where these
        are known, otherwise fitted to them.
    pose : HeadPose
        Head pose in camera coordinates.
    landmarks_3d_mm : (68, 3) ndarray of float32
        Landmarks in camera coordinates.
    aligned : AlignedFace
        The aligned, masked face.
    fhog : (4464,) ndarray of float32
        Appearance descriptor.
    geometry : (238,) ndarray of float64
        Geometry descriptor.
    eyes : EyeMeasurement or None
        Points of the eyes and gaze; None where the eyes were not fitted.
    """

    fit: ShapeFit
    pose: HeadPose
    landmarks_3d_mm: Float32Array
    aligned: AlignedFace
    fhog: Float32Array
    geometry: NDArray[np.float64]
    eyes: EyeMeasurement | None = None


class FaceMeter:
    """Measures faces whose landmarks are known.

    Parameters
    ----------
    pdm : PointDistributionModel
        The 68-point shape model.
    triangles : (t, 3) ndarray of int32
        Triangulation of the face mask.
    shift_average : bool
        Whether the appearance descriptor is averaged over shifted copies of the aligned face (see
        :mod:`openface_core.shift_averaging`), which OpenFace does not do.
    """

    def __init__(
        self,
        pdm: PointDistributionModel,
        triangles: NDArray[np.int32],
        shift_average: bool = False,
    ) -> None:
        self.pdm = pdm
        self.aligner = FaceAligner(pdm.mean_mm, triangles)
        self.shift_average = shift_average

    def appearance(
        self, frame: NDArray[np.uint8], landmarks: Float32Array, aligned: AlignedFace
    ) -> Float32Array:
        """Return the appearance descriptor of an aligned face.

        Parameters
        ----------
        frame : (H, W, 3) ndarray of uint8
            Upright BGR frame.
        landmarks : (68, 2) ndarray of float32
            Its landmarks, pixels.
        aligned : AlignedFace
            The face in it.

        Returns
        -------
        (4464,) ndarray of float32
            FHOG features.
        """
        if self.shift_average:
            return shift_averaged_fhog(self.aligner, frame, landmarks, aligned).ravel()
        return fhog(aligned.image).ravel()

    def measure(
        self,
        frame: NDArray[np.uint8],
        landmarks: Float32Array,
        fitted_eyes: FittedEyes | None = None,
        tracked_fit: ShapeFit | None = None,
        *,
        refit: bool = True,
    ) -> FaceMeasurement | None:
        """Measure one face.

        Parameters
        ----------
        frame : (H, W, 3) ndarray of uint8
            Upright BGR frame.
        landmarks : (68, 2) ndarray of float32
            Its landmarks, pixels.
        fitted_eyes : FittedEyes or None
            Its eyes, where eye models were fitted.
        tracked_fit : ShapeFit or None
            Pose and shape that the landmarks are points of, where a tracker knows them. Head pose
            and 3D landmarks come from it.
        refit : bool
            Whether alignment and geometry descriptor come from a fit of their own all the same, as
            in OpenFace, where patch experts made the tracker's; False where that is the result of
            :func:`calc_params` already.

        Returns
        -------
        FaceMeasurement or None
            None where the landmarks cannot be those of a face: not finite, or coinciding.
        """
        if not all_finite(landmarks):
            return None
        fit = tracked_fit
        if fit is None or refit:
            fit = calc_params(self.pdm, landmarks)
        camera = Camera.from_frame_size(frame.shape[1], frame.shape[0])
        shown = fit if tracked_fit is None else tracked_fit
        pose = head_pose(self.pdm, shown, landmarks, camera)
        if pose is None:
            return None
        aligned = self.aligner.align(frame, landmarks, fit.translation_px)
        if not all_finite(aligned.matrix):
            return None
        points = landmarks_in_camera_mm(self.pdm, shown, camera)
        eyes = None
        if fitted_eyes is not None:
            eyes = measure_eyes(fitted_eyes, points, pose, camera)
        return FaceMeasurement(
            fit=shown,
            pose=pose,
            landmarks_3d_mm=points,
            aligned=aligned,
            fhog=self.appearance(frame, landmarks, aligned),
            geometry=geometry_descriptor(self.pdm, fit.shape_parameters),
            eyes=eyes,
        )
