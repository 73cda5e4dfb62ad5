"""Turn a decoded picture upright, as the container's display matrix asks."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# How far, relative to the unit axes, a matrix may be from a multiple of 90 degrees.
_AXIS_TOLERANCE = 0.02


@dataclass(frozen=True)
class Orientation:
    """One of the eight ways to lay a picture on the pixel grid.

    Attributes
    ----------
    mirrored : bool
        Mirror left-right first,
    rotation_degrees : {0, 90, 180, 270}
        then rotate clockwise.
    """

    mirrored: bool = False
    rotation_degrees: int = 0

    def apply(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the upright picture.

        Parameters
        ----------
        image : ndarray of uint8, shape (H, W, 3)
            As coded.

        Returns
        -------
        ndarray of uint8, shape (H, W, 3) or (W, H, 3)
            C-contiguous; `image` itself where there is nothing to do.
        """
        return np.ascontiguousarray(self.view(image))

    def view(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the same pixels upright, of a picture (H, W) or (H, W, 3), without a copy."""
        upright = image[:, ::-1] if self.mirrored else image
        return np.rot90(upright, -(self.rotation_degrees // 90))


UPRIGHT = Orientation()


def orientation_from_display_matrix(matrix: NDArray[np.int32]) -> Orientation | None:
    """Read the orientation out of a display matrix.

    Parameters
    ----------
    matrix : ndarray of int32, shape (9,)
        Row by row ``a b u c d v x y w``, 16.16 fixed point (``u``, ``v``, ``w`` 2.30): a point goes
        to ``(a x + c y, b x + d y)``, y down.

    Returns
    -------
    Orientation or None
        None where the matrix is no combination of mirroring and multiples of 90 degrees.

    References
    ----------
    ISO/IEC 14496-12, track header box, "matrix".
    """
    axes = matrix.astype(np.float64)[[0, 1, 3, 4]].reshape(2, 2)
    lengths = np.hypot(axes[:, 0], axes[:, 1])
    if not np.all(lengths > 0):
        return None
    axes /= lengths[:, np.newaxis]
    rounded = np.rint(axes)
    determinant = round(float(np.linalg.det(rounded)))
    if abs(determinant) != 1 or np.max(np.abs(axes - rounded)) > _AXIS_TOLERANCE:
        return None
    mirrored = determinant < 0
    x_axis = -rounded[0] if mirrored else rounded[0]
    quarter_turns = round(float(np.arctan2(x_axis[1], x_axis[0])) / (np.pi / 2))
    return Orientation(mirrored, quarter_turns % 4 * 90)
