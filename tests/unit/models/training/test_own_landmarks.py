"""What training takes the embedded pipeline to be is what the preset says."""

from models.training.own_landmarks import REFINEMENT
from pipelines.configuration.config_file import load_settings


def test_training_refines_as_the_preset_does() -> None:
    assert load_settings("embedded").refinement == REFINEMENT
