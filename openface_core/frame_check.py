"""The one check of a frame that is given to a model."""

import numpy as np
from numpy.typing import NDArray


def check_frame(image_bgr: NDArray[np.uint8]) -> None:
    """Raise ValueError if a frame is not H x W x 3 uint8, or is empty."""
    if image_bgr.ndim != 3 or image_bgr.shape[2] != 3 or image_bgr.dtype != np.uint8:
        raise ValueError(
            f"expected an H x W x 3 uint8 image, found {image_bgr.shape} {image_bgr.dtype}"
        )
    if image_bgr.size == 0:
        raise ValueError("the image has no pixels")
