"""Any landmark network that a specification describes, run on one face of one frame."""

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openface_core.errors import ModelFileError
from openface_core.exact_places import to_steps
from openface_core.frame_check import check_frame
from openface_core.inference import DEFAULT_ONNX_SETTINGS, OnnxModel, OnnxSettings, TensorSpec
from openface_core.landmarks.conventions import POINT_COUNTS, five_points_of, to_ibug68
from openface_core.landmarks.crop import (
    CropSquare,
    square_from_box,
    square_from_landmarks,
)
from openface_core.landmarks.crop_tensor import CropTensor
from openface_core.landmarks.outputs import points_in_crop
from openface_core.landmarks.spec import CropRule, LandmarkSpec
from openface_core.partial_pictures import AnyPicture, contiguous
from openface_core.surroundings import cut_surroundings

# A face's points fill a good part of its crop. Points that leave it by more than half its side, or
# that fall into a small heap, are no face.
_MAX_BEYOND_CROP = 0.5
_MIN_EXTENT_IN_CROP = 0.1
# A detector's box ends where the landmarks' does, but for the forehead: this share of their height,
# the median over several videos and networks.
_FOREHEAD = 0.32
_SIDE_RANGE_PX = (2.0, 100_000.0)
_SURROUNDINGS = 1.1
"""So many times as far as a square reaches, its surroundings do: shrinking takes blocks beyond."""
_MOST_FRAMES = 2.0
"""Surroundings that are longer than so many frames are those of no face."""
_CENTRE_STEPS_PER_PIXEL = 2.0**14
"""Of a crop's centre: finer than any network sees, and exact in whatever place."""


@dataclass(frozen=True)
class LandmarkResult:
    """The landmarks of one face.

    Parameters
    ----------
    landmarks : ndarray of float32, shape (68, 2)
        iBUG points x, y in pixels of the upright frame.
    presence : float or None
        Probability that there is a face, where the network gives one.
    """

    landmarks: NDArray[np.float32]
    presence: float | None


