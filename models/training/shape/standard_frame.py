"""From a reconstruction to a point distribution model: unit, frame, symmetry, principal modes."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from models.training.shape.generic_face import PUPIL_DISTANCE_MM
from models.training.shape.structure_from_motion import DeformableShape
from openface_core.landmarks.conventions import MIRRORED_ORDER
from openface_core.shape import PointDistributionModel

Float64Array = NDArray[np.float64]

LEFT_EYE, RIGHT_EYE = slice(36, 42), slice(42, 48)
_MIRROR = np.array([-1.0, 1.0, 1.0])


def turned_about_x(points_mm: Float64Array, angle_radians: float) -> Float64Array:
    """Return points (..., 3) turned about the x axis, by the sense of head pose."""
    cosine, sine = math.cos(angle_radians), math.sin(angle_radians)
    rotation = np.array([[1.0, 0.0, 0.0], [0.0, cosine, -sine], [0.0, sine, cosine]])
    return np.asarray(points_mm @ rotation.T)


def facing(pdm: PointDistributionModel, yaw_radians: float) -> PointDistributionModel:
    """Return a shape model turned about the y axis: what it is of stays, straight ahead changes.

    Parameters
    ----------
    pdm : PointDistributionModel
        The shape model.
    yaw_radians : float
        The turn, by the sense of head pose.
    """
    cosine, sine = math.cos(yaw_radians), math.sin(yaw_radians)

    def turned(points: NDArray[np.float32]) -> NDArray[np.float32]:
        x, y, z = np.split(points.astype(np.float64), 3)
        parts = [cosine * x + sine * z, y, cosine * z - sine * x]
        return np.concatenate(parts).astype(np.float32)

    return replace(pdm, mean_mm=turned(pdm.mean_mm), components_mm=turned(pdm.components_mm))


def across_face(mean_mm: Float64Array) -> Float64Array:
    """Return the unit vector from a face's right to its left, square to its plane of symmetry.

    Parameters
    ----------
    mean_mm : (3, 68) ndarray of float64
        A shape that is symmetric, if about another plane than x = 0.
    """
    pairs = mean_mm[:, MIRRORED_ORDER] - mean_mm
    normal = np.asarray((pairs * np.sign(pairs[0])).sum(axis=1))
    return np.asarray(normal / np.linalg.norm(normal))


def straightened(pdm: PointDistributionModel) -> PointDistributionModel:
    """Return a shape model turned about the y axis until its mean is its own mirror image.

    A face and its mirror image are then told the same, left and right exchanged. Which way a
    teacher's model looks is a matter of its head turns.
    """
    x, _, z = across_face(pdm.mean_mm.reshape(3, -1).astype(np.float64))
    return facing(pdm, math.atan2(z, x))


def _similarities(mean_mm: Float64Array) -> Float64Array:
    """Return small moves, turns and growth of a shape, (3 * p, 7) with orthonormal columns."""
    x, y, z = mean_mm.T
    zero, one = np.zeros_like(x), np.ones_like(x)
    moves = [(one, zero, zero), (zero, one, zero), (zero, zero, one)]
    turns = [(zero, -z, y), (z, zero, -x), (-y, x, zero)]
    columns = [np.concatenate(move) for move in (*moves, *turns, (x, y, z))]
    return np.linalg.qr(np.stack(columns, axis=1))[0]


def symmetric_mean(mean_mm: Float64Array) -> Float64Array:
    """Return a shape (68, 3) about its centre, without what tells it from its mirror image."""
    centred = mean_mm - mean_mm.mean(axis=0)
    return np.asarray((centred + centred[MIRRORED_ORDER] * _MIRROR) / 2.0)


def point_distribution_model(
    shape: DeformableShape, pitch_radians: float, modes: int
) -> PointDistributionModel:
    """Return a reconstruction as a point distribution model.

    Parameters
    ----------
    shape : DeformableShape
        68 points, made of faces and their mirror images alike.
    pitch_radians : float
        The mean is turned by this about the x axis: where faces look straight ahead does not follow
        from their points.
    modes : int
        Modes to keep, those of the largest variance.

    Returns
    -------
    PointDistributionModel
        Millimetres by the mean distance of adults' pupils, the origin in the centre of the mean's
        points. Mean and variances are the same for mirrored faces; the modes are orthonormal and
        neither move, turn nor scale the mean.
    """
    mean = symmetric_mean(turned_about_x(shape.mean_mm, pitch_radians))
    eyes = [mean[eye].mean(axis=0) for eye in (LEFT_EYE, RIGHT_EYE)]
    unit = PUPIL_DISTANCE_MM / float(np.linalg.norm(eyes[0] - eyes[1]))
    mean = mean * unit
    deviations = turned_about_x(shape.modes_mm, pitch_radians) * unit
    both = np.concatenate([deviations, deviations[:, MIRRORED_ORDER] * _MIRROR])
    columns = both.transpose(2, 1, 0).reshape(mean.size, -1) / math.sqrt(2.0)
    return _principal(mean, columns, modes)


def _principal(mean: Float64Array, columns: Float64Array, modes: int) -> PointDistributionModel:
    """Return the principal modes of deviations, (3 * p, k), from a mean shape (p, 3)."""
    rigid = _similarities(mean)
    columns = columns - rigid @ (rigid.T @ columns)
    vectors, deviation, _ = np.linalg.svd(columns, full_matrices=False)
    # A mode and its opposite are the same: the largest element decides.
    signs = np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])])
    return PointDistributionModel(
        mean_mm=mean.T.reshape(-1).astype(np.float32),
        components_mm=(vectors * signs)[:, :modes].astype(np.float32),
        eigenvalues=(deviation[:modes] ** 2).astype(np.float32),
    )


def plain_model(shape: DeformableShape, modes: int) -> PointDistributionModel:
    """Return a reconstruction as a shape model, in its own unit and orientation.

    Parameters
    ----------
    shape : DeformableShape
        p points.
    modes : int
        Modes to keep, those of the largest variance.
    """
    mean = shape.mean_mm - shape.mean_mm.mean(axis=0)
    return _principal(mean, shape.modes_mm.transpose(2, 1, 0).reshape(mean.size, -1), modes)


def model_of_part(
    pdm: PointDistributionModel, landmarks: Sequence[int], modes: int
) -> PointDistributionModel:
    """Return the shape model of some of a face's landmarks.

    Parameters
    ----------
    pdm : PointDistributionModel
        The shape model of the face.
    landmarks : sequence of int
        The part's landmarks.
    modes : int
        Modes to keep, those of the largest variance.
    """
    own = list(landmarks)
    points = pdm.mean_mm.reshape(3, -1)[:, own].T.astype(np.float64)
    mean = points - points.mean(axis=0)
    deviations = pdm.components_mm.astype(np.float64) * np.sqrt(pdm.eigenvalues)
    columns = deviations.reshape(3, pdm.landmark_count, -1)[:, list(landmarks)].reshape(
        mean.size, -1
    )
    return _principal(mean, columns, modes)
