"""What was measured of one face over consecutive frames, as arrays over frames."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from openface_core.analysis.face_meter import FaceMeasurement
from openface_core.eyes import EYE_COUNT, EYE_POINT_COUNT
from openface_core.tables.columns import LANDMARK_COUNT

Float32Array = NDArray[np.float32]


def frame_number_times(rate_fps: float | None, first: int, count: int) -> NDArray[np.float64]:
    """Return OpenFace's times of consecutive frames, ``(frame - 1) / fps``.

    Parameters
    ----------
    rate_fps : float or None
        Frames per second; unknown leaves no times.
    first, count : int
        0-based number of the first of them in its video, and how many there are.

    Returns
    -------
    (count,) ndarray of float64
        Seconds; NaN where the rate is unknown.
    """
    return np.arange(first, first + count) / rate_fps if rate_fps else np.full(count, np.nan)


@dataclass(frozen=True, eq=False)
class FrameSeries:
    """Measurements of one face over n frames; NaN where there is none.

    Parameters
    ----------
    pts_seconds : (n,) ndarray of float64
        Presentation times.
    confidence : (n,) ndarray of float32
        Confidence in the face.
    success : (n,) ndarray of bool
        Whether the face was found and measured.
    landmarks_px : (n, 68, 2) ndarray of float32
        Landmarks in the upright frame.
    landmarks_3d_mm : (n, 68, 3) ndarray of float32
        Landmarks in camera coordinates.
    pose : (n, 6) ndarray of float32
        Head position in millimetres, then Euler angles in radians.
    global_parameters : (n, 6) ndarray of float32
        Scale (px/mm), Euler angles (rad) and translation (px) of the fitted shape.
    shape_parameters : (n, m) ndarray of float32
        Weights of the deformation modes.
    eye_landmarks_px : (n, 2, 28, 2) ndarray of float32
        Points of both eyes in the upright frame. This and the next two are NaN where the eyes were
        not measured.
    eye_landmarks_3d_mm : (n, 2, 28, 3) ndarray of float32
        The same in camera coordinates.
    gaze_directions : (n, 2, 3) ndarray of float32
        Unit vectors along each eye's gaze, in camera coordinates.
    """

    pts_seconds: NDArray[np.float64]
    confidence: Float32Array
    success: NDArray[np.bool_]
    landmarks_px: Float32Array
    landmarks_3d_mm: Float32Array
    pose: Float32Array
    global_parameters: Float32Array
    shape_parameters: Float32Array
    eye_landmarks_px: Float32Array
    eye_landmarks_3d_mm: Float32Array
    gaze_directions: Float32Array

    def __len__(self) -> int:
        return len(self.success)

    @property
    def has_eyes(self) -> NDArray[np.bool_]:
        """Frames whose eyes were measured, (n,)."""
        return self.success & ~np.isnan(self.gaze_directions[:, 0, 0])

    def with_frame_number_times(self, rate_fps: float | None, first: int = 0) -> "FrameSeries":
        """Return the series with OpenFace's times, ``(frame - 1) / fps``.

        Parameters
        ----------
        rate_fps : float or None
            Frames per second; unknown leaves no times.
        first : int
            0-based number of the first frame in its video.
        """
        return replace(self, pts_seconds=frame_number_times(rate_fps, first, len(self)))


class FrameRecorder:
    """Gathers a :class:`FrameSeries` frame by frame.

    Parameters
    ----------
    mode_count : int
        Number of shape parameters m.
    """

    def __init__(self, mode_count: int) -> None:
        eye_points = EYE_COUNT * EYE_POINT_COUNT
        eyes = (2 * eye_points, 3 * eye_points, 3 * EYE_COUNT)
        sizes = (2 * LANDMARK_COUNT, 3 * LANDMARK_COUNT, 6, 6, mode_count, *eyes)
        self._splits = np.cumsum(sizes)[:-1]
        self._missing = np.full(sum(sizes), np.nan, dtype=np.float32)
        self._no_eyes = self._missing[-sum(eyes) :]
        self._rows: list[Float32Array] = []
        self._pts_seconds: list[float] = []
        self._confidence: list[float] = []
        self._success: list[bool] = []

    def __len__(self) -> int:
        return len(self._rows)

    def add(
        self,
        pts_seconds: float | None,
        confidence: float | None,
        landmarks: Float32Array | None,
        measurement: FaceMeasurement | None,
    ) -> None:
        """Add the next frame.

        Parameters
        ----------
        pts_seconds : float or None
            Presentation time, where known.
        confidence : float or None
            Confidence in the face, where there is a candidate.
        landmarks : (68, 2) ndarray of float32 or None
            Its landmarks.
        measurement : FaceMeasurement or None
            What follows from them; None makes the frame a failed one.
        """
        row = self._missing
        if landmarks is not None and measurement is not None:
            fit, eyes = measurement.fit, measurement.eyes
            eye_values = [self._no_eyes]
            if eyes is not None:
                eye_values = [
                    eyes.landmarks_px.ravel(),
                    eyes.landmarks_3d_mm.ravel(),
                    eyes.gaze_directions.ravel(),
                ]
            row = np.concatenate(
                [
                    landmarks.ravel(),
                    measurement.landmarks_3d_mm.ravel(),
                    measurement.pose.translation_mm,
                    measurement.pose.rotation_radians,
                    [fit.scale_px_per_mm],
                    fit.rotation_radians,
                    fit.translation_px,
                    fit.shape_parameters,
                    *eye_values,
                ]
            ).astype(np.float32)
        self._rows.append(row)
        self._pts_seconds.append(np.nan if pts_seconds is None else pts_seconds)
        self._confidence.append(np.nan if confidence is None else confidence)
        self._success.append(row is not self._missing)

    def series(self) -> FrameSeries:
        """Return all frames added so far."""
        count = len(self._rows)
        rows = np.array(self._rows, dtype=np.float32).reshape(count, self._missing.size)
        landmarks, landmarks_3d, pose, global_, shape, *eyes = np.split(rows, self._splits, axis=1)
        return FrameSeries(
            pts_seconds=np.array(self._pts_seconds, dtype=np.float64),
            confidence=np.array(self._confidence, dtype=np.float32),
            success=np.array(self._success, dtype=np.bool_),
            landmarks_px=landmarks.reshape(count, LANDMARK_COUNT, 2),
            landmarks_3d_mm=landmarks_3d.reshape(count, LANDMARK_COUNT, 3),
            pose=pose,
            global_parameters=global_,
            shape_parameters=shape,
            eye_landmarks_px=eyes[0].reshape(count, EYE_COUNT, EYE_POINT_COUNT, 2),
            eye_landmarks_3d_mm=eyes[1].reshape(count, EYE_COUNT, EYE_POINT_COUNT, 3),
            gaze_directions=eyes[2].reshape(count, EYE_COUNT, 3),
        )
