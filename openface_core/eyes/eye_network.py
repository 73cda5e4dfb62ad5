"""A network that finds the points of both eyes.

One network serves both: the right eye of the picture is shown to it in mirror image.
"""

from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from openface_core.errors import ModelFileError
from openface_core.eyes.eye_points import EYE_COUNT, EYE_POINT_COUNT, MIRRORED_EYE_POINTS
from openface_core.eyes.eye_square import EYE_CROP_PX, eye_squares
from openface_core.finite import all_finite
from openface_core.inference import DEFAULT_ONNX_SETTINGS, OnnxModel, OnnxSettings, TensorSpec
from openface_core.landmarks.crop import CropSquare, cut_square
from openface_core.partial_pictures import AnyPicture, contiguous

Float32Array = NDArray[np.float32]

INPUT: Final = "eyes"
POINTS: Final = "points"
"""Names of the network's input, (n, 1, 48, 48), and output, (n, 28, 2)."""

_MIRRORED: Final = np.array(MIRRORED_EYE_POINTS)
_GREY_WEIGHTS: Final = np.array([0.114, 0.587, 0.299], dtype=np.float32)
"""Of blue, green and red (ITU-R BT.601)."""

_SIDE_RANGE_PX = (2.0, 100_000.0)
_GAIN: Final = np.full(3, 1.0 / 255.0, dtype=np.float32)
_BIAS: Final = np.zeros(3, dtype=np.float32)


class EyeNetwork:
    """The network; keeps no state between frames, so frames may come in any order.

    Parameters
    ----------
    model_path : path-like
        Its ONNX file.
    onnx : OnnxSettings
        Where it runs.

    Raises
    ------
    ModelFileError
        If the file is missing, damaged, or another kind of network.
    ConfigError
        If the provider asked for is not available.
    """

    def __init__(self, model_path: str | Path, onnx: OnnxSettings = DEFAULT_ONNX_SETTINGS) -> None:
        given = TensorSpec(INPUT, (None, 1, EYE_CROP_PX, EYE_CROP_PX))
        self._model = OnnxModel(model_path, [given], [TensorSpec(POINTS, None)], onnx)
        self.providers = self._model.providers
        # One run on grey shows whether the output has the right size.
        found = self._run(np.full((EYE_COUNT, 1, EYE_CROP_PX, EYE_CROP_PX), 0.5, dtype=np.float32))
        self._model.check_numbers(found)

    def find(
        self, image_bgr: AnyPicture, landmarks: Float32Array, scale_px_per_mm: float
    ) -> Float32Array | None:
        """Find the eyes of a face.

        Parameters
        ----------
        image_bgr : (H, W, 3) ndarray of uint8, or PartialPicture
            The upright frame, blue first.
        landmarks : (68, 2) ndarray of float32
            Landmarks of the face, pixels.
        scale_px_per_mm : float
            Scale of the face's shape in the frame.

        Returns
        -------
        (2, 28, 2) ndarray of float32, or None
            Points of each eye, pixels of the frame; None for landmarks that no crop can be placed
            on.

        Raises
        ------
        ModelFileError
            If the network gives something else than points.
        """
        if not (all_finite(landmarks) and np.isfinite(scale_px_per_mm)):
            return None
        squares = eye_squares(landmarks, scale_px_per_mm)
        if not _SIDE_RANGE_PX[0] <= squares[0].side_px <= _SIDE_RANGE_PX[1]:
            return None
        found = self._run(eye_tensor(contiguous(image_bgr), squares))
        if not all_finite(found):
            return None
        found[1] = found[1, _MIRRORED] * (-1.0, 1.0)
        # to_frame takes pixels of a crop; in one of a single pixel its middle is the origin.
        placed = [square.to_frame(eye, 1) for square, eye in zip(squares, found, strict=True)]
        return np.stack(placed).astype(np.float32)

    def _run(self, tensor: Float32Array) -> NDArray[np.float64]:
        """Return points (2, 28, 2) in sides of the crops from their middles."""
        (found,) = self._model.run(tensor)
        if found.shape != (EYE_COUNT, EYE_POINT_COUNT, 2):
            raise ModelFileError(
                self._model.path,
                f"expected {EYE_POINT_COUNT} points of each of {EYE_COUNT} eyes, "
                f"found the shape {found.shape}",
                "Use a network of this kind as models.eyes, or none.",
            )
        return found.astype(np.float64)


def eye_tensor(image_bgr: AnyPicture, squares: tuple[CropSquare, CropSquare]) -> Float32Array:
    """Return the network's input.

    Parameters
    ----------
    image_bgr : (H, W, 3) ndarray of uint8, or PartialPicture
        The frame, C-contiguous.
    squares : tuple of two CropSquare
        Where the eyes are.

    Returns
    -------
    (2, 1, 48, 48) ndarray of float32
        Grey from 0 to 1, the second eye in mirror image.
    """
    tensor = np.empty((EYE_COUNT, 1, EYE_CROP_PX, EYE_CROP_PX), dtype=np.float32)
    planes = np.empty((3, EYE_CROP_PX, EYE_CROP_PX), dtype=np.float32)
    for eye, square in enumerate(squares):
        cut_square(image_bgr, square, _GAIN, _BIAS, False, planes)
        grey = np.tensordot(_GREY_WEIGHTS, planes, axes=1)
        tensor[eye, 0] = grey[:, ::-1] if eye == 1 else grey
    return tensor
