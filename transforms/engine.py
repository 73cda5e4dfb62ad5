"""Everything a worker process needs for the analysis of frames, loaded once."""

from dataclasses import dataclass

import numpy as np

from models import ModelFiles
from openface_core.action_unit_models import ActionUnitModels
from openface_core.action_unit_tracker import ActionUnitTracker
from openface_core.detection import RetinaFaceDetector
from openface_core.errors import ModelFileError
from openface_core.face_measurement import FaceMeter
from openface_core.landmarks import LandmarkNetwork, load_landmark_spec
from openface_core.media import MediaKind
from openface_core.model_files import read_action_unit_models, read_pdm, read_triangulation
from openface_core.tables.columns import LANDMARK_COUNT
from transforms.settings import RunSettings

_WARM_UP_SIDE_PX = 320


@dataclass(frozen=True, eq=False)
class Engine:
    """Models in memory; every part may be used by several threads at once.

    Parameters
    ----------
    meter : FaceMeter
        Components 4 to 7.
    video_models, image_models : ActionUnitModels
        Components 8 and 9, for videos and for single images.
    detector : RetinaFaceDetector or None
        Component 1; None where landmarks are given.
    landmark_network : LandmarkNetwork or None
        Component 2; None where landmarks are given.
    """

    meter: FaceMeter
    video_models: ActionUnitModels
    image_models: ActionUnitModels
    detector: RetinaFaceDetector | None
    landmark_network: LandmarkNetwork | None

    def models_for(self, kind: MediaKind) -> ActionUnitModels:
        """Return the action-unit models for an input of some kind: single images have their own."""
        return self.image_models if kind == "image" else self.video_models

    @property
    def providers(self) -> tuple[str, ...]:
        """What onnxruntime runs the networks on; empty where landmarks are given."""
        return () if self.landmark_network is None else self.landmark_network.providers


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
    measured = engine.meter.measure(frame, landmarks)
    tracker = ActionUnitTracker(engine.video_models)
    if measured is not None:
        tracker.add(measured.fhog, measured.geometry)
    if engine.detector is not None:
        engine.detector.detect(frame)
    if engine.landmark_network is not None:
        box = np.array([0, 0, _WARM_UP_SIDE_PX, _WARM_UP_SIDE_PX], dtype=np.float32)
        engine.landmark_network.locate(frame, box)


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
    video_models = read_action_unit_models(files.video_action_units)
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
    detector = network = None
    if files.detector is not None:
        detector = RetinaFaceDetector(files.detector, settings.detection, settings.onnxruntime)
    if files.landmark_network is not None and files.landmark_spec is not None:
        network = LandmarkNetwork(
            load_landmark_spec(files.landmark_spec), files.landmark_network, settings.onnxruntime
        )
    return Engine(
        meter=FaceMeter(
            pdm,
            read_triangulation(files.triangulation, LANDMARK_COUNT),
            shift_average=settings.alignment.shift_average,
        ),
        video_models=video_models,
        image_models=image_models,
        detector=detector,
        landmark_network=network,
    )
