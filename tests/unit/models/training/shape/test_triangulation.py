"""The triangulation of the face mask: Delaunay's, whole, and decided where mirrored points tie."""

from pathlib import Path

import numpy as np

from models.training.shape.files import write_shape_model, write_triangulation
from models.training.shape.generic_face import generic_face_mm
from models.training.shape.triangulation import delaunay, masked_outline_mm
from openface_core.model_files import read_pdm, read_triangulation
from tests.fixtures.faces.shape import synthetic_pdm


def double_areas(points: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    a, b, c = (points[triangles[:, k]] for k in range(3))
    (ux, uy), (vx, vy) = (b - a).T, (c - a).T
    return np.abs(ux * vy - uy * vx)


def test_a_square_with_its_centre() -> None:
    square = np.array([[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0], [5.0, 5.0]])
    found = {tuple(sorted(triangle)) for triangle in delaunay(square).tolist()}
    assert found == {(0, 1, 4), (1, 2, 4), (2, 3, 4), (0, 3, 4)}


def test_four_points_of_a_circle_give_two_triangles() -> None:
    assert len(delaunay(np.array([[0.0, 0.0], [9.0, 0.0], [9.0, 9.0], [0.0, 9.0]]))) == 2


def test_no_point_lies_inside_a_triangles_circle_and_nothing_is_left_out() -> None:
    points = np.random.default_rng(0).uniform(-50.0, 50.0, (40, 2))
    triangles = delaunay(points)
    area = double_areas(points, triangles).sum()
    for triangle in triangles:
        a, b, c = points[triangle]
        system = 2.0 * np.array([b - a, c - a])
        centre = np.linalg.solve(system, [b @ b - a @ a, c @ c - a @ a])
        distances = np.linalg.norm(points - centre, axis=1)
        assert distances.min() >= np.linalg.norm(a - centre) - 1e-6
    order = convex_hull(points)
    x, y = points[order].T
    hull = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))
    np.testing.assert_allclose(area, hull, rtol=1e-2)


def convex_hull(points: np.ndarray) -> list[int]:
    """Corners in order, by wrapping."""
    order = [int(points[:, 0].argmin())]
    while True:
        here = points[order[-1]]
        best = (order[-1] + 1) % len(points)
        for k in range(len(points)):
            (ux, uy), (vx, vy) = points[best] - here, points[k] - here
            if ux * vy - uy * vx < 0:
                best = k
        if best == order[0]:
            return order
        order.append(best)


def test_the_forehead_belongs_to_the_masked_face(tmp_path: Path) -> None:
    mean = generic_face_mm().T.reshape(-1)
    outline = masked_outline_mm(mean)
    flat = mean.reshape(3, 68)[:2].T
    raised = flat[:, 1] - outline[:, 1]
    assert set(np.flatnonzero(raised)) == {0, 16, *range(17, 27)}
    np.testing.assert_allclose(raised[raised > 0], 30.0 / 0.7, rtol=1e-6)
    triangles = delaunay(outline)
    assert set(triangles.ravel()) == set(range(68))
    write_triangulation(triangles, tmp_path / "triangulation.txt")
    np.testing.assert_array_equal(read_triangulation(tmp_path / "triangulation.txt", 68), triangles)


def test_shape_model_survives_the_round_trip(tmp_path: Path) -> None:
    pdm = synthetic_pdm()
    write_shape_model(pdm, tmp_path / "shape.txt")
    found = read_pdm(tmp_path / "shape.txt", 68)
    np.testing.assert_allclose(found.mean_mm, pdm.mean_mm, rtol=1e-6)
    np.testing.assert_allclose(found.components_mm, pdm.components_mm, rtol=1e-5, atol=1e-8)
    np.testing.assert_allclose(found.eigenvalues, pdm.eigenvalues, rtol=1e-6)
