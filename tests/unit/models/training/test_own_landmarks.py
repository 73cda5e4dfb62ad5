"""What training takes the embedded pipeline to be is what the preset says."""

from models.training.own_landmarks import NETWORK, REFINEMENT
from pipelines.configuration.config_file import load_settings


def test_training_refines_as_the_preset_does() -> None:
    settings = load_settings("embedded")
    assert settings.refinement == REFINEMENT
    assert settings.models.landmarks == NETWORK
