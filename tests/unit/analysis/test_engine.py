"""Models of a run, loaded once per process."""

import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models import locate_models
from models.locate import EMBEDDED_FOLDER
from openface_core.analysis.engine import load_engine, warm_up
from openface_core.analysis.model_set import ModelFiles, ModelSelection
from openface_core.analysis.settings import AlignmentSettings, RunSettings
from openface_core.detection import RetinaFaceDetector
from openface_core.errors import ConfigError, ModelFileError
from openface_core.eyes import EyeFitter
from openface_core.face_tracking import FaceRefinementSettings, FaceTrackingModels
from openface_core.faces import Face, FaceMeter, FaceStatus
from openface_core.inference import OnnxSettings
from openface_core.landmark_confidence import LandmarkValidator
from openface_core.landmarks import LandmarkNetwork
from openface_core.refinement import FaceRefiner
from openface_core.running_medians import DescriptorMedians
from openface_core.shards import ShardRecorder
from tests.fixtures.faces.shape import mean_face_mm
from tests.fixtures.synthetic_models.eye_network import write_eye_network
from tests.fixtures.synthetic_models.tiny_networks import tiny_selection, write_models
from tests.fixtures.synthetic_models.tracking import (
    EYES,
    REFINEMENT,
    VALIDATOR,
    write_tracking_models,
)

SETTINGS = RunSettings()
TRACKING_STEPS = (
    (RetinaFaceDetector, "detect"),
    (LandmarkNetwork, "follow"),
    (FaceRefiner, "refine"),
    (EyeFitter, "place"),
    (LandmarkValidator, "confidence"),
    (FaceMeter, "measure"),
    (ShardRecorder, "add"),
    (DescriptorMedians, "update_binned"),
)
"""What is done for a face of a video, each with its kernels."""


def files_of(folder: Path, **selection: Any) -> ModelFiles:
    return locate_models(folder, ModelSelection(**selection), with_networks=False)


def test_without_networks(models_folder: Path) -> None:
    engine = load_engine(files_of(models_folder), SETTINGS)
    assert engine.meter.pdm.mode_count == 34
    assert len(engine.video_models.intensity_names) == 17
    assert len(engine.video_models.presence_names) == 18
    assert engine.image_models.presence_names == engine.video_models.presence_names
    assert not engine.image_models.is_dynamic.any()
    assert engine.faces is None
    assert engine.providers == ()


@pytest.mark.parametrize("shift_average", [True, False])
def test_shift_average_is_for_landmarks_that_were_found(
    shift_average: bool, models_folder: Path
) -> None:
    settings = RunSettings(alignment=AlignmentSettings(shift_average))
    engine = load_engine(files_of(models_folder), settings)
    assert engine.tracked_meter.shift_average is shift_average
    assert not engine.meter.shift_average


def test_with_networks(network_models_folder: Path) -> None:
    selection = tiny_selection(network_models_folder)
    settings = RunSettings(models=selection, onnxruntime=OnnxSettings("cpu"))
    engine = load_engine(locate_models(network_models_folder, selection), settings)
    assert engine.faces is not None
    assert engine.faces.refinement is None
    assert engine.faces.validator is None
    assert not engine.measures_gaze
    assert engine.providers == ("CPUExecutionProvider",)


@pytest.fixture(scope="module")
def tracking_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_models(tmp_path_factory.mktemp("tracking"), with_networks=True)
    write_tracking_models(folder)
    return folder


def tracking_settings(folder: Path, parts: tuple[str, ...] = EYES) -> RunSettings:
    selection = replace(
        tiny_selection(folder), refinement=REFINEMENT, parts=parts, validator=VALIDATOR
    )
    refinement = FaceRefinementSettings(windows_px=(0, 7), first_windows_px=(9, 7))
    return RunSettings(models=selection, refinement=refinement, onnxruntime=OnnxSettings("cpu"))


def load(folder: Path, settings: RunSettings) -> FaceTrackingModels:
    faces = load_engine(locate_models(folder, settings.models), settings).faces
    assert faces is not None
    return faces


def test_with_patch_experts_and_a_validator(tracking_folder: Path) -> None:
    faces = load(tracking_folder, tracking_settings(tracking_folder))
    assert faces.validator is not None
    assert faces.refinement is not None
    assert faces.refinement.first.face.settings.windows_px == (9, 7)
    assert faces.refinement.following.face.settings.windows_px == (0, 7)
    assert [part.name for part in faces.refinement.first.parts] == list(EYES)


@pytest.mark.parametrize(("parts", "has_eyes"), [(EYES, True), (EYES[:1], False), ((), False)])
def test_eyes_take_the_models_of_both(
    parts: tuple[str, ...], has_eyes: bool, tracking_folder: Path
) -> None:
    settings = tracking_settings(tracking_folder, parts)
    engine = load_engine(locate_models(tracking_folder, settings.models), settings)
    assert engine.measures_gaze is has_eyes


