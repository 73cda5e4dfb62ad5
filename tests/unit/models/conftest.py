"""Synthetic packs and a web server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.registry import Registry
from models.store import ModelStore
from tests.fixtures.synthetic_models.packs import Mirror, mirror, synthetic_registry


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
