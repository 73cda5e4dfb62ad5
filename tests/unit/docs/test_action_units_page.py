"""The page of the action units has all of them, with pictures that are small and up to date."""

import cv2
import numpy as np
import pytest

from models.locate import EMBEDDED_FOLDER
from openface_core.action_units.meanings import AU_MEANINGS
from openface_core.model_files import read_action_unit_models
from tests.unit.docs.action_unit_pictures import PICTURES, UNITS, Unit, picture
from tests.unit.docs.action_units_page import agreements, model_kinds
from tests.unit.docs.markdown import page

MOST_BYTES = 200_000
JPEG_TOLERANCE = 6.0
"""Mean difference of grey values."""


def test_every_unit_has_a_picture_and_together_they_are_small() -> None:
    assert list(UNITS) == list(AU_MEANINGS)
    files = {path.stem: path.stat().st_size for path in PICTURES.iterdir()}
    assert set(files) == {"rest", *UNITS}
    assert sum(files.values()) < MOST_BYTES
    text = page("docs/action-units.md").text
    assert all(f"images/action_units/{name}.jpg" in text for name in files)


def test_pictures_are_those_of_the_command() -> None:
    pytest.importorskip("skimage")
    from pipelines.demo_corpus.face_rendering import FaceRenderer

    renderer = FaceRenderer()
    for name, unit in {"rest": Unit(), "AU04": UNITS["AU04"], "AU26": UNITS["AU26"]}.items():
        stored = cv2.imread(str(PICTURES / f"{name}.jpg"))
        assert stored is not None
        difference = np.abs(stored.astype(float) - picture(renderer, unit)).mean()
        assert difference < JPEG_TOLERANCE, name


def test_kinds_are_those_of_the_models() -> None:
    models = read_action_unit_models(EMBEDDED_FOLDER / "AU_video.txt")
    for model in models.all_models:
        kind = model_kinds()[f"{model.name}_{model.target.value}"]
        assert (kind == "dynamic") == model.is_dynamic


def test_agreement_is_the_model_cards() -> None:
    assert agreements()["AU45"] == "0.94 to 0.98"
    assert agreements()["AU12"] == "0.97"
    assert "AU28" not in agreements()
