"""Components 6 and 7 against the C++ program."""

import numpy as np
import pytest

from openface_core.fhog import fhog
from openface_core.geometry import geometry_descriptor
from openface_core.shape import PointDistributionModel
from tests.fixtures.golden_sets import golden_set

GEOMETRY_TOLERANCE = 1e-12
NAMES = ["subj01", "glasses", "expressive"]


@pytest.mark.parametrize("name", NAMES)
def test_fhog_is_bit_exact(name: str) -> None:
    golden = golden_set(name)
    aligned = golden.arrays("aligned.npz")
    expected, _ = golden.descriptors
    for number, image in zip(aligned["frames"], aligned["aligned"], strict=True):
        features = fhog(image)
        assert features.shape == (12, 12, 31)
        np.testing.assert_array_equal(features.ravel(), expected[number - 1])


@pytest.mark.parametrize("name", NAMES)
def test_geometry_descriptor(pdm: PointDistributionModel, name: str) -> None:
    golden = golden_set(name)
    _, expected = golden.descriptors
    successful = np.flatnonzero(golden.calcparams["success"])
    found = [
        geometry_descriptor(pdm, parameters)
        for parameters in golden.calcparams["params_local"][successful]
    ]
    # Displacements reach some 60 mm, so that 1e-12 is four units of their last binary digit.
    assert np.abs(np.array(found) - expected[successful]).max() <= GEOMETRY_TOLERANCE
