"""A face that two trackers follow in the same frame passes from the one to the other.

Two fits of one face may settle in different places, a little apart. Over a few frames the face goes
from the first to the second in equal steps of pose and shape.
"""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from openface_core.boxes import box_of
from openface_core.eyes import FittedEyes
from openface_core.face_tracking.overlap import overlap
from openface_core.faces import Face
from openface_core.refinement.own_frame import PictureFrame
from openface_core.shape import ShapeFit
from openface_core.shape.rolled import roll_onto

Float32Array = NDArray[np.float32]

HANDED_OVER_OVERLAP = 0.5
"""Two trackers' landmarks that overlap less are not of one face."""


MOST_ROLL_APART = math.radians(60.0)
"""Of two readings of a face that are rolled apart by more, one is wrong."""


def handed_over(frame: PictureFrame, before: Face, after: Face, share: float) -> Face:
    """Return the face between two trackers' results for one frame.

    Parameters
    ----------
    frame : PictureFrame
        The coordinates that both are fitted in.
    before, after : Face
        What the tracker that will end, and the one that goes on, found.
    share : float
        How far the face has passed to the second, 0 to 1.

    Returns
    -------
    Face
        Pose, shape, unfitted landmarks and eyes between the two; the confidence is the first
        tracker's. It is the first tracker's result unless both have found the same face in the same
        way.
    """
    if not (before.is_found and after.is_found) or before.is_refined is not after.is_refined:
        return before
    if before.fit is None or before.landmarks is None:
        return before
    if after.fit is None or after.landmarks is None:
        return before
    if overlap(box_of(before.landmarks), box_of(after.landmarks)) < HANDED_OVER_OVERLAP:
        return before
    if abs(roll_onto(before.landmarks, after.landmarks)) > MOST_ROLL_APART:
        return before
    fit = _fit_between(frame, before.fit, after.fit, share)
    eyes = before.fitted_eyes
    if before.fitted_eyes is not None and after.fitted_eyes is not None:
        eyes = _eyes_between(before.fitted_eyes, after.fitted_eyes, share)
    unfitted = before.unfitted
    if before.unfitted is not None and after.unfitted is not None:
        unfitted = frame.in_steps(_between(before.unfitted, after.unfitted, share))
    landmarks = frame.landmarks(fit)
    return replace(before, landmarks=landmarks, fit=fit, unfitted=unfitted, fitted_eyes=eyes)


def _fit_between(frame: PictureFrame, first: ShapeFit, second: ShapeFit, share: float) -> ShapeFit:
    """Return pose and shape between two fits, whose angles are near each other."""
    scales = np.array([first.scale_px_per_mm]), np.array([second.scale_px_per_mm])
    return ShapeFit(
        float(_single(_between(*scales, share))[0]),
        _angles_between(first.rotation_radians, second.rotation_radians, share),
        frame.in_steps(_between(first.translation_px, second.translation_px, share)),
        _single(_between(first.shape_parameters, second.shape_parameters, share)),
        first.iterations,
    )


def _eyes_between(first: FittedEyes, second: FittedEyes, share: float) -> FittedEyes:
    return FittedEyes(
        _single(_between(first.landmarks_px, second.landmarks_px, share)),
        _single(_between(first.relative_depths_mm, second.relative_depths_mm, share)),
        (1.0 - share) * first.scales_px_per_mm + share * second.scales_px_per_mm,
    )


def _between(
    first: NDArray[np.floating], second: NDArray[np.floating], share: float
) -> NDArray[np.float64]:
    return (1.0 - share) * first.astype(np.float64) + share * second.astype(np.float64)


def _angles_between(first: Float32Array, second: Float32Array, share: float) -> Float32Array:
    """Return angles between others, the short way round: half turns have either sign."""
    turns = np.rint((second.astype(np.float64) - first) / math.tau)
    between = _between(first, second - turns * math.tau, share)
    return _single(between - np.rint(between / math.tau) * math.tau)


def _single(values: NDArray[np.float64]) -> Float32Array:
    return np.ascontiguousarray(values, dtype=np.float32)
