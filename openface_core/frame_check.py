"""What a frame is, and the one check of a frame that is given to a model."""

import numpy as np
from numpy.typing import NDArray

from openface_core.partial_pictures import AnyPicture, PartialPicture


def is_bgr(image: NDArray[np.generic]) -> bool:
    """Return whether an array is a picture H x W x 3 of uint8; it may be empty."""
    return image.ndim == 3 and image.shape[2] == 3 and image.dtype == np.uint8


def check_frame(image_bgr: AnyPicture) -> None:
    """Raise ValueError if a frame is not H x W x 3 uint8, or is empty."""
    if not isinstance(image_bgr, PartialPicture) and not is_bgr(image_bgr):
        raise ValueError(
            f"expected an H x W x 3 uint8 image, found {image_bgr.shape} {image_bgr.dtype}"
        )
    if image_bgr.size == 0:
        raise ValueError("the image has no pixels")
