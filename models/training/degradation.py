"""Photographs as cameras and codecs of videos would have them."""

import cv2
import numpy as np
from numpy.typing import NDArray

UInt8Array = NDArray[np.uint8]

_BLUR_SHARE, _BLUR_MM = 0.5, (0.3, 2.5)
_GAMMA_SHARE, _GAMMA_LOG = 0.3, 0.35
_NOISE_SHARE, _NOISE_LEVELS = 0.3, (1.0, 8.0)
_JPEG_SHARE, _JPEG_QUALITY = 0.4, (15, 80)
"""How often, and how much. Blur is given in millimetres of the face: so small faces look."""


def degraded(image_bgr: UInt8Array, scale_px_per_mm: float, rng: np.random.Generator) -> UInt8Array:
    """Return a picture with blur, other contrast, noise and blocks, each of them at random.

    Parameters
    ----------
    image_bgr : (H, W, 3) ndarray of uint8
        A photograph.
    scale_px_per_mm : float
        Size of its face.
    rng : numpy.random.Generator
        Decides about everything.
    """
    image = image_bgr
    if rng.random() < _BLUR_SHARE:
        width = float(scale_px_per_mm * rng.uniform(*_BLUR_MM))
        image = cv2.GaussianBlur(image, (0, 0), width).astype(np.uint8)
    if rng.random() < _GAMMA_SHARE:
        levels = (np.arange(256) / 255.0) ** np.exp(rng.normal(0.0, _GAMMA_LOG))
        image = cv2.LUT(image, np.rint(255.0 * levels).astype(np.uint8)).astype(np.uint8)
    if rng.random() < _NOISE_SHARE:
        noise = rng.normal(0.0, rng.uniform(*_NOISE_LEVELS), (*image.shape[:2], 1))
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
    if rng.random() < _JPEG_SHARE:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(*_JPEG_QUALITY))]
        coded = cv2.imencode(".jpg", image, quality)[1]
        image = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), dtype=np.uint8)
    return np.ascontiguousarray(image)
