"""Descriptors of a face that is made of one half and its mirror image, from the whole face's.

Appearance: the aligned face is mirrored about the middle of its picture, which is a border of FHOG
cells. Columns of cells change places, and orientations do: 20 degrees are between neighbouring
bins, so bin ``o`` becomes ``9 - o``. Blocks to the right become blocks to the left. Nothing else
happens, so that half a descriptor and its mirror image are numbers of the whole one, and so is
their median.

That leaves two differences from the descriptor of a picture that is composed of half a face and its
mirror image. A vertical gradient lies exactly between bins 4 and 5, and FHOG counts it for bin 4 in
the mirror image too. And cells beside the middle see some pixels of the other half.

Geometry: the points of one half are mirrored about the middle of the face in the shape model's own
frame, and the model is fitted to them as :func:`openface_core.shape.calc_params` would fit it to
the frontal face, linearised at the mean shape.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.descriptors import FHOG_SIZE
from openface_core.fhog import CHANNELS
from openface_core.landmarks.conventions import LANDMARK_COUNT, MIRRORED_ORDER
from openface_core.shape import PointDistributionModel

Float64Array = NDArray[np.float64]
IndexArray = NDArray[np.intp]

LEFT, RIGHT = 0, 1
"""Sides of the picture."""

CELLS = 12
"""Rows and columns of cells of the appearance descriptor."""

_SIGNED, _UNSIGNED = 18, 9
_HALF_TURN = 9
"""Bins from one direction to the opposite one; a mirror turns bin 0 by as much."""

_TYPICAL_SCALE_PX_PER_MM = 2.0
"""A face 300 px wide: how much the shape model's prior weighs against the points."""

# Half of the points of a face, those at the left in the picture; the others are their partners, and
# some lie in the middle and are their own.
_LEFT_POINTS = np.array(
    [
        *range(8),  # jaw
        *range(17, 22),  # brow
        31, 32,  # nose
        *range(36, 42),  # eye
        48, 49, 50, 58, 59, 60, 61, 67,  # lips
    ]
)  # fmt: skip
_MIDDLE_POINTS = np.flatnonzero(np.arange(LANDMARK_COUNT) == MIRRORED_ORDER)


def mirrored_channels() -> IndexArray:
    """Return which of the 31 FHOG channels each becomes in a mirror image, (31,)."""
    signed = (_HALF_TURN - np.arange(_SIGNED)) % _SIGNED
    unsigned = _SIGNED + (_HALF_TURN - np.arange(_UNSIGNED)) % _UNSIGNED
    # Blocks down-right, up-right, down-left, up-left.
    texture = _SIGNED + _UNSIGNED + np.array([2, 3, 0, 1])
    return np.concatenate([signed, unsigned, texture])


def mirrored_appearance() -> IndexArray:
    """Return where in a descriptor each element of its mirror image is, (4464,)."""
    places = np.arange(FHOG_SIZE).reshape(CELLS, CELLS, CHANNELS)
    return np.ascontiguousarray(places[:, ::-1][:, :, mirrored_channels()]).ravel()


def folded_appearance(side: int) -> IndexArray:
    """Return where in a descriptor each element of one half and its mirror image is, (4464,).

    Parameters
    ----------
    side : int
        The half of the picture, `LEFT` or `RIGHT`.
    """
    shape = CELLS, CELLS, CHANNELS
    places = np.arange(FHOG_SIZE).reshape(shape)
    mirrored = mirrored_appearance().reshape(shape)
    is_left = np.arange(CELLS)[None, :, None] < CELLS // 2
    return np.where(is_left == (side == LEFT), places, mirrored).ravel()


