"""Where a face network looks: a turned square of the frame that brings a face to its place."""

import math

import numpy as np
from numpy.typing import NDArray

from openface_core.landmarks.crop import CropSquare

Float64Array = NDArray[np.float64]


def square_from_five_points(
    five_points: NDArray[np.float32], places: Float64Array, size_px: int
) -> CropSquare | None:
    """Return the square whose crop has five points of a face nearest to their places.

    The similarity transform is that of least squares, without reflection.

    Parameters
    ----------
    five_points : (5, 2) ndarray of float32
        Eyes (left in the picture, right in it), nose tip, corners of the mouth; pixels of the
        frame.
    places : (5, 2) ndarray of float64
        Where they belong, as shares of the crop's side; pixel centres are whole numbers.
    size_px : int
        Side of the crop in its own pixels.

    Returns
    -------
    CropSquare or None
        None where the points coincide, lie beyond all measure, or are not finite.
    """
    if not np.isfinite(five_points).all():
        return None
    source = five_points.astype(np.float64)
    target = places * size_px
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    source, target = source - source_mean, target - target_mean
    spread = float((source**2).sum())
    if not 1e-6 < spread < math.inf:
        return None
    cosine = float((source * target).sum()) / spread
    sine = float((source[:, 0] * target[:, 1] - source[:, 1] * target[:, 0]).sum()) / spread
    scale = math.hypot(cosine, sine)  # pixels of the crop in a pixel of the frame
    if not 1e-6 < scale < math.inf:
        return None
    to_frame = np.array([[cosine, sine], [-sine, cosine]]) / scale**2
    centre = source_mean + to_frame @ ((size_px - 1) / 2.0 - target_mean)
    return CropSquare(
        centre_x=float(centre[0]),
        centre_y=float(centre[1]),
        side_px=size_px / scale,
        cos=cosine / scale,
        sin=-sine / scale,
    )
