"""Everything a worker process needs for the analysis of frames, loaded once."""

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from openface_core.action_units.models import ActionUnitModels
from openface_core.action_units.sides import with_sides
from openface_core.analysis.model_set import ModelFiles
from openface_core.analysis.settings import RunSettings
from openface_core.collector import collector_paused
from openface_core.detection import FaceDetector, MtcnnDetector, RetinaFaceDetector
from openface_core.errors import ModelFileError
from openface_core.eyes import (
    EyeMeasurer,
    EyeNetwork,
    FittedEyeMeasurer,
    FittedEyes,
    NetworkEyeMeasurer,
)
from openface_core.face_networks import FaceNetwork, load_face_network_spec
from openface_core.face_networks.spec import EMBEDDING
from openface_core.face_tracking import (
    FaceRefinement,
    FaceTrackingModels,
    NetworkPair,
    NetworkWitness,
)
from openface_core.faces import Face, FaceMeter, FaceStatus
from openface_core.fields import Column, Extent, NetworkColumn, frame_columns, frame_schema
from openface_core.identity import typical_appearance
from openface_core.landmark_confidence import (
    ConfidenceModel,
    LandmarkJudge,
    LandmarkValidator,
)
from openface_core.landmarks import LandmarkNetwork, load_landmark_spec
from openface_core.landmarks.conventions import LANDMARK_COUNT
from openface_core.media import DecodedFrame, MediaKind
from openface_core.model_files import (
    is_mtcnn_list,
    read_action_unit_models,
    read_face_landmark_model,
    read_landmark_validator,
    read_mtcnn,
    read_pdm,
    read_triangulation,
)
from openface_core.refinement.grey import grey_from_bgr
from openface_core.running_medians import DescriptorMedians
from openface_core.shape import PointDistributionModel, ShapeFit, calc_params
from openface_core.shards import ShardRecorder, replay_medians
from openface_core.tables import summary_columns

_WARM_UP_SIDE_PX = 320

_COLUMNS_OF_FOLDERS = ("video_id", "bucket")


