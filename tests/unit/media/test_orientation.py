"""The display matrix and the array operation agree for all eight orientations."""

import numpy as np
import pytest

from openface_core.media.orientation import Orientation, orientation_from_display_matrix


def matrix_of(orientation: Orientation) -> np.ndarray:
    """Mirror left-right, then turn clockwise, for row vectors with y down."""
    angle = np.deg2rad(orientation.rotation_degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    mirror = np.diag([-1.0 if orientation.mirrored else 1.0, 1.0])
    axes = np.rint(mirror @ turn * 65536).astype(np.int32)
    matrix = np.zeros((3, 3), dtype=np.int32)
    matrix[:2, :2] = axes
    matrix[2, 2] = 1 << 30
    return matrix.ravel()


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_every_pixel_goes_where_the_matrix_sends_it(mirrored: bool, rotation: int) -> None:
    orientation = Orientation(mirrored, rotation)
    matrix = matrix_of(orientation)
    assert orientation_from_display_matrix(matrix) == orientation

    height, width = 3, 5
    image = np.arange(height * width * 3, dtype=np.uint8).reshape(height, width, 3)
    upright = orientation.apply(image)
    axes = matrix.reshape(3, 3)[:2, :2] / 65536
    y, x = np.mgrid[0:height, 0:width]
    moved = np.stack([x, y], axis=-1).reshape(-1, 2) @ axes
    moved = np.rint(moved - moved.min(axis=0)).astype(int)
    assert upright.flags.c_contiguous
    assert np.array_equal(upright[moved[:, 1], moved[:, 0]], image.reshape(-1, 3))


def test_scaling_within_the_matrix_is_ignored() -> None:
    assert orientation_from_display_matrix(matrix_of(Orientation(False, 90)) * 2) == Orientation(
        False, 90
    )


def test_an_oblique_or_empty_matrix_is_not_an_orientation() -> None:
    oblique = np.array([46341, 46341, 0, -46341, 46341, 0, 0, 0, 1 << 30], dtype=np.int32)
    assert orientation_from_display_matrix(oblique) is None
    assert orientation_from_display_matrix(np.zeros(9, dtype=np.int32)) is None
    both_axes_alike = np.array([65536, 0, 0, 65536, 0, 0, 0, 0, 1 << 30], dtype=np.int32)
    assert orientation_from_display_matrix(both_axes_alike) is None
