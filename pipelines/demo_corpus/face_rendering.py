"""Pictures of the posed face: skin over eyes and mouth, drawn triangle by triangle."""

import cv2
import numpy as np
from numpy.typing import NDArray

from openface_core.kernel import kernel
from pipelines.demo_corpus.face_actions import CLOSED_SMILE, SMILE
from pipelines.demo_corpus.face_geometry import (
    FaceState,
    HeadPose,
    Points,
    View,
    move_head,
    place_vertices,
)
from pipelines.demo_corpus.face_mesh import FaceMesh, build_face_mesh
from pipelines.demo_corpus.face_sides import BOTH, LEFT, RIGHT, movement, side_weight
from pipelines.demo_corpus.portrait import Portrait, load_portrait

Image = NDArray[np.uint8]
Float32Array = NDArray[np.float32]

# Triangles overlap a little, so that no pixel falls between two of them.
_OVERLAP = 1e-4
_MIN_AREA = 1e-6

_MASK_BITS = 4
_SOFT_EDGE_PX = 0.6
_MARGIN_PX = 3

# Lips that hardly part shade the teeth.
_LIT_FROM_PX = 2.5
_SHADOW_BGR = np.array([62.0, 52.0, 96.0], dtype=np.float32)


@kernel
def _source_map(
    corners: Float32Array, sources: Float32Array, triangles: NDArray[np.int32], out: Float32Array
) -> None:
    """Write for each pixel (H, W, 2) where it comes from; later triangles lie over earlier ones."""
    height, width = out.shape[0], out.shape[1]
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ax, ay = float(corners[a, 0]), float(corners[a, 1])
        bx, by = corners[b, 0] - ax, corners[b, 1] - ay
        cx, cy = corners[c, 0] - ax, corners[c, 1] - ay
        area = bx * cy - by * cx
        if area <= _MIN_AREA:  # closed, or turned over: nothing to be seen of it
            continue
        # Barycentric coordinates of b and c: affine functions of the position.
        ux, uy, vx, vy = cy / area, -cx / area, -by / area, bx / area
        sx, sy = float(sources[a, 0]), float(sources[a, 1])
        bsx, bsy = sources[b, 0] - sx, sources[b, 1] - sy
        csx, csy = sources[c, 0] - sx, sources[c, 1] - sy
        left = max(0, int(np.ceil(ax + min(0.0, bx, cx) - _OVERLAP)))
        right = min(width - 1, int(np.floor(ax + max(0.0, bx, cx) + _OVERLAP)))
        top = max(0, int(np.ceil(ay + min(0.0, by, cy) - _OVERLAP)))
        bottom = min(height - 1, int(np.floor(ay + max(0.0, by, cy) + _OVERLAP)))
        for y in range(top, bottom + 1):
            u_row = uy * (y - ay) - ux * ax
            v_row = vy * (y - ay) - vx * ax
            inside = False
            for x in range(left, right + 1):
                u, v = u_row + ux * x, v_row + vx * x
                if u >= -_OVERLAP and v >= -_OVERLAP and u + v <= 1.0 + _OVERLAP:
                    inside = True
                    out[y, x, 0] = sx + u * bsx + v * csx
                    out[y, x, 1] = sy + u * bsy + v * csy
                elif inside:
                    break


