"""Cutting a square, possibly turned, from a frame, and mapping points back into the frame.

Pixel (i, j) of a crop is the i-th column, j-th row; centres of pixels are integers in the frame and
in the crop, so a crop of side s px and n x n pixels has a pixel centre every s / n px.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel
from openface_core.landmarks.spec import CropRule
from openface_core.partial_pictures import AnyPicture, pixels_within


@dataclass(frozen=True)
class CropSquare:
    """A square in the frame.

    Parameters
    ----------
    centre_x, centre_y : float
        Its centre in pixels of the frame.
    side_px : float
        Its side in pixels of the frame.
    cos, sin : float
        Direction of the crop's x axis in the frame, a unit vector.
    """

    centre_x: float
    centre_y: float
    side_px: float
    cos: float = 1.0
    sin: float = 0.0

    def to_frame(self, points: NDArray[np.float64], size_px: int) -> NDArray[np.float64]:
        """Map points from the crop into the frame.

        Parameters
        ----------
        points : ndarray of float64, shape (..., 2)
            x, y in pixels of the crop.
        size_px : int
            Side of the crop in its own pixels.

        Returns
        -------
        ndarray of float64, shape (..., 2)
            x, y in pixels of the frame.
        """
        u = (points - (size_px - 1) / 2.0) * (self.side_px / size_px)
        axes = np.array([[self.cos, self.sin], [-self.sin, self.cos]])
        return np.asarray(u @ axes + (self.centre_x, self.centre_y))


def _unit(direction: NDArray[np.float64]) -> tuple[float, float]:
    length = float(np.hypot(direction[0], direction[1]))
    if not 1e-6 < length < np.inf:
        return 1.0, 0.0
    return float(direction[0]) / length, float(direction[1]) / length


def square_from_box(
    box: NDArray[np.float32], five_points: NDArray[np.float32] | None, rule: CropRule
) -> CropSquare:
    """Place the crop of the first pass.

    Parameters
    ----------
    box : ndarray of float32, shape (4,)
        x_min, y_min, x_max, y_max in pixels of the frame.
    five_points : ndarray of float32, shape (5, 2), or None
        Eyes (left in the picture, right in it), nose, corners of the mouth; None when unknown, and
        the face is taken to be upright.
    rule : CropRule
        Size and place relative to the box.

    Returns
    -------
    CropSquare
    """
    x_min, y_min, x_max, y_max = (float(v) for v in box)
    cos, sin = 1.0, 0.0
    if rule.upright and five_points is not None:
        cos, sin = _unit(five_points[1].astype(np.float64) - five_points[0].astype(np.float64))
    down = rule.shift_down * (y_max - y_min)
    return CropSquare(
        centre_x=(x_min + x_max) / 2.0 - sin * down,
        centre_y=(y_min + y_max) / 2.0 + cos * down,
        side_px=rule.side * max(x_max - x_min, y_max - y_min),
        cos=cos,
        sin=sin,
    )


def square_from_landmarks(landmarks: NDArray[np.float32], rule: CropRule) -> CropSquare:
    """Place the crop of a later pass.

    Parameters
    ----------
    landmarks : ndarray of float32, shape (68, 2)
        iBUG points in pixels of the frame.
    rule : CropRule
        Size and place relative to the landmarks' box. For an upright crop the box is as upright as
        the face, so that the crop turns with it.

    Returns
    -------
    CropSquare
    """
    points = landmarks.astype(np.float64)
    cos, sin = 1.0, 0.0
    if rule.upright:
        cos, sin = _unit(points[42:48].mean(axis=0) - points[36:42].mean(axis=0))
    axes = np.array([[cos, sin], [-sin, cos]])
    turned = points @ axes.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    size = high - low
    centre = (low + high) / 2.0
    centre[1] += rule.shift_down * size[1]
    centre = centre @ axes
    side_px = rule.side * float(size.max())
    return CropSquare(float(centre[0]), float(centre[1]), side_px, cos, sin)


@kernel
def average_blocks(
    image: NDArray[np.uint8], x0: int, y0: int, factor: int, out: NDArray[np.float32]
) -> None:
    """Shrink a part of an image by a whole factor, averaging square blocks.

    Parameters
    ----------
    image : ndarray of uint8, shape (H, W, 3)
    x0, y0 : int
        First column and row of the part.
    factor : int
        Side of a block in pixels.
    out : ndarray of float32, shape (h, w, 3)
        Filled in place; the part of h * factor rows and w * factor columns must lie in the image.
    """
    share = np.float32(1.0 / (factor * factor))
    columns = out.shape[1]
    first, last = 3 * x0, 3 * (x0 + columns * factor)
    rows = image.reshape(image.shape[0], -1)
    # Columns first: whole rows are added with vectors. Unsigned, as numba looks whether other
    # indices count from the end.
    sums = np.empty(last - first, dtype=np.uint32)
    for i in range(out.shape[0]):
        y = y0 + i * factor
        sums[:] = rows[y, first:last]
        for k in range(1, factor):
            row = rows[y + k, first:last]
            for x in range(row.shape[0]):
                sums[x] += np.uint32(row[x])
        place = np.uint64(0)
        for j in range(columns):
            blue = green = red = np.uint32(0)
            for _ in range(factor):
                blue += sums[place]
                green += sums[place + np.uint64(1)]
                red += sums[place + np.uint64(2)]
                place += np.uint64(3)
            out[i, j, 0] = np.float32(blue) * share
            out[i, j, 1] = np.float32(green) * share
            out[i, j, 2] = np.float32(red) * share


class SamplingGrid(NamedTuple):
    """Where the pixels of a crop lie in an image.

    Parameters
    ----------
    origin_x, origin_y : float
        Image position of the centre of the crop's first pixel.
    step_x, step_y : float
        Image displacement of one crop pixel along the crop's x axis.
    """

    origin_x: float
    origin_y: float
    step_x: float
    step_y: float


@kernel
def sample_square(
    image: NDArray[np.uint8] | NDArray[np.float32],
    grid: SamplingGrid,
    gain: NDArray[np.float32],
    bias: NDArray[np.float32],
    swap: bool,
    out: NDArray[np.float32],
) -> None:
    """Sample a turned square bilinearly into float planes.

    Parameters
    ----------
    image : ndarray of uint8 or float32, shape (H, W, 3)
    grid : SamplingGrid
        Where. Crop pixels beyond the centres of the outermost image pixels are black.
    gain, bias : ndarray of float32, shape (3,)
        Each plane becomes pixel * gain + bias, in the order of `out`.
    swap : bool
        Whether `out` has the channels in reverse order.
    out : ndarray of float32, shape (3, n, n)
        Filled in place; any strides.
    """
    height, width, _ = image.shape
    n = out.shape[1]
    for j in range(n):
        for i in range(n):
            blue = np.float32(0.0)
            green = np.float32(0.0)
            red = np.float32(0.0)
            x = grid.origin_x + i * grid.step_x - j * grid.step_y
            y = grid.origin_y + i * grid.step_y + j * grid.step_x
            if 0.0 <= x <= width - 1.0 and 0.0 <= y <= height - 1.0:
                x0 = int(x)
                y0 = int(y)
                x1 = min(x0 + 1, width - 1)
                y1 = min(y0 + 1, height - 1)
                fx = np.float32(x - x0)
                fy = np.float32(y - y0)
                w11 = fx * fy
                w01 = fx - w11
                w10 = fy - w11
                w00 = np.float32(1.0) - fx - w10
                # No views of pixels: to count who holds them costs more than the sums.
                blue = w00 * image[y0, x0, 0] + w01 * image[y0, x1, 0]
                blue += w10 * image[y1, x0, 0]
                blue += w11 * image[y1, x1, 0]
                green = w00 * image[y0, x0, 1] + w01 * image[y0, x1, 1]
                green += w10 * image[y1, x0, 1]
                green += w11 * image[y1, x1, 1]
                red = w00 * image[y0, x0, 2] + w01 * image[y0, x1, 2]
                red += w10 * image[y1, x0, 2]
                red += w11 * image[y1, x1, 2]
            if swap:
                blue, red = red, blue
            out[0, j, i] = blue * gain[0] + bias[0]
            out[1, j, i] = green * gain[1] + bias[1]
            out[2, j, i] = red * gain[2] + bias[2]


def cut_square(
    image_bgr: AnyPicture,
    square: CropSquare,
    gain: NDArray[np.float32],
    bias: NDArray[np.float32],
    rgb: bool,
    out: NDArray[np.float32],
) -> None:
    """Cut a square from a frame as float planes.

    Where a crop pixel spans more than 1.5 pixels of the frame, blocks of the frame are averaged
    first, so that fine structure does not alias. Beyond the frame the crop is black.

    Parameters
    ----------
    image_bgr : ndarray of uint8, shape (H, W, 3), or PartialPicture
        The frame, C-contiguous.
    square : CropSquare
        What to cut.
    gain, bias : ndarray of float32, shape (3,)
        Each channel becomes pixel * gain + bias, in the order of `out`.
    rgb : bool
        Whether `out` has red first.
    out : ndarray of float32, shape (3, n, n)
        Filled in place; may be a transposed view.
    """
    n = out.shape[1]
    step = square.side_px / n
    origin_x, origin_y = square.to_frame(np.zeros(2), n).tolist()
    source: NDArray[np.uint8] | NDArray[np.float32]
    factor = min(int(step + 0.5), *image_bgr.shape[:2])
    if factor > 1:
        source, x0, y0 = _shrunken_part(image_bgr, square, factor)
        # The centre of a block is the mean of its pixels' centres.
        origin_x = (origin_x - x0 - (factor - 1) / 2.0) / factor
        origin_y = (origin_y - y0 - (factor - 1) / 2.0) / factor
        step /= factor
    else:
        reach = _reach_px(square) + 2.0
        x, y = square.centre_x, square.centre_y
        source = pixels_within(image_bgr, x - reach, y - reach, x + reach, y + reach)
    grid = SamplingGrid(origin_x, origin_y, step * square.cos, step * square.sin)
    sample_square(source, grid, gain, bias, rgb, out)


def _reach_px(square: CropSquare) -> float:
    """Return how far a turned square reaches from its centre, along both axes of the frame."""
    return square.side_px / 2.0 * (abs(square.cos) + abs(square.sin))


def _shrunken_part(
    image: AnyPicture, square: CropSquare, factor: int
) -> tuple[NDArray[np.float32], int, int]:
    """Shrink the part of the frame around a square; also its first column and row in the frame."""
    reach = _reach_px(square) + 2.0 * factor
    first, count = [], []
    for centre, length in (
        (square.centre_x, image.shape[1]),
        (square.centre_y, image.shape[0]),
    ):
        start = int(min(max(centre - reach, 0.0), length - factor))
        end = int(min(max(centre + reach, start + factor), length))
        first.append(start)
        count.append((end - start) // factor)
    part = np.empty((count[1], count[0], 3), dtype=np.float32)
    ends = (start + factor * blocks for start, blocks in zip(first, count, strict=True))
    pixels = pixels_within(image, *first, *ends)
    average_blocks(pixels, first[0], first[1], factor, part)
    return part, first[0], first[1]
