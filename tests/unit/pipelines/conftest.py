"""Model folders of the integration tests, and synthetic model packs, for these tests too."""

from tests.integration.conftest import models_folder, network_models_folder
from tests.unit.models.conftest import registry, server, store

__all__ = ["models_folder", "network_models_folder", "registry", "server", "store"]
