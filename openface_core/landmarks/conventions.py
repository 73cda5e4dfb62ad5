"""Point orders of landmark networks, and how each becomes the 68 points of iBUG.

References
----------
Sagonas et al., "300 Faces in-the-Wild Challenge", ICCVW 2013 (68 points).
Wu et al., "Look at Boundary: A Boundary-Aware Face Alignment Algorithm", CVPR 2018 (98 points).
Kartynnik et al., "Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs",
CVPRW 2019 (468 points).
"""

import numpy as np
from numpy.typing import NDArray

POINT_COUNTS = {"ibug68": 68, "wflw98": 98, "openseeface66": 66, "mediapipe468": 468}
"""Number of points of each convention."""

LANDMARK_COUNT = POINT_COUNTS["ibug68"]
"""Points of a face in all that follows the landmark network."""

LEFT_EYE, RIGHT_EYE = slice(36, 42), slice(42, 48)
"""Of iBUG's points; left and right in the picture."""

MOUTH = slice(48, 68)
INNER_FACE = slice(17, 68)
"""All but the outline."""

_LEAST_EYE_DISTANCE_PX = 1e-6

MIRRORED_ORDER: NDArray[np.intp] = np.array(
    [
        *range(16, -1, -1),  # jaw
        *range(26, 16, -1),  # brows
        *range(27, 31), *range(35, 30, -1),  # nose
        45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,  # eyes
        *range(54, 47, -1), *range(59, 54, -1),  # outer lips
        *range(64, 59, -1), *range(67, 64, -1),  # inner lips
    ]
)  # fmt: skip
"""For each iBUG point the one that takes its place in a mirrored picture."""

LEFT_HALF: NDArray[np.intp] = np.array(
    [
        *range(8),  # jaw
        *range(17, 22),  # brow
        31, 32,  # nose
        *range(36, 42),  # eye
        48, 49, 50, 58, 59, 60, 61, 67,  # lips
    ]
)  # fmt: skip
"""iBUG's points of the half at the left in the picture, without those of the midline."""

# The 98-point jaw has every second point at a place of the 68-point jaw; of the brows only the
# upper edge counts; each eye has one extra point in the middle of either lid.
_WFLW98 = np.array(
    [
        *range(0, 33, 2),  # jaw
        *range(33, 38), *range(42, 47),  # brows
        *range(51, 60),  # nose
        60, 61, 63, 64, 65, 67, 68, 69, 71, 72, 73, 75,  # eyes
        *range(76, 96),  # lips
    ]
)  # fmt: skip

# OpenSeeFace's points are iBUG's in iBUG's order, but with one point for each corner of the mouth
# (in the places of 60 and 64), which lies where iBUG has the outer corner.
_OPENSEEFACE_PRESENT = np.array([i for i in range(68) if i not in (48, 54)])
# How far iBUG's inner corners lie inside the outer ones, in widths of the mouth. Were the four
# points two, the outer and inner lips would meet in a point, and lip triangles have no area.
_INNER_CORNER_INSIDE_OUTER = 0.07

_MEDIAPIPE468 = np.array(
    [
        127, 234, 132, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 361, 454, 356,  # jaw
        70, 63, 105, 66, 107, 336, 296, 334, 293, 300,  # brows
        168, 197, 5, 4, 240, 97, 2, 326, 460,  # nose
        33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,  # eyes
        61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181,  # outer lips
        78, 82, 13, 312, 308, 317, 14, 87,  # inner lips
    ]
)  # fmt: skip


def face_widths_px(landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the distances between the ends of the jaw line, (n,).

    Parameters
    ----------
    landmarks : (n, 68, 2) ndarray of float32
        Landmarks of faces, pixels.
    """
    jaw_ends = landmarks[:, [0, 16]]
    return np.asarray(np.hypot(*(jaw_ends[:, 1] - jaw_ends[:, 0]).T), dtype=np.float32)


def eye_distance_px(landmarks: NDArray[np.floating]) -> float:
    """Return the distance between the centres of the eyes, above 0.

    Parameters
    ----------
    landmarks : (68, 2) ndarray of floating point
        iBUG points, pixels.
    """
    left, right = (landmarks[eye].mean(axis=0, dtype=np.float64) for eye in (LEFT_EYE, RIGHT_EYE))
    return max(float(np.hypot(*(right - left))), _LEAST_EYE_DISTANCE_PX)


def to_ibug68(points: NDArray[np.float32], convention: str) -> NDArray[np.float32]:
    """Bring points of any convention into the order of iBUG's 68.

    Parameters
    ----------
    points : ndarray of float32, shape (P, 2)
        Points x, y in the convention's order.
    convention : str
        A key of :data:`POINT_COUNTS`.

    Returns
    -------
    ndarray of float32, shape (68, 2)
        In the same coordinates.

    Raises
    ------
    ValueError
        If the convention is unknown or the number of points is not its own.
    """
    if convention not in POINT_COUNTS:
        raise ValueError(f"unknown point convention {convention!r}")
    if points.shape != (POINT_COUNTS[convention], 2):
        raise ValueError(
            f"{convention} has {POINT_COUNTS[convention]} points, found shape {points.shape}"
        )
    if convention == "wflw98":
        return np.take(points, _WFLW98, axis=0)
    if convention == "mediapipe468":
        return np.take(points, _MEDIAPIPE468, axis=0)
    if convention == "openseeface66":
        full = np.empty((68, 2), dtype=np.float32)
        full[_OPENSEEFACE_PRESENT] = points
        full[[48, 54]] = full[[60, 64]]
        inside = np.float32(_INNER_CORNER_INSIDE_OUTER) * (full[54] - full[48])
        full[60] += inside
        full[64] -= inside
        return full
    return points.copy()


def five_points_of(landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the five points that a face detector gives, from iBUG's 68.

    Parameters
    ----------
    landmarks : ndarray of float32, shape (68, 2)
        iBUG points x, y.

    Returns
    -------
    ndarray of float32, shape (5, 2)
        Eyes (left in the picture, right in it), nose tip, corners of the mouth.
    """
    eyes = [landmarks[eye].mean(axis=0) for eye in (LEFT_EYE, RIGHT_EYE)]
    return np.stack([*eyes, landmarks[30], landmarks[48], landmarks[54]])