@dataclass(frozen=True, eq=False)
class Engine:
    """Models in memory; every part may be used by several threads at once.

    Parameters
    ----------
    meter : FaceMeter
        Components 4 to 7 for given landmarks, which are taken for exact.
    tracked_meter : FaceMeter
        The same for landmarks that were found in the frames.
    video_models, image_models : ActionUnitModels
        Components 8 and 9, for videos and for single images.
    faces : FaceTrackingModels or None
        Components 1 to 3; None where landmarks are given.
    identifier : FaceNetwork or None
        Knows people again; None leaves that to their appearance.
    """

    meter: FaceMeter
    tracked_meter: FaceMeter
    video_models: ActionUnitModels
    image_models: ActionUnitModels
    faces: FaceTrackingModels | None
    identifier: FaceNetwork | None = None

    def models_for(self, kind: MediaKind) -> ActionUnitModels:
        """Return the action-unit models for an input of some kind: single images have their own."""
        return self.image_models if kind == "image" else self.video_models

    @property
    def extent(self) -> Extent:
        """What the models measure."""
        columns = tuple(
            NetworkColumn(name, unit, network.spec.name)
            for network in self.meter.networks
            for name, unit in network.spec.columns
        )
        return Extent.of_models(self.meter.pdm, self.video_models, columns)

    @property
    def action_unit_names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names of the action units with an intensity, and of those with a presence."""
        return self.video_models.intensity_names, self.video_models.presence_names

    @property
    def columns(self) -> tuple[tuple[Column, ...], tuple[Column, ...]]:
        """Columns of the tables of frames, and of the summary."""
        extent = self.extent
        of_summary = summary_columns(*self.action_unit_names, has_sides=extent.has_sides)
        return frame_columns(extent), of_summary

    @cached_property
    def frame_schema(self) -> pa.Schema:
        """The columns of a table of frames, hundreds, which are the same for every input."""
        return frame_schema(frame_columns(self.extent))

    @property
    def measures_gaze(self) -> bool:
        """Whether there are models of the eyes for faces that are found."""
        if self.faces is not None and not isinstance(self.tracked_meter.eyes, FittedEyeMeasurer):
            return True
        refinement = None if self.faces is None else self.faces.refinement
        return refinement is not None and refinement.eyes is not None

    @property
    def landmark_detector(self) -> str | None:
        """What OpenFace calls the landmark detector; None where no patch experts follow faces."""
        refinement = None if self.faces is None else self.faces.refinement
        if refinement is None or refinement.follows_network:
            return None
        return refinement.detector_name

    @cached_property
    def typical_appearance(self) -> NDArray[np.float64]:
        """What is taken off appearances before they are compared, (4464,)."""
        return typical_appearance(self.image_models)

    @property
    def providers(self) -> tuple[str, ...]:
        """What onnxruntime runs the networks on; empty where landmarks are given."""
        return () if self.faces is None else self.faces.network.providers


@collector_paused()
def warm_up(engine: Engine) -> None:
    """Run every kernel once, so that all are compiled before workers need them.

    A machine's first run compiles for some 20 seconds and keeps the result on disk; later runs,
    and worker processes of this one, load it.

    Parameters
    ----------
    engine : Engine
        The models.
    """
    frame = np.full((_WARM_UP_SIDE_PX, _WARM_UP_SIDE_PX, 3), 127, dtype=np.uint8)
    mean = engine.meter.pdm.mean_mm.reshape(3, -1)[:2].T
    landmarks = np.ascontiguousarray(mean + np.float32(_WARM_UP_SIDE_PX / 2))
    # A fit without any residual does not come to an end before its last step.
    landmarks[::2] += 1
    face = Face(FaceStatus.FOUND, landmarks)
    if engine.faces is not None:
        eyes, fit = _warm_up_faces(engine.faces, frame, landmarks)
        refined = replace(face, fit=fit, fitted_eyes=eyes)
        engine.tracked_meter.measure(frame, refined)
    recorder = ShardRecorder(engine.video_models, engine.extent)
    recorder.add(DecodedFrame(0, None, frame), engine.tracked_meter.measure(frame, face))
    if engine.video_models.is_dynamic.any():
        replay_medians(engine.video_models, DescriptorMedians(), recorder.features())


def _warm_up_faces(
    faces: FaceTrackingModels, frame: NDArray[np.uint8], landmarks: NDArray[np.float32]
) -> tuple[FittedEyes | None, ShapeFit]:
    faces.detector.detect(frame)
    faces.network.follow(frame, landmarks)
    grey = grey_from_bgr(frame)
    fit = calc_params(faces.pdm, landmarks)
    eyes = None
    if faces.refinement is not None:
        refined = faces.refinement.first.refine(grey, fit)
        faces.refinement.following.refine(grey, fit)
        if faces.refinement.eyes is not None:
            eyes = faces.refinement.eyes.place(refined.parts)
    if faces.validator is not None:
        faces.validator.confidence(grey, landmarks, fit.rotation_radians)
    return eyes, fit


@collector_paused()
def load_engine(files: ModelFiles, settings: RunSettings) -> Engine:
    """Load the models.

    Parameters
    ----------
    files : ModelFiles
        Where they are.
    settings : RunSettings
        How they are run.

    Returns
    -------
    Engine
        The models in memory.

    Raises
    ------
    ModelFileError
        If a file is damaged, or the models do not fit together.
    ConfigError
        If the execution provider that was asked for is not available.
    """
    pdm = read_pdm(files.shape, LANDMARK_COUNT)
    video_models = read_action_unit_models(files.video_action_units, files.video_predictors)
    image_models = read_action_unit_models(files.image_action_units)
    if settings.calibration.mode == "none":
        if image_models.is_dynamic.any():
            raise ModelFileError(
                files.image_action_units,
                "some of its models need medians, which calibration none is without",
                "List static models only, or choose another calibration.",
            )
        video_models = image_models
    if (
        video_models.intensity_names != image_models.intensity_names
        or video_models.presence_names != image_models.presence_names
    ):
        raise ModelFileError(
            files.image_action_units,
            "other action units than those for videos",
            "Use lists of the same action units for videos and images.",
        )
    follows_experts = files.refinement is not None and not settings.refinement.follow_network
    if settings.sides.measure:
        video_models, image_models = (
            with_sides(
                models,
                pdm,
                is_mirrored=settings.sides.mirrored,
                has_peaks=files.refinement is not None,
            )
            for models in (video_models, image_models)
        )
    triangles = read_triangulation(files.triangulation, LANDMARK_COUNT)
    further = _load_further_networks(files, settings)
    sides = settings.sides.measure
    tracked_meter = FaceMeter(
        pdm,
        triangles,
        settings.alignment.shift_average,
        sides,
        networks=further,
        eyes=_load_eyes(files, settings),
        fits_anew=follows_experts,
    )
    if not settings.refinement.rounded_as_openface:
        tracked_meter = tracked_meter.from_known_fits()
    meter = FaceMeter(pdm, triangles, measures_residual=sides, networks=further)
    meter = meter.of_given_landmarks()
    if settings.refinement.any_roll:
        meter, tracked_meter = meter.at_any_roll(), tracked_meter.at_any_roll()
    is_place_independent = follows_experts and settings.refinement.place_independent
    engine = Engine(
        meter=meter,
        tracked_meter=tracked_meter.near_faces() if is_place_independent else tracked_meter,
        video_models=video_models,
        image_models=image_models,
        faces=_load_faces(files, settings, pdm),
        identifier=_load_identifier(files, settings),
    )
    _check_columns(engine, files)
    return engine


def _load_further_networks(files: ModelFiles, settings: RunSettings) -> tuple[FaceNetwork, ...]:
    networks = []
    for spec_path, model_path in files.measurements:
        spec = load_face_network_spec(spec_path)
        if not spec.columns:
            raise ModelFileError(
                spec_path,
                "none of its outputs has columns, so there is nothing to write",
                "Give an output columns, or take it out of models.measurements.",
            )
        networks.append(FaceNetwork(spec, model_path, settings.onnxruntime))
    return tuple(networks)


def _load_eyes(files: ModelFiles, settings: RunSettings) -> EyeMeasurer | None:
    if files.eyes is None:
        return None
    return NetworkEyeMeasurer(EyeNetwork(files.eyes, settings.onnxruntime))


def _check_columns(engine: Engine, files: ModelFiles) -> None:
    """Refuse a further network whose column has the name of another.

    Those of folders, as in ``video_id=a/``, are columns to every reader of a dataset. Some readers
    tell names apart without regard to case.
    """
    names = Counter(column.name.lower() for column in frame_columns(engine.extent))
    names.update(_COLUMNS_OF_FOLDERS)
    for (path, _), network in zip(files.measurements, engine.meter.networks, strict=True):
        for name, _unit in network.spec.columns:
            if names[name.lower()] > 1:
                raise ModelFileError(
                    path,
                    f"its column {name} is there already",
                    "Give the columns of the specification names of their own.",
                )


def _load_identifier(files: ModelFiles, settings: RunSettings) -> FaceNetwork | None:
    if files.face_network is None or files.face_network_spec is None:
        return None
    spec = load_face_network_spec(files.face_network_spec)
    if not any(output.name == EMBEDDING for output in spec.outputs):
        raise ModelFileError(
            files.face_network_spec,
            f"it has no output {EMBEDDING}, by which people are known again",
            "Name another specification as models.face_network, or none.",
        )
    return FaceNetwork(spec, files.face_network, settings.onnxruntime)


def _load_faces(
    files: ModelFiles, settings: RunSettings, pdm: PointDistributionModel
) -> FaceTrackingModels | None:
    if files.detector is None or files.landmark_network is None or files.landmark_spec is None:
        return None
    refinement = witness = None
    validator: ConfidenceModel | None = None
    if files.refinement is not None:
        model = read_face_landmark_model(files.refinement, files.parts)
        try:
            refinement = FaceRefinement.from_settings(
                model,
                settings.refinement,
                finds_peaks=settings.sides.measure,
            )
            witness = _load_witness(files, settings, refinement)
        except ValueError as error:
            raise ModelFileError(
                files.refinement,
                f"its patch experts do not fit the settings ({error})",
                "Correct the section [refinement] of the configuration.",
            ) from error
    if files.validator is not None:
        validator = _load_validator(files.validator, settings, pdm)
    pair, path, spec = None, files.second_witness_network, files.second_witness_spec
    if witness is not None and path is not None and spec is not None:
        second = _load_network(spec, path, settings, refinement)
        variances = pdm.eigenvalues
        pair = NetworkPair(witness.network, second, variances, settings.strong_expressions)
    return FaceTrackingModels(
        detector=_load_detector(files.detector, settings),
        network=_load_network(files.landmark_spec, files.landmark_network, settings, refinement),
        pdm=pdm,
        refinement=refinement,
        validator=validator,
        witness=witness,
        network_pair=pair,
        fits_any_roll=settings.refinement.any_roll,
    )


def _load_network(
    spec: Path, network: Path, settings: RunSettings, refinement: FaceRefinement | None
) -> LandmarkNetwork:
    return LandmarkNetwork(
        load_landmark_spec(spec),
        network,
        settings.onnxruntime,
        place_independent=refinement is not None and refinement.is_place_independent,
    )


def _load_validator(
    path: Path, settings: RunSettings, pdm: PointDistributionModel
) -> ConfidenceModel:
    if path.suffix == ".onnx":
        return LandmarkJudge(path, pdm.mean_mm, settings.onnxruntime)
    return LandmarkValidator(read_landmark_validator(path))


def _load_detector(path: Path, settings: RunSettings) -> FaceDetector:
    if is_mtcnn_list(path):
        return MtcnnDetector(read_mtcnn(path), settings.detection)
    return RetinaFaceDetector(path, settings.detection, settings.onnxruntime)


def _load_witness(
    files: ModelFiles, settings: RunSettings, refinement: FaceRefinement
) -> NetworkWitness | None:
    if files.witness_network is None or files.witness_spec is None:
        return None
    first = refinement.first
    scales = first.face.settings.windows_px
    windows_px = (*(0 for _ in scales[1:]), settings.witness.window_px)
    refiner = first.with_settings(replace(first.face.settings, windows_px=windows_px))
    network = _load_network(files.witness_spec, files.witness_network, settings, refinement)
    return NetworkWitness(network, refiner, settings.witness)
