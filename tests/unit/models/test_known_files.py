"""Model files with the name of a pack's file are compared with it, wherever they are."""

from pathlib import Path

import pytest

from models import compare_with_packs, locate_models
from models.choice import takes_packs
from models.locate import EMBEDDED_FOLDER, MODELS_VARIABLES
from models.registry import Registry
from openface_core.analysis.model_set import ModelFiles, ModelSelection
from openface_core.errors import ModelFileError
from pipelines.configuration.config_file import load_settings


def located(models_folder: Path) -> ModelFiles:
    return locate_models(models_folder, ModelSelection(), with_networks=False)


def test_a_folder_of_ones_own_is_warned_of(models_folder: Path) -> None:
    files = located(models_folder)
    warning = compare_with_packs(files, files.sha256(), is_pack=False)
    assert warning is not None
    assert warning.startswith(f"warning: {models_folder}")
    assert "in the pack 'openface22', as do " in warning
    assert "`openface-beam models fetch openface22 --accept-license`" in warning
    assert "\n" not in warning


def test_a_pack_that_was_named_is_refused(models_folder: Path) -> None:
    files = located(models_folder)
    with pytest.raises(ModelFileError, match="in the pack 'openface22'") as caught:
        compare_with_packs(files, files.sha256(), is_pack=True)
    assert str(models_folder) in caught.value.subject
    assert caught.value.remedy.startswith("Remove what differs. Run `openface-beam models fetch")


@pytest.mark.parametrize("is_pack", [False, True])
def test_the_embedded_models(is_pack: bool) -> None:
    files = locate_models(EMBEDDED_FOLDER, load_settings("embedded").models)
    hashes = files.sha256()
    assert compare_with_packs(files, hashes, is_pack=is_pack) is None
    with pytest.raises(ModelFileError, match="in the pack 'embedded'") as caught:
        compare_with_packs(files, hashes | {"validator.onnx": "00"}, is_pack=is_pack)
    assert caught.value.remedy.startswith("Install the program anew")


def test_plain_names_of_embedded_models_are_anybodys(registry: Registry) -> None:
    assert registry.pack_unlike("models/tiny.onnx", "00", embedded=False) is None
    unlike = registry.pack_unlike("tiny.onnx", "00", embedded=True)
    assert unlike is registry.packs["tiny"]


def test_a_name_that_a_pack_has_twice(registry: Registry) -> None:
    (shape, *_), network = registry.packs["face"].files, registry.packs["network"].files[0]
    assert registry.pack_unlike("shape.txt", str(shape.sha256), embedded=False) is None
    assert registry.pack_unlike("shape.txt", str(network.sha256), embedded=False) is not None


def test_which_folders_are_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in MODELS_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    assert takes_packs(None)
    assert takes_packs("default")
    assert not takes_packs("./default")
    monkeypatch.setenv(MODELS_VARIABLES[0], "/models")
    assert not takes_packs(None)
    assert takes_packs("default")
    assert takes_packs(None, needed="embedded")
