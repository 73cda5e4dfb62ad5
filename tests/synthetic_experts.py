"""Patch experts of our own, in OpenFace's file formats, for the synthetic face.

An expert's template is what the synthetic face shows around its landmark, seen from the middle of
the expert's view; it finds that place again in other pictures of the face.
"""

import struct
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openface_core.refinement import (
    CcnfExperts,
    LandmarkModel,
    SvrExperts,
    ViewGrid,
    grey_from_bgr,
)
from openface_core.refinement.patch_areas import sample_area
from tests.synthetic_models import LANDMARKS, MODES, project_face, render_face, synthetic_pdm

SUPPORT_PX = 11
VIEWS_RADIANS = ((0.0, 0.0, 0.0), (0.0, 0.4, 0.0), (0.0, -0.4, 0.0))
HIDDEN_IN_VIEW_1 = tuple(range(3))
"""The far end of the jaw, which the second view does not show."""
WINDOWS_PX = (7, 9)

_OPENCV_INT32, _OPENCV_FLOAT32, _OPENCV_FLOAT64 = 4, 5, 6


def _visible() -> NDArray[np.bool_]:
    visible = np.ones((len(VIEWS_RADIANS), LANDMARKS), dtype=np.bool_)
    visible[1, list(HIDDEN_IN_VIEW_1)] = False
    return visible


@cache
def _templates(scale_px_per_mm: float) -> NDArray[np.float32]:
    """Return what the face shows around each landmark from each view, (v, n, 11, 11)."""
    templates = np.empty((len(VIEWS_RADIANS), LANDMARKS, SUPPORT_PX, SUPPORT_PX), np.float32)
    magnification = 2.0
    size = int(260 * scale_px_per_mm * magnification)
    to_image = np.array([[magnification, 0.0], [0.0, magnification]], dtype=np.float32)
    for view, rotation in enumerate(VIEWS_RADIANS):
        face = (scale_px_per_mm * magnification, rotation, (size / 2, size / 2), np.zeros(MODES))
        grey = grey_from_bgr(render_face(synthetic_pdm(), *face, (size, size)))
        for landmark, (x, y) in enumerate(project_face(synthetic_pdm(), *face)):
            sample_area(grey, x, y, to_image, templates[view, landmark])
    return templates


def _normalised(templates: NDArray[np.float32]) -> NDArray[np.float32]:
    flat = templates.reshape(-1, SUPPORT_PX**2).astype(np.float64)
    flat -= flat.mean(axis=1, keepdims=True)
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
    return flat.astype(np.float32)


def _smoothing_components(window: int) -> NDArray[np.float64]:
    """Return two Laplacians of the window's grid, of rows and of columns, (2, w * w, w * w)."""
    line = 2.0 * np.eye(window) - np.eye(window, k=1) - np.eye(window, k=-1)
    line[0, 0] = line[-1, -1] = 1.0
    return np.stack([np.kron(line, np.eye(window)), np.kron(np.eye(window), line)])


def _grid(scale_px_per_mm: float) -> ViewGrid:
    confidence = 0.4 + 0.2 * np.cos(np.arange(3 * LANDMARKS)).reshape(3, LANDMARKS)
    visible = _visible()
    return ViewGrid(
        scale_px_per_mm,
        SUPPORT_PX,
        np.array(VIEWS_RADIANS, dtype=np.float32),
        visible,
        np.where(visible, confidence, 0.0).astype(np.float32),
    )


def ccnf_experts_for(
    grid: ViewGrid, seen: NDArray[np.float32], windows_px: tuple[int, ...], bias: float = -6.0
) -> CcnfExperts:
    """Return CCNF experts for what they are to find: two neurons each, a strong and an opposed one.

    `seen` (v, n, 11, 11) is what lies around each landmark in each view; the lower the `bias` of
    the strong neurons, the more alike a place must be to count.
    """
    templates = _normalised(seen)
    weights = np.stack([14.0 * templates, -3.0 * templates], axis=1)
    weights = weights.reshape(-1, 2 * SUPPORT_PX**2)[grid.visible.ravel()]
    count = np.where(grid.visible, 2, 0)
    first = np.cumsum(count).reshape(count.shape) - count
    experts = int(grid.visible.sum())
    betas = np.zeros((*grid.visible.shape, 2))
    betas[grid.visible] = (0.2, 0.3)
    return CcnfExperts(
        grid=grid,
        first_neuron=np.where(grid.visible, first, 0).astype(np.int64),
        neuron_count=count.astype(np.int64),
        weights=np.ascontiguousarray(weights.reshape(-1, SUPPORT_PX**2)).astype(np.float32),
        biases=np.tile(np.array([bias, -3.0], dtype=np.float32), experts),
        alphas=np.tile(np.array([1.5, 0.25], dtype=np.float32), experts),
        betas=betas,
        smoothing_components={window: _smoothing_components(window) for window in windows_px},
    )


@cache
def synthetic_ccnf_experts(scale_px_per_mm: float) -> CcnfExperts:
    """Return CCNF experts of the synthetic face."""
    return ccnf_experts_for(_grid(scale_px_per_mm), _templates(scale_px_per_mm), WINDOWS_PX)


