"""Model folders for the integration tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.beam_services import BeamServices, beam_services
from tests.integration.synthetic_corpus import write_models


@pytest.fixture(scope="session")
def models_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Synthetic models of components 4 to 9."""
    return write_models(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def network_models_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a tiny detector and a tiny landmark network."""
    return write_models(tmp_path_factory.mktemp("networks"), with_networks=True)


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BeamServices]:
    """Beam's own job service and worker pool."""
    with beam_services(tmp_path_factory.mktemp("services")) as running:
        yield running
