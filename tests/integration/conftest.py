"""Beam's own services for the integration tests."""

from collections.abc import Iterator

import pytest

from pipelines.main_job.beam_services import BeamServices, beam_services


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BeamServices]:
    """Beam's own job service and worker pool."""
    with beam_services(tmp_path_factory.mktemp("services")) as running:
        yield running
