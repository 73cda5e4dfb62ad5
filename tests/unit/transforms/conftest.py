"""The model folders of the integration tests, for these tests too, and their models in memory."""

from pathlib import Path

import pytest

from models import ModelSelection, locate_models
from tests.integration.conftest import models_folder, network_models_folder
from transforms.engine import Engine, load_engine
from transforms.settings import RunSettings

__all__ = ["engine", "models_folder", "network_models_folder"]


@pytest.fixture(scope="session")
def engine(models_folder: Path) -> Engine:
    """Models without networks."""
    files = locate_models(models_folder, ModelSelection(), with_networks=False)
    return load_engine(files, RunSettings())
