"""One face drawn into its frame: landmarks, box, eyes, head pose and gaze."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from openface_core.exports.overlay.blending import draw_dots
from openface_core.exports.overlay.style import (
    DARK,
    GREEN,
    ORANGE,
    PINK,
    SKY_BLUE,
    WHITE,
    YELLOW,
    Colour,
    Style,
    confidence_colour,
)
from openface_core.exports.overlay.text import put_label
from openface_core.exports.rows import LANDMARKS, Rows
from openface_core.shape import Camera
from openface_core.shape.rotations import rotation_matrix

Image = NDArray[np.uint8]
Float64Array = NDArray[np.float64]

_SHIFT = 4
"""Points are placed in 16ths of a pixel."""

_FARTHEST_PX = 2**22
"""Farther away than any picture reaches; OpenCV's numbers end some way beyond it."""

_OPEN_CONTOURS = (slice(17), slice(17, 22), slice(22, 27), slice(27, 31), slice(31, 36))
_CLOSED_CONTOURS = (slice(36, 42), slice(42, 48), slice(48, 60), slice(60, 68))
_IRIS, _LIDS, _POINTS_OF_AN_EYE = range(8), range(8, 20), 28
_AXIS_MM, _GAZE_MM = 70.0, 60.0
_POSE = tuple(f"pose_{kind}{axis}" for kind in "TR" for axis in "xyz")


def _eye_columns(eye: int) -> tuple[str, ...]:
    first = eye * _POINTS_OF_AN_EYE
    points = range(first, first + len(_IRIS) + len(_LIDS))
    return tuple(f"eye_lmk_{axis}_{point}" for point in points for axis in "xy")


def _iris_columns(eye: int) -> tuple[str, ...]:
    first = eye * _POINTS_OF_AN_EYE
    return tuple(f"eye_lmk_{axis}_{point}" for point in range(first, first + 8) for axis in "XYZ")


@dataclass(frozen=True, eq=False)
class DrawnFace:
    """A face, as far as it is drawn.

    Parameters
    ----------
    landmarks : (68, 2) ndarray of float64
        Landmarks, pixels.
    confidence : float
        Confidence in it.
    label : str
        What it is called.
    """

    landmarks: Float64Array
    confidence: float
    label: str

    @property
    def is_drawable(self) -> bool:
        """Whether the landmarks are where a picture could be; no table of ours has others."""
        return bool((np.abs(self.landmarks) < _FARTHEST_PX).all())

    @property
    def box(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of the landmarks with a margin, pixels."""
        low, high = self.landmarks.min(axis=0), self.landmarks.max(axis=0)
        margin = 0.12 * (high - low).max()
        left, top = (low - margin).round().astype(int).tolist()
        right, bottom = (high + margin).round().astype(int).tolist()
        return left, top, right, bottom

    @property
    def caption(self) -> str:
        """What is written above it."""
        return f"{self.label}  {self.confidence:.2f}"

    @property
    def width_px(self) -> float:
        """Width of the landmarks."""
        return float(np.ptp(self.landmarks[:, 0]))


def face_of(rows: Rows, row: int, label: str) -> DrawnFace:
    """Return the face of a row."""
    points = rows.values(*LANDMARKS)[row].reshape(68, 2)
    return DrawnFace(points, float(rows.column("confidence")[row]), label)


def _fixed(points: Float64Array) -> NDArray[np.int32]:
    return np.asarray((points * (1 << _SHIFT)).round().clip(-(2**27), 2**27), dtype=np.int32)


def _polyline(
    image: Image, points: Float64Array, colour: Colour, thickness: int, *, closed: bool
) -> None:
    cv2.polylines(
        image, [_fixed(points)], closed, colour, thickness, lineType=cv2.LINE_AA, shift=_SHIFT
    )


def draw_face(image: Image, face: DrawnFace, style: Style) -> None:
    """Draw landmarks, box and label.

    Parameters
    ----------
    image : (H, W, 3) ndarray of uint8
        The frame, BGR; drawn into.
    face : DrawnFace
        The face.
    style : Style
        Sizes.
    """
    colour = confidence_colour(face.confidence)
    thin = max(1, style.thickness_px // 2)
    points = _fixed(face.landmarks)
    for contours, closed in ((_OPEN_CONTOURS, False), (_CLOSED_CONTOURS, True)):
        lines = [points[contour] for contour in contours]
        cv2.polylines(image, lines, closed, colour, thin, cv2.LINE_AA, _SHIFT)
    radius = style.point_radius_px(face.width_px)
    draw_dots(image, face.landmarks, 0.75 * radius, radius + 0.5, WHITE, DARK)
    left, top, right, bottom = face.box
    cv2.rectangle(image, (left, top), (right, bottom), colour, style.thickness_px, cv2.LINE_AA)
    put_label(image, face.caption, left, top - style.line_height_px, style, colour)


def draw_eyes(image: Image, rows: Rows, row: int, style: Style) -> None:
    """Draw the outlines of irises and lids, where eyes were measured."""
    thin = max(1, style.thickness_px // 2)
    for eye in (0, 1):
        points = rows.values(*_eye_columns(eye))[row].reshape(-1, 2)
        if not np.isfinite(points).all():
            continue
        _polyline(image, points[list(_IRIS)], YELLOW, thin, closed=True)
        _polyline(image, points[list(_LIDS)], PINK, thin, closed=True)


def draw_pose(image: Image, rows: Rows, row: int, camera: Camera, style: Style) -> None:
    """Draw the head's own axes: to its left orange, upwards green, ahead sky blue."""
    pose = rows.values(*_POSE)[row]
    if not np.isfinite(pose).all() or pose[2] <= _AXIS_MM:
        return
    rotation = rotation_matrix(pose[3:6])
    begin = _projected(camera, pose[:3])
    for axis, colour in (
        ((1.0, 0.0, 0.0), ORANGE),
        ((0.0, -1.0, 0.0), GREEN),
        ((0.0, 0.0, -1.0), SKY_BLUE),
    ):
        end = _projected(camera, pose[:3] + rotation @ (_AXIS_MM * np.array(axis)))
        _arrow(image, begin, end, colour, style)


def draw_gaze(image: Image, rows: Rows, row: int, camera: Camera, style: Style) -> None:
    """Draw where each eye looks, from the middle of its iris, where gaze was measured."""
    for eye in (0, 1):
        direction = rows.values(*(f"gaze_{eye}_{axis}" for axis in "xyz"))[row]
        iris = rows.values(*_iris_columns(eye))[row].reshape(-1, 3).mean(axis=0)
        if not np.isfinite([*direction, *iris]).all() or iris[2] <= _GAZE_MM:
            continue
        end = _projected(camera, iris + _GAZE_MM * direction)
        _arrow(image, _projected(camera, iris), end, YELLOW, style)


def _projected(camera: Camera, point_mm: Float64Array) -> Float64Array:
    x, y, z = point_mm
    return np.array([camera.fx_px * x / z + camera.cx_px, camera.fy_px * y / z + camera.cy_px])


def _arrow(
    image: Image, begin: Float64Array, end: Float64Array, colour: Colour, style: Style
) -> None:
    points = np.stack([begin, end])
    _polyline(image, points, DARK, style.thickness_px + 2, closed=False)
    _polyline(image, points, colour, style.thickness_px, closed=False)
