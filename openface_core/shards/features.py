"""What is kept of a shard once its frames are analysed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.action_units.models import FHOG_SIZE, GEOMETRY_SIZE
from openface_core.eyes import EYE_COUNT, EYE_POINT_COUNT
from openface_core.running_medians import FHOG_RANGE, GEOMETRY_RANGE, BinArray, Descriptor
from openface_core.tables.columns import LANDMARK_COUNT

Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]

Layout = dict[str, tuple[tuple[int, ...], np.dtype[np.generic]]]


def features_layout(frame_count: int, model_count: int, mode_count: int) -> Layout:
    """Return shape and dtype of every array of :class:`ShardFeatures`, by its name.

    Parameters
    ----------
    frame_count, model_count, mode_count : int
        Frames n, action-unit models k and shape parameters m.
    """
    n = frame_count
    layout: dict[str, tuple[tuple[int, ...], type[np.generic]]] = {
        "pts_seconds": ((n,), np.float64),
        "confidence": ((n,), np.float32),
        "success": ((n,), np.bool_),
        "frame_size_px": ((n, 2), np.int32),
        "landmarks_px": ((n, LANDMARK_COUNT, 2), np.float32),
        "pose": ((n, 6), np.float32),
        "global_parameters": ((n, 6), np.float32),
        "shape_parameters": ((n, mode_count), np.float32),
        "eye_landmarks_px": ((n, EYE_COUNT, EYE_POINT_COUNT, 2), np.float32),
        "eye_depths_mm": ((n, EYE_COUNT, EYE_POINT_COUNT), np.float32),
        "gaze_directions": ((n, EYE_COUNT, 3), np.float32),
        "weighted": ((n, model_count), np.float64),
        "fhog_bins": ((n, FHOG_SIZE), np.uint16),
        "geometry_bins": ((n, GEOMETRY_SIZE), np.uint16),
    }
    return {name: (shape, np.dtype(dtype)) for name, (shape, dtype) in layout.items()}


@dataclass(frozen=True, eq=False)
class ShardFeatures:
    """Measurements of one face over the n frames of a shard.

    Of the descriptors only the products with the weights and the histogram bins are kept: nothing
    that follows needs more of them.

    Parameters
    ----------
    pts_seconds : (n,) ndarray of float64
        Presentation times; NaN where unknown.
    confidence : (n,) ndarray of float32
        Confidence in the face; NaN where there is no candidate.
    success : (n,) ndarray of bool
        Whether the face was found and measured.
    frame_size_px : (n, 2) ndarray of int32
        Width and height of the upright frames.
    landmarks_px : (n, 68, 2) ndarray of float32
        Landmarks in the upright frame. This and the next three are NaN for failed frames.
    pose : (n, 6) ndarray of float32
        Head position in millimetres, then Euler angles in radians.
    global_parameters : (n, 6) ndarray of float32
        Scale (px/mm), Euler angles (rad) and translation (px) of the fitted shape.
    shape_parameters : (n, m) ndarray of float32
        Weights of the deformation modes.
    eye_landmarks_px : (n, 2, 28, 2) ndarray of float32
        Points of both eyes in the upright frame. This and the next two are NaN where the eyes were
        not measured.
    eye_depths_mm : (n, 2, 28) ndarray of float32
        Their distances from the camera along its axis.
    gaze_directions : (n, 2, 3) ndarray of float32
        Unit vectors along each eye's gaze, in camera coordinates.
    weighted : (n, k) ndarray of float64
        Products of the descriptors with the weights of all models; 0 for failed frames.
    fhog_bins : (n, 4464) ndarray of uint16
        Histogram bins of the appearance descriptors, 0 to 999; 0 for failed frames.
    geometry_bins : (n, 238) ndarray of uint16
        Histogram bins of the geometry descriptors, 0 to 9999; 0 for failed frames.
    first_descriptors : tuple of two
        For the even and for the odd 0-based places in the shard: the first successful frame's
        descriptor as it is, appearance (4464,) float32 and geometry (238,) float64, or None where
        there is no successful frame. A video's first median is a descriptor that was not
        quantised, and which frames move the medians is not known while a shard is analysed.

    Raises
    ------
    ValueError
        If an array has another shape or dtype, a bin lies outside of its histogram, or the first
        descriptors do not go with the successful frames.
    """

    pts_seconds: Float64Array
    confidence: Float32Array
    success: NDArray[np.bool_]
    frame_size_px: NDArray[np.int32]
    landmarks_px: Float32Array
    pose: Float32Array
    global_parameters: Float32Array
    shape_parameters: Float32Array
    eye_landmarks_px: Float32Array
    eye_depths_mm: Float32Array
    gaze_directions: Float32Array
    weighted: Float64Array
    fhog_bins: BinArray
    geometry_bins: BinArray
    first_descriptors: tuple[Descriptor | None, Descriptor | None]

    def __post_init__(self) -> None:
        layout = features_layout(
            len(self.success), self.weighted.shape[-1], self.shape_parameters.shape[-1]
        )
        for name, (shape, dtype) in layout.items():
            array = getattr(self, name)
            if array.shape != shape or array.dtype != dtype:
                raise ValueError(
                    f"{name}: {shape} {dtype} is expected, found {array.shape} {array.dtype}"
                )
        for name, bin_count in (
            ("fhog_bins", FHOG_RANGE.bins),
            ("geometry_bins", GEOMETRY_RANGE.bins),
        ):
            highest = getattr(self, name).max(initial=0)
            if highest >= bin_count:
                raise ValueError(f"{name}: bins below {bin_count} are expected, found {highest}")
        for parity, first in enumerate(self.first_descriptors):
            if (first is not None) != bool(self.success[parity::2].any()):
                raise ValueError(f"first_descriptors[{parity}] does not go with success")
            if first is not None:
                found = [(values.shape, values.dtype.name) for values in first]
                if found != [((FHOG_SIZE,), "float32"), ((GEOMETRY_SIZE,), "float64")]:
                    raise ValueError(f"first_descriptors[{parity}]: not a descriptor: {found}")

    def __len__(self) -> int:
        return len(self.success)
