"""Twins of :mod:`openface_core.alignment`: SVD for the rotation, whole arrays for the pixels."""

import numpy as np
from numpy.typing import NDArray

UInt8Array = NDArray[np.uint8]
Float64Array = NDArray[np.float64]
Float32Array = NDArray[np.float32]

RIGID = [*range(1, 5), *range(12, 16), 27, 28, 29, *range(31, 37), *range(39, 43), 45, 46, 47]
RAISED = [0, 16, *range(17, 27)]


def similarity(source: Float64Array, target: Float64Array) -> Float64Array:
    """Return scale times rotation, (2, 2), that brings `source` (n, 2) closest to `target`."""
    source = source - source.mean(axis=0)
    target = target - target.mean(axis=0)
    scale = np.sqrt((target**2).sum() / len(target)) / np.sqrt((source**2).sum() / len(source))
    u, _, vt = np.linalg.svd(source.T @ target)
    proper = np.diag([1.0, np.sign(np.linalg.det(u @ vt))])
    return np.asarray(scale * (vt.T @ proper @ u.T))


def warp_matrix(
    landmarks: Float32Array, translation_px: Float32Array, mean_mm: Float32Array
) -> Float64Array:
    """Return the transform (2, 3) from frame to aligned face, in float64."""
    target = 0.7 * mean_mm.astype(np.float64).reshape(3, -1).T[:, :2]
    linear = similarity(landmarks[RIGID].astype(np.float64), target[RIGID])
    offset = 56.0 - linear @ translation_px.astype(np.float64)
    return np.column_stack([linear, offset])


def _inverse(matrix: Float32Array) -> Float64Array:
    """Return the inverse of an affine transform (2, 3); zeros where there is none."""
    m = matrix.astype(np.float64)
    determinant = m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]
    reciprocal = 1.0 / determinant if determinant != 0.0 else 0.0
    inverse = np.empty((2, 3))
    inverse[:, :2] = np.array([[m[1, 1], -m[0, 1]], [-m[1, 0], m[0, 0]]]) * reciprocal
    inverse[:, 2] = -inverse[:, 0] * m[0, 2] - inverse[:, 1] * m[1, 2]
    return inverse


def warp_affine(image: UInt8Array, matrix: Float32Array, size_px: int) -> UInt8Array:
    """Warp in fixed point: positions in 1/32 pixel, weights in 1/32768, black outside."""
    inverse = _inverse(matrix)
    steps = np.arange(size_px, dtype=np.float64)

    def fixed(values: Float64Array) -> NDArray[np.int64]:
        return np.clip(np.rint(values * 1024.0), -(2.0**30), 2.0**30).astype(np.int64)

    position = []
    for k in range(2):
        column = fixed(inverse[k, 0] * steps)
        row = fixed(inverse[k, 1] * steps + inverse[k, 2])
        position.append((column[None, :] + row[:, None] + 16) >> 5)
    left, top = position[0] >> 5, position[1] >> 5
    a, b = position[0] & 31, position[1] & 31
    total = np.full((size_px, size_px, 3), 16384, dtype=np.int64)
    height, width = image.shape[:2]
    for dy, weight_y in ((0, 32 - b), (1, b)):
        for dx, weight_x in ((0, 32 - a), (1, a)):
            x, y = left + dx, top + dy
            within = (x >= 0) & (x < width) & (y >= 0) & (y < height)
            pixel = image[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)].astype(np.int64)
            total += pixel * (within * 32 * weight_x * weight_y)[:, :, None]
    return (total >> 15).astype(np.uint8)


def mask_points(landmarks: Float32Array, matrix: Float32Array) -> Float32Array:
    """Return the landmarks in the aligned face, upper ends of jaw and brows moved up by 30 px."""
    x, y = landmarks.astype(np.float64).T
    turned = np.stack([x * float(m[0]) + y * float(m[1]) for m in matrix], axis=1)
    points = turned.astype(np.float32) + matrix[:, 2]
    points[RAISED, 1] -= np.float32(30.0)
    return points


def mask_of_points(points: Float32Array, triangles: NDArray[np.int32], size_px: int) -> UInt8Array:
    """Return 1 where a pixel lies on the inner side of all three edges of a triangle."""
    y, x = np.mgrid[0:size_px, 0:size_px].astype(np.float32)
    mask = np.zeros((size_px, size_px), dtype=np.bool_)
    for t in triangles:
        corner = points[t]
        inside = (x >= corner[:, 0].min()) & (x <= corner[:, 0].max())
        inside &= (y >= corner[:, 1].min()) & (y <= corner[:, 1].max())
        # For each edge: does the pixel lie on the side of the corner opposite?
        for opposite, (start_x, start_y), (end_x, end_y) in (
            (corner[0], corner[1], corner[2]),
            (corner[1], corner[0], corner[2]),
            (corner[2], corner[0], corner[1]),
        ):
            of_pixel = (end_x - start_x) * (y - start_y) - (x - start_x) * (end_y - start_y)
            of_corner = (end_x - start_x) * (opposite[1] - start_y) - (opposite[0] - start_x) * (
                end_y - start_y
            )
            inside &= of_pixel * of_corner >= 0
        mask |= inside
    return mask.astype(np.uint8)
