"""The model folders of the integration tests, for these tests too."""

from tests.integration.conftest import models_folder, network_models_folder

__all__ = ["models_folder", "network_models_folder"]
