"""Model folders of the integration tests, synthetic packs, and a web server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.registry import Registry
from models.store import ModelStore
from tests.integration.conftest import models_folder, network_models_folder
from tests.unit.models.synthetic_packs import Mirror, mirror, synthetic_registry

__all__ = ["models_folder", "network_models_folder"]


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """Synthetic packs."""
    return synthetic_registry(tmp_path / "registry")


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    """A models folder that does not exist yet."""
    return ModelStore(tmp_path / "store")


@pytest.fixture
def server() -> Iterator[Mirror]:
    """A web server with the files of the synthetic packs."""
    with mirror() as running:
        yield running
