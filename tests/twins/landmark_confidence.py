"""Twins of :mod:`openface_core.landmark_confidence`: whole arrays, in the file's own layout."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from tests.fixtures.synthetic_models.validator import SyntheticView

Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]


def bilinear(picture: Float32Array, x: Float32Array, y: Float32Array) -> Float32Array:
    """Return grey values at positions rounded to 1/32 pixel, 0 outside."""
    fixed_x = np.clip(np.rint(x * 32.0), -64, 32 * picture.shape[1] + 64).astype(np.int64)
    fixed_y = np.clip(np.rint(y * 32.0), -64, 32 * picture.shape[0] + 64).astype(np.int64)
    padded = np.pad(picture, 4)
    column, row = (fixed_x >> 5) + 4, (fixed_y >> 5) + 4
    a, b = (fixed_x & 31) / np.float32(32), (fixed_y & 31) / np.float32(32)
    return (
        padded[row, column] * (1 - b) * (1 - a)
        + padded[row, column + 1] * (1 - b) * a
        + padded[row + 1, column] * b * (1 - a)
        + padded[row + 1, column + 1] * b * a
    ).astype(np.float32)


def warp(view: SyntheticView, grey: NDArray[np.generic], landmarks: Float32Array) -> Float32Array:
    """Return the pixels of the mask, row by row; all landmarks must lie well within the frame."""
    left, top = np.floor(landmarks.min(axis=0) - 3).astype(int)
    right, bottom = np.floor(landmarks.max(axis=0) + 3).astype(int)
    region = grey[top:bottom, left:right].astype(np.float32)
    local = landmarks - np.array([left, top], dtype=np.float32)
    rows, columns = np.nonzero(view.mask)
    t = view.triangle_ids[rows, columns]
    origin = view.origin.astype(np.float32)
    position = np.stack([columns, rows], axis=1).astype(np.float32) + origin
    ones = np.ones((len(t), 1), dtype=np.float32)
    affine = np.concatenate([ones, position], axis=1)
    b, c = (
        (affine * values[t].astype(np.float32)).sum(axis=1)[:, None] for values in view.barycentric
    )
    corners = local[view.triangles[t]]
    source = corners[:, 0] * (1 - b - c) + corners[:, 1] * b + corners[:, 2] * c
    return bilinear(region, source[:, 0], source[:, 1])


def normalised_image(view: SyntheticView, pixels: Float32Array) -> Float64Array:
    """Return the network's input, black outside of the mask."""
    deviation = pixels.std(dtype=np.float64)
    relative = (pixels - pixels.mean(dtype=np.float64)) / (deviation if deviation > 0 else 1.0)
    image = np.zeros(view.mask.shape)
    image[view.mask > 0] = relative
    mean, scale = np.zeros_like(image.T), np.ones_like(image.T)
    mean[view.mask.T > 0], scale[view.mask.T > 0] = view.mean, view.deviation
    return (image - mean.T) / scale.T


def network_scores(view: SyntheticView, image: Float64Array) -> Float64Array:
    """Return the score of each class."""
    maps = image[None]
    for kernels, biases in zip(view.kernels, view.kernel_biases, strict=True):
        windows = sliding_window_view(maps, kernels.shape[2:], axis=(1, 2))
        maps = np.einsum("ihwyx,ikyx->khw", windows, kernels) + biases[:, None, None]
        maps = np.maximum(maps, 0.0)
        # The twin pools padded maps: zeros lose against every result of ReLU.
        maps = np.pad(maps, ((0, 0), (0, maps.shape[1] % 2), (0, maps.shape[2] % 2)))
        count, height, width = maps.shape
        maps = maps.reshape(count, height // 2, 2, width // 2, 2).max(axis=(2, 4))
    features = maps.transpose(0, 2, 1).reshape(-1)
    hidden = np.maximum(features @ view.dense_weights[0] + view.dense_biases[0], 0.0)
    return np.asarray(hidden @ view.dense_weights[1] + view.dense_biases[1])


def confidence(
    views: list[SyntheticView],
    grey: NDArray[np.generic],
    landmarks: Float32Array,
    rotation_radians: Float64Array,
) -> float:
    """Return the confidence of landmarks that all lie within the frame."""
    distances = [
        np.linalg.norm(rotation_radians - np.radians(view.orientation_degrees)) for view in views
    ]
    view = views[int(np.argmin(distances))]
    scores = network_scores(view, normalised_image(view, warp(view, grey, landmarks)))
    label = -1.0 + (2.0 * int(scores.argmax()) + 1.0) / scores.size
    return 0.5 * (1.0 - label)