def test_a_network_of_the_eyes(network_models_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(network_models_folder, tmp_path / "models")
    write_eye_network(folder / "eyes.onnx")
    selection = replace(tiny_selection(folder), eyes="eyes.onnx")
    files = locate_models(folder, selection)
    assert files.eyes == (folder / "eyes.onnx").resolve()
    assert "eyes.onnx" in files.sha256()
    assert "eyes.onnx" in files.network_names()
    engine = load_engine(files, RunSettings(models=selection, onnxruntime=OnnxSettings("cpu")))
    assert engine.measures_gaze
    landmarks = mean_face_mm()[:, :2].astype(np.float32) + 160
    picture = np.full((320, 320, 3), 127, dtype=np.uint8)
    found = engine.tracked_meter.measure(picture, Face(FaceStatus.FOUND, landmarks))
    assert found.eyes is not None
    given = engine.meter.measure(picture, Face(FaceStatus.FOUND, landmarks))
    assert given.eyes is None


def test_the_embedded_network_of_the_eyes_serves_every_folder(network_models_folder: Path) -> None:
    selection = replace(tiny_selection(network_models_folder), eyes="eyes.onnx")
    files = locate_models(network_models_folder, selection)
    assert files.eyes == EMBEDDED_FOLDER / "eyes.onnx"
    with pytest.raises(ModelFileError, match="eye network was not found"):
        locate_models(network_models_folder, replace(selection, eyes="other.onnx"))


def test_the_eyes_are_measured_in_one_way() -> None:
    with pytest.raises(ConfigError, match="patch experts") as caught:
        RunSettings(models=ModelSelection(eyes="eyes.onnx"))
    assert caught.value.subject == "models.eyes"


def test_windows_for_scales_that_the_experts_do_not_have(tracking_folder: Path) -> None:
    settings = replace(
        tracking_settings(tracking_folder), refinement=FaceRefinementSettings(windows_px=(0, 0, 7))
    )
    with pytest.raises(ModelFileError, match="do not fit the settings") as caught:
        load(tracking_folder, settings)
    assert caught.value.subject == str(tracking_folder / REFINEMENT)
    assert "[refinement]" in caught.value.remedy


@pytest.mark.parametrize("name", ["tracking/left_eye_28/main.txt", VALIDATOR, "tracking/clnf.txt"])
def test_a_damaged_file_of_tracking_is_named(
    name: str, tracking_folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(tracking_folder, tmp_path / "m")
    settings = tracking_settings(tmp_path / "m")
    files = locate_models(tmp_path / "m", settings.models)
    (tmp_path / "m" / name).write_bytes(b"\x00\x01\x02")
    with pytest.raises(ModelFileError) as caught:
        load_engine(files, settings)
    assert caught.value.subject == str(tmp_path / "m" / name)


def test_the_warm_up_runs_every_kernel_of_tracking(
    tracking_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tracking_settings(tracking_folder)
    engine = load_engine(locate_models(tracking_folder, settings.models), settings)
    ran: Counter[str] = Counter()

    def watch(owner: type, name: str) -> None:
        step = getattr(owner, name)

        def watched(*arguments: Any) -> Any:
            ran[f"{owner.__name__}.{name}"] += 1
            return step(*arguments)

        monkeypatch.setattr(owner, name, watched)

    for owner, name in TRACKING_STEPS:
        watch(owner, name)
    warm_up(engine)
    # Refined as a face that was just found and as one that is followed; measured without eyes, as
    # where landmarks are given, and with them.
    twice = {"FaceRefiner.refine", "FaceMeter.measure"}
    steps = [f"{owner.__name__}.{name}" for owner, name in TRACKING_STEPS]
    assert ran == {step: 1 + (step in twice) for step in steps}


def test_an_unavailable_provider(network_models_folder: Path) -> None:
    selection = tiny_selection(network_models_folder)
    settings = RunSettings(models=selection, onnxruntime=OnnxSettings("directml"))
    with pytest.raises(ConfigError):
        load_engine(locate_models(network_models_folder, selection), settings)


def test_lists_of_other_action_units(models_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(models_folder, tmp_path / "m")
    path = tmp_path / "m" / "openface" / "AU_predictors" / "AU_all_static.txt"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[1:]))
    with pytest.raises(ModelFileError, match="other action units") as caught:
        load_engine(files_of(tmp_path / "m"), SETTINGS)
    assert caught.value.subject == str(path)


@pytest.mark.parametrize(
    "name", ["In-the-wild_aligned_PDM_68.txt", "tris_68_full.txt", "svr_combined/AU_1_dynamic.dat"]
)
@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"1 2 three"])
def test_a_damaged_model_is_named(
    name: str, content: bytes, models_folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(models_folder, tmp_path / "m")
    path = tmp_path / "m" / "openface" / "AU_predictors" / name
    path.write_bytes(content)
    with pytest.raises(ModelFileError) as caught:
        load_engine(files_of(tmp_path / "m"), SETTINGS)
    assert caught.value.subject == str(path)
    assert caught.value.remedy
