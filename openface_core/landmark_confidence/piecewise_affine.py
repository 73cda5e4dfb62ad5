"""The face between the landmarks, brought to a standard shape triangle by triangle.

References
----------
``PAW::CalcCoeff``, ``PAW::WarpRegion`` and ``DetectionValidator::Check`` of OpenFace 2.2;
``cv::remap`` with ``INTER_LINEAR`` and ``BORDER_CONSTANT`` on float images, OpenCV 4.6.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from openface_core.boxes import box_of
from openface_core.kernel import kernel
from openface_core.partial_pictures import PartialPicture, pixels_within

Float32Array = NDArray[np.float32]
Int32Array = NDArray[np.int32]
Grey = NDArray[np.uint8] | NDArray[np.float32]
AnyGrey = Grey | PartialPicture

LANDMARK_COUNT = 68

_MARGIN_PX = np.float32(3.0)
"""How far beyond the landmarks the part of the picture reaches that is looked at."""

_POSITION_STEPS = np.float32(32.0)
"""Positions are rounded to 1/32 pixel."""

_MAX_POSITION_PX = np.float32(2.0**20)
"""Beyond every picture; keeps hostile landmarks from overflowing integers."""


def check_grey(grey: AnyGrey) -> None:
    """Raise ValueError if a grey frame is not (H, W) of uint8 or float32."""
    if isinstance(grey, PartialPicture):
        return
    if grey.ndim != 2 or grey.dtype not in (np.uint8, np.float32):
        raise ValueError(
            "a grey frame (H, W) of uint8 or float32 is expected, found "
            f"{grey.shape} of {grey.dtype}"
        )


@dataclass(frozen=True, eq=False)
class PiecewiseAffineWarp:
    """A triangulated shape, and which of its triangles each of its pixels lies in.

    Only the pixels within a triangle are kept, row by row; there are p of them.

    Parameters
    ----------
    triangles : (t, 3) ndarray of int32
        Landmark indices of each triangle's corners a, b, c.
    b_coefficients, c_coefficients : (t, 3) ndarray of float32
        Barycentric coordinates of b and c as affine functions of the position: the constant, the
        factor of x, the factor of y.
    positions : (p, 2) ndarray of float32
        x and y of each pixel, in the units of the shape.
    triangle_of_pixel : (p,) ndarray of int32
        The triangle that it lies in.

    Raises
    ------
    ValueError
        If the sizes do not fit together or an index points nowhere.
    """

    triangles: Int32Array
    b_coefficients: Float32Array
    c_coefficients: Float32Array
    positions: Float32Array
    triangle_of_pixel: Int32Array

    def __post_init__(self) -> None:
        count = len(self.triangles)
        for name in ("triangles", "b_coefficients", "c_coefficients"):
            if getattr(self, name).shape != (count, 3):
                raise ValueError(
                    f"{name} of shape ({count}, 3) is expected, found {getattr(self, name).shape}"
                )
        pixels = len(self.triangle_of_pixel)
        if pixels < 1 or self.positions.shape != (pixels, 2):
            raise ValueError(
                f"a position for each of {pixels} pixels is expected, found {self.positions.shape}"
            )
        if self.triangles.min() < 0 or self.triangles.max() >= LANDMARK_COUNT:
            raise ValueError(f"landmark indices of 0 to {LANDMARK_COUNT - 1} are expected")
        if self.triangle_of_pixel.min() < 0 or self.triangle_of_pixel.max() >= count:
            raise ValueError(f"triangle indices of 0 to {count - 1} are expected")

    @property
    def pixel_count(self) -> int:
        """Number of pixels p."""
        return len(self.triangle_of_pixel)


@kernel
def _affine_maps(
    landmarks: Float32Array,
    left: np.float32,
    top: np.float32,
    triangles: Int32Array,
    b_coefficients: Float32Array,
    c_coefficients: Float32Array,
    out: Float32Array,
) -> None:
    """Write for each triangle the affine map to the picture, (t, 2, 3)."""
    for t in range(triangles.shape[0]):
        for k in range(2):
            origin = left if k == 0 else top
            a = landmarks[triangles[t, 0], k] - origin
            b = landmarks[triangles[t, 1], k] - origin - a
            c = landmarks[triangles[t, 2], k] - origin - a
            out[t, k, 0] = a + b * b_coefficients[t, 0] + c * c_coefficients[t, 0]
            out[t, k, 1] = b * b_coefficients[t, 1] + c * c_coefficients[t, 1]
            out[t, k, 2] = b * b_coefficients[t, 2] + c * c_coefficients[t, 2]


@kernel
def _sample(grey: Grey, x: np.float32, y: np.float32) -> np.float32:
    """Return the picture between four pixels; what lies outside of it is black."""
    # Written so that a position that is not a number counts as outside, too.
    if not (abs(x) < _MAX_POSITION_PX and abs(y) < _MAX_POSITION_PX):
        return np.float32(0.0)
    fixed_x = np.int64(np.rint(x * _POSITION_STEPS))
    fixed_y = np.int64(np.rint(y * _POSITION_STEPS))
    left, top = fixed_x >> 5, fixed_y >> 5
    right_part = np.float32(fixed_x & 31) / _POSITION_STEPS
    lower_part = np.float32(fixed_y & 31) / _POSITION_STEPS
    left_part = np.float32(1.0) - right_part
    upper_part = np.float32(1.0) - lower_part
    height, width = grey.shape
    if 0 <= left < width - 1 and 0 <= top < height - 1:
        return (
            np.float32(grey[top, left]) * (upper_part * left_part)
            + np.float32(grey[top, left + 1]) * (upper_part * right_part)
            + np.float32(grey[top + 1, left]) * (lower_part * left_part)
            + np.float32(grey[top + 1, left + 1]) * (lower_part * right_part)
        )
    total = np.float32(0.0)
    for y_step in range(2):
        for x_step in range(2):
            row, column = top + y_step, left + x_step
            if 0 <= row < height and 0 <= column < width:
                weight = (lower_part if y_step else upper_part) * (
                    right_part if x_step else left_part
                )
                total += np.float32(grey[row, column]) * weight
    return total


@kernel
def _warp(
    grey: Grey,
    landmarks: Float32Array,
    triangles: Int32Array,
    b_coefficients: Float32Array,
    c_coefficients: Float32Array,
    positions: Float32Array,
    triangle_of_pixel: Int32Array,
    out: Float32Array,
) -> bool:
    """Write the warped pixels (p,); returns False, and writes nothing, where no picture is."""
    low_x = high_x = landmarks[0, 0]
    low_y = high_y = landmarks[0, 1]
    for i in range(1, landmarks.shape[0]):
        low_x, high_x = min(low_x, landmarks[i, 0]), max(high_x, landmarks[i, 0])
        low_y, high_y = min(low_y, landmarks[i, 1]), max(high_y, landmarks[i, 1])
    last_x, last_y = np.float32(grey.shape[1] - 1), np.float32(grey.shape[0] - 1)
    # All bounds are brought into the picture before they become integers, which round to zero.
    left = np.int64(min(max(low_x - _MARGIN_PX, np.float32(0.0)), last_x))
    top = np.int64(min(max(low_y - _MARGIN_PX, np.float32(0.0)), last_y))
    right = np.int64(min(max(high_x + _MARGIN_PX, np.float32(0.0)), last_x))
    bottom = np.int64(min(max(high_y + _MARGIN_PX, np.float32(0.0)), last_y))
    if right - left <= 1 or bottom - top <= 1:
        return False
    # Right and bottom are excluded: the last column and row of the picture count as black.
    region = grey[top:bottom, left:right]
    maps = np.empty((triangles.shape[0], 2, 3), dtype=np.float32)
    _affine_maps(
        landmarks,
        np.float32(left),
        np.float32(top),
        triangles,
        b_coefficients,
        c_coefficients,
        maps,
    )
    for p in range(out.shape[0]):
        t = triangle_of_pixel[p]
        px, py = positions[p, 0], positions[p, 1]
        x = maps[t, 0, 0] + maps[t, 0, 1] * px + maps[t, 0, 2] * py
        y = maps[t, 1, 0] + maps[t, 1, 1] * px + maps[t, 1, 2] * py
        out[p] = _sample(region, x, y)
    return True


def warp_piecewise(
    warp: PiecewiseAffineWarp, grey: AnyGrey, landmarks: Float32Array
) -> Float32Array | None:
    """Return the face between the landmarks, brought to the standard shape.

    Parameters
    ----------
    warp : PiecewiseAffineWarp
        The standard shape.
    grey : (H, W) ndarray of uint8 or float32, or PartialPicture
        Grey frame, contiguous.
    landmarks : (68, 2) ndarray of float32
        Landmarks, pixels, finite.

    Returns
    -------
    (p,) ndarray of float32 or None
        Grey values, interpolated bilinearly at positions rounded to 1/32 pixel; 0 where the frame
        has no pixel. None where the landmarks' box leaves nothing of the frame.
    """
    out = np.empty(warp.pixel_count, dtype=np.float32)
    left, top, right, bottom = box_of(landmarks).tolist()
    reach = float(_MARGIN_PX) + 1.0
    found = _warp(
        pixels_within(grey, left - reach, top - reach, right + reach, bottom + reach),
        landmarks,
        warp.triangles,
        warp.b_coefficients,
        warp.c_coefficients,
        warp.positions,
        warp.triangle_of_pixel,
        out,
    )
    return out if found else None
