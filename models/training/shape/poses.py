"""Weak-perspective poses of many faces at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float64Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Poses:
    """How n shapes lie in their pictures: ``scale * R[:2] @ X + translation``.

    Parameters
    ----------
    scales : (n,) ndarray of float64
        Pixels per millimetre.
    rotations : (n, 3, 3) ndarray of float64
        Rotations.
    translations_px : (n, 2) ndarray of float64
        Where the shapes' origins lie.
    """

    scales: Float64Array
    rotations: Float64Array
    translations_px: Float64Array

    def in_model_units(self, points_px: Float64Array) -> Float64Array:
        """Return image points (n, p, 2) relative to the origin, in millimetres of the model."""
        return np.asarray((points_px - self.translations_px[:, None]) / self.scales[:, None, None])


def rotations_of(vectors: Float64Array) -> Float64Array:
    """Return the rotation matrices of axis-angle vectors (n, 3), by Rodrigues' formula."""
    angles = np.linalg.norm(vectors, axis=1)
    safe = np.maximum(angles, 1e-12)[:, None]
    x, y, z = (vectors / safe).T
    zero = np.zeros_like(x)
    cross = np.stack([zero, -z, y, z, zero, -x, -y, x, zero], axis=1).reshape(-1, 3, 3)
    sine, versine = np.sin(angles)[:, None, None], (1.0 - np.cos(angles))[:, None, None]
    return np.asarray(np.eye(3) + sine * cross + versine * (cross @ cross))


def _upright_poses(points_px: Float64Array, shapes_mm: Float64Array) -> Poses:
    """Return frontal poses, turned in the picture as the points are: where the search begins."""
    centre, mean = points_px.mean(axis=1), shapes_mm.mean(axis=1)
    source = shapes_mm[..., :2] - mean[:, None, :2]
    target = points_px - centre[:, None]
    cosine = (source * target).sum(axis=(1, 2))
    sine = (source[..., 0] * target[..., 1] - source[..., 1] * target[..., 0]).sum(axis=1)
    angles = np.zeros((len(points_px), 3))
    angles[:, 2] = np.arctan2(sine, cosine)
    rotations = rotations_of(angles)
    scales = np.hypot(sine, cosine) / (source**2).sum(axis=(1, 2))
    offsets = (rotations[:, :2] @ mean[..., None])[..., 0]
    return Poses(scales, rotations, centre - scales[:, None] * offsets)


def fit_poses(
    points_px: Float64Array,
    shapes_mm: Float64Array,
    start: Poses | None = None,
    steps: int = 8,
) -> Poses:
    """Find the poses in which shapes come closest to points, by Gauss-Newton steps.

    Parameters
    ----------
    points_px : (n, p, 2) ndarray of float64
        Points in the pictures.
    shapes_mm : (n, p, 3) ndarray of float64
        Their shapes.
    start : Poses or None
        Where to begin; None for frontal faces.
    steps : int
        How many steps.

    Returns
    -------
    Poses
    """
    poses = _upright_poses(points_px, shapes_mm) if start is None else start
    scales, rotations, translations = poses.scales, poses.rotations, poses.translations_px
    for _ in range(steps):
        turned = shapes_mm @ rotations.transpose(0, 2, 1)
        x, y, z = np.moveaxis(turned, -1, 0)
        size = scales[:, None]
        residual = points_px - (size[..., None] * turned[..., :2] + translations[:, None])
        zero, one = np.zeros_like(x), np.ones_like(x)
        # Rotations are small ones on the left: a turn w moves a point p by w x p.
        across = np.stack([x, zero, size * z, -size * y, one, zero], axis=-1)
        down = np.stack([y, -size * z, zero, size * x, zero, one], axis=-1)
        jacobian = np.concatenate([across, down], axis=1)
        target = np.concatenate([residual[..., 0], residual[..., 1]], axis=1)
        transposed = jacobian.transpose(0, 2, 1)
        step = np.linalg.solve(transposed @ jacobian, transposed @ target[..., None])[..., 0]
        scales = np.maximum(scales + step[:, 0], 1e-3 * scales)
        rotations = rotations_of(step[:, 1:4]) @ rotations
        translations = translations + step[:, 4:]
    return Poses(scales, rotations, translations)
