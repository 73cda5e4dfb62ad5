"""Fixtures shared by all tests: the reference material, and skipping without it; model folders."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from models.registry import Registry
from models.store import ModelStore
from openface_core.kept_files import FOLDER_VARIABLE
from tests.fixtures.places import REPOSITORY, reference_folder
from tests.fixtures.synthetic_models.packs import Mirror, mirror, synthetic_registry
from tests.fixtures.synthetic_models.tiny_networks import write_models
from tests.fixtures.trials import Trials

# The first example compiles kernels, and no test is about time.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


def pytest_configure() -> None:
    """Keep what tests work out of models apart from the user's, which would be pushed out."""
    kept = Path(tempfile.gettempdir()) / f"openface-beam-tests-{os.getuid()}"
    os.environ.setdefault(FOLDER_VARIABLE, str(kept))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add an option for tests that try what goes wrong by chance."""
    parser.addoption(
        "--many-trials",
        action="store_true",
        help="try damaged datasets, full disks and pairs of runs more often; takes an hour",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark everything under ``golden/`` as needing the reference, and skip it without."""
    folder = reference_folder()
    skip = pytest.mark.skip(reason=f"no reference material in {folder} (set OPENFACE_REFERENCE)")
    for item in items:
        if "golden" in item.path.relative_to(REPOSITORY).parts:
            item.add_marker(pytest.mark.reference)
        if item.get_closest_marker("reference") and not folder.is_dir():
            item.add_marker(skip)


@pytest.fixture(scope="session")
def reference() -> Path:
    """Return the folder of the reference material, for tests marked ``reference``."""
    return reference_folder()


@pytest.fixture(scope="session")
def models_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Synthetic models of components 4 to 9."""
    return write_models(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def network_models_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a tiny detector and a tiny landmark network."""
    return write_models(tmp_path_factory.mktemp("networks"), with_networks=True)


@pytest.fixture(scope="session")
def trials(request: pytest.FixtureRequest) -> Trials:
    """Return the function that chooses how often to try something."""
    many_trials = bool(request.config.getoption("--many-trials"))

    def choose(*, few: int, many: int) -> int:
        return many if many_trials else few

    return choose


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
