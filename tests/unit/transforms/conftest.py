"""The synthetic models in memory."""

from pathlib import Path

import pytest

from models import locate_models
from openface_core.analysis.engine import Engine, load_engine
from openface_core.analysis.model_set import ModelSelection
from openface_core.analysis.settings import RunSettings


@pytest.fixture(scope="session")
def engine(models_folder: Path) -> Engine:
    """Models without networks."""
    files = locate_models(models_folder, ModelSelection(), with_networks=False)
    return load_engine(files, RunSettings())