@cache
def synthetic_svr_experts(scale_px_per_mm: float) -> SvrExperts:
    """Return SVR experts of the synthetic face, which see grey values and gradients."""
    grid = _grid(scale_px_per_mm)
    raw = _templates(scale_px_per_mm)
    gradient = np.zeros_like(raw)
    dy, dx = raw[..., 2:, 1:-1] - raw[..., :-2, 1:-1], raw[..., 1:-1, 2:] - raw[..., 1:-1, :-2]
    gradient[..., 1:-1, 1:-1] = dx**2 + dy**2
    weights = np.stack([_normalised(raw), _normalised(gradient)], axis=1)
    parts = 2 * grid.visible.size
    return SvrExperts(
        grid=grid,
        first_part=np.arange(0, parts, 2).reshape(grid.visible.shape),
        part_count=np.full(grid.visible.shape, 2),
        uses_gradient=np.tile([False, True], parts // 2),
        weights=np.ascontiguousarray(weights.reshape(parts, -1)),
        scalings=np.tile(np.array([14.0, 8.0], dtype=np.float32), parts // 2),
        biases=np.tile(np.array([-6.0, -3.0], dtype=np.float32), parts // 2),
    )


@cache
def synthetic_landmark_model() -> LandmarkModel:
    """Return the synthetic face's shape model with CCNF experts at scales 0.35 and 0.5."""
    return LandmarkModel(
        synthetic_pdm(), (synthetic_ccnf_experts(0.35), synthetic_ccnf_experts(0.5))
    )


# --------------------------------------------------------------------------- OpenFace's files


def _matrix_bytes(values: NDArray, code: int, dtype: str) -> bytes:
    matrix = np.atleast_2d(values)
    return struct.pack("<iii", *matrix.shape, code) + matrix.astype(dtype).tobytes()


def ccnf_bytes(experts: CcnfExperts) -> bytes:
    """Return CCNF experts as OpenFace's binary file."""
    grid = experts.grid
    parts = [struct.pack("<di", grid.scale_px_per_mm, len(grid.visible))]
    for angles in grid.centres_radians:
        parts.append(_matrix_bytes(np.degrees(angles)[:, None], _OPENCV_FLOAT64, "<f8"))
    for row in grid.visible:
        parts.append(_matrix_bytes(row[:, None], _OPENCV_INT32, "<i4"))
    parts.append(struct.pack("<i", len(experts.smoothing_components)))
    for window, components in experts.smoothing_components.items():
        parts.append(struct.pack("<ii", window, len(components)))
        parts.extend(_matrix_bytes(matrix, _OPENCV_FLOAT32, "<f4") for matrix in components)
    for view in range(len(grid.visible)):
        for landmark in range(grid.landmark_count):
            parts.append(_ccnf_expert_bytes(experts, view, landmark))
    return b"".join(parts)


def _ccnf_expert_bytes(experts: CcnfExperts, view: int, landmark: int) -> bytes:
    support, count = experts.grid.support_px, int(experts.neuron_count[view, landmark])
    if count == 0:
        return struct.pack("<iiiii", 5, 0, 0, 0, 0)
    parts = [struct.pack("<iiii", 5, support, support, count)]
    first = int(experts.first_neuron[view, landmark])
    for k in range(first, first + count):
        head = (2, 0, 2.0, float(experts.biases[k]), float(experts.alphas[k]))
        parts.append(struct.pack("<iiddd", *head))
        weights = experts.weights[k].reshape(support, support) / 2.0  # the norm above is 2
        parts.append(_matrix_bytes(weights, _OPENCV_FLOAT32, "<f4"))
    parts.append(experts.betas[view, landmark].astype("<f8").tobytes())
    parts.append(struct.pack("<d", float(experts.grid.confidence[view, landmark])))
    return b"".join(parts)


def _matrix_text(values: NDArray, code: int) -> str:
    matrix = np.atleast_2d(values)
    rows = "\n".join(" ".join(repr(float(v)) for v in row) for row in matrix)
    return f"{matrix.shape[0]}\n{matrix.shape[1]}\n{code}\n{rows}\n"


def svr_text(experts: SvrExperts) -> str:
    """Return SVR experts as OpenFace's text file."""
    grid = experts.grid
    lines = [f"# scaling factor of training\n{grid.scale_px_per_mm}\n# number of views\n"]
    lines.append(f"{len(grid.visible)}\n# centers of the views\n")
    for angles in grid.centres_radians:
        lines.append(_matrix_text(np.degrees(angles)[:, None], _OPENCV_FLOAT64))
    lines.append("# visibility indices per view\n")
    lines.extend(_matrix_text(row[:, None].astype(int), _OPENCV_INT32) for row in grid.visible)
    lines.append("# Patches themselves\n")
    support = grid.support_px
    for view in range(len(grid.visible)):
        for landmark in range(grid.landmark_count):
            first, count = experts.first_part[view, landmark], experts.part_count[view, landmark]
            lines.append(f"3 {support} {support} {count}\n")
            share = float(grid.confidence[view, landmark] / count)
            for k in range(first, first + count):
                kind = int(experts.uses_gradient[k])
                lines.append(f"2 {kind} {share!r} {experts.scalings[k]} {experts.biases[k]} ")
                weights = experts.weights[k].reshape(support, support).T
                lines.append(_matrix_text(weights, _OPENCV_FLOAT32))
    return "".join(lines)


def write_face_landmark_model(folder: Path) -> Path:
    """Write the synthetic face's landmark model as OpenFace lays it out; return its main list.

    The face's PDM must lie in the folder already, as ``pdms/pdm_68.txt``.
    """
    (folder / "patch_experts").mkdir(parents=True, exist_ok=True)
    lines = ["PDM pdms/pdm_68.txt"]
    for experts in synthetic_landmark_model().experts:
        assert isinstance(experts, CcnfExperts)
        name = f"patch_experts/ccnf_{experts.grid.scale_px_per_mm}.txt"
        (folder / name).write_bytes(ccnf_bytes(experts))
        lines.append(f"PatchesCCNF {name}")
    (folder / "clnf.txt").write_text("\n".join(lines) + "\n")
    main = folder / "main_clnf.txt"
    main.write_text("LandmarkDetector clnf.txt\nDetectionValidator validator.txt\n")
    return main
