"""Squares of the photographs around displaced landmarks, which patch experts are trained on."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.training.patch_experts.faces import LabelledFace
from models.training.photographs import read_picture
from openface_core.kernel import kernel
from openface_core.landmarks.conventions import MIRRORED_ORDER
from openface_core.refinement.grey import grey_from_bgr
from openface_core.refinement.patch_areas import sample_area
from openface_core.refinement.scale_fit import place_maps
from openface_core.shape import PointDistributionModel, calc_params

UInt8Array = NDArray[np.uint8]
Float32Array = NDArray[np.float32]
Int64Array = NDArray[np.int64]

STARTS = 2
"""Searches per face: one begins about where the landmark network lands, one about the label."""

_NETWORK_SHARE = 0.5
"""Displacement of what the network found, as a share of that of a label: it is off already."""

_GROWTH, _TURN_RADIANS, _SHIFT_MM = 0.04, 0.05, 2.0
_DEFORMATION = 0.35
"""Standard deviations of the displacement; the last in standard deviations of the shape's modes."""

DIRECT_LANDMARKS: Int64Array = np.flatnonzero(np.arange(len(MIRRORED_ORDER)) <= MIRRORED_ORDER)
"""Landmarks with an expert of their own: the first of each mirror pair, and the middle line."""


@dataclass(frozen=True, eq=False)
class Squares:
    """What experts of one scale see around the landmarks of n searches.

    Parameters
    ----------
    areas : (n, 68, side, side) ndarray of uint8
        Grey values, turned and scaled to the experts' pixels.
    offsets : (n, 68, 2) ndarray of float32
        From the middle of each square to the label, x and y in the experts' pixels.
    """

    areas: UInt8Array
    offsets: Float32Array


def _start(
    pdm: PointDistributionModel, points: Float32Array, share: float, rng: np.random.Generator
) -> tuple[Float32Array, Float32Array]:
    """Return pose (6,) and shape parameters (m,) near those of points, displaced at random."""
    fit = calc_params(pdm, points)
    pose = np.array(
        [fit.scale_px_per_mm, *fit.rotation_radians, *fit.translation_px], dtype=np.float32
    )
    pose[0] *= np.exp(rng.normal(0.0, share * _GROWTH))
    pose[1:4] += rng.normal(0.0, share * _TURN_RADIANS, 3)
    pose[4:6] += rng.normal(0.0, share * _SHIFT_MM, 2) * pose[0]
    deviations = np.sqrt(pdm.eigenvalues)
    shift = rng.normal(0.0, share * _DEFORMATION, len(deviations)) * deviations
    return pose, (fit.shape_parameters + shift).astype(np.float32)


@kernel
def _cut(grey: UInt8Array, base: Float32Array, to_image: Float32Array, out: UInt8Array) -> None:
    """Write the squares around points (n, 2), rounded to whole grey values."""
    side = out.shape[1]
    area = np.empty((side, side), dtype=np.float32)
    for i in range(out.shape[0]):
        sample_area(grey, base[i, 0], base[i, 1], to_image, area)
        for row in range(side):
            for column in range(side):
                out[i, row, column] = np.uint8(area[row, column] + np.float32(0.5))


def cut_squares(
    faces: Sequence[LabelledFace],
    pdm: PointDistributionModel,
    scales_px_per_mm: Sequence[float],
    sides_px: Sequence[int],
    seed: int,
) -> tuple[Squares, ...]:
    """Cut the squares of all faces, for each scale.

    Parameters
    ----------
    faces : sequence of LabelledFace
        The faces, f of them.
    pdm : PointDistributionModel
        The shape model that experts will move.
    scales_px_per_mm, sides_px : sequence
        Scales of the experts, and the side of the squares at each.
    seed : int
        Seed of the displacements; each face has its own, whatever others there are.

    Returns
    -------
    tuple of Squares
        One per scale, of ``STARTS * f`` searches.

    Raises
    ------
    InputError
        If a photograph cannot be read.
    """
    count, n = STARTS * len(faces), pdm.landmark_count
    found = tuple(
        Squares(
            np.empty((count, n, side, side), dtype=np.uint8),
            np.empty((count, n, 2), dtype=np.float32),
        )
        for side in sides_px
    )
    base = np.empty((n, 2), dtype=np.float32)
    to_reference, to_image = (np.empty((2, 2), dtype=np.float32) for _ in range(2))
    for number, face in enumerate(faces):
        rng = np.random.default_rng([seed, face.number])
        grey = grey_from_bgr(read_picture(face.photograph))
        begins = (face.found_px, _NETWORK_SHARE), (face.label_px, 1.0)
        for k, (points, share) in enumerate(begins):
            pose, local = _start(pdm, points, share, rng)
            row = STARTS * number + k
            for scale, squares in zip(scales_px_per_mm, found, strict=True):
                place_maps(
                    pdm.mean_mm, pdm.modes_mm, pose, local, scale, base, to_reference, to_image
                )
                _cut(grey, base, to_image, squares.areas[row])
                squares.offsets[row] = (face.label_px - base) @ to_reference.T
    return found


@kernel
def write_blocks(
    areas: UInt8Array,
    searches: Int64Array,
    landmarks: Int64Array,
    is_flipped: NDArray[np.bool_],
    positions: Int64Array,
    support: int,
    out: Float32Array,
) -> None:
    """Write what experts see at positions of the squares: 1, then pixels of mean 0 and length 1.

    Parameters
    ----------
    areas : (n, 68, side, side) ndarray of uint8
        See :class:`Squares`.
    searches : (b,) ndarray of int64
        Rows of `areas`.
    landmarks : (2, l) ndarray of int64
        For each expert the landmark whose squares it sees as they are, and as in a mirror.
    is_flipped : (b,) ndarray of bool
        Whether a search is seen as in a mirror.
    positions : (l, b, k, 2) ndarray of int64
        Row and column of each block's corner, in the square as it is seen.
    support : int
        Side of a block.
    out : (l, b * k, 1 + support ** 2) ndarray of float32
        Receives the blocks, column by column.
    """
    side = areas.shape[2]
    many = positions.shape[2]
    pixels = support * support
    for e in range(positions.shape[0]):
        for b in range(positions.shape[1]):
            flipped = is_flipped[b]
            area = areas[searches[b], landmarks[1 if flipped else 0, e]]
            for k in range(many):
                top, left = positions[e, b, k, 0], positions[e, b, k, 1]
                block = out[e, b * many + k]
                total = 0
                for column in range(support):
                    x = side - 1 - left - column if flipped else left + column
                    for row in range(support):
                        value = area[top + row, x]
                        total += value
                        block[1 + column * support + row] = value
                mean = np.float32(total / pixels)
                squares = np.float32(0.0)
                for p in range(1, pixels + 1):
                    block[p] -= mean
                    squares += block[p] * block[p]
                factor = np.float32(1.0) / np.sqrt(squares) if squares > 0.0 else np.float32(1.0)
                block[0] = 1.0
                for p in range(1, pixels + 1):
                    block[p] *= factor
