"""One set of landmarks from those of several networks.

On annotated photographs each network's mean error of each point is found, in the face's own frame,
and how the errors of the networks go together. The offsets are taken back, and each point is the
mean of the networks' points with those weights that make the expected squared error least (the best
linear unbiased estimate).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.landmarks.conventions import MIRRORED_ORDER

Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]

_RIDGE = 0.02
"""Share of the mean variance that is added to each network's: weights stay moderate."""


@dataclass(frozen=True, eq=False)
class FaceFrames:
    """Frames that move, turn and grow with the faces.

    Parameters
    ----------
    origins : (n, 2) ndarray of float64
        Pixels.
    axes : (n, 2, 2) ndarray of float64
        Matrices from displacements in pixels to the frame's units, in which the root mean square
        distance of a face's points from their mean is 1 and its eyes lie level.
    """

    origins: Float64Array
    axes: Float64Array

    @classmethod
    def of_faces(cls, landmarks: NDArray[np.floating]) -> "FaceFrames":
        """Return the frames of faces (n, 68, 2)."""
        points = landmarks.astype(np.float64)
        origins = points.mean(axis=1)
        size = np.sqrt(np.square(points - origins[:, None]).sum(axis=2).mean(axis=1))
        level = points[:, 42:48].mean(axis=1) - points[:, 36:42].mean(axis=1)
        level /= np.linalg.norm(level, axis=1, keepdims=True) * size[:, None]
        upright = np.stack([-level[:, 1], level[:, 0]], axis=1)
        return cls(origins, np.stack([level, upright], axis=1))

    def into(self, points: NDArray[np.floating]) -> Float64Array:
        """Bring points (n, ..., 68, 2) from pixels into the frames."""
        gaps = (1,) * (points.ndim - 2)
        moved = points - self.origins.reshape(-1, *gaps, 2)
        return np.asarray(moved @ np.swapaxes(self.axes, 1, 2).reshape(-1, *gaps[1:], 2, 2))

    def out_of(self, points: Float64Array) -> Float64Array:
        """Bring points (n, 68, 2) from the frames into pixels."""
        back = np.swapaxes(np.linalg.inv(self.axes), 1, 2)
        return np.asarray(points @ back + self.origins[:, None])


@dataclass(frozen=True, eq=False)
class TeacherFusion:
    """How the landmarks of T networks become one.

    Parameters
    ----------
    offsets : (T, 68, 2) ndarray of float64
        Added to each network's points, in the face's frame.
    weights : (T, 68) ndarray of float64
        Of the networks, for each point; they sum to 1.
    """

    offsets: Float64Array
    weights: Float64Array

    @classmethod
    def fit(cls, views: Float32Array, annotated: Float32Array) -> "TeacherFusion":
        """Learn from annotated faces, each taken once as it is and once mirrored.

        Parameters
        ----------
        views : (n, T, 68, 2) ndarray of float32
            What the networks see, pixels; no NaN.
        annotated : (n, 68, 2) ndarray of float32
            What people marked, pixels.

        Returns
        -------
        TeacherFusion
        """
        frames = FaceFrames.of_faces(views.mean(axis=1))
        errors = frames.into(annotated)[:, None] - frames.into(views)
        mirrored = errors[:, :, MIRRORED_ORDER] * (-1.0, 1.0)
        errors = np.concatenate([errors, mirrored])
        offsets = errors.mean(axis=0)
        residuals = errors - offsets
        covariances = np.einsum("ntpc,nspc->pts", residuals, residuals) / len(residuals)
        diagonal = np.trace(covariances, axis1=1, axis2=2) / covariances.shape[1]
        covariances += _RIDGE * diagonal[:, None, None] * np.eye(covariances.shape[1])
        ones = np.ones((*covariances.shape[:2], 1))
        weights = np.linalg.solve(covariances, ones)[..., 0]
        return cls(offsets, (weights / weights.sum(axis=1, keepdims=True)).T)

    def apply(self, views: Float32Array) -> tuple[Float32Array, Float32Array]:
        """Return the networks' common landmarks, and how far the networks disagree.

        Parameters
        ----------
        views : (n, T, 68, 2) ndarray of float32
            What the networks see, pixels; no NaN.

        Returns
        -------
        landmarks : (n, 68, 2) ndarray of float32
            Pixels.
        spread : (n, 68) ndarray of float32
            Root mean square distance of the networks' points from each other's mean, after the
            offsets were taken back, in units of the face's frame.
        """
        frames = FaceFrames.of_faces(views.mean(axis=1))
        points = frames.into(views) + self.offsets
        common = (points * self.weights[..., None]).sum(axis=1)
        variance = np.square(points - points.mean(axis=1, keepdims=True)).sum(axis=3).mean(axis=1)
        return frames.out_of(common).astype(np.float32), np.sqrt(variance).astype(np.float32)
