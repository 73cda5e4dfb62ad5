"""Packs that are imported along with another, as far as a folder has them."""

from pathlib import Path

import pytest

from models.registry import Registry, default_registry
from models.store import ModelStore
from pipelines.model_packs.commands import import_packs
from tests.fixtures.synthetic_models.packs import NETWORK_PLACE, write_files


@pytest.mark.parametrize("is_there", [True, False])
def test_a_companion_is_imported_where_it_is_there(
    registry: Registry,
    store: ModelStore,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    is_there: bool,
) -> None:
    source = write_files(tmp_path / "source")
    if not is_there:
        (source / NETWORK_PLACE).unlink()
    packs = (registry.packs["face"],)
    assert import_packs(packs, store, source, (registry.packs["network"],)) == 0
    assert (store.root / NETWORK_PLACE).is_file() == is_there
    told = capsys.readouterr().out
    assert ("network: 1 file copied" in told) == is_there
    assert ("network: left out" in told) != is_there


def test_openface_brings_ceclm_along() -> None:
    registry = default_registry()
    assert registry.packs["openface22"].companions == ("openface22-ceclm",)
    ceclm = registry.packs["openface22-ceclm"]
    assert sum(file.name.startswith("cen_patches_") for file in ceclm.files) == 4
    assert not ceclm.can_be_fetched
