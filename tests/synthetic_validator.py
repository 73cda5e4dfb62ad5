"""A landmark validator of our own in OpenFace's file format: random weights, small sizes.

It knows nothing about faces; its confidences are arbitrary, but deterministic and different.
"""

import struct
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.synthetic_models import mean_face_mm, synthetic_triangles

Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]
Int32Array = NDArray[np.int32]

LAYER_TYPES = (0, 3, 1, 0, 3, 1, 2, 3, 2)
_OPENCV_CODES = {"int32": 4, "float32": 5, "float64": 6}


@dataclass(frozen=True, eq=False)
class SyntheticView:
    """What the file holds for one orientation, in the file's own layout.

    Parameters
    ----------
    orientation_degrees : (3,) ndarray
    mean, deviation : (p,) ndarray
        Pixels of the mask, column by column.
    kernels : list of (inputs, outputs, h, w) ndarray
    kernel_biases : list of (outputs,) ndarray
    dense_weights : list of (inputs, outputs) ndarray
        The first takes each of the last maps column by column.
    dense_biases : list of (outputs,) ndarray
    shape : (68, 2) ndarray
        Landmarks of the standard shape.
    triangles : (t, 3) ndarray
    triangle_ids : (height, width) ndarray
        -1 outside of the mask.
    """

    orientation_degrees: Float64Array
    mean: Float64Array
    deviation: Float64Array
    kernels: list[Float32Array]
    kernel_biases: list[Float32Array]
    dense_weights: list[Float32Array]
    dense_biases: list[Float32Array]
    shape: Float64Array
    triangles: Int32Array
    triangle_ids: Int32Array

    @property
    def mask(self) -> Int32Array:
        """1 where a pixel lies in a triangle."""
        return (self.triangle_ids >= 0).astype(np.int32)

    @property
    def origin(self) -> Float64Array:
        """Position of the first pixel."""
        return np.asarray(self.shape.min(axis=0))

    @property
    def barycentric(self) -> tuple[Float64Array, Float64Array]:
        """Coordinates of the second and third corner: constant, factor of x, of y; each (t, 3)."""
        corners = self.shape[self.triangles]
        ones = np.ones((len(corners), 3, 1))
        inverse = np.linalg.inv(np.concatenate([ones, corners], axis=2))
        return inverse[:, :, 1], inverse[:, :, 2]


def _triangle_ids(shape: Float64Array, triangles: Int32Array, size: tuple[int, int]) -> Int32Array:
    """Return the triangle in which each pixel lies, (height, width), -1 for none."""
    y, x = np.mgrid[: size[0], : size[1]]
    points = np.stack([x, y], axis=2) + shape.min(axis=0)
    ids = np.full(size, -1, dtype=np.int32)
    for t, corners in enumerate(shape[triangles]):
        matrix = np.concatenate([np.ones((3, 1)), corners], axis=1)
        weights = np.concatenate([np.ones((*size, 1)), points], axis=2) @ np.linalg.inv(matrix)
        ids[(weights >= 0).all(axis=2) & (ids < 0)] = t
    return ids


@cache
def synthetic_view(turn_degrees: float, side: int = 24, seed: int = 0) -> SyntheticView:
    """Return a view of `side` x `side` pixels for heads turned about the y axis."""
    rng = np.random.default_rng((seed, int(turn_degrees) + 360, side))
    points = mean_face_mm()
    turned = points[:, 0] * np.cos(np.radians(turn_degrees)) * 0.98
    shape = np.stack([turned, points[:, 1]], axis=1)
    shape = shape * ((side - 1.01) / np.ptp(shape[:, 1]))
    triangles = synthetic_triangles()
    ids = _triangle_ids(shape, triangles, (side, side))
    pixels = int((ids >= 0).sum())
    first = (side - 4 + 1) // 2
    last = (first - 2 + 1) // 2

    def weights(*size: int) -> Float32Array:
        return rng.normal(0.0, 1.0, size).astype(np.float32)

    return SyntheticView(
        orientation_degrees=np.array([0.0, turn_degrees, 0.0]),
        mean=rng.normal(0.0, 0.5, pixels),
        deviation=rng.uniform(0.4, 2.0, pixels),
        kernels=[weights(1, 3, 5, 5), weights(3, 4, 3, 3)],
        kernel_biases=[weights(3), weights(4)],
        dense_weights=[weights(4 * last * last, 6), weights(6, 10)],
        dense_biases=[weights(6), weights(10)],
        shape=shape,
        triangles=triangles,
        triangle_ids=ids,
    )


def synthetic_views() -> list[SyntheticView]:
    """Return three views: from the front, and turned to either side."""
    return [synthetic_view(0.0), synthetic_view(-40.0), synthetic_view(40.0)]


def _matrix(values: NDArray[np.generic]) -> bytes:
    rows, columns = values.shape
    header = struct.pack("<iii", rows, columns, _OPENCV_CODES[values.dtype.name])
    return header + np.ascontiguousarray(values).tobytes()


def _layer_bytes(view: SyntheticView) -> bytes:
    content = struct.pack("<i", len(LAYER_TYPES))
    convolutions = iter(zip(view.kernels, view.kernel_biases, strict=True))
    dense = iter(zip(view.dense_weights, view.dense_biases, strict=True))
    for layer_type in LAYER_TYPES:
        content += struct.pack("<i", layer_type)
        if layer_type == 0:
            kernels, biases = next(convolutions)
            content += struct.pack("<ii", *kernels.shape[:2]) + biases.tobytes()
            content += b"".join(_matrix(k) for k in kernels.reshape(-1, *kernels.shape[2:]))
        elif layer_type == 2:
            weights, biases = next(dense)
            content += _matrix(biases[:, None]) + _matrix(weights)
    return content


def _warp_bytes(view: SyntheticView) -> bytes:
    content = struct.pack("<idd", int(view.mask.sum()), *view.origin)
    content += _matrix(view.shape.T.reshape(-1, 1)) + _matrix(view.triangles)
    content += _matrix(view.triangle_ids) + _matrix(view.mask)
    return content + b"".join(_matrix(values) for values in view.barycentric)


def validator_bytes(views: list[SyntheticView]) -> bytes:
    """Return the content of the file."""
    content = struct.pack("<ii", 3, len(views))
    content += b"".join(_matrix(view.orientation_degrees[:, None]) for view in views)
    for view in views:
        content += _matrix(view.mean[None]) + _matrix(view.deviation[None])
        content += _layer_bytes(view) + _warp_bytes(view)
    return content


def write_validator(path: Path, views: list[SyntheticView] | None = None) -> Path:
    """Write a validator in OpenFace's binary form; returns the path."""
    path.write_bytes(validator_bytes(views or synthetic_views()))
    return path
