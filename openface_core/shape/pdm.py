"""The point distribution model: a mean 3D face and linear modes of its deformation."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel, small_kernel

Float32Array = NDArray[np.float32]

TURN_BLOCKS = 6
"""Of the turns of heads: however a camera sees them, and by five numbers that tell how."""


@kernel
def deform(mean: Float32Array, modes: Float32Array, local: Float32Array, out: Float32Array) -> None:
    """Write the shape (3 n,) of shape parameters (m,): the mean (3 n,) and weighted modes (m, 3 n).

    Mode by mode, in float32, so that the order of the sums is OpenFace's.
    """
    out[:] = mean
    for b in range(modes.shape[0]):
        weight = local[b]
        for i in range(out.shape[0]):
            out[i] += weight * modes[b, i]


@small_kernel
def _deform(
    mean: Float32Array, modes: Float32Array, parameters: Float32Array, out: Float32Array
) -> None:
    """Write the shape, (n, 3), for parameters (m,)."""
    n = out.shape[0]
    for k in range(3):
        for i in range(n):
            out[i, k] = mean[k * n + i]
    for b in range(modes.shape[0]):
        weight = parameters[b]
        for k in range(3):
            for i in range(n):
                out[i, k] += weight * modes[b, k * n + i]


@dataclass(frozen=True, eq=False)
class PointDistributionModel:
    """Mean face shape and the modes in which it deforms.

    The 3D shape for shape parameters ``p`` is ``mean_mm + components_mm @ p``.

    Parameters
    ----------
    mean_mm : (3 * n,) ndarray of float32
        Mean shape in millimetres: all X, then all Y (down), then all Z.
    components_mm : (3 * n, m) ndarray of float32
        Modes of deformation, one column each, rows ordered as the mean.
    eigenvalues : (m,) ndarray of float32
        Variance of each shape parameter over the training faces; positive.
    head_turns : (6 * (1 + m), 3) ndarray of float32 or None
        How far a shape's head is turned against the model's axes: the rotation vector of the mean,
        radians, and what each shape parameter adds to it, radians per millimetre. Then the same
        once more for each number that tells how a camera sees the head, see
        :func:`~openface_core.shape.pose.turn_weights`. Photographs leave all of it open, since a
        deformation may turn the whole shape as well. None: no shape is turned, as in OpenFace's
        models.

    Raises
    ------
    ValueError
        If the sizes do not fit together, or a value is not finite, or an eigenvalue is not
        positive.
    """

    mean_mm: Float32Array
    components_mm: Float32Array
    eigenvalues: Float32Array
    head_turns: Float32Array | None = None

    def __post_init__(self) -> None:
        rows = self.mean_mm.shape[0] if self.mean_mm.ndim == 1 else -1
        if rows < 9 or rows % 3:
            raise ValueError(f"a mean of shape (3 * n,) is expected, found {self.mean_mm.shape}")
        modes = self.eigenvalues.size
        if self.components_mm.shape != (rows, modes) or self.eigenvalues.shape != (modes,):
            raise ValueError(
                f"components of shape ({rows}, m) and m eigenvalues are expected, found "
                f"{self.components_mm.shape} and {self.eigenvalues.shape}"
            )
        names = ["mean_mm", "components_mm", "eigenvalues"]
        if self.head_turns is not None:
            names.append("head_turns")
            expected = TURN_BLOCKS * (1 + modes), 3
            if self.head_turns.shape != expected:
                raise ValueError(
                    f"turns of shape {expected} are expected, found {self.head_turns.shape}"
                )
        for name in names:
            values = np.ascontiguousarray(getattr(self, name), dtype=np.float32)
            if not np.isfinite(values).all():
                raise ValueError(f"{name} holds values that are not finite")
            values.setflags(write=False)
            object.__setattr__(self, name, values)
        if not (self.eigenvalues > 0).all():
            raise ValueError("every eigenvalue must be positive")

    @property
    def landmark_count(self) -> int:
        """Number of points n."""
        return int(self.mean_mm.shape[0] // 3)

    @property
    def mode_count(self) -> int:
        """Number of shape parameters m."""
        return int(self.eigenvalues.shape[0])

    @cached_property
    def modes_mm(self) -> Float32Array:
        """The components with one mode per row, (m, 3 * n), for sums over modes."""
        return np.ascontiguousarray(self.components_mm.T)

    @cached_property
    def front_mm(self) -> NDArray[np.float64]:
        """The mean shape as seen from the front, (n, 2)."""
        return np.ascontiguousarray(self.mean_mm.reshape(3, -1)[:2].T, dtype=np.float64)

    def shape_mm(self, shape_parameters: NDArray[np.floating]) -> Float32Array:
        """Return the 3D shape for given shape parameters.

        Parameters
        ----------
        shape_parameters : (m,) ndarray
            Shape parameters.

        Returns
        -------
        (n, 3) ndarray of float32
            Points in millimetres, in the model's own frame.
        """
        points = np.empty((self.landmark_count, 3), dtype=np.float32)
        parameters = np.asarray(shape_parameters, dtype=np.float32)
        _deform(self.mean_mm, self.modes_mm, parameters, points)
        return points
