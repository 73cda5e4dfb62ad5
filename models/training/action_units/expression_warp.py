"""Photographs bent so that the face in them makes another face.

Between photographs, persons differ more than expressions do, but it is expressions within a person
that action units are about. A photograph whose face is bent towards another one's shape is the same
person with another expression, or nearly.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]

_GRID = 33
"""Nodes along each side of the picture at which the bend is computed; linear in between."""

_STIFFNESS = 1e-3
"""Gives way to points that would fold the picture."""

REGIONS = (
    tuple(range(17, 27)),
    tuple(range(36, 48)),
    tuple(range(27, 36)),
    (*range(17), *range(48, 68)),
)
"""Brows, eyes, nose, and jaw with mouth: what moves by itself."""


def _kernel(from_points: Float64Array, to_points: Float64Array) -> Float64Array:
    """Return thin-plate spline values ``r^2 log r`` between two sets of points."""
    square = ((from_points[:, None] - to_points[None]) ** 2).sum(axis=-1)
    return np.asarray(0.5 * square * np.log(np.maximum(square, 1e-12)))


def thin_plate_map(
    new_points: Float64Array, old_points: Float64Array, width_px: int, height_px: int
) -> Float32Array:
    """Return where in a picture the pixels of its bent version come from.

    Parameters
    ----------
    new_points, old_points : (n, 2) ndarray of float64
        Where points shall be and where they are, pixels.
    width_px, height_px : int
        Size of the picture; its corners and the middles of its edges stay.

    Returns
    -------
    (height_px, width_px, 2) ndarray of float32
        x, y in the old picture.
    """
    right, bottom = width_px - 1.0, height_px - 1.0
    stay = np.array([(x, y) for x in (0, right / 2, right) for y in (0, bottom / 2, bottom)])
    stay = np.delete(stay, 4, axis=0)
    size = np.array([right, bottom])
    controls = np.concatenate([new_points, stay]) / size
    offsets = np.concatenate([old_points - new_points, np.zeros_like(stay)])
    n = len(controls)
    affine = np.concatenate([np.ones((n, 1)), controls], axis=1)
    system = np.zeros((n + 3, n + 3))
    system[:n, :n] = _kernel(controls, controls) + _STIFFNESS * np.eye(n)
    system[:n, n:], system[n:, :n] = affine, affine.T
    weights = np.linalg.solve(system, np.concatenate([offsets, np.zeros((3, 2))]))
    steps = np.linspace(0.0, 1.0, _GRID)
    nodes = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    field = _kernel(nodes, controls) @ weights[:n]
    field += np.concatenate([np.ones((len(nodes), 1)), nodes], axis=1) @ weights[n:]
    columns, rows = np.meshgrid(np.arange(width_px), np.arange(height_px))
    place = np.stack([columns, rows], axis=-1).astype(np.float32)
    on_grid = place * np.float32(_GRID - 1) / size.astype(np.float32)
    bend = cv2.remap(
        field.reshape(_GRID, _GRID, 2).astype(np.float32),
        np.ascontiguousarray(on_grid[..., 0]),
        np.ascontiguousarray(on_grid[..., 1]),
        cv2.INTER_LINEAR,
    )
    return np.asarray(place + bend, dtype=np.float32)


def region_weights(rng: np.random.Generator) -> Float64Array:
    """Return how much each point takes part in a change of expression, (68, 1) from 0 up."""
    weights = np.zeros((68, 1))
    for region in REGIONS:
        weights[list(region)] = rng.uniform(0.0, 1.4) if rng.random() < 0.7 else 0.0
    return weights