class LandmarkNetwork:
    """A landmark network; keeps no state between frames, so frames may come in any order.

    Parameters
    ----------
    spec : LandmarkSpec
        What the network wants and gives.
    model_path : path-like
        Its ONNX file.
    onnx : OnnxSettings
        Where it runs.
    place_independent : bool
        Whether whole pixels by which a face is shifted shift its landmarks, and do nothing else;
        and a frame goes on in black. Then landmarks are rounded, see
        :mod:`openface_core.exact_places`.

    Raises
    ------
    ModelFileError
        If the file is missing, damaged, or does not fit the specification.
    ConfigError
        If the provider asked for is not available.
    """

    def __init__(
        self,
        spec: LandmarkSpec,
        model_path: str | Path,
        onnx: OnnxSettings = DEFAULT_ONNX_SETTINGS,
        *,
        place_independent: bool = False,
    ) -> None:
        self.spec = spec
        self._is_place_independent = place_independent
        self._input = CropTensor(spec.input)
        outputs = [TensorSpec(spec.output.tensor, None)]
        if spec.presence is not None:
            outputs.append(TensorSpec(spec.presence.tensor, None))
        self._model = OnnxModel(model_path, [self._input.tensor_spec], outputs, onnx)
        self.providers = self._model.providers
        # One run on a grey picture shows whether the outputs have the sizes that the specification
        # says: networks seldom declare them in full.
        points, _ = self._run(*self._input.grey_picture())
        self._model.check_numbers(points)

    def locate(
        self,
        image_bgr: AnyPicture,
        box: NDArray[np.float32],
        five_points: NDArray[np.float32] | None = None,
    ) -> LandmarkResult | None:
        """Find the landmarks of one face.

        Parameters
        ----------
        image_bgr : ndarray of uint8, shape (H, W, 3), or PartialPicture
            The upright frame, blue first.
        box : ndarray of float32, shape (4,)
            The face: x_min, y_min, x_max, y_max in pixels of the frame.
        five_points : ndarray of float32, shape (5, 2), or None
            Eyes (left in the picture, right in it), nose tip, corners of the mouth. Without them
            the face is taken to be upright.

        Returns
        -------
        LandmarkResult or None
            None if the box is unusable, the network sees no face, or its points make no sense.

        Raises
        ------
        ValueError
            If an array has another shape or type.
        ModelFileError
            If the network fails.
        """
        check_frame(image_bgr)
        _check_face(box, five_points)
        image_bgr = contiguous(image_bgr)
        if not np.isfinite(box).all() or box[2] <= box[0] or box[3] <= box[1]:
            return None
        if five_points is not None and not np.isfinite(five_points).all():
            five_points = None
        result: LandmarkResult | None = None
        for rule in self.spec.passes:
            if result is None:
                square = square_from_box(box, five_points, rule)
            else:
                square = self._square(result.landmarks, rule)
            result = self.look(image_bgr, square)
            if result is None:
                return None
        return result

    def follow(
        self, image_bgr: AnyPicture, landmarks: NDArray[np.float32]
    ) -> LandmarkResult | None:
        """Find the landmarks of a face that was seen in the frame before.

        Only the last pass runs. A network without a pass from landmarks gets the box that a
        detector would have given.

        Parameters
        ----------
        image_bgr : ndarray of uint8, shape (H, W, 3), or PartialPicture
            The upright frame, blue first.
        landmarks : ndarray of float32, shape (68, 2)
            Landmarks in the frame before.

        Returns
        -------
        LandmarkResult or None
            As :meth:`locate`.

        Raises
        ------
        ValueError
            If an array has another shape or type.
        ModelFileError
            If the network fails.
        """
        check_frame(image_bgr)
        if landmarks.shape != (68, 2):
            raise ValueError(f"expected 68 points, found the shape {landmarks.shape}")
        if not np.isfinite(landmarks).all():
            return None
        return self.look(contiguous(image_bgr), self.square_about(landmarks))

    def square_about(self, landmarks: NDArray[np.float32]) -> CropSquare:
        """Return what :meth:`follow` looks at: the square about landmarks (68, 2), pixels."""
        return self._square(landmarks, self.spec.passes[-1])

    def _square(self, landmarks: NDArray[np.float32], rule: CropRule) -> CropSquare:
        """Return the square of a pass about landmarks, whose digits may not hang on the place."""
        if not self._is_place_independent:
            return self._square_near(landmarks, rule)
        corner = np.floor(landmarks.min(axis=0))
        square = self._square_near(landmarks - corner, rule)
        centre = to_steps(np.array([square.centre_x, square.centre_y]), _CENTRE_STEPS_PER_PIXEL)
        return replace(
            square,
            centre_x=float(centre[0]) + float(corner[0]),
            centre_y=float(centre[1]) + float(corner[1]),
        )

    def _square_near(self, landmarks: NDArray[np.float32], rule: CropRule) -> CropSquare:
        if len(self.spec.passes) == 1:
            return square_from_box(_detector_box(landmarks), five_points_of(landmarks), rule)
        return square_from_landmarks(landmarks, rule)

    def look(self, image_bgr: AnyPicture, square: CropSquare) -> LandmarkResult | None:
        """Find the landmarks in one square of a frame.

        Parameters
        ----------
        image_bgr : ndarray of uint8, shape (H, W, 3), or PartialPicture
            The upright frame, blue first, C-contiguous.
        square : CropSquare
            What the network sees.

        Returns
        -------
        LandmarkResult or None
            None without a face, or without a sensible result.

        Raises
        ------
        ModelFileError
            If the network fails.
        """
        if not _SIDE_RANGE_PX[0] <= square.side_px <= _SIDE_RANGE_PX[1]:
            return None
        corner = np.zeros(2, dtype=np.float32)
        if self._is_place_independent:
            image_bgr, square, corner = _surroundings(image_bgr, square)
        points, presence = self._run(image_bgr, square)
        threshold = 0.0 if self.spec.presence is None else self.spec.presence.threshold
        if presence is not None and not presence >= threshold:
            return None
        n = self.spec.input.size_px
        points = to_ibug68(points.astype(np.float32), self.spec.convention).astype(np.float64)
        if not np.isfinite(points).all():
            return None
        beyond = max(float(-points.min()), float(points.max()) - (n - 1))
        extent = float(np.ptp(points, axis=0).max())
        if beyond > _MAX_BEYOND_CROP * n or extent < _MIN_EXTENT_IN_CROP * n:
            return None
        landmarks = square.to_frame(points, n)
        rounded = (
            to_steps(landmarks) + corner
            if self._is_place_independent
            else landmarks.astype(np.float32)
        )
        return LandmarkResult(rounded, presence)

    def _run(
        self, image_bgr: AnyPicture, square: CropSquare
    ) -> tuple[NDArray[np.float64], float | None]:
        """Cut, run, and read: points in pixels of the crop, and the presence if there is one."""
        spec = self.spec
        n = spec.input.size_px
        outputs = self._model.run(self._input.cut(image_bgr, square))
        try:
            points = points_in_crop(outputs[0], spec.output, POINT_COUNTS[spec.convention], n)
        except ValueError as error:
            raise ModelFileError(
                self._model.path,
                f"the output does not fit the specification {spec.name!r}: {error}",
                "Use the model file that belongs to the specification.",
            ) from error
        return points, None if spec.presence is None else self._presence(outputs[1])

    def _presence(self, raw: NDArray[np.float32]) -> float:
        spec = self.spec.presence
        if spec is None or raw.size != 1:
            raise ModelFileError(
                self._model.path,
                f"expected one number for the presence of a face, found the shape {raw.shape}",
                "Use the model file that belongs to the specification.",
            )
        value = float(raw.reshape(()))
        if not spec.logit:
            return value
        # The two forms keep the exponential from overflowing.
        small = float(np.exp(-abs(value)))
        return 1.0 / (1.0 + small) if value >= 0.0 else small / (1.0 + small)


