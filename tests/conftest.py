"""Fixtures shared by all tests: where the reference material is, and skipping without it."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The first example compiles kernels, and no test is about time.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

REPOSITORY = Path(__file__).resolve().parent.parent


def reference_folder() -> Path:
    """Where the reference material is expected (it need not exist)."""
    default = REPOSITORY.parent / "shared" / "reference"
    return Path(os.environ.get("OPENFACE_REFERENCE", default))


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
