"""A report names the models that found landmarks: those that a run took, and no others."""

from typing import Any

import pytest

from openface_core.exports.report.page_data import PageData
from openface_core.exports.report.words import facts, methods
from pipelines.configuration.config_file import load_settings
from tests.fixtures.exports.tables import exported_video, frame_rows

CECLM = {"model/main_ceclm_general.txt", "model/patch_experts/cen_patches_0.25_of.dat"}
MTCNN = {"model/mtcnn_detector/MTCNN_detector.txt"}
CLNF = {"model/main_clnf_general.txt", "models/retinaface_mobilenet025.onnx", "ghostone98.toml"}

OF_DEFAULT = (
    "the face detector retinaface_mobilenet025.onnx and the landmark network ghostone98, "
    "refined by patch experts (main_clnf_general.txt)"
)


def landmarks_of(preset: str, files: set[str], **changes: Any) -> str:
    """Return what a report says of landmarks, the same in its facts and its text."""
    settings = load_settings(preset).as_dict()
    for section, values in changes.pop("settings", {}).items():
        settings[section] = {**settings[section], **values}
    record = {"settings": settings, "models_sha256": dict.fromkeys(files, "sha256:1"), **changes}
    data = PageData(exported_video(frame_rows([[0]]), record=record))
    said = dict(facts(data))["Landmarks"]
    assert f"Faces were located with {said}." in methods(data)[0]
    return said


@pytest.mark.parametrize(
    ("preset", "files", "expected"),
    [
        ("default", CLNF, OF_DEFAULT),
        (
            "default",
            CLNF | {"embedded68.toml"},
            f"{OF_DEFAULT} and checked by the network embedded68",
        ),
        (
            "default",
            CLNF | {"embedded68.toml", "cunjian_mobilefacenet68.toml"},
            f"{OF_DEFAULT} and checked by the networks embedded68 and cunjian_mobilefacenet68",
        ),
        (
            "openface22",
            CLNF | MTCNN,
            "the face detector mtcnn_detector/MTCNN_detector.txt and patch experts "
            "(main_clnf_general.txt)",
        ),
        (
            "openface22",
            CECLM | MTCNN,
            "the face detector mtcnn_detector/MTCNN_detector.txt and patch experts of CE-CLM "
            "(main_ceclm_general.txt)",
        ),
        (
            "fast",
            CLNF,
            "the face detector retinaface_mobilenet025.onnx and the landmark network "
            "embedded68_openface, refined by patch experts (main_clnf_general.txt)",
        ),
        (
            "embedded",
            {"refinement.txt", "detector.onnx"},
            "the face detector detector.onnx and the landmark network embedded68_openface, "
            "refined by patch experts (refinement.txt)",
        ),
    ],
)
def test_what_found_landmarks(preset: str, files: set[str], expected: str) -> None:
    assert landmarks_of(preset, files) == expected


def test_given_landmarks_come_from_no_model() -> None:
    said = landmarks_of("openface22", set(), landmarks_uri="points/a.csv")
    assert said == "given landmarks, from points/a.csv"


def test_a_network_that_ceclm_starts_from_is_named() -> None:
    for settings in ({"refinement": {"hypotheses": False}}, {"models": {"witness": "embedded68"}}):
        said = landmarks_of("openface22", CECLM | MTCNN, settings=settings)
        assert "embedded68_openface" in said
    other = {"models": {"detector": "retinaface_mobilenet025.onnx", "preferred_detector": "M.txt"}}
    assert landmarks_of("openface22", CECLM, settings=other) == (
        "the face detector retinaface_mobilenet025.onnx and the landmark network "
        "embedded68_openface, refined by patch experts of CE-CLM (main_ceclm_general.txt)"
    )
    assert "face detector M.txt and" in landmarks_of("openface22", {"M.txt"}, settings=other)


def test_a_record_that_names_no_models() -> None:
    data = PageData(exported_video(frame_rows([[0]])))
    assert dict(facts(data))["Landmarks"] == "models that the record of the table does not name"