class FaceRenderer:
    """Draws the face of the portrait.

    Raises
    ------
    ConfigError
        If the photograph cannot be had.
    """

    def __init__(self) -> None:
        self._portrait: Portrait = load_portrait()
        self.mesh: FaceMesh = build_face_mesh()
        self._sources = self.mesh.vertices.astype(np.float32)
        height, width = self._portrait.smooth.shape[:2]
        y, x = np.mgrid[:height, :width].astype(np.float64)
        pixels = np.stack([x.ravel(), y.ravel()], axis=1)
        self._sides = {
            side: side_weight(pixels, side).reshape(height, width) for side in (LEFT, RIGHT)
        }

    def draw(self, state: FaceState, view: View) -> Image:
        """Return the picture, (H, W, 3), BGR."""
        vertices = place_vertices(self.mesh, state, view)
        source = np.empty((view.height_px, view.width_px, 2), dtype=np.float32)
        source[:] = -1.0
        corners = vertices.astype(np.float32)
        _source_map(corners, self._sources, self.mesh.triangles, source)
        # The face is shown larger than it is, where a cubic map would take three times as long and
        # look the same.
        picture = np.asarray(
            cv2.remap(
                self._skin(state),
                source,
                None,
                cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REFLECT_101,
            ),
            dtype=np.uint8,
        )
        for name, indices in self.mesh.openings.items():
            opening = vertices[list(indices)]
            layer = self._portrait.smiling
            light = 1.0
            if name == "mouth":
                layer = self._portrait.mouth
                light = min(1.0, _mean_height(opening) / view.scale / _LIT_FROM_PX)
            _show_through(picture, opening, layer, light, state.head, view)
        return picture

    def _skin(self, state: FaceState) -> Image:
        """Return the photograph with as much of the smile's creases as there is of the smile."""
        smiling, smooth = self._portrait.smiling, self._portrait.smooth
        smile = _smile_on(state, BOTH)
        one_sided = [(side, _smile_on(state, side)) for side in (LEFT, RIGHT)]
        if any(amplitude for _, amplitude in one_sided):
            extra = [amplitude * self._sides[side] for side, amplitude in one_sided]
            share = np.clip(smile + np.sum(extra, axis=0), 0.0, 1.0)[:, :, None]
            blended = smooth + share * (smiling.astype(np.float64) - smooth)
            return np.asarray(np.rint(blended), dtype=np.uint8)
        if smile <= 0:
            return smooth
        if smile >= 1:
            return smiling
        mixed = cv2.addWeighted(smiling, smile, smooth, 1 - smile, 0)
        return np.asarray(mixed, dtype=np.uint8)


def _smile_on(state: FaceState, side: str) -> float:
    """Return the amplitude of a smile on both sides at once, or on one; lips part or do not."""
    smiles = (SMILE, CLOSED_SMILE)
    return sum(state.amplitudes.get(movement(smile, side), 0.0) for smile in smiles)


def _mean_height(outline: Points) -> float:
    """Return the area of an outline over its width."""
    x, y = outline.T
    area = 0.5 * abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))
    return float(area / np.ptp(x))


def _show_through(
    picture: Image, opening: Points, layer: Image, light: float, head: HeadPose, view: View
) -> None:
    """Draw what is behind an opening of the skin, which moves with the head alone."""
    height, width = picture.shape[:2]
    low = np.maximum(np.floor(opening.min(axis=0)).astype(int) - _MARGIN_PX, 0)
    high = np.minimum(np.ceil(opening.max(axis=0)).astype(int) + _MARGIN_PX + 1, (width, height))
    if (high <= low).any():
        return
    size = tuple(high - low)
    mask = np.zeros(size[::-1], dtype=np.uint8)
    border = np.rint((opening - low) * 2**_MASK_BITS).astype(np.int32)
    cv2.fillPoly(mask, [border], 255, cv2.LINE_AA, _MASK_BITS)
    weight = cv2.GaussianBlur(mask, (0, 0), _SOFT_EDGE_PX).astype(np.float32)[:, :, None]
    weight /= 255
    # The affine map of three points tells the whole motion.
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    origin, right, down = view.project(move_head(corners, head)) - low
    matrix = np.stack([right - origin, down - origin, origin], axis=1)
    behind = cv2.warpAffine(layer, matrix, size, flags=cv2.INTER_CUBIC).astype(np.float32)
    part = picture[low[1] : high[1], low[0] : high[0]]
    lit = _SHADOW_BGR + np.float32(light) * (behind - _SHADOW_BGR)
    part[:] = np.rint(part + weight * (lit - part))
