"""Descriptors of a face that is made of one half and its mirror image, from the whole face's.

Appearance: columns of FHOG cells change places, and orientations do: 20 degrees are between
neighbouring bins, so bin ``o`` becomes ``9 - o``. Blocks to the right become blocks to the left.
That mirrors the aligned face about the middle of its picture, a border of cells. The middle of the
face is half a pixel to the right of it, in the centre of a pixel, so that the half that is mirrored
has to move to the right by one pixel: to first order, by the slope from the cell before to the one
after. A part of the orientation beside the vertical goes back to the one that vertical gradients
are counted for. All of this is linear, so that the folded median stands for the median of the
folded descriptor. But for slope and ties it is that; these move a score by a constant of some .04
at most.

That leaves three differences from the descriptor of a picture that is composed of half a face and
its mirror image. A vertical gradient lies exactly between bins 4 and 5, and FHOG counts it for bin
4 in the mirror image too. Cells beside the middle see some pixels of the other half. And cells are
coarse for a motion of one pixel.

Geometry: landmarks are set upright (:mod:`openface_core.shape.upright`), the points of one half are
mirrored, and the model is fitted to them as :func:`openface_core.shape.calc_params` would fit it to
the frontal face, linearised at the mean shape.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.descriptors import FHOG_SIZE
from openface_core.fhog import CHANNELS
from openface_core.landmarks.conventions import LANDMARK_COUNT, LEFT_HALF, MIRRORED_ORDER
from openface_core.shape import PointDistributionModel
from openface_core.shape.upright import STILL_POINTS

Float64Array = NDArray[np.float64]
IndexArray = NDArray[np.intp]

LEFT, RIGHT = 0, 1
"""Sides of the picture."""

CELLS = 12
"""Rows and columns of cells of the appearance descriptor."""

_SLOPE_PER_PX = 5.0 / 64.0
"""Of the difference between the cells before and after one, which are 16 pixels apart: a slope is
steeper than what cells, which smooth it, show. In sixty-fourths, so that weights stay short."""

_SIGNED, _UNSIGNED = 18, 9
_TIED = np.array([4, 13, 22])
_TIED_SHARE = 1.0 / 16.0
"""Vertical gradients lie exactly between these channels and the next ones, and FHOG counts them for
these, in the mirror image too: so much of what the next ones of a mirrored picture would have."""

_HALF_TURN = 9
"""Bins from one direction to the opposite one; a mirror turns bin 0 by as much."""

_TYPICAL_SCALE_PX_PER_MM = 1.4
"""A face 200 px wide: how much the shape model's prior weighs against the points."""

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


