"""From a landmark network's raw output to points in pixels of its crop."""

import numpy as np
from numpy.typing import NDArray

from openface_core.landmarks.spec import NetworkOutput

FloatArray = NDArray[np.float32]


def points_in_crop(
    raw: FloatArray, output: NetworkOutput, point_count: int, size_px: int
) -> NDArray[np.float64]:
    """Read the points out of a network's output.

    Parameters
    ----------
    raw : ndarray of float32
        The output tensor for one crop.
    output : NetworkOutput
        How it is to be read.
    point_count : int
        How many points P there are.
    size_px : int
        Side of the crop.

    Returns
    -------
    ndarray of float64, shape (P, 2)
        x, y in pixels of the crop, pixel centres on integers; not finite where the output is not.

    Raises
    ------
    ValueError
        If the tensor's size does not fit the number of points.
    """
    if output.form == "coordinates":
        if raw.size != point_count * output.row_length:
            raise ValueError(
                f"expected {point_count} rows of {output.row_length} numbers, "
                f"found the shape {raw.shape}"
            )
        values = raw.reshape(point_count, output.row_length)[:, :2].astype(np.float64)
        return _from_range(values, output, size_px) + output.shift_px
    kinds = 3 if output.form == "heatmaps_and_offsets" else 1
    if raw.ndim != 4 or raw.shape[:2] != (1, kinds * point_count) or min(raw.shape[2:]) < 3:
        raise ValueError(
            f"expected the shape (1, {kinds * point_count}, rows, columns), found {raw.shape}"
        )
    maps = raw[0].reshape(kinds, point_count, *raw.shape[2:])
    return _from_maps(maps, output, size_px) + output.shift_px


def _from_range(
    values: NDArray[np.float64], output: NetworkOutput, size_px: int
) -> NDArray[np.float64]:
    """Scale coordinates from the network's range to pixels of the crop."""
    edges = output.grid == "pixel_edges"
    if output.range == "pixels":
        return values - 0.5 if edges else values
    unit = (values + 1.0) / 2.0 if output.range == "minus_one_to_one" else values
    return unit * size_px - 0.5 if edges else unit * (size_px - 1)


def _from_maps(maps: FloatArray, output: NetworkOutput, size_px: int) -> NDArray[np.float64]:
    """Find the peak of each map, and refine it by the offsets or by its neighbours."""
    _, point_count, rows, columns = maps.shape
    flat = maps.reshape(maps.shape[0], point_count, -1)
    # argmax takes NaN for the greatest value; the point then must not look sound.
    peak = flat[0].argmax(axis=1)
    row, column = np.divmod(peak, columns)
    at_peak = flat[:, np.arange(point_count), peak].astype(np.float64)
    place = np.stack([column, row], axis=1).astype(np.float64)
    if output.form == "heatmaps":
        place += _parabola_offsets(maps[0], row, column)
    map_size = np.array([columns, rows])
    if output.grid == "pixel_edges":
        points = (place + 0.5) * (size_px / map_size) - 0.5
        span = size_px
    else:
        points = place * ((size_px - 1) / (map_size - 1))
        span = size_px - 1
    if output.form == "heatmaps_and_offsets":
        offset = np.clip(at_peak[[2, 1]].T, 1e-7, 1.0 - 1e-7)
        points += span * np.log(offset / (1.0 - offset)) / output.offset_logit_factor
    points[~np.isfinite(at_peak).all(axis=0)] = np.nan
    return np.asarray(points)


def _parabola_offsets(
    maps: FloatArray, row: NDArray[np.int64], column: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Sub-pixel offsets x, y of peaks: tops of the parabolas through their neighbours.

    A peak on the border of its map stays where it is along that axis.
    """
    offsets = np.zeros((maps.shape[0], 2))
    index = np.arange(maps.shape[0])
    for axis, (place, count) in enumerate(((column, maps.shape[2]), (row, maps.shape[1]))):
        inner = (place > 0) & (place < count - 1)
        before, after = np.where(inner, place - 1, place), np.where(inner, place + 1, place)
        if axis == 0:
            low, high = maps[index, row, before], maps[index, row, after]
        else:
            low, high = maps[index, before, column], maps[index, after, column]
        top = maps[index, row, column].astype(np.float64)
        bend = 2.0 * top - low - high
        usable = inner & (bend > 0.0)
        shift = (high.astype(np.float64) - low) / (2.0 * np.where(usable, bend, 1.0))
        offsets[:, axis] = np.where(usable, np.clip(shift, -0.5, 0.5), 0.0)
    return offsets
