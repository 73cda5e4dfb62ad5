"""Reading points from raw outputs, with values whose place is known."""

import numpy as np
import pytest

from openface_core.landmarks.outputs import points_in_crop
from openface_core.landmarks.spec import NetworkOutput

PEAK_TOLERANCE_PX = 0.25


def form(kind: str, **changes: object) -> NetworkOutput:
    values: dict[str, object] = {
        "tensor": None,
        "form": kind,
        "row_length": 2,
        "range": "pixels",
        "grid": "pixel_centres",
        "shift_px": (0.0, 0.0),
        "offset_logit_factor": 16.0,
    }
    return NetworkOutput(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value_range", "grid", "values", "expected"),
    [
        ("zero_to_one", "pixel_edges", [0.0, 1.0], [-0.5, 99.5]),
        ("zero_to_one", "pixel_centres", [0.0, 1.0], [0.0, 99.0]),
        ("minus_one_to_one", "pixel_edges", [-1.0, 1.0], [-0.5, 99.5]),
        ("minus_one_to_one", "pixel_centres", [-1.0, 1.0], [0.0, 99.0]),
        ("pixels", "pixel_edges", [0.5, 100.0], [0.0, 99.5]),
        ("pixels", "pixel_centres", [0.5, 99.0], [0.5, 99.0]),
    ],
)
def test_coordinates_in_every_range(
    value_range: str, grid: str, values: list[float], expected: list[float]
) -> None:
    output = form("coordinates", range=value_range, grid=grid)
    points = points_in_crop(np.array([[values]], dtype=np.float32), output, 1, 100)
    np.testing.assert_allclose(points, [expected], atol=1e-5)


def test_longer_rows_and_a_shift() -> None:
    output = form("coordinates", row_length=3, shift_px=(0.5, -1.0))
    raw = np.array([[[[1, 2, 9, 3, 4, 9]]]], dtype=np.float32)
    np.testing.assert_allclose(points_in_crop(raw, output, 2, 100), [[1.5, 1], [3.5, 3]])


def test_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="expected 68 rows of 2"):
        points_in_crop(np.zeros((1, 135), dtype=np.float32), form("coordinates"), 68, 100)
    for shape in ((1, 5, 8, 8), (2, 2, 8, 8), (1, 2, 8), (1, 2, 2, 8)):
        with pytest.raises(ValueError, match=r"expected the shape \(1, 2,"):
            points_in_crop(np.zeros(shape, dtype=np.float32), form("heatmaps"), 2, 100)


@pytest.mark.parametrize("grid", ["pixel_edges", "pixel_centres"])
def test_peaks_of_heat_maps_are_found_between_cells(grid: str) -> None:
    rng = np.random.default_rng(0)
    rows, columns, size = 24, 32, 128
    cells = rng.uniform([3, 3], [columns - 4, rows - 4], (10, 2))
    yy, xx = np.mgrid[:rows, :columns]
    maps = np.stack([np.exp(-((xx - x) ** 2 + (yy - y) ** 2) / (2 * 2.0**2)) for x, y in cells])[
        None
    ].astype(np.float32)
    counts = np.array([columns, rows])
    if grid == "pixel_edges":
        expected = (cells + 0.5) * size / counts - 0.5
    else:
        expected = cells * (size - 1) / (counts - 1)
    points = points_in_crop(maps, form("heatmaps", grid=grid), 10, size)
    np.testing.assert_allclose(points, expected, atol=PEAK_TOLERANCE_PX)


def test_a_peak_on_the_border_and_a_flat_map_stay_in_their_cell() -> None:
    maps = np.zeros((1, 2, 8, 8), dtype=np.float32)
    maps[0, 0, 0, 7] = 1.0
    points = points_in_crop(maps, form("heatmaps"), 2, 8)
    np.testing.assert_array_equal(points, [[7, 0], [0, 0]])


def test_offsets_are_read_at_the_peak_rows_first() -> None:
    raw = np.full((1, 6, 28, 28), 0.5, dtype=np.float32)
    raw[0, :2] = 0.0
    raw[0, 0, 10, 20] = 1.0
    raw[0, 1, 27, 0] = 1.0
    dx, dy = 3.0, -2.0  # pixels of the crop
    raw[0, 2, 10, 20] = 1 / (1 + np.exp(-16 * dy / 223))
    raw[0, 4, 10, 20] = 1 / (1 + np.exp(-16 * dx / 223))
    points = points_in_crop(raw, form("heatmaps_and_offsets"), 2, 224)
    expected = [[20 * 223 / 27 + dx, 10 * 223 / 27 + dy], [0.0, 223.0]]
    np.testing.assert_allclose(points, np.array(expected), atol=1e-3)


@pytest.mark.parametrize("kind", ["heatmaps", "heatmaps_and_offsets"])
def test_maps_that_are_not_finite_give_points_that_are_not(kind: str) -> None:
    raw = np.full((1, 2 if kind == "heatmaps" else 6, 8, 8), 0.5, dtype=np.float32)
    raw[0, 1, 3, 3] = np.nan
    points = points_in_crop(raw, form(kind), 2, 64)
    assert np.isfinite(points[0]).all()
    assert np.isnan(points[1]).all()
