"""Where faces look straight ahead, and how deep they are: learned from a teacher's head poses.

Points in photographs leave both open. Which way a face looks that looks straight ahead is a
convention; and a deeper face that turns less makes nearly the same picture.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.training.shape.standard_frame import point_distribution_model
from models.training.shape.structure_from_motion import DeformableShape
from openface_core.shape import PointDistributionModel, calc_params

Float64Array = NDArray[np.float64]

DEPTHS = (0.76, 0.82, 0.88, 0.94, 1.0, 1.06)
"""Factors of the depth that are tried."""

_PITCH_ROUNDS = 3


def head_rotations(pdm: PointDistributionModel, points_px: NDArray[np.floating]) -> Float64Array:
    """Return the Euler angles (n, 3), radians, of faces (n, 68, 2) fitted to a shape model."""
    fits = (calc_params(pdm, points.astype(np.float32)) for points in points_px)
    return np.array([fit.rotation_radians for fit in fits], dtype=np.float64)


def with_depth(shape: DeformableShape, factor: float) -> DeformableShape:
    """Return a shape with all depths multiplied by a factor."""
    stretch = np.array([1.0, 1.0, factor])
    return replace(shape, mean_mm=shape.mean_mm * stretch, modes_mm=shape.modes_mm * stretch)


def calibrated_model(
    shape: DeformableShape,
    modes: int,
    points_px: NDArray[np.floating],
    wanted_radians: Float64Array,
    report: Callable[[str], None] = lambda _line: None,
) -> PointDistributionModel:
    """Return a reconstruction as the shape model whose head poses come closest to wanted ones.

    Parameters
    ----------
    shape : DeformableShape
        The reconstruction.
    modes : int
        Modes to keep.
    points_px : (n, 68, 2) ndarray
        Points of faces, as the embedded network finds them.
    wanted_radians : (n, 3) ndarray of float64
        Their head rotations by the teacher.
    report : callable
        Is told what was found.

    Notes
    -----
    Two numbers are chosen: a factor of the depth, and a turn about the x axis.
    """
    best: tuple[float, PointDistributionModel, str] | None = None
    pitch = 0.0
    for depth in DEPTHS:
        deep = with_depth(shape, depth)
        for _ in range(_PITCH_ROUNDS):
            pdm = point_distribution_model(deep, pitch, modes)
            away = head_rotations(pdm, points_px) - wanted_radians
            pitch += float(np.median(away[:, 0]))
        pdm = point_distribution_model(deep, pitch, modes)
        away = head_rotations(pdm, points_px) - wanted_radians
        mad = np.abs(away).mean(axis=0)
        line = f"depth x {depth:g}, turned by {pitch:.3f} rad: {mad.round(4)} rad away on average"
        report(line)
        if best is None or mad.sum() < best[0]:
            best = float(mad.sum()), pdm, line
    assert best is not None  # noqa: S101 - there are depths to try
    report(f"chosen: {best[2]}")
    return best[1]
