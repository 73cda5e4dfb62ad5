"""The confidence of a face's landmarks.

References
----------
``DetectionValidator::Check``, ``CheckCNN``, ``NormaliseWarpedToVector`` and ``GetViewId`` of
OpenFace 2.2.
"""

import math

import numpy as np
from numpy.typing import NDArray

from openface_core.finite import all_finite
from openface_core.kernel import kernel
from openface_core.landmark_confidence.model import LandmarkValidationModel, ValidationView
from openface_core.landmark_confidence.piecewise_affine import (
    LANDMARK_COUNT,
    AnyGrey,
    check_grey,
    warp_piecewise,
)
from openface_core.partial_pictures import contiguous

Float32Array = NDArray[np.float32]


@kernel
def _normalise(
    pixels: Float32Array,
    mean: Float32Array,
    deviation: Float32Array,
    indices: NDArray[np.int64],
    image: Float32Array,
) -> None:
    """Write pixels, normalised over the face and then each by itself, into a flat picture."""
    total = 0.0
    for p in range(pixels.shape[0]):
        total += pixels[p]
    face_mean = total / pixels.shape[0]
    squares = 0.0
    for p in range(pixels.shape[0]):
        squares += (pixels[p] - face_mean) ** 2
    face_deviation = math.sqrt(squares / pixels.shape[0])
    # A picture of one colour has no contrast that could be brought to 1.
    scale = np.float32(1.0 / face_deviation if face_deviation > 0.0 else 1.0)
    offset = np.float32(face_mean)
    for p in range(pixels.shape[0]):
        value = (pixels[p] - offset) * scale
        image[indices[p]] = (value - mean[p]) / deviation[p]


class LandmarkValidator:
    """Says how far a face's landmarks can be trusted.

    Nothing is kept between calls, and one validator may serve several threads.

    Parameters
    ----------
    model : LandmarkValidationModel
        See :func:`openface_core.model_files.read_landmark_validator`.
    """

    def __init__(self, model: LandmarkValidationModel) -> None:
        self.model = model
        self._orientations = np.stack([view.orientation_radians for view in model.views])

    def view(self, rotation_radians: NDArray[np.floating]) -> ValidationView:
        """Return the view whose orientation is the nearest, the first of equally near ones.

        Parameters
        ----------
        rotation_radians : (3,) ndarray
            Euler angles rx, ry, rz of the head.
        """
        distances = ((self._orientations - rotation_radians) ** 2).sum(axis=1)
        return self.model.views[int(distances.argmin())]

    def confidence(
        self, grey: AnyGrey, landmarks: NDArray[np.floating], rotation_radians: NDArray[np.floating]
    ) -> float:
        """Return the confidence of the landmarks of one face.

        Parameters
        ----------
        grey : (H, W) ndarray of uint8 or float32, or PartialPicture
            Grey frame, values 0 to 255.
        landmarks : (68, 2) ndarray
            Landmarks, pixels.
        rotation_radians : (3,) ndarray
            Euler angles rx, ry, rz of the fitted shape (see
            :class:`openface_core.shape.ShapeFit`), which choose the view.

        Returns
        -------
        float
            0 (bad) to 1 (good) in steps of one over the number of classes, 30 in OpenFace's model:
            0.0167, 0.05, ..., 0.9833. 0 where the landmarks are not finite or all outside of the
            frame.

        Raises
        ------
        ValueError
            If an array has another form.
        """
        check_grey(grey)
        if landmarks.shape != (LANDMARK_COUNT, 2) or rotation_radians.shape != (3,):
            raise ValueError(
                f"landmarks ({LANDMARK_COUNT}, 2) and three angles are expected, found "
                f"{landmarks.shape} and {rotation_radians.shape}"
            )
        with np.errstate(over="ignore"):
            points = np.ascontiguousarray(landmarks, dtype=np.float32)
        if grey.size == 0 or not (all_finite(points) and all_finite(rotation_radians)):
            return 0.0
        view = self.view(rotation_radians)
        pixels = warp_piecewise(view.warp, contiguous(grey), points)
        if pixels is None:
            return 0.0
        network = view.network
        image = np.zeros((network.height, network.width), dtype=np.float32)
        _normalise(pixels, view.mean, view.deviation, view.pixel_indices, image.reshape(-1))
        best = int(network.scores(image).argmax())
        # The classes are equal parts of -1 (good) to 1 (bad).
        return 1.0 - (best + 0.5) / network.class_count
