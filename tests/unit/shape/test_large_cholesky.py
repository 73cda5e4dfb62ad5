"""Inverses that OpenCV leaves to LAPACK."""

import zlib

import numpy as np
import pytest
from numpy.typing import NDArray

from openface_core.shape.large_cholesky import large_inverse

BY_LAPACK = {100: 2283708982, 121: 1029980052, 130: 830985083}
"""CRC-32 of the inverses by ``sposv`` of OpenBLAS 0.3.21 (Debian 12), kernels of SkylakeX."""


def positive(size: int) -> NDArray[np.float32]:
    """Return a matrix whose rows differ in many digits, the same on every machine."""
    i = np.arange(size)
    factor = (np.outer(3 * i + 1, 7 * i + 5) % 257).astype(np.float32) / np.float32(256.0)
    return (factor @ factor.T).astype(np.float32) + np.diag(np.full(size, size, dtype=np.float32))


@pytest.mark.parametrize("size", sorted(BY_LAPACK))
def test_each_digit_is_lapacks(size: int) -> None:
    found = large_inverse(positive(size))
    np.testing.assert_allclose(found @ positive(size), np.eye(size), atol=1e-4)
    unsigned_zeros = np.ascontiguousarray(found) + np.float32(0.0)
    assert zlib.crc32(unsigned_zeros.tobytes()) == BY_LAPACK[size]


def test_what_has_no_inverse_gives_zeros() -> None:
    assert not large_inverse(-positive(121)).any()
