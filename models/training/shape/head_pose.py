"""Straight ahead, depth and stiffness of a shape model: learned from a teacher's head poses.

Points in photographs leave the first two open. Which way a face looks that looks straight ahead is
a convention, from side to side too: OpenFace's mean face looks a little to one side. A deeper face
that turns less makes nearly the same picture. The stiffness depends on who finds the points: what
a network gets wrong should not be taken for the shape of a face.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from models.training.shape.standard_frame import facing, point_distribution_model
from models.training.shape.structure_from_motion import DeformableShape
from openface_core.shape import Camera, PointDistributionModel, ShapeFit, calc_params, head_pose

Float64Array = NDArray[np.float64]

DEPTHS = (0.76, 0.82, 0.88, 0.92, 0.96, 1.0, 1.06)
"""Factors of the depth that are tried."""

VARIANCE_SHARES = (1.0, 0.5, 0.2)
"""Shares of the modes' variances that are tried: the smaller, the stiffer.

With smaller ones yet, head poses come closer still, but faces that people marked are no longer
fitted to 2.5 % of the distance of the eyes.
"""

_TURN_ROUNDS = 3


def head_rotations(
    pdm: PointDistributionModel, points_px: NDArray[np.floating], cameras: Sequence[Camera]
) -> Float64Array:
    """Return the rotations of heads as the main job reports them.

    Parameters
    ----------
    pdm : PointDistributionModel
        The shape model.
    points_px : (n, 68, 2) ndarray
        Points of the faces.
    cameras : sequence of Camera
        What took their pictures.

    Returns
    -------
    (n, 3) ndarray of float64
        Euler angles, radians; NaN where the points admit no pose.
    """
    fits = [calc_params(pdm, points.astype(np.float32)) for points in points_px]
    return rotations_of_fits(pdm, fits, points_px, cameras)


def rotations_of_fits(
    pdm: PointDistributionModel,
    fits: Sequence[ShapeFit],
    points_px: NDArray[np.floating],
    cameras: Sequence[Camera],
) -> Float64Array:
    """Return what :func:`head_rotations` does, of fits that are there already."""
    rotations = np.full((len(points_px), 3), np.nan)
    for row, (fit, points, camera) in enumerate(zip(fits, points_px, cameras, strict=True)):
        pose = head_pose(pdm, fit, points.astype(np.float32), camera)
        if pose is not None:
            rotations[row] = pose.rotation_radians
    return rotations


def with_depth(shape: DeformableShape, factor: float) -> DeformableShape:
    """Return a shape with all depths multiplied by a factor."""
    stretch = np.array([1.0, 1.0, factor])
    return replace(shape, mean_mm=shape.mean_mm * stretch, modes_mm=shape.modes_mm * stretch)


def stiffened(pdm: PointDistributionModel, share: float) -> PointDistributionModel:
    """Return a shape model with this share of its modes' variances."""
    return replace(pdm, eigenvalues=(share * pdm.eigenvalues).astype(np.float32))


def calibrated_model(
    shape: DeformableShape,
    modes: int,
    points_px: NDArray[np.floating],
    cameras: Sequence[Camera],
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
    cameras : sequence of Camera
        What took their pictures.
    wanted_radians : (n, 3) ndarray of float64
        Their head rotations by the teacher.
    report : callable
        Is told what was found.

    Notes
    -----
    Four numbers are chosen: a factor of the depth, one of the modes' variances, and turns about
    the x and the y axis. They are those of poses in perspective: a near face that is tilted is
    foreshortened, which the fit in weak perspective takes for a part of its shape.
    """
    best: tuple[float, PointDistributionModel, str] | None = None
    for depth, share in product(DEPTHS, VARIANCE_SHARES):
        deep = with_depth(shape, depth)
        pitch = yaw = 0.0
        step = np.zeros(3)
        for _ in range(1 + _TURN_ROUNDS):
            pitch, yaw = pitch + float(step[0]), yaw + float(step[1])
            pdm = facing(stiffened(point_distribution_model(deep, pitch, modes), share), yaw)
            away = head_rotations(pdm, points_px, cameras) - wanted_radians
            step = np.nanmedian(away, axis=0)
        mad = np.nanmean(np.abs(away), axis=0)
        line = (
            f"depth x {depth:g}, variances x {share:g}, turned by {pitch:.3f} and {yaw:.3f} rad: "
            f"{mad.round(4)} rad away on average"
        )
        report(line)
        if best is None or mad.sum() < best[0]:
            best = float(mad.sum()), pdm, line
    assert best is not None  # noqa: S101 - there are depths to try
    report(f"chosen: {best[2]}")
    return best[1]
