"""Non-rigid structure from motion: a 3D shape model from the points of many photographs.

References
----------
L. Torresani, A. Hertzmann and C. Bregler, "Nonrigid structure-from-motion: estimating shape and
motion with hierarchical priors", PAMI 30, 2008: probabilistic principal components under weak
perspective, found by expectation maximisation.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.training.shape.poses import Poses, fit_poses

Float64Array = NDArray[np.float64]

_CHUNK = 512
"""Shapes handled at once: bounds the memory."""

_RIGID_ROUNDS = 10


@dataclass(frozen=True, eq=False)
class DeformableShape:
    """A mean and modes whose weights are normally distributed with variance 1.

    Parameters
    ----------
    mean_mm : (p, 3) ndarray of float64
        Mean shape.
    modes_mm : (m, p, 3) ndarray of float64
        Modes, in standard deviations.
    noise_mm : float
        Standard deviation of what the modes do not explain, each coordinate of each point.
    """

    mean_mm: Float64Array
    modes_mm: Float64Array
    noise_mm: float


@dataclass(frozen=True, eq=False)
class Reconstruction:
    """What was found in the photographs.

    Parameters
    ----------
    model : DeformableShape
        The shape model.
    poses : Poses
        Pose of each face.
    weights : (n, m) ndarray of float64
        Expected weights of the modes of each face.
    """

    model: DeformableShape
    poses: Poses
    weights: Float64Array

    @property
    def shapes_mm(self) -> Float64Array:
        """Shape of each face, (n, p, 3)."""
        return _shapes(self.model, self.weights)


def _shapes(model: DeformableShape, weights: Float64Array) -> Float64Array:
    return model.mean_mm + np.tensordot(weights, model.modes_mm, axes=1)


@dataclass(frozen=True, eq=False)
class _Moments:
    """What expectation leaves for maximisation."""

    weights: Float64Array
    normal: Float64Array
    target: Float64Array
    square_mm2: float


def _expect(points_px: Float64Array, poses: Poses, model: DeformableShape) -> _Moments:
    """Return the expected weights of every face and the sums that a new model follows from."""
    count, modes = len(points_px), len(model.modes_mm)
    unknowns = modes + 1
    weights = np.empty((count, modes))
    normal = np.zeros((9, unknowns * unknowns))
    target = np.zeros((3, unknowns, points_px.shape[1]))
    square = 0.0
    observed = poses.in_model_units(points_px)
    for first in range(0, count, _CHUNK):
        rows = slice(first, min(first + _CHUNK, count))
        axes = poses.rotations[rows, :2]
        n = len(axes)
        residual = observed[rows] - model.mean_mm @ axes.transpose(0, 2, 1)
        # Modes as they are seen: (n, 2p, m).
        seen = np.einsum("nij,mpj->npim", axes, model.modes_mm, optimize=True).reshape(
            n, 2 * points_px.shape[1], modes
        )
        precision = seen.transpose(0, 2, 1) @ seen / model.noise_mm**2 + np.eye(modes)
        covariance = np.linalg.inv(precision)
        projected = (seen.transpose(0, 2, 1) @ residual.reshape(n, -1, 1)) / model.noise_mm**2
        expected = (covariance @ projected)[..., 0]
        weights[rows] = expected
        extended = np.concatenate([np.ones((n, 1)), expected], axis=1)
        second = extended[:, :, None] * extended[:, None, :]
        second[:, 1:, 1:] += covariance
        normal += (axes.transpose(0, 2, 1) @ axes).reshape(n, 9).T @ second.reshape(n, -1)
        back = np.einsum("nij,npi->njp", axes, observed[rows])
        target += np.einsum("njp,nb->jbp", back, extended, optimize=True)
        square += float((observed[rows] ** 2).sum())
    return _Moments(weights, normal, target, square)


def _maximise(moments: _Moments, count: int) -> DeformableShape:
    """Return the model that explains the expected weights best."""
    unknowns, points = moments.target.shape[1:]
    normal = moments.normal.reshape(3, 3, unknowns, unknowns).transpose(0, 2, 1, 3)
    matrix = normal.reshape(3 * unknowns, 3 * unknowns)
    target = moments.target.reshape(3 * unknowns, points)
    solved = np.linalg.solve(matrix, target)
    # What is left of the squares once the model explains its part.
    left = moments.square_mm2 - float((solved * target).sum())
    noise_mm = float(np.sqrt(max(left, 0.0) / (2 * points * count)))
    basis = np.asarray(solved).reshape(3, unknowns, points).transpose(1, 2, 0)
    return DeformableShape(basis[0], basis[1:], noise_mm)


def _first_modes(
    points_px: Float64Array, poses: Poses, mean_mm: Float64Array, modes: int
) -> DeformableShape:
    """Return modes without depth: principal components of what the mean does not explain."""
    points = points_px.shape[1]
    residual = poses.in_model_units(points_px) - mean_mm @ poses.rotations[:, :2].transpose(0, 2, 1)
    back = np.einsum("nij,npi->npj", poses.rotations[:, :2], residual).reshape(len(residual), -1)
    back -= back.mean(axis=0)
    variances, vectors = np.linalg.eigh(back.T @ back / len(back))
    kept = slice(-1, -modes - 1, -1)
    scaled = np.asarray(vectors[:, kept] * np.sqrt(variances[kept]), dtype=np.float64)
    rest = float(variances[:-modes].sum()) if modes else float(variances.sum())
    flat = np.asarray(scaled.T, dtype=np.float64).reshape(modes, points, 3)
    return DeformableShape(mean_mm, flat, float(np.sqrt(rest / (2 * points))))


def reconstruct(
    points_px: Float64Array,
    start_mm: Float64Array,
    modes: int,
    rounds: int,
    report: Callable[[str], None] = lambda _line: None,
    known: Poses | None = None,
) -> Reconstruction:
    """Find shape model and poses of faces.

    Parameters
    ----------
    points_px : (n, p, 2) ndarray of float64
        Points of the faces in their pictures.
    start_mm : (p, 3) ndarray of float64
        A rough shape; it sets the unit and the frame.
    modes : int
        How many modes of deformation.
    rounds : int
        Rounds of expectation and maximisation.
    report : callable
        Is told how it goes, a line at a time.
    known : Poses or None
        The poses, where they are known from elsewhere; they are kept then.

    Returns
    -------
    Reconstruction
    """
    count = len(points_px)
    rigid = DeformableShape(start_mm, np.empty((0, *start_mm.shape)), 1.0)
    alike = np.broadcast_to(start_mm, (count, *start_mm.shape))
    poses = fit_poses(points_px, alike, steps=15) if known is None else known
    for _ in range(_RIGID_ROUNDS):
        rigid = _maximise(_expect(points_px, poses, rigid), count)
        if known is None:
            shapes = np.broadcast_to(rigid.mean_mm, (count, *start_mm.shape))
            poses = fit_poses(points_px, shapes, poses, steps=3)
    report(f"rigid: {rigid.noise_mm:.3f} mm left")
    model = _first_modes(points_px, poses, rigid.mean_mm, modes)
    weights = np.zeros((count, modes))
    for number in range(rounds):
        moments = _expect(points_px, poses, model)
        model, weights = _maximise(moments, count), moments.weights
        if known is None:
            poses = fit_poses(points_px, _shapes(model, weights), poses, steps=2)
        if number % 10 == 9:
            report(f"round {number + 1}: {model.noise_mm:.3f} mm left")
    return Reconstruction(model, poses, weights)
