"""The registry tells the truth about the real files, which can be imported, fetched and loaded."""

import shutil
from pathlib import Path

import pytest

from models import locate_models, models_folder
from models.fetching import fetch_pack
from models.importing import ImportFolder, import_pack
from models.registry import default_registry
from models.store import ModelStore, State
from openface_core.analysis.model_set import ModelSelection
from openface_core.model_files import read_face_landmark_model
from tests.fixtures.synthetic_models.packs import serving

NOT_HERE = ("star98", "openface22-ceclm")
"""Packs whose files could not be had."""


def test_the_registry_agrees_with_every_file(reference: Path) -> None:
    store = ModelStore(reference)
    registry = default_registry()
    packs = [pack for pack in registry.packs.values() if not pack.is_embedded]
    for pack in packs:
        expected = State.MISSING if pack.name in NOT_HERE else State.GOOD
        assert [str(check) for check in store.check(pack) if check.state is not expected] == []
    # And nothing is left out.
    known = {file.path for pack in packs for file in pack.files}
    there = [path for name in ("openface", "models") for path in (reference / name).rglob("*")]
    files = {path.relative_to(reference).as_posix() for path in there if path.is_file()}
    assert files - known == {"models/mp_iris.onnx"}


def test_import_from_a_build_and_use(
    reference: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = tmp_path / "OpenFace" / "build" / "bin"
    shutil.copytree(reference / "openface", build)
    shutil.copytree(reference / "models", tmp_path / "OpenFace" / "networks")
    folder = ImportFolder(tmp_path / "OpenFace")
    store = ModelStore(tmp_path / "store")
    counts = [import_pack(pack, store, folder) for pack in default_registry().select("default")]
    assert counts == [1, 1, 106]
    monkeypatch.setenv("OPENFACE_MODELS_DIR", str(store.root))
    root = models_folder("default")
    assert root == store.root
    assert locate_models(root, ModelSelection()).all_files()
    assert read_face_landmark_model(root / "openface" / "model" / "main_clnf_general.txt").parts


def test_fetch_from_a_mirror(reference: Path, tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    with serving(reference) as url:
        for name in ("openface22", "mobilefacenet68"):
            assert fetch_pack(default_registry().packs[name], store, url, lambda _: None)
    for name in ("openface22", "mobilefacenet68"):
        checks = store.check(default_registry().packs[name])
        assert all(check.state is State.GOOD for check in checks)
