"""OpenFace's own models, for the golden tests."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from openface_core.action_units.models import ActionUnitModels
from openface_core.model_files import read_action_unit_models, read_pdm, read_triangulation
from openface_core.shape import PointDistributionModel
from tests.fixtures.ceclm_models import make_ceclm_models


@pytest.fixture(scope="session")
def predictors_folder(reference: Path) -> Path:
    return reference / "openface" / "AU_predictors"


@pytest.fixture(scope="session")
def pdm(predictors_folder: Path) -> PointDistributionModel:
    return read_pdm(predictors_folder / "In-the-wild_aligned_PDM_68.txt", 68)


@pytest.fixture(scope="session")
def triangles(predictors_folder: Path) -> NDArray[np.int32]:
    return read_triangulation(predictors_folder / "tris_68_full.txt", 68)


@pytest.fixture(scope="session")
def video_models(predictors_folder: Path) -> ActionUnitModels:
    return read_action_unit_models(predictors_folder / "AU_all_best.txt")


@pytest.fixture(scope="session")
def ceclm_root(reference: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as ``--models`` takes it, with the synthetic CEN experts."""
    root = tmp_path_factory.mktemp("ceclm")
    make_ceclm_models(reference, root)
    return root


@pytest.fixture(scope="session")
def ceclm_folder(ceclm_root: Path) -> Path:
    """OpenFace's own model folder in it."""
    return ceclm_root / "openface" / "model"
