"""Predictors in half precision: what is written is what is read."""

from pathlib import Path

import numpy as np
import pytest

from models.training.action_units.files import file_name, predictor_bytes, write_predictors
from openface_core.action_units.models import ActionUnitModel, Target
from openface_core.model_files import read_action_unit_model, read_action_unit_models
from tests.fixtures.synthetic_models.action_units import (
    synthetic_action_unit_model,
    synthetic_action_unit_models,
    synthetic_static_models,
)


def assert_same(found: ActionUnitModel, expected: ActionUnitModel) -> None:
    for name in ("means", "weights"):
        values = getattr(expected, name).astype(np.float16).astype(np.float64)
        np.testing.assert_array_equal(getattr(found, name), values)
    for name in ("name", "target", "is_dynamic", "bias", "cutoff", "presence_if_positive"):
        assert getattr(found, name) == getattr(expected, name), name


@pytest.mark.parametrize("target", list(Target))
@pytest.mark.parametrize("is_dynamic", [False, True])
@pytest.mark.parametrize("unit", [1, 12])
def test_predictor(tmp_path: Path, target: Target, is_dynamic: bool, unit: int) -> None:
    model = synthetic_action_unit_model(unit, target, is_dynamic)
    path = tmp_path / file_name(model)
    path.write_bytes(predictor_bytes(model))
    assert_same(read_action_unit_model(path, model.name), model)
    assert path.stat().st_size < 19_000


def test_lists_share_their_static_predictors(tmp_path: Path) -> None:
    video, image = synthetic_action_unit_models(), synthetic_static_models()
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "AU99_intensity_static.dat").write_bytes(b"of a training before")
    write_predictors({"video.txt": video, "image.txt": image}, tmp_path, "models")
    for name, models in (("video.txt", video), ("image.txt", image)):
        found = read_action_unit_models(tmp_path / name)
        for one, other in zip(found.all_models, models.all_models, strict=True):
            assert_same(one, other)
    dynamic = sum(model.is_dynamic for model in video.all_models)
    assert len(list((tmp_path / "models").iterdir())) == 35 + dynamic
