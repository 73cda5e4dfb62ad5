"""Components 4 to 7 on one face of one frame: shape, pose, aligned face, descriptors, gaze."""

import copy
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from openface_core.alignment import AlignedFace, FaceAligner
from openface_core.eyes import EyeMeasurer, FittedEyeMeasurer, PlacedFace
from openface_core.face_networks import FaceNetwork
from openface_core.faces.face import Face, FaceStatus
from openface_core.faces.given_points import completed, is_seen, may_be_face
from openface_core.faces.surroundings import FaceInPlace, near_face, whole_frame
from openface_core.fhog import fhog
from openface_core.finite import all_finite
from openface_core.geometry import geometry_descriptor
from openface_core.partial_pictures import AnyPicture
from openface_core.shape import (
    Camera,
    PointDistributionModel,
    ShapeFit,
    calc_params,
    head_pose,
    landmarks_in_camera_mm,
)
from openface_core.shape.rolled import fit_at_any_roll
from openface_core.shape.upright import upright_residual_mm
from openface_core.shift_averaging import shift_averaged_fhog
from openface_core.watch import NO_WATCH, Step, Watch

Float32Array = NDArray[np.float32]


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
    measures_residual : bool
        Whether it is found how far the upright landmarks are from the shape, which both sides of a
        face are told apart by.
    networks : sequence of FaceNetwork
        Further networks, whose numbers are measurements of a face too.
    camera : Camera or None
        The camera of the frames; None takes OpenFace's guess by their size.
    eyes : EyeMeasurer or None
        Measures the eyes; None takes those that patch experts fitted, where they did.
    fits_anew : bool
        Whether alignment and geometry descriptor come from a fit of their own, made from the
        landmarks, even where the face brings one: OpenFace does so after patch experts.
    """

    def __init__(
        self,
        pdm: PointDistributionModel,
        triangles: NDArray[np.int32],
        shift_average: bool = False,
        measures_residual: bool = False,
        networks: Sequence[FaceNetwork] = (),
        camera: Camera | None = None,
        eyes: EyeMeasurer | None = None,
        fits_anew: bool = False,
    ) -> None:
        self.pdm = pdm
        self.aligner = FaceAligner(pdm.mean_mm, triangles)
        self.shift_average = shift_average
        self.measures_residual = measures_residual
        self.networks = tuple(networks)
        self.camera = camera
        self.fits_anew = fits_anew
        self._find_fit = calc_params
        self._is_near = self._are_given = self._starts_from_fits = False
        self.eyes: EyeMeasurer = FittedEyeMeasurer() if eyes is None else eyes

    def with_camera(self, camera: Camera | None) -> "FaceMeter":
        """Return the same for frames of another camera."""
        other = copy.copy(self)
        other.camera = camera
        return other

    def at_any_roll(self) -> "FaceMeter":
        """Return the same, which fits a shape however a face is rolled.

        OpenFace has no fit beyond about 107 degrees.
        """
        other = copy.copy(self)
        other._find_fit = fit_at_any_roll
        return other

    def from_known_fits(self) -> "FaceMeter":
        """Return the same, which begins a fit with the one that a face brings, not with the mean.

        That takes a third of the steps. OpenFace begins with the mean shape.
        """
        other = copy.copy(self)
        other._starts_from_fits = True
        return other

    def of_given_landmarks(self) -> "FaceMeter":
        """Return the same for landmarks from elsewhere, which may be those of no face.

        Where some are marked missing, points of the fitted shape take their place.
        """
        other = copy.copy(self)
        other._are_given = True
        return other

    def near_faces(self) -> "FaceMeter":
        """Return the same, with coordinates that begin near a face while its descriptors are found.

        These have the same bits then wherever in a picture a face is.
        """
        other = copy.copy(self)
        other._is_near = True
        return other

    def in_place(self, frame: AnyPicture, landmarks: Float32Array) -> FaceInPlace:
        """Return the picture that a face's descriptors are found in.

        Parameters
        ----------
        frame : (H, W, 3) ndarray of uint8, or PartialPicture
            Upright BGR frame.
        landmarks : (68, 2) ndarray of float32
            Landmarks of a face, finite, pixels.
        """
        return near_face(frame, landmarks) if self._is_near else whole_frame(frame, landmarks)

    def appearance(
        self, frame: AnyPicture, landmarks: Float32Array, aligned: AlignedFace
    ) -> Float32Array:
        """Return the appearance descriptor of an aligned face.

        Parameters
        ----------
        frame : (H, W, 3) ndarray of uint8, or PartialPicture
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

    def fit(self, face: FaceInPlace, known: ShapeFit | None) -> ShapeFit:
        """Return the fit from which alignment and geometry descriptor come.

        Parameters
        ----------
        face : FaceInPlace
            The landmarks.
        known : ShapeFit or None
            The fit that the face brings, of the same pixels.
        """
        if known is not None and not self.fits_anew:
            return known
        return self._find_fit(self.pdm, face.landmarks, known if self._starts_from_fits else None)

    def measure(self, frame: AnyPicture, face: Face, watch: Watch = NO_WATCH) -> Face:
        """Measure one face.

        Parameters
        ----------
        frame : (H, W, 3) ndarray of uint8, or PartialPicture
            Upright BGR frame.
        face : Face
            A face of it. Where its fit is known, head pose and 3D landmarks come from that.
        watch : Watch
            Is told the steps.

        Returns
        -------
        Face
            The measured face; the same one where it was not found, and one of the status
            ``NOT_A_FACE`` where its landmarks cannot be those of a face: not finite, coinciding,
            or, if they were given, outside of the picture, on a line, or far from any face's shape.
        """
        landmarks = face.landmarks
        if not face.is_found or landmarks is None:
            return face
        measured = self._measure(frame, landmarks, face, watch)
        return replace(face, status=FaceStatus.NOT_A_FACE) if measured is None else measured

    def _measure(
        self, frame: AnyPicture, landmarks: Float32Array, face: Face, watch: Watch
    ) -> Face | None:
        if not all_finite(landmarks):
            return None
        near = self.in_place(frame, landmarks)
        with watch.time(Step.SHAPE):
            fit = self.fit(near, None if face.fit is None else near.moved(face.fit))
        if self._are_given:
            if not may_be_face(self.pdm, fit, landmarks, frame.shape):
                return None
            missing = int((~is_seen(landmarks)).sum())
            landmarks = completed(self.pdm, fit, landmarks)
            near = self.in_place(frame, landmarks)
            face = replace(face, landmarks=landmarks, missing_points=missing)
        shown = near.moved_back(fit) if face.fit is None else face.fit
        with watch.time(Step.POSE):
            camera = self.camera or Camera.from_frame_size(frame.shape[1], frame.shape[0])
            # Turns were learned from fits as stiff as the shape model; experts' fits are looser.
            posed = shown if self.pdm.head_turns is None else near.moved_back(fit)
            pose = head_pose(self.pdm, posed, landmarks, camera)
            if pose is None:
                return None
            points = landmarks_in_camera_mm(self.pdm, shown, camera)
        with watch.time(Step.ALIGNMENT):
            aligned = self.aligner.align(near.frame, near.landmarks, fit.translation_px)
            if not all_finite(aligned.matrix):
                return None
        with watch.time(Step.APPEARANCE):
            appearance = self.appearance(near.frame, near.landmarks, aligned)
            aligned = near.of_frame(aligned)
        with watch.time(Step.GEOMETRY):
            geometry = geometry_descriptor(self.pdm, fit.shape_parameters)
            residual = None
            seen = face.seen_landmarks
            if self.measures_residual and seen is not None:
                residual = upright_residual_mm(self.pdm, fit, seen - near.corner_px)
        placed = PlacedFace(
            frame, landmarks, shown.scale_px_per_mm, points, pose, camera, face.fitted_eyes
        )
        eyes = self.eyes.measure(placed, watch)
        values = None
        if self.networks:
            with watch.time(Step.FURTHER_NETWORKS):
                values = np.concatenate([n.measure(frame, landmarks) for n in self.networks])
        return replace(
            face,
            fit=shown,
            pose=pose,
            landmarks_3d_mm=points,
            aligned=aligned,
            fhog=appearance,
            geometry=geometry,
            residual_mm=residual,
            eyes=eyes,
            network_values=values,
        )
