"""How faces of a table are aligned once more follows from its record."""

from pathlib import Path
from typing import Any

import pytest

from models import locate_models
from openface_core.analysis.model_set import ModelSelection
from transforms.exports.shape_files import ShapeFiles, face_pictures

EXPERTS: dict[str, Any] = {"models": {"refinement": "experts.txt"}}


@pytest.mark.parametrize(
    ("settings", "landmarks_uri", "fits_anew"),
    [
        (EXPERTS, None, True),
        ({**EXPERTS, "refinement": {"follow_network": False}}, None, True),
        ({**EXPERTS, "refinement": {"follow_network": True}}, None, False),
        ({"models": {"refinement": "none"}}, None, False),
        ({"models": {"refinement": "none", "preferred_refinement": "preferred.txt"}}, None, True),
        ({"models": {"refinement": "none", "preferred_refinement": "other.txt"}}, None, False),
        ({}, None, False),
        (EXPERTS, "given.csv", False),
    ],
)
def test_fits_of_patch_experts_are_made_anew(
    settings: dict[str, Any], landmarks_uri: str | None, fits_anew: bool, models_folder: Path
) -> None:
    found = locate_models(models_folder, ModelSelection(), with_networks=False)
    files = ShapeFiles(found.shape, found.triangulation)
    record = {
        "settings": settings,
        "landmarks_uri": landmarks_uri,
        "models_sha256": {"model/preferred.txt": "sha256:1"},
    }
    assert face_pictures(record, files).meter.fits_anew is fits_anew
