"""Squares of the photographs around displaced landmarks, and the teacher's maps of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.training.degradation import degraded
from models.training.in_threads import in_threads
from models.training.patch_experts.faces import LocatedFace
from models.training.patch_experts.views import View
from models.training.photographs import read_picture
from openface_core.kernel import kernel
from openface_core.refinement.expert_maps import ExpertMaps, expert_maps
from openface_core.refinement.grey import grey_from_bgr
from openface_core.refinement.patch_areas import sample_area
from openface_core.refinement.patch_experts import PatchExperts
from openface_core.refinement.scale_fit import place_maps
from openface_core.shape import PointDistributionModel, calc_params

UInt8Array = NDArray[np.uint8]
Float32Array = NDArray[np.float32]
Int64Array = NDArray[np.int64]

SUPPORT_PX = 11
"""Side of what an expert sees at each position, the teacher's as well as these."""

_GROWTH, _TURN_RADIANS, _SHIFT_MM = 0.04, 0.05, 2.0
_DEFORMATION = 0.35
"""Standard deviations of the displacement; the last in standard deviations of the shape's modes."""

_BESIDE = {0: (1, 6), 1: (0, 2), 2: (1, 2), 3: (2, 3), 4: (4, 5), 5: (5, 6), 6: (0, 5)}
"""The teacher's views, and those that are asked about their faces too: the next ones."""


@dataclass(frozen=True)
class _Search:
    """One search near a face: how far off it begins, and what is changed."""

    displacement: float
    is_degraded: bool
    is_beside: bool


_SEARCHES = (
    _Search(0.35, is_degraded=False, is_beside=False),
    _Search(1.0, is_degraded=True, is_beside=False),
    _Search(0.7, is_degraded=False, is_beside=True),
)
SEARCHES = len(_SEARCHES)
"""Searches per face."""


@dataclass(frozen=True, eq=False)
class Squares:
    """What experts of one scale see around l landmarks in n searches, and should say of it.

    Parameters
    ----------
    areas : (n, l, side, side) ndarray of uint8
        Grey values, turned and scaled to the experts' pixels.
    maps : (n, l, w, w) ndarray of float16
        The teacher's response maps; w is ``side - SUPPORT_PX + 1``.
    views : (n,) ndarray of int64
        The teacher's view that was asked; -1 where a search failed.
    """

    areas: UInt8Array
    maps: NDArray[np.float16]
    views: Int64Array

    def with_mirrored(self, others: "Squares") -> "Squares":
        """Return these and those of the other side, which a view sees in a mirror.

        Both have one view; that of the other side becomes view 1.
        """
        return Squares(
            np.concatenate([self.areas, others.areas]),
            np.concatenate([self.maps, others.maps]),
            np.concatenate([self.views, np.where(others.views == 0, 1, -1)]),
        )

    def rows_of(self, view: View) -> Int64Array:
        """Return the searches that a view learns from, as they are or in a mirror."""
        return np.flatnonzero(np.isin(self.views, (view.teacher, view.teacher_mirrored)))


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


@dataclass(frozen=True, eq=False)
class _Teaching:
    """The teacher's experts of one scale, ready to answer."""

    experts: PatchExperts
    maps: ExpertMaps
    window_px: int

    def ask(
        self,
        pdm: PointDistributionModel,
        grey: UInt8Array,
        pose: Float32Array,
        local: Float32Array,
        view: int,
        out: tuple[UInt8Array, NDArray[np.float16]],
    ) -> bool:
        """Write squares and maps of one search; returns whether there are any."""
        base = np.empty((pdm.landmark_count, 2), dtype=np.float32)
        to_reference, to_image = (np.empty((2, 2), dtype=np.float32) for _ in range(2))
        is_placed = place_maps(
            pdm.mean_mm, pdm.modes_mm, pose, local, self.experts.grid.scale_px_per_mm, base,
            to_reference, to_image,
        )  # fmt: skip
        if not is_placed:
            return False
        areas, maps = out
        answers = np.empty((len(base), self.window_px**2), dtype=np.float32)
        self.maps.write(grey, base, to_image, view, answers)
        _cut(grey, base, to_image, areas)
        maps[:] = answers.reshape(maps.shape)
        return True


