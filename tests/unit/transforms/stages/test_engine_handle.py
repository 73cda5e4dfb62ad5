"""How workers get hold of the models."""

import pickle
import platform
import shutil
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from models import locate_models
from openface_core import __version__
from openface_core.analysis.model_set import ModelSelection
from openface_core.analysis.settings import RunSettings
from openface_core.errors import ModelFileError, PipelineError
from transforms.stages.engine_handle import EngineHandle
from transforms.work.worker_presence import count_workers


@pytest.fixture
def handle(models_folder: Path, tmp_path: Path) -> EngineHandle:
    shutil.copytree(models_folder, tmp_path / "models")
    files = locate_models(tmp_path / "models", ModelSelection(), with_networks=False)
    return EngineHandle(files, RunSettings())


def test_models_are_loaded_once(handle: EngineHandle) -> None:
    engine = handle.acquire()
    assert handle.acquire() is engine
    assert pickle.loads(pickle.dumps(handle)).acquire() is engine


def test_models_that_a_worker_does_not_have(handle: EngineHandle) -> None:
    handle.files.shape.unlink()
    with pytest.raises(ModelFileError, match="no such file on the worker") as caught:
        handle.acquire()
    assert caught.value.subject == str(handle.files.shape)
    assert platform.node() in caught.value.cause
    assert "same path on every worker" in caught.value.remedy


def test_a_worker_that_has_this_package_elsewhere(handle: EngineHandle, tmp_path: Path) -> None:
    # As if the models were embedded in the package, which the driver has in another folder.
    here, away = tmp_path / "models", Path("/away")
    paths = {field.name: getattr(handle.files, field.name) for field in fields(handle.files)}
    moved: dict[str, Any] = {
        name: away / path.relative_to(here)
        for name, path in paths.items()
        if isinstance(path, Path) and path.is_relative_to(here)
    }
    files = replace(handle.files, **moved | {"package": away})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("transforms.stages.engine_handle.PACKAGE_FOLDER", here)
        assert files.on_this_machine(here) == replace(handle.files, package=here)
        assert replace(handle, files=files).acquire().faces is None
    assert handle.files.on_this_machine(handle.files.package) == handle.files


def test_a_worker_with_another_version(handle: EngineHandle) -> None:
    assert pickle.loads(pickle.dumps(handle)).version == __version__
    travelled = pickle.loads(pickle.dumps(replace(handle, version="0.0.9")))
    with pytest.raises(PipelineError, match=r"was started with 0\.0\.9") as caught:
        travelled.acquire()
    assert platform.node() in caught.value.subject
    assert f"it has openface-beam {__version__}," in caught.value.cause
    assert "Install one version" in caught.value.remedy


def test_without_a_run_folder_nobody_registers(handle: EngineHandle, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    handle.acquire()
    assert count_workers(str(tmp_path / "run")) == (0, 0)
