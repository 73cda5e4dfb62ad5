"""Component 7."""

import numpy as np
import pytest

from openface_core.descriptors import GEOMETRY_SIZE
from openface_core.geometry import geometry_descriptor
from tests.fixtures.faces.shape import MODES, plausible_shape_parameters, synthetic_pdm

ROUNDING_MM = 1e-12


@pytest.mark.parametrize("seed", range(3))
def test_descriptor_is_the_deformation_and_then_the_parameters(seed: int) -> None:
    pdm = synthetic_pdm()
    parameters = plausible_shape_parameters(seed).astype(np.float32)
    descriptor = geometry_descriptor(pdm, parameters)
    assert descriptor.shape == (GEOMETRY_SIZE,)
    assert descriptor.dtype == np.float64
    deformation = pdm.components_mm.astype(np.float64) @ parameters.astype(np.float64)
    np.testing.assert_allclose(descriptor[:-MODES], deformation, rtol=0, atol=ROUNDING_MM)
    np.testing.assert_array_equal(descriptor[-MODES:], parameters.astype(np.float64))


def test_mean_face_has_a_descriptor_of_zeros() -> None:
    descriptor = geometry_descriptor(synthetic_pdm(), np.zeros(MODES, dtype=np.float32))
    assert not descriptor.any()


def test_each_block_holds_one_coordinate_of_all_landmarks() -> None:
    pdm = synthetic_pdm()
    parameters = plausible_shape_parameters(5).astype(np.float32)
    blocks = geometry_descriptor(pdm, parameters)[:204].reshape(3, 68)
    moved = pdm.shape_mm(parameters).astype(np.float64) - pdm.shape_mm(0 * parameters)
    np.testing.assert_allclose(blocks.T, moved, rtol=0, atol=1e-4)


def test_products_are_formed_in_double_precision() -> None:
    """A float32 product of these would be off by a thousandth."""
    pdm = synthetic_pdm()
    parameters = np.full(MODES, np.float32(1e4) / 3, dtype=np.float32)
    deformation = pdm.components_mm.astype(np.float64) @ parameters.astype(np.float64)
    descriptor = geometry_descriptor(pdm, parameters)
    np.testing.assert_allclose(descriptor[:-MODES], deformation, rtol=0, atol=1e-9)
