"""CE-CLM's patch experts are taken where the models folder has them."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from models import locate_models
from openface_core.analysis.model_set import ModelSelection
from openface_core.errors import ModelFileError
from pipelines.configuration.config_file import load_settings
from tests.fixtures.synthetic_models.mtcnn import write_mtcnn
from tests.fixtures.synthetic_models.tiny_networks import tiny_selection

LIST = """\
LandmarkDetector cen_general.txt
LandmarkDetector_part model_eye/left.txt left_eye_28 36 8 37 10
DetectionValidator detection_validation/validator_cnn_68.txt
"""
GENERAL = """\
PDM pdm.txt
Triangulations tris_68.txt
PatchesCEN patch_experts/cen_patches_0.25_of.dat
PatchesCEN patch_experts/cen_patches_0.35_of.dat
EarlyTermination early_term_cen_of.txt
"""
FILES = (
    "pdm.txt",
    "early_term_cen_of.txt",
    "patch_experts/cen_patches_0.25_of.dat",
    "patch_experts/cen_patches_0.35_of.dat",
    "detection_validation/validator_cnn_68.txt",
)


@pytest.fixture
def root(network_models_folder: Path, tmp_path: Path) -> Path:
    shutil.copytree(network_models_folder, tmp_path / "root")
    model = tmp_path / "root" / "openface" / "model"
    for folder in (model / "patch_experts", model / "detection_validation"):
        folder.mkdir(parents=True, exist_ok=True)
    (model / "main_ceclm_general.txt").write_text(LIST)
    (model / "cen_general.txt").write_text(GENERAL)
    return tmp_path / "root"


def add(root: Path, *names: str) -> None:
    for name in names:
        (root / "openface" / "model" / name).write_bytes(b"content")


def selection(root: Path, **changes: str) -> ModelSelection:
    tiny = tiny_selection(root)
    chosen = replace(tiny, preferred_refinement="main_ceclm_general.txt")
    return replace(chosen, **changes)  # type: ignore[arg-type]


def test_it_is_taken_with_its_own_validator_and_parts(root: Path) -> None:
    add(root, *FILES)
    chosen = replace(
        selection(root, refinement="main_ceclm_general.txt", validator="validator_cnn_68.txt"),
        parts=("inner", "left_eye_28"),
    )
    found = locate_models(root, chosen)
    assert found.refinement is not None
    assert found.refinement.name == "main_ceclm_general.txt"
    assert found.validator is not None
    assert found.validator.name == "validator_cnn_68.txt"
    assert found.parts == ("left_eye_28",)
    without = locate_models(root, replace(chosen, validator="none"))
    assert without.validator is None


def test_the_other_list_is_taken_where_there_are_lists_but_no_experts(root: Path) -> None:
    expected = locate_models(root, selection(root, preferred_refinement="none"))
    assert locate_models(root, selection(root)) == expected


@pytest.mark.parametrize("damaged", ["main_ceclm_general.txt", "cen_general.txt"])
def test_a_damaged_list_does_not_pass_for_one_without_experts(root: Path, damaged: str) -> None:
    add(root, *FILES)
    (root / "openface" / "model" / damaged).write_text("<html>\n")
    with pytest.raises(ModelFileError, match="names no patch experts of CE-CLM"):
        locate_models(root, selection(root, refinement="main_clnf_general.txt"))


def test_a_list_may_begin_with_the_mark_of_an_editor(root: Path) -> None:
    add(root, *FILES)
    path = root / "openface" / "model" / "main_ceclm_general.txt"
    path.write_text(LIST, encoding="utf-8-sig")
    chosen = replace(selection(root, refinement="main_clnf_general.txt"), parts=())
    assert locate_models(root, chosen).refinement == path.resolve()


def test_no_refinement_means_none(root: Path) -> None:
    add(root, *FILES)
    assert locate_models(root, selection(root, refinement="none")).refinement is None


@pytest.mark.parametrize("missing", [FILES[1], FILES[3], FILES[4]])
def test_experts_that_are_incomplete_are_an_error(root: Path, missing: str) -> None:
    add(root, *(name for name in FILES if name != missing))
    chosen = selection(root, refinement="main_ceclm_general.txt")
    with pytest.raises(ModelFileError, match="missing, others are there") as caught:
        locate_models(root, chosen)
    assert caught.value.subject.endswith(missing)
    assert "preferred_refinement" in caught.value.remedy


def test_the_preferred_detector_goes_with_it_where_it_is_there(root: Path) -> None:
    add(root, *FILES)
    other = selection(root).detector
    chosen = selection(
        root, refinement="main_ceclm_general.txt", preferred_detector="MTCNN_detector.txt"
    )
    found = locate_models(root, chosen)
    assert found.detector is not None
    assert found.detector.name == other
    path = write_mtcnn(root / "openface" / "model")
    found = locate_models(root, chosen)
    assert found.detector == path.resolve()
    networks = {file.name for file in found.all_files()}
    assert {path.name, "PNet.dat", "RNet.dat", "ONet.dat"} <= networks
    without = locate_models(root, replace(chosen, preferred_refinement="none"))
    assert without.detector is not None
    assert without.detector.name == other
    none = locate_models(root, replace(chosen, preferred_detector="none"))
    assert none.detector is not None
    assert none.detector.name == other


def test_openfaces_detector_is_never_replaced_in_silence(root: Path) -> None:
    preset = load_settings("openface22").models
    chosen = selection(root, preferred_refinement="none", detector=preset.detector)
    with pytest.raises(ModelFileError, match="MTCNN") as caught:
        locate_models(root, chosen)
    assert caught.value.subject.endswith("MTCNN_detector.txt")
    assert "`openface-beam models fetch openface22 --accept-license`" in caught.value.remedy
    assert "detector = 'retinaface_mobilenet025.onnx'" in caught.value.remedy
    assert "hypotheses = false" in caught.value.remedy
    (root / "openface" / "model" / "mtcnn_detector").mkdir()
    path = write_mtcnn(root / "openface" / "model" / "mtcnn_detector")
    assert locate_models(root, chosen).detector == path.resolve()
