"""The teacher of shape, action units and eyes: OpenFace's own models, on single photographs.

Landmarks, shape, alignment and predictors are those of the reference material; the numerics are
this program's.
"""

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.locate import locate_models
from models.training.photographs import LANDMARKS
from openface_core.action_units.models import ActionUnitModels
from openface_core.action_units.static import static_scores, weigh_descriptor
from openface_core.analysis.model_set import ModelSelection
from openface_core.detection import RetinaFaceDetector
from openface_core.errors import ModelFileError
from openface_core.eyes import EyeFitter, FittedEyes
from openface_core.eyes.eye_fitter import EYE_PARTS
from openface_core.face_tracking import (
    ConfidenceSettings,
    FaceRefinement,
    FaceRefinementSettings,
    FaceTracker,
    FaceTrackingModels,
    TrackerSettings,
)
from openface_core.faces import Face, FaceMeter, FaceStatus
from openface_core.landmark_confidence import LandmarkValidator
from openface_core.landmarks import LandmarkNetwork, load_landmark_spec
from openface_core.model_files import (
    read_action_unit_models,
    read_face_landmark_model,
    read_landmark_validator,
    read_pdm,
    read_triangulation,
)
from openface_core.refinement import grey_from_bgr
from openface_core.refinement.landmark_model import LandmarkModel
from openface_core.refinement.patch_experts import PatchExperts
from openface_core.shape import calc_params

UInt8Array = NDArray[np.uint8]
Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]


class Teacher:
    """OpenFace's models, loaded once.

    Parameters
    ----------
    reference : Path
        The reference material.

    Attributes
    ----------
    key : str
        Names it by the hash of its files.
    video_models, image_models : ActionUnitModels
        The predictors for videos and for single images: the student learns one of each.
    pdm : PointDistributionModel
        The shape model.
    experts : tuple of PatchExperts
        The patch experts of the whole face, by scale.
    inner_experts : tuple of PatchExperts
        Those of the inner face.
    eye_models : tuple of two LandmarkModel
        Of the eye at the left in the picture, and of that at the right.

    Raises
    ------
    ModelFileError
        If a model is missing or damaged.
    """

    def __init__(self, reference: Path) -> None:
        selection = ModelSelection()
        files = locate_models(reference, selection)
        if (
            files.detector is None
            or files.landmark_network is None
            or files.landmark_spec is None
            or files.refinement is None
            or files.validator is None
        ):
            raise ModelFileError(reference, "a teacher is missing", "Check --reference.")
        files_digest = hashlib.sha256(repr(sorted(files.sha256().items())).encode()).hexdigest()
        self.key = f"openface_{files_digest[:16]}"
        self.video_models: ActionUnitModels = read_action_unit_models(
            files.video_action_units, files.video_predictors
        )
        self.image_models: ActionUnitModels = read_action_unit_models(files.image_action_units)
        pdm = read_pdm(files.shape, LANDMARKS)
        self.pdm = pdm
        self._meter = FaceMeter(pdm, read_triangulation(files.triangulation, LANDMARKS), True)
        model = read_face_landmark_model(files.refinement, selection.parts)
        self.experts: tuple[PatchExperts, ...] = model.face.experts
        parts = {part.name: part.model for part in model.parts}
        self.inner_experts: tuple[PatchExperts, ...] = parts["inner"].experts
        self.eye_models: tuple[LandmarkModel, ...] = tuple(parts[name] for name in EYE_PARTS)
        self._eyes = EyeFitter(model)
        refinement = FaceRefinement.from_settings(
            model, FaceRefinementSettings(place_independent=False)
        )
        self._following = refinement.following
        self._models = FaceTrackingModels(
            detector=RetinaFaceDetector(files.detector),
            network=LandmarkNetwork(
                load_landmark_spec(files.landmark_spec), files.landmark_network
            ),
            pdm=pdm,
            refinement=refinement,
            validator=LandmarkValidator(read_landmark_validator(files.validator)),
        )

    def landmarks(self, image_bgr: UInt8Array) -> Float32Array | None:
        """Return the refined landmarks of the largest face.

        Parameters
        ----------
        image_bgr : (H, W, 3) ndarray of uint8
            A photograph.

        Returns
        -------
        (68, 2) ndarray of float32, or None
            Pixels; None where no face is found, or OpenFace would not trust its landmarks.
        """
        face = self.face(image_bgr)
        return None if face is None else face.landmarks

    def face(self, image_bgr: UInt8Array) -> Face | None:
        """Return the largest face with refined landmarks and eyes, as :meth:`landmarks`."""
        tracker = FaceTracker(self._models, TrackerSettings(ConfidenceSettings().threshold))
        face = tracker.observe(image_bgr, 0)
        return face if face.is_found else None

    def settled(self, image_bgr: UInt8Array, landmarks: Float32Array) -> Float32Array:
        """Return landmarks where the patch experts settle on a picture, from about where they are.

        Parameters
        ----------
        image_bgr : (H, W, 3) ndarray of uint8
            A picture.
        landmarks : (68, 2) ndarray of float32
            Pixels.

        Returns
        -------
        (68, 2) ndarray of float32
            Those that were given where the experts lose the face.
        """
        refined = self._following.refine(
            grey_from_bgr(image_bgr), calc_params(self.pdm, landmarks)
        ).face
        return refined.landmarks if refined.is_fitted else landmarks

    def fit_eyes(self, image_bgr: UInt8Array, landmarks: Float32Array) -> FittedEyes | None:
        """Fit the models of the eyes to a face whose landmarks, (68, 2) in pixels, are known."""
        fit = calc_params(self.pdm, landmarks)
        return self._eyes.fit(grey_from_bgr(image_bgr), landmarks, fit)

    def scores(self, image_bgr: UInt8Array, landmarks: Float32Array) -> Float64Array | None:
        """Return what the predictors say of a face, without any median.

        The descriptor is averaged over shifted copies of the aligned face: that takes the part of
        the scores away which nobody can learn, since it comes of fractions of a pixel.

        Parameters
        ----------
        image_bgr : (H, W, 3) ndarray of uint8
            A photograph.
        landmarks : (68, 2) ndarray of float32
            The face in it.

        Returns
        -------
        (k,) ndarray of float64, or None
            Scores of the models for videos, then of those for single images; None for landmarks
            that are no face's.
        """
        measured = self._meter.measure(image_bgr, Face(FaceStatus.FOUND, landmarks))
        if not measured.is_measured:
            return None
        return np.concatenate(
            [
                static_scores(models, weigh_descriptor(models, measured.fhog, measured.geometry))
                for models in (self.video_models, self.image_models)
            ]
        )
