"""The confidence of landmarks by a network of this project's own.

It sees the face that landmarks describe (:mod:`~openface_core.landmark_confidence.face_crop`) and
gives the probability that they are right: that their mean distance from where people mark them is
below a tenth of the distance of the outer eye corners, or of half the face's height where it is
turned so far aside that this is more.
"""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from openface_core.errors import ModelFileError
from openface_core.finite import all_finite
from openface_core.inference import DEFAULT_ONNX_SETTINGS, OnnxModel, OnnxSettings, TensorSpec
from openface_core.landmark_confidence.face_crop import (
    CHANNELS,
    CROP_PX,
    box_of_crop,
    cut_face,
    standard_face,
)
from openface_core.landmark_confidence.piecewise_affine import LANDMARK_COUNT, AnyGrey, check_grey
from openface_core.partial_pictures import contiguous, pixels_within

INPUT: Final = "faces"
PROBABILITY: Final = "probability"
"""Names of the network's input, (n, 2, 48, 48), and output, (n, 1)."""


class LandmarkJudge:
    """Says how far a face's landmarks can be trusted; keeps no state.

    Parameters
    ----------
    model_path : path-like
        The network's ONNX file.
    mean_mm : (204,) ndarray
        Mean of the shape model that landmarks are compared with: x, then y, then z.
    onnx : OnnxSettings
        Where it runs.

    Raises
    ------
    ModelFileError
        If the file is missing, damaged, or another kind of network.
    ConfigError
        If the provider asked for is not available.
    """

    def __init__(
        self,
        model_path: str | Path,
        mean_mm: NDArray[np.floating],
        onnx: OnnxSettings = DEFAULT_ONNX_SETTINGS,
    ) -> None:
        given = TensorSpec(INPUT, (None, CHANNELS, CROP_PX, CROP_PX))
        self._model = OnnxModel(model_path, [given], [TensorSpec(PROBABILITY, None)], onnx)
        self._standard = standard_face(mean_mm)
        # One run on an even picture shows whether the output has the right size.
        found = self._run(np.zeros((1, CHANNELS, CROP_PX, CROP_PX), dtype=np.float32))
        self._model.check_numbers(np.array(found))

    def confidence(
        self,
        grey: AnyGrey,
        landmarks: NDArray[np.floating],
        rotation_radians: NDArray[np.floating],  # noqa: ARG002 - OpenFace's validator needs it
    ) -> float:
        """Return the confidence of the landmarks of one face.

        Parameters
        ----------
        grey : (H, W) ndarray of uint8 or float32, or PartialPicture
            Grey frame, values 0 to 255.
        landmarks : (68, 2) ndarray
            Landmarks, pixels.
        rotation_radians : (3,) ndarray
            Not looked at: the network serves every orientation.

        Returns
        -------
        float
            Probability that the landmarks are right, 0 to 1. 0 where they are not finite, or no
            picture can be cut by them.

        Raises
        ------
        ValueError
            If an array has another form.
        """
        check_grey(grey)
        if landmarks.shape != (LANDMARK_COUNT, 2):
            raise ValueError(
                f"landmarks ({LANDMARK_COUNT}, 2) are expected, found {landmarks.shape}"
            )
        points = np.ascontiguousarray(landmarks, dtype=np.float32)
        if grey.size == 0 or not all_finite(points):
            return 0.0
        crop = np.empty((1, CHANNELS, CROP_PX, CROP_PX), dtype=np.float32)
        pixels = pixels_within(contiguous(grey), *box_of_crop(points, self._standard, grey.shape))
        if not cut_face(pixels, points, self._standard, crop[0]):
            return 0.0
        found = self._run(crop)
        return min(max(found, 0.0), 1.0) if np.isfinite(found) else 0.0

    def _run(self, crop: NDArray[np.float32]) -> float:
        (found,) = self._model.run(crop)
        if found.size != 1:
            raise ModelFileError(
                self._model.path,
                f"expected one probability, found the shape {found.shape}",
                "Use a network of this kind as models.validator, OpenFace's, or none.",
            )
        return float(found.reshape(()))
