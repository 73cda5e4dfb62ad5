"""What a typical face is."""

import numpy as np

from models import locate_models, models_folder
from openface_core.analysis.engine import load_engine
from openface_core.identity import typical_appearance
from pipelines.configuration.config_file import load_settings


def test_it_is_the_mean_that_the_models_take_off() -> None:
    settings = load_settings("embedded")
    engine = load_engine(locate_models(models_folder("embedded"), settings.models), settings)
    typical = typical_appearance(engine.image_models)
    assert typical.shape == (4464,)
    assert (typical >= 0.0).all()
    every = (*engine.image_models.intensity, *engine.image_models.presence)
    np.testing.assert_allclose(typical, np.mean([m.means[:4464] for m in every], axis=0))
