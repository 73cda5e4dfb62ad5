"""Gathers the features of a shard while its frames are analysed."""

import numpy as np
from numpy.typing import NDArray

from openface_core.action_units.models import FHOG_SIZE, GEOMETRY_SIZE, ActionUnitModels
from openface_core.action_units.static import weigh_descriptor
from openface_core.analysis.face_meter import FaceMeasurement
from openface_core.running_medians import (
    FHOG_RANGE,
    GEOMETRY_RANGE,
    BinArray,
    Descriptor,
    HistogramRange,
    quantise,
)
from openface_core.shards.features import ShardFeatures
from openface_core.tables.frame_series import FrameRecorder

Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]


def _bins_of(values: NDArray[np.floating], histogram: HistogramRange) -> BinArray:
    bins = np.empty(values.size, dtype=np.uint16)
    quantise(values, histogram.minimum, histogram.length, histogram.bins, bins)
    return bins


class ShardRecorder:
    """Gathers a :class:`ShardFeatures` frame by frame.

    Parameters
    ----------
    models : ActionUnitModels
        The predictors, k in all.
    mode_count : int
        Number of shape parameters m.
    """

    def __init__(self, models: ActionUnitModels, mode_count: int) -> None:
        self._models = models
        self._frames = FrameRecorder(mode_count)
        self._sizes: list[tuple[int, int]] = []
        self._no_weighted = np.zeros(len(models.all_models))
        self._no_fhog_bins = np.zeros(FHOG_SIZE, dtype=np.uint16)
        self._no_geometry_bins = np.zeros(GEOMETRY_SIZE, dtype=np.uint16)
        self._weighted: list[Float64Array] = []
        self._fhog_bins: list[BinArray] = []
        self._geometry_bins: list[BinArray] = []
        self._first: list[Descriptor | None] = [None, None]

    def __len__(self) -> int:
        return len(self._sizes)

    def add(
        self,
        pts_seconds: float | None,
        confidence: float | None,
        frame_size_px: tuple[int, int],
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
        frame_size_px : tuple of int
            Width and height of the upright frame.
        landmarks : (68, 2) ndarray of float32 or None
            The face's landmarks.
        measurement : FaceMeasurement or None
            What follows from them; None makes the frame a failed one.
        """
        parity = len(self) % 2
        self._frames.add(pts_seconds, confidence, landmarks, measurement)
        self._sizes.append(frame_size_px)
        if landmarks is None or measurement is None:
            self._weighted.append(self._no_weighted)
            self._fhog_bins.append(self._no_fhog_bins)
            self._geometry_bins.append(self._no_geometry_bins)
            return
        fhog, geometry = measurement.fhog, measurement.geometry
        self._weighted.append(weigh_descriptor(self._models, fhog, geometry))
        self._fhog_bins.append(_bins_of(fhog, FHOG_RANGE))
        self._geometry_bins.append(_bins_of(geometry, GEOMETRY_RANGE))
        if self._first[parity] is None:
            self._first[parity] = (fhog.copy(), geometry.copy())

    def features(self) -> ShardFeatures:
        """Return all frames added so far."""
        n = len(self)
        series = self._frames.series()
        return ShardFeatures(
            pts_seconds=series.pts_seconds,
            confidence=series.confidence,
            success=series.success,
            frame_size_px=np.array(self._sizes, dtype=np.int32).reshape(n, 2),
            # Copies: as views, these would keep the 3D landmarks beside them in memory.
            landmarks_px=series.landmarks_px.copy(),
            pose=series.pose.copy(),
            global_parameters=series.global_parameters.copy(),
            shape_parameters=series.shape_parameters.copy(),
            eye_landmarks_px=series.eye_landmarks_px.copy(),
            eye_depths_mm=series.eye_landmarks_3d_mm[..., 2].copy(),
            gaze_directions=series.gaze_directions.copy(),
            weighted=np.array(self._weighted, dtype=np.float64).reshape(n, self._no_weighted.size),
            fhog_bins=np.array(self._fhog_bins, dtype=np.uint16).reshape(n, FHOG_SIZE),
            geometry_bins=np.array(self._geometry_bins, dtype=np.uint16).reshape(n, GEOMETRY_SIZE),
            first_descriptors=(self._first[0], self._first[1]),
        )
