"""A comparison says what its bounds mean where models are not OpenFace's."""

from pathlib import Path

import pytest

from models.locate import EMBEDDED_FOLDER, locate_models
from openface_core.analysis.model_set import ModelSelection
from pipelines.comparison.other_models import models_note
from pipelines.configuration.config_file import load_settings


def test_the_embedded_models_are_named() -> None:
    selection = load_settings("embedded").models
    note = models_note(locate_models(EMBEDDED_FOLDER, selection, with_networks=False))
    assert note is not None
    assert "the models are those of embedded" in note
    assert "not that anything is wrong" in note


def test_models_of_somebody(models_folder: Path) -> None:
    note = models_note(locate_models(models_folder, ModelSelection(), with_networks=False))
    assert note is not None
    assert "of no pack that this program knows" in note


@pytest.mark.reference
def test_openfaces_own_need_no_words(reference: Path) -> None:
    files = locate_models(reference, ModelSelection(), with_networks=False)
    assert models_note(files) is None
    other = ModelSelection(video_action_units="all_dynamic")
    note = models_note(locate_models(reference, other, with_networks=False))
    assert "not OpenFace's are all_dynamic.txt." in str(note)