@dataclass(frozen=True, eq=False)
class Folding:
    """How the descriptor of one half and its mirror image follows from a face's own.

    Parameters
    ----------
    appearance : (4464,) ndarray of int
        Where in the appearance descriptor each element is.
    geometry : (238, 238) ndarray of float64
        What the geometry descriptor is multiplied by.
    geometry_constant : (238,) ndarray of float64
        What is added then: where the shape model's mean has two different halves.
    residual : (238, 136) ndarray of float64
        What the part of the landmarks that the shape model leaves is multiplied by, to be added
        too: modes of both sides together, with their prior, spread over the whole face what happens
        on one side.
    """

    appearance: IndexArray
    geometry: Float64Array
    geometry_constant: Float64Array
    residual: Float64Array

    def fold_appearance(self, fhog: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return appearance descriptors (..., 4464) of one half and its mirror image."""
        return fhog[..., self.appearance]

    def fold_geometry(self, geometry: Float64Array, residual_mm: Float64Array) -> Float64Array:
        """Return geometry descriptors (..., 238) of one half and its mirror image.

        Parameters
        ----------
        geometry : (..., 238) ndarray of float64
            Those of the faces.
        residual_mm : (..., 136) ndarray of float64
            What the shape leaves of their landmarks.
        """
        folded = geometry @ self.geometry.T + residual_mm @ self.residual.T
        return np.asarray(folded + self.geometry_constant)


def folding(pdm: PointDistributionModel, side: int) -> Folding:
    """Return the folding of one half of the picture.

    Parameters
    ----------
    pdm : PointDistributionModel
        The 68-point shape model, m modes.
    side : int
        The half, `LEFT` or `RIGHT`.
    """
    modes = pdm.components_mm.astype(np.float64)
    mean = pdm.mean_mm.astype(np.float64).reshape(3, LANDMARK_COUNT)
    centred = mean.copy()
    centred[0] -= (mean[0, _LEFT_POINTS] + mean[0, MIRRORED_ORDER[_LEFT_POINTS]]).mean() / 2
    fold, fit = _folded_points(side), _linear_fit(pdm)
    to_parameters = fit @ fold  # of displacements from the mean shape
    asymmetry = fit @ (fold @ centred.ravel() - centred.ravel())
    of_residual = to_parameters[:, : 2 * LANDMARK_COUNT]
    zeros = np.zeros((modes.shape[0], modes.shape[1]))
    return Folding(
        folded_appearance(side),
        # Each part of the descriptor from its own kind, as each has a median of its own.
        np.block([[modes @ to_parameters, zeros], [zeros.T, to_parameters @ modes]]),
        np.concatenate([modes @ asymmetry, asymmetry]),
        np.concatenate([modes @ of_residual, of_residual]),
    )


def _folded_points(side: int) -> Float64Array:
    """Return what turns coordinates into those of one half and its mirror image, (204, 204)."""
    kept = _LEFT_POINTS if side == LEFT else MIRRORED_ORDER[_LEFT_POINTS]
    matrix = np.zeros((3, LANDMARK_COUNT, 3, LANDMARK_COUNT))
    for axis, sign in enumerate((-1.0, 1.0, 1.0)):
        matrix[axis, kept, axis, kept] = 1.0
        matrix[axis, MIRRORED_ORDER[kept], axis, kept] = sign
        matrix[axis, _MIDDLE_POINTS, axis, _MIDDLE_POINTS] = 0.0 if axis == 0 else 1.0
    return matrix.reshape(3 * LANDMARK_COUNT, 3 * LANDMARK_COUNT)


def _linear_fit(pdm: PointDistributionModel) -> Float64Array:
    """Return what turns displacements from the mean shape into shape parameters, (m, 204).

    Least squares in the picture over shape, with its prior, and over scale, rotation and place.
    """
    x, y, z = pdm.mean_mm.astype(np.float64).reshape(3, LANDMARK_COUNT)
    none, one = np.zeros(LANDMARK_COUNT), np.ones(LANDMARK_COUNT)
    rigid = ((x, y), (none, -z), (z, none), (-y, x), (one, none), (none, one))
    seen = 2 * LANDMARK_COUNT
    modes = pdm.components_mm[:seen].astype(np.float64)
    jacobian = np.concatenate([modes, np.array([np.concatenate(m) for m in rigid]).T], axis=1)
    prior = np.zeros(jacobian.shape[1])
    prior[: pdm.mode_count] = 1.0 / pdm.eigenvalues / _TYPICAL_SCALE_PX_PER_MM**2
    solved = np.linalg.solve(jacobian.T @ jacobian + np.diag(prior), jacobian.T)
    fit = np.zeros((pdm.mode_count, 3 * LANDMARK_COUNT))
    fit[:, :seen] = solved[: pdm.mode_count]
    return fit
