"""What becomes of a network's numbers."""

import numpy as np
import pytest

from openface_core.face_networks.activations import activated


@pytest.mark.parametrize(
    ("activation", "values", "expected"),
    [
        ("none", [1.5, -2.0], [1.5, -2.0]),
        ("softmax", [0.0, np.log(3.0)], [0.25, 0.75]),
        ("softmax", [1e30, 0.0], [1.0, 0.0]),
        ("sigmoid", [0.0, np.log(3.0), -np.log(3.0)], [0.5, 0.75, 0.25]),
        ("sigmoid", [1e30, -1e30], [1.0, 0.0]),
        ("l2", [3.0, -4.0], [0.6, -0.8]),
        ("l2", [3e30, -4e30], [0.6, -0.8]),
    ],
)
def test_activations(activation: str, values: list[float], expected: list[float]) -> None:
    result = activated(np.array(values, dtype=np.float32), activation)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, expected, rtol=1e-6)


@pytest.mark.parametrize("activation", ["none", "softmax", "sigmoid", "l2"])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_becomes_missing(activation: str, bad: float) -> None:
    assert np.isnan(activated(np.array([1.0, bad], dtype=np.float32), activation)).all()


def test_nothing_has_no_direction() -> None:
    assert np.isnan(activated(np.zeros(3, dtype=np.float32), "l2")).all()


def test_an_unknown_activation_is_refused() -> None:
    with pytest.raises(ValueError, match="relu"):
        activated(np.zeros(3, dtype=np.float32), "relu")
