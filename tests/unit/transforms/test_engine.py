"""Models of a run, loaded once per process."""

import shutil
from pathlib import Path

import pytest

from models import ModelFiles, ModelSelection, locate_models
from openface_core.errors import ConfigError, ModelFileError
from openface_core.inference import OnnxSettings
from tests.integration.synthetic_corpus import tiny_selection
from transforms.engine import load_engine
from transforms.settings import AlignmentSettings, RunSettings

SETTINGS = RunSettings()


def files_of(folder: Path, **selection: str) -> ModelFiles:
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
    assert engine.meter_for(landmarks_are_given=False).shift_average is shift_average
    assert not engine.meter_for(landmarks_are_given=True).shift_average


def test_with_networks(network_models_folder: Path) -> None:
    selection = tiny_selection(network_models_folder)
    settings = RunSettings(models=selection, onnxruntime=OnnxSettings("cpu"))
    engine = load_engine(locate_models(network_models_folder, selection), settings)
    assert engine.faces is not None
    assert engine.faces.refinement is engine.faces.validator is None
    assert engine.providers == ("CPUExecutionProvider",)


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