def _surroundings(
    image_bgr: AnyPicture, square: CropSquare
) -> tuple[AnyPicture, CropSquare, NDArray[np.float32]]:
    """Return the part of a frame about a square, the square in it, and the part's corner.

    The frame goes on in black, so that its border and rows of black beyond it are the same.
    """
    reach = square.side_px / 2.0 * (abs(square.cos) + abs(square.sin))
    half = math.ceil(reach * _SURROUNDINGS) + 4
    left, top = math.floor(square.centre_x) - half, math.floor(square.centre_y) - half
    height, width = image_bgr.shape[:2]
    touches = -2 * half < left < width and -2 * half < top < height
    if not touches or 2 * half > _MOST_FRAMES * max(height, width):
        return image_bgr, square, np.zeros(2, dtype=np.float32)
    part = cut_surroundings(image_bgr, left, top, 2 * half + 1, 2 * half + 1)
    near = replace(square, centre_x=square.centre_x - left, centre_y=square.centre_y - top)
    return part, near, np.array([left, top], dtype=np.float32)


def _detector_box(landmarks: NDArray[np.float32]) -> NDArray[np.float32]:
    low, high = landmarks.min(axis=0), landmarks.max(axis=0)
    low[1] -= _FOREHEAD * (high[1] - low[1])
    return np.concatenate([low, high])


def _check_face(box: NDArray[np.float32], five_points: NDArray[np.float32] | None) -> None:
    if box.shape != (4,):
        raise ValueError(f"expected a box of 4 numbers, found the shape {box.shape}")
    if five_points is not None and five_points.shape != (5, 2):
        raise ValueError(f"expected 5 points, found the shape {five_points.shape}")
