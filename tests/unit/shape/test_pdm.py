"""The point distribution model."""

import numpy as np
import pytest

from openface_core.shape import PointDistributionModel
from tests.fixtures.faces.shape import plausible_shape_parameters, synthetic_pdm


def _small(**changes: np.ndarray) -> PointDistributionModel:
    parts = {
        "mean_mm": np.arange(9, dtype=np.float32),
        "components_mm": np.ones((9, 2), dtype=np.float32),
        "eigenvalues": np.ones(2, dtype=np.float32),
    }
    return PointDistributionModel(**(parts | changes))


def test_counts_and_shape() -> None:
    pdm = synthetic_pdm()
    assert (pdm.landmark_count, pdm.mode_count) == (68, 34)
    parameters = plausible_shape_parameters(0)
    expected = pdm.mean_mm + pdm.components_mm @ parameters
    points = pdm.shape_mm(parameters)
    assert points.shape == (68, 3)
    np.testing.assert_allclose(points.T.ravel(), expected, rtol=0, atol=1e-4)


def test_synthetic_modes_are_orthonormal_and_leave_pose_alone() -> None:
    pdm = synthetic_pdm()
    modes = pdm.components_mm.astype(np.float64)
    np.testing.assert_allclose(modes.T @ modes, np.eye(34), rtol=0, atol=2e-6)
    assert np.abs(modes.reshape(3, 68, 34).sum(axis=1)).max() < 1e-5
    assert np.abs(pdm.mean_mm @ modes).max() < 1e-3
    assert (np.diff(pdm.eigenvalues) < 0).all()


def test_modes_are_the_components_turned() -> None:
    pdm = synthetic_pdm()
    np.testing.assert_array_equal(pdm.modes_mm, pdm.components_mm.T)


def test_arrays_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        synthetic_pdm().mean_mm[0] = 0.0


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"mean_mm": np.zeros(8)}, r"shape \(3 \* n,\)"),
        ({"mean_mm": np.zeros((3, 3))}, r"shape \(3 \* n,\)"),
        ({"mean_mm": np.zeros(6)}, r"shape \(3 \* n,\)"),
        ({"components_mm": np.zeros((9, 3))}, "m eigenvalues"),
        ({"components_mm": np.zeros((8, 2))}, "m eigenvalues"),
        ({"components_mm": np.zeros(18)}, "m eigenvalues"),
        ({"eigenvalues": np.ones((1, 2))}, "m eigenvalues"),
        ({"eigenvalues": np.array([1.0, 0.0])}, "positive"),
        ({"eigenvalues": np.array([1.0, -1.0])}, "positive"),
        ({"eigenvalues": np.array([1.0, np.nan])}, "eigenvalues holds values"),
        (
            {"head_turns": np.zeros((3, 3))},
            r"of shape \(18, 3\) are expected, found \(3, 3\)",
        ),
        ({"head_turns": np.full((18, 3), np.inf)}, "head_turns holds values"),
        ({"mean_mm": np.full(9, np.inf)}, "mean_mm holds values"),
        ({"components_mm": np.full((9, 2), np.nan)}, "components_mm holds values"),
    ],
)
def test_parts_that_do_not_fit_are_refused(changes: dict[str, np.ndarray], cause: str) -> None:
    with pytest.raises(ValueError, match=cause):
        _small(**changes)
