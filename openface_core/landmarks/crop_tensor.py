"""The input tensor of a network, made from a square of a frame as a specification says."""

import numpy as np
from numpy.typing import NDArray

from openface_core.inference import TensorSpec
from openface_core.landmarks.crop import CropSquare, cut_square
from openface_core.landmarks.spec import NetworkInput
from openface_core.partial_pictures import AnyPicture

_GREY = 127


class CropTensor:
    """Makes tensors of squares.

    Parameters
    ----------
    spec : NetworkInput
        How a crop becomes the tensor.
    """

    def __init__(self, spec: NetworkInput) -> None:
        self._side_px = n = spec.size_px
        self._is_planar = spec.layout == "nchw"
        self._is_rgb = spec.colour == "rgb"
        self._shape = (1, 3, n, n) if self._is_planar else (1, n, n, 3)
        std = np.array(spec.std)
        self._gain = (spec.scale / std).astype(np.float32)
        self._bias = (-np.array(spec.mean) / std).astype(np.float32)
        self.tensor_spec = TensorSpec(spec.tensor, self._shape)

    def cut(self, image_bgr: AnyPicture, square: CropSquare) -> NDArray[np.float32]:
        """Return the tensor of a square of a frame, (H, W, 3), blue first."""
        tensor = np.empty(self._shape, dtype=np.float32)
        planes = tensor[0] if self._is_planar else tensor[0].transpose(2, 0, 1)
        cut_square(image_bgr, square, self._gain, self._bias, self._is_rgb, planes)
        return tensor

    def grey_picture(self) -> tuple[NDArray[np.uint8], CropSquare]:
        """Return a grey picture, and the square that is all of it."""
        n = self._side_px
        return np.full((n, n, 3), _GREY, dtype=np.uint8), CropSquare(n / 2.0, n / 2.0, float(n))