@dataclass(frozen=True)
class SquareSettings:
    """How squares are cut.

    Parameters
    ----------
    displacement : float
        How far off searches begin, 1 for those of a whole face.
    seed : int
        Seed of the displacements; each face has its own, whatever others there are.
    threads : int
        Photographs that are seen at a time; has no influence on results.
    looks_beside : bool
        Whether the teacher's experts of the next view are asked about a face too.
    """

    displacement: float
    seed: int
    threads: int
    looks_beside: bool = True


def cut_squares(
    faces: Sequence[LocatedFace],
    pdm: PointDistributionModel,
    teacher: Sequence[PatchExperts],
    windows_px: Sequence[int],
    run: SquareSettings,
) -> tuple[Squares, ...]:
    """Cut the squares of all faces, for each scale.

    Parameters
    ----------
    faces : sequence of LocatedFace
        The faces, f of them.
    pdm : PointDistributionModel
        The shape model that experts will move.
    teacher : sequence of PatchExperts
        The teacher's experts, by scale.
    windows_px : sequence of int
        Side of the maps at each scale.
    run : SquareSettings
        How far off searches begin, and so on.

    Returns
    -------
    tuple of Squares
        One per scale, of ``SEARCHES * f`` searches.

    Raises
    ------
    InputError
        If a photograph cannot be read.
    """
    count, n = SEARCHES * len(faces), pdm.landmark_count
    views = np.full(count, -1, dtype=np.int64)
    found = tuple(
        Squares(
            np.empty((count, n, *(2 * [window + SUPPORT_PX - 1])), dtype=np.uint8),
            np.empty((count, n, window, window), dtype=np.float16),
            views,
        )
        for window in windows_px
    )
    teaching = [
        _Teaching(experts, expert_maps(experts, window), window)
        for experts, window in zip(teacher, windows_px, strict=True)
    ]

    def fill(number: int) -> None:
        face = faces[number]
        rng = np.random.default_rng([run.seed, face.number])
        image = read_picture(face.photograph)
        for k, search in enumerate(_SEARCHES):
            pose, local = _start(pdm, face.points_px, run.displacement * search.displacement, rng)
            if not (np.isfinite(pose).all() and np.isfinite(local).all()):
                continue
            seen = degraded(image, float(pose[0]), rng) if search.is_degraded else image
            view = teacher[0].grid.nearest_view(pose[1:4])
            if search.is_beside and run.looks_beside:
                view = _BESIDE[view][int(rng.integers(2))]
            row, grey = SEARCHES * number + k, grey_from_bgr(seen)
            asked = [
                scale.ask(pdm, grey, pose, local, view, (squares.areas[row], squares.maps[row]))
                for scale, squares in zip(teaching, found, strict=True)
            ]
            views[row] = view if all(asked) else -1

    in_threads(fill, range(len(faces)), run.threads)
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
    areas : (n, m, side, side) ndarray of uint8
        See :class:`Squares`.
    searches : (b,) ndarray of int64
        Rows of `areas`.
    landmarks : (2, l) ndarray of int64
        For each expert the landmark whose squares it sees as they are, and as in a mirror.
    is_flipped : (b,) ndarray of bool
        Whether a search is seen as in a mirror.
    positions : (k, 2) ndarray of int64
        Row and column of each block's corner, in the square as it is seen.
    support : int
        Side of a block.
    out : (l, b * k, 1 + support ** 2) ndarray of float32
        Receives the blocks, column by column.
    """
    side = areas.shape[2]
    many = positions.shape[0]
    pixels = support * support
    for e in range(out.shape[0]):
        for b in range(searches.shape[0]):
            flipped = is_flipped[b]
            area = areas[searches[b], landmarks[1 if flipped else 0, e]]
            for k in range(many):
                top, left = positions[k, 0], positions[k, 1]
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