def _is_own(side: int) -> NDArray[np.bool_]:
    """Return which columns of cells lie in a half of the picture, (12,)."""
    return np.asarray((np.arange(CELLS) < CELLS // 2) == (side == LEFT))


def fold_appearance(fhog: NDArray[np.floating], side: int) -> NDArray[np.floating]:
    """Return appearance descriptors (..., 4464) of one half and its mirror image.

    Parameters
    ----------
    fhog : (..., 4464) ndarray of float32 or float64
        Those of the faces.
    side : int
        The half of the picture, `LEFT` or `RIGHT`.
    """
    own = _is_own(side)[:, None]
    cells = (*fhog.shape[:-1], CELLS, CELLS, CHANNELS)
    mirrored = fhog[..., mirrored_appearance()].reshape(cells)
    tied = mirrored.dtype.type(_TIED_SHARE) * mirrored[..., _TIED + 1]
    mirrored[..., _TIED] += tied
    mirrored[..., _TIED + 1] -= tied
    composed = np.where(own, fhog.reshape(cells), mirrored)
    slope = np.zeros_like(composed)
    slope[..., :-1, :] += composed[..., 1:, :]
    slope[..., 1:, :] -= composed[..., :-1, :]
    moved = composed - composed.dtype.type(_SLOPE_PER_PX) * slope
    return np.where(own, composed, moved).reshape(fhog.shape)


def folded_weights(weights: Float64Array) -> Float64Array:
    """Return weights whose products with each half of a descriptor are those of the folded ones.

    Parameters
    ----------
    weights : (4464, k) ndarray of float64
        Weights of the appearance descriptor.

    Returns
    -------
    (4464, k) ndarray of float64
        The product of a descriptor that was folded to a half, by :func:`fold_appearance`, with the
        weights is that of the half alone with these.
    """
    count = weights.shape[1]
    result = np.empty((CELLS, CELLS, CHANNELS, count))
    for side in (LEFT, RIGHT):
        own = _is_own(side)
        of_cells = weights.reshape(result.shape).copy()
        slope = _SLOPE_PER_PX * np.where(own[:, None, None], 0.0, of_cells)
        of_cells[:, 1:] -= slope[:, :-1]
        of_cells[:, :-1] += slope[:, 1:]
        of_mirrored = of_cells.copy()
        of_mirrored[:, :, _TIED + 1] += _TIED_SHARE * (
            of_cells[:, :, _TIED] - of_cells[:, :, _TIED + 1]
        )
        mirrored = of_mirrored.reshape(-1, count)[mirrored_appearance()].reshape(result.shape)
        result[:, own] = (of_cells + mirrored)[:, own]
    return result.reshape(-1, count)


@dataclass(frozen=True, eq=False)
class Folding:
    """How the descriptor of one half and its mirror image follows from a face's own.

    Parameters
    ----------
    side : int
        The half of the picture, `LEFT` or `RIGHT`.
    geometry : (238, 238) ndarray of float64
        What the geometry descriptor is multiplied by.
    residual : (238, 136) ndarray of float64
        What the displacement from the shape to the upright landmarks is multiplied by, to be added.
    median : (238, 238) ndarray of float64
        What the median of geometry descriptors is multiplied by: landmarks are those of the shape
        then, and to be set upright.
    geometry_constant, median_constant : (238,) ndarray of float64
        What is added to either: where the shape model's mean has two different halves.
    """

    side: int
    geometry: Float64Array
    residual: Float64Array
    median: Float64Array
    geometry_constant: Float64Array
    median_constant: Float64Array

    def fold_appearance(self, fhog: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return appearance descriptors (..., 4464) of one half and its mirror image."""
        return fold_appearance(fhog, self.side)

    def fold_geometry(self, geometry: Float64Array, residual_mm: Float64Array) -> Float64Array:
        """Return geometry descriptors (..., 238) of one half and its mirror image.

        Parameters
        ----------
        geometry : (..., 238) ndarray of float64
            Those of the faces.
        residual_mm : (..., 136) ndarray of float64
            From the shape to the upright landmarks.
        """
        folded = geometry @ self.geometry.T + residual_mm @ self.residual.T
        return np.asarray(folded + self.geometry_constant)

    def fold_median(self, geometry: Float64Array) -> Float64Array:
        """Return what stands for the median of folded geometry descriptors, (238,).

        Parameters
        ----------
        geometry : (238,) ndarray of float64
            The median of the faces' own.
        """
        return np.asarray(geometry @ self.median.T + self.median_constant)


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
    mean, symmetric = pdm.mean_mm.astype(np.float64), _symmetric_mean(pdm)
    fold, fit, upright = _folded_points(side), _linear_fit(pdm), _upright_points(pdm)
    to_parameters = fit @ fold  # of displacements from the mean shape
    asymmetry = fit @ (fold @ mean - mean)
    of_median = fit @ (fold @ (symmetric + upright @ (mean - symmetric)) - mean)
    of_residual = to_parameters[:, : 2 * LANDMARK_COUNT]
    zeros = np.zeros((modes.shape[0], modes.shape[1]))

    def of_descriptor(matrix: Float64Array) -> Float64Array:
        # Each part of the descriptor from its own kind, as each has a median of its own.
        return np.block([[modes @ matrix, zeros], [zeros.T, matrix @ modes]])

    return Folding(
        side,
        of_descriptor(to_parameters),
        np.concatenate([modes @ of_residual, of_residual]),
        of_descriptor(to_parameters @ upright),
        np.concatenate([modes @ asymmetry, asymmetry]),
        np.concatenate([modes @ of_median, of_median]),
    )


def _folded_points(side: int) -> Float64Array:
    """Return what turns coordinates into those of one half and its mirror image, (204, 204)."""
    kept = LEFT_HALF if side == LEFT else MIRRORED_ORDER[LEFT_HALF]
    matrix = np.zeros((3, LANDMARK_COUNT, 3, LANDMARK_COUNT))
    for axis, sign in enumerate((-1.0, 1.0, 1.0)):
        matrix[axis, kept, axis, kept] = 1.0
        matrix[axis, MIRRORED_ORDER[kept], axis, kept] = sign
        matrix[axis, _MIDDLE_POINTS, axis, _MIDDLE_POINTS] = 0.0 if axis == 0 else 1.0
    return matrix.reshape(3 * LANDMARK_COUNT, 3 * LANDMARK_COUNT)


def _symmetric_mean(pdm: PointDistributionModel) -> Float64Array:
    """Return the mean of the mean shape and its mirror image about X = 0, (204,)."""
    mean = pdm.mean_mm.astype(np.float64).reshape(3, LANDMARK_COUNT)
    mirrored = mean[:, MIRRORED_ORDER] * np.array([[-1.0], [1.0], [1.0]])
    return np.asarray((mean + mirrored).ravel() / 2)


def _upright_points(pdm: PointDistributionModel) -> Float64Array:
    """Return what sets displacements from the symmetric mean upright, (204, 204).

    It takes off the turn and the motion to a side that eyes and nose show, by least squares.
    """
    x, y, _ = _symmetric_mean(pdm).reshape(3, LANDMARK_COUNT)
    none, one = np.zeros(LANDMARK_COUNT), np.ones(LANDMARK_COUNT)
    rigid = np.array([np.concatenate([one, none]), np.concatenate([-y, x])]).T
    seen = np.concatenate([STILL_POINTS, LANDMARK_COUNT + STILL_POINTS])
    upright = np.eye(3 * LANDMARK_COUNT)
    upright[: 2 * LANDMARK_COUNT, seen] -= rigid @ np.linalg.pinv(rigid[seen])
    return upright


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
