"""The triangulation of the face mask: Delaunay's, of the mean face seen from the front."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from openface_core.alignment.face_mask import RAISED_BY_PX, RAISED_POINTS
from openface_core.alignment.similarity import SCALE_PX_PER_MM

Float64Array = NDArray[np.float64]

_TIE_BREAK = 1e-7
"""Lifts points by this share of the face's squared size: mirrored points lie on common circles."""

_MIN_AREA_MM2 = 0.5
"""Slivers below this cover nothing."""


def masked_outline_mm(mean_mm: NDArray[np.floating]) -> Float64Array:
    """Return the mean's points as the face mask takes them, (68, 2): the forehead's raised."""
    points = np.asarray(mean_mm, dtype=np.float64).reshape(3, -1)[:2].T.copy()
    points[RAISED_POINTS, 1] -= float(RAISED_BY_PX) / SCALE_PX_PER_MM
    return points


def delaunay(points: Float64Array) -> NDArray[np.int32]:
    """Return the Delaunay triangulation of a few points in the plane.

    A triangle belongs to it if no point lies inside its circle, that is, below the plane through
    its corners once every point is lifted onto a paraboloid. With a hundred points at most, all
    triangles can be tried.

    Parameters
    ----------
    points : (n, 2) ndarray of float64
        The points.

    Returns
    -------
    (t, 3) ndarray of int32
        Corners of the triangles, in the order of their indices.
    """
    centred = points - points.mean(axis=0)
    size = float((centred**2).sum(axis=1).max())
    # Which of the triangulations of a circle's points is taken does not matter, but only one is.
    lift = np.random.default_rng(0).random(len(points))
    height = (centred**2).sum(axis=1) + _TIE_BREAK * size * lift
    found = []
    corners = np.array(list(combinations(range(len(points)), 3)))
    for part in np.array_split(corners, max(1, len(corners) // 4096)):
        a, b, c = (centred[part[:, k]] for k in range(3))
        ab, ac = b - a, c - a
        area2 = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
        usable = np.abs(area2) > 2.0 * _MIN_AREA_MM2
        part, a, ab, ac, area2 = (v[usable] for v in (part, a, ab, ac, area2))
        lift_b = height[part[:, 1]] - height[part[:, 0]]
        lift_c = height[part[:, 2]] - height[part[:, 0]]
        # The plane over the triangle: height = height of a + slope . (point - a).
        slope_x = (lift_b * ac[:, 1] - lift_c * ab[:, 1]) / area2
        slope_y = (lift_c * ab[:, 0] - lift_b * ac[:, 0]) / area2
        plane = (
            height[part[:, 0], None]
            + slope_x[:, None] * (centred[None, :, 0] - a[:, :1])
            + slope_y[:, None] * (centred[None, :, 1] - a[:, 1:])
        )
        above = height[None] - plane
        np.put_along_axis(above, part, np.inf, axis=1)
        found.append(part[(above > 0.0).all(axis=1)])
    return np.concatenate(found).astype(np.int32)
