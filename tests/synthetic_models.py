"""Models of our own in OpenFace's file formats, and pictures of a face whose landmarks are known.

Nothing here is measured on people: the head is an ellipsoid with a parametric face on it, its
modes of deformation are cosines, and the action-unit predictors are random numbers. Everything is
deterministic, so that a test may rely on it without the reference material.
"""

import struct
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openface_core.action_units.models import ActionUnitModel, ActionUnitModels, Target
from openface_core.descriptors import DESCRIPTOR_SIZE, FHOG_SIZE
from openface_core.shape import PointDistributionModel
from tests.twins.rotations import euler_to_matrix

FloatArray = NDArray[np.floating]
Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]
UInt8Array = NDArray[np.uint8]

LANDMARKS = 68
MODES = 34

_INTENSITY_DYNAMIC = (1, 2, 5, 9, 15, 17, 20, 23, 25, 26, 45)
_INTENSITY_STATIC = (4, 6, 7, 10, 12, 14)
_PRESENCE_DYNAMIC = (1, 2, 9, 15, 17, 20, 25, 26, 28, 45)
_PRESENCE_STATIC = (4, 5, 6, 7, 10, 12, 14, 23)
_PRESENT_IF_POSITIVE = (10, 12, 25)

_OPENCV_INT32 = 4
_OPENCV_FLOAT64 = 6


# --------------------------------------------------------------------------- the face's shape


def _surface_z(x: Float64Array, y: Float64Array) -> Float64Array:
    """Depth of the head's front at a point; negative is towards the camera."""
    inside = np.clip(1.0 - (x / 78.0) ** 2 - ((y + 5.0) / 125.0) ** 2, 0.0, 1.0)
    return np.asarray(45.0 - 68.0 * np.sqrt(inside))


@cache
def mean_face_mm() -> Float64Array:
    """Return 68 points of a frontal face in the iBUG order, (68, 3), millimetres."""
    points = np.zeros((LANDMARKS, 3))
    side = np.linspace(-1.0, 1.0, 17) * np.pi / 2
    points[:17, 0] = 70.0 * np.sign(side) * np.abs(np.sin(side)) ** 0.9
    points[:17, 1] = -28.0 + 104.0 * np.cos(side) ** 0.8
    brow = np.linspace(0.0, 1.0, 5)
    points[17:22, 0] = -57.0 + 43.0 * brow
    points[17:22, 1] = -44.0 - 12.0 * np.sin(np.pi * (0.15 + 0.75 * brow))
    points[22:27] = points[21:16:-1] * (-1.0, 1.0, 1.0)
    points[27:31, 1] = np.linspace(-27.0, 8.0, 4)
    nostril = np.linspace(-1.0, 1.0, 5)
    points[31:36, 0] = 13.0 * nostril
    points[31:36, 1] = 19.0 + 4.0 * np.cos(nostril * np.pi / 2)
    angles = np.radians([180.0, 240.0, 300.0, 0.0, 60.0, 120.0])
    for first, centre in ((36, -33.0), (42, 33.0)):
        points[first : first + 6, 0] = centre + 14.0 * np.cos(angles)
        points[first : first + 6, 1] = -29.0 + 6.5 * np.sin(angles)
    upper, lower = np.linspace(-1.0, 1.0, 7), np.linspace(1.0, -1.0, 7)[1:-1]
    points[48:55, 0] = 26.0 * upper
    points[48:55, 1] = 40.0 - 8.0 * np.cos(upper * np.pi / 2) + 1.5 * np.exp(-((upper / 0.2) ** 2))
    points[55:60, 0] = 26.0 * lower
    points[55:60, 1] = 40.0 + 11.0 * np.cos(lower * np.pi / 2)
    inner = np.linspace(-1.0, 1.0, 5)
    points[60:65, 0] = 22.0 * inner
    points[60:65, 1] = 40.0 - 2.5 * np.cos(inner * np.pi / 2)
    points[65:68, 0] = 22.0 * inner[3:0:-1]
    points[65:68, 1] = 40.0 + 3.0 * np.cos(inner[3:0:-1] * np.pi / 2)

    points[:, 2] = _surface_z(points[:, 0], points[:, 1])
    points[:17, 2] = 42.0 - 40.0 * np.cos(side)
    points[27:31, 2] -= np.linspace(2.0, 24.0, 4)
    points[31:36, 2] -= 4.0 + 8.0 * np.cos(nostril * np.pi / 2)
    points[36:48, 2] += 4.0
    points -= points.mean(axis=0)
    points.setflags(write=False)
    return points


@cache
def synthetic_pdm() -> PointDistributionModel:
    """Return a 68-point model with 34 smooth orthonormal modes and falling eigenvalues.

    The modes are products of cosines over the face, one coordinate at a time, the smoothest first,
    made orthogonal to each other and to what translation, rotation and scale do to the mean.
    """
    mean = mean_face_mm()
    u = (mean[:, 0] - mean[:, 0].min()) / np.ptp(mean[:, 0])
    v = (mean[:, 1] - mean[:, 1].min()) / np.ptp(mean[:, 1])
    x, y, z = mean.T
    nothing, ones = np.zeros(LANDMARKS), np.ones(LANDMARKS)
    basis: list[Float64Array] = []

    def add(candidate: Float64Array) -> None:
        for _ in range(2):  # a second pass removes what rounding left of the first
            for direction in basis:
                candidate = candidate - (candidate @ direction) * direction
        length = float(np.linalg.norm(candidate))
        if length > 1e-6:
            basis.append(candidate / length)

    for axis in range(3):
        add(np.concatenate([ones if axis == k else nothing for k in range(3)]))
    add(np.concatenate([x, y, z]))
    add(np.concatenate([-y, x, nothing]))
    add(np.concatenate([z, nothing, -x]))
    add(np.concatenate([nothing, -z, y]))
    similarities = len(basis)
    frequencies = sorted(((i, j) for i in range(5) for j in range(5)), key=lambda f: (sum(f), f))
    for i, j in frequencies:
        wave = np.cos(np.pi * i * u) * np.cos(np.pi * j * v)
        for axis in (0, 1, 2):
            add(np.concatenate([wave if axis == k else nothing for k in range(3)]))
    modes = np.stack(basis[similarities : similarities + MODES], axis=1)
    return PointDistributionModel(
        mean_mm=mean.T.reshape(-1).astype(np.float32),
        components_mm=modes.astype(np.float32),
        eigenvalues=(600.0 * 0.85 ** np.arange(MODES)).astype(np.float32),
    )


def plausible_shape_parameters(seed: int, spread: float = 0.5) -> Float64Array:
    """Return shape parameters drawn with `spread` times the model's standard deviations, (34,)."""
    deviations = np.sqrt(synthetic_pdm().eigenvalues.astype(np.float64))
    return np.asarray(spread * deviations * np.random.default_rng(seed).uniform(-1.5, 1.5, MODES))


def project_points(
    points_mm: FloatArray,
    scale_px_per_mm: float,
    rotation_radians: tuple[float, float, float],
    translation_px: tuple[float, float],
) -> Float64Array:
    """Return 3D points (n, 3) under weak perspective: x and y in pixels, depth in millimetres."""
    turned = np.asarray(points_mm, dtype=np.float64) @ euler_to_matrix(*rotation_radians).T
    projected = np.empty_like(turned)
    projected[:, :2] = scale_px_per_mm * turned[:, :2] + np.asarray(translation_px)
    projected[:, 2] = turned[:, 2]
    return projected


def project_face(
    pdm: PointDistributionModel,
    scale_px_per_mm: float,
    rotation_radians: tuple[float, float, float],
    translation_px: tuple[float, float],
    shape_parameters: FloatArray,
) -> Float32Array:
    """Return the landmarks of a face under weak perspective, (n, 2) float32, pixels.

    Parameters
    ----------
    pdm : PointDistributionModel
        The shape model, n points.
    scale_px_per_mm : float
        Scale.
    rotation_radians : tuple of float
        Euler angles, ``R = Rx Ry Rz``.
    translation_px : tuple of float
        Image position of the model's origin.
    shape_parameters : (m,) ndarray
        Weights of the modes.
    """
    flat = pdm.mean_mm.astype(np.float64) + pdm.components_mm.astype(np.float64) @ shape_parameters
    points = flat.reshape(3, -1).T
    projected = project_points(points, scale_px_per_mm, rotation_radians, translation_px)
    return projected[:, :2].astype(np.float32)


# --------------------------------------------------------------------------- triangulation


def delaunay(points: FloatArray) -> NDArray[np.int32]:
    """Return the Delaunay triangles of 2D points (n, 2), by Bowyer and Watson's insertion.

    Points are displaced by less than a hundredth of their spread, which decides between the
    equally good diagonals of a symmetric face.
    """
    count = len(points)
    spread = float(np.ptp(points, axis=0).max())
    wobble = np.sin(np.arange(2 * count) * 12.9898).reshape(count, 2)
    corners = np.array([[-50.0, -40.0], [50.0, -40.0], [0.0, 60.0]]) * spread
    vertices = np.concatenate([points + 2e-3 * spread * wobble, points.mean(axis=0) + corners])
    triangles = [(count, count + 1, count + 2)]
    for p in range(count):
        hit = [t for t in triangles if _in_circumcircle(vertices[list(t)], vertices[p])]
        edges = [edge for a, b, c in hit for edge in ((a, b), (b, c), (c, a))]
        rim = [(a, b) for a, b in edges if (b, a) not in edges]
        triangles = [t for t in triangles if t not in hit] + [(a, b, p) for a, b in rim]
    return np.array([t for t in triangles if max(t) < count], dtype=np.int32)


def _in_circumcircle(triangle: Float64Array, point: Float64Array) -> bool:
    """Whether `point` lies in the circle through a triangle (3, 2) of positive orientation."""
    offsets = triangle - point
    rows = np.column_stack([offsets, (offsets**2).sum(axis=1)])
    return bool(np.linalg.det(rows) > 0.0)


@cache
def synthetic_triangles() -> NDArray[np.int32]:
    """Return a triangulation of the 68 landmarks as seen from the front, (t, 3) int32."""
    triangles = delaunay(mean_face_mm()[:, :2])
    triangles.setflags(write=False)
    return triangles


# --------------------------------------------------------------------------- action units


def synthetic_action_unit_model(
    unit: int, target: Target, is_dynamic: bool, seed: int = 0
) -> ActionUnitModel:
    """Return a random predictor whose scores are of the order of real ones."""
    has_cutoff = target is Target.INTENSITY and is_dynamic
    key = (seed, unit, 0 if target is Target.INTENSITY else 1, int(is_dynamic))
    rng = np.random.default_rng(key)
    means = np.zeros(DESCRIPTOR_SIZE)
    # All models of OpenFace share their means; so do these.
    means[:FHOG_SIZE] = 0.1 + 0.05 * np.cos(np.arange(FHOG_SIZE) * 0.7)
    weights = rng.normal(0.0, 0.15, DESCRIPTOR_SIZE)
    weights[FHOG_SIZE:] *= 0.1
    return ActionUnitModel(
        name=f"AU{unit:02d}",
        target=target,
        is_dynamic=is_dynamic,
        means=means,
        weights=weights,
        bias=float(rng.uniform(0.0, 2.0)) if target is Target.INTENSITY else float(rng.normal()),
        cutoff=round(0.15 + 0.1 * (unit % 7), 2) if has_cutoff else None,
        presence_if_positive=target is Target.INTENSITY or unit in _PRESENT_IF_POSITIVE,
    )


@cache
def synthetic_action_unit_models(seed: int = 0) -> ActionUnitModels:
    """Return 17 intensity and 18 presence models in OpenFace's mix of static and dynamic."""

    def models(
        target: Target, static: tuple[int, ...], dynamic: tuple[int, ...]
    ) -> tuple[ActionUnitModel, ...]:
        return tuple(
            synthetic_action_unit_model(unit, target, unit in dynamic, seed)
            for unit in static + dynamic
        )

    return ActionUnitModels(
        intensity=models(Target.INTENSITY, _INTENSITY_STATIC, _INTENSITY_DYNAMIC),
        presence=models(Target.PRESENCE, _PRESENCE_STATIC, _PRESENCE_DYNAMIC),
    )


@cache
def synthetic_static_models(seed: int = 0) -> ActionUnitModels:
    """Return models of the same action units that are all static, as for single images."""
    intensity = _INTENSITY_STATIC + _INTENSITY_DYNAMIC
    presence = _PRESENCE_STATIC + _PRESENCE_DYNAMIC
    return ActionUnitModels(
        tuple(synthetic_action_unit_model(u, Target.INTENSITY, False, seed) for u in intensity),
        tuple(synthetic_action_unit_model(u, Target.PRESENCE, False, seed) for u in presence),
    )


# --------------------------------------------------------------------------- files


def _text_matrix(values: NDArray[np.generic], code: int) -> str:
    rows = np.atleast_2d(values)
    # repr of a float32 as Python float is long, but gives the same float32 back.
    lines = [" ".join(repr(value.item()) for value in row) for row in rows]
    return "\n".join([str(rows.shape[0]), str(rows.shape[1]), str(code), *lines, ""])


def write_pdm(pdm: PointDistributionModel, path: Path) -> Path:
    """Write a point distribution model as OpenFace's text file; returns the path."""
    parts = (
        ("mean shape, mm", pdm.mean_mm.reshape(-1, 1)),
        ("modes", pdm.components_mm),
        ("variances", pdm.eigenvalues.reshape(1, -1)),
    )
    path.write_text(
        "".join(f"# {title}\n{_text_matrix(values, _OPENCV_FLOAT64)}" for title, values in parts),
        encoding="utf-8",
    )
    return path


def write_triangulation(triangles: NDArray[np.int32], path: Path) -> Path:
    """Write a triangulation as OpenFace's text file; returns the path."""
    path.write_text(_text_matrix(triangles, _OPENCV_INT32), encoding="utf-8")
    return path


def action_unit_model_bytes(model: ActionUnitModel) -> bytes:
    """Return the content of a predictor's ``.dat`` file."""
    is_presence = model.target is Target.PRESENCE
    kind = 4 * int(is_presence) + int(model.is_dynamic)
    content = struct.pack("<i", kind)
    if kind == 1:
        content += struct.pack("<d", -1.0 if model.cutoff is None else model.cutoff)
    size = len(model.means)
    content += struct.pack("<iii", 1, size, _OPENCV_FLOAT64) + model.means.astype("<f8").tobytes()
    content += struct.pack("<iii", size, 1, _OPENCV_FLOAT64) + model.weights.astype("<f8").tobytes()
    content += struct.pack("<d", model.bias)
    if is_presence:
        positive = float(model.presence_if_positive)
        content += struct.pack("<dd", positive, 1.0 - positive)
    return content


def write_action_unit_model(model: ActionUnitModel, path: Path) -> Path:
    """Write one predictor in OpenFace's binary form; returns the path."""
    path.write_bytes(action_unit_model_bytes(model))
    return path


def write_action_unit_models(models: ActionUnitModels, list_path: Path) -> Path:
    """Write all predictors into ``svr_combined/`` and ``svm_combined/``, and the list of them."""
    lines = []
    for model in models.all_models:
        folder = "svr_combined" if model.target is Target.INTENSITY else "svm_combined"
        kind = "dynamic" if model.is_dynamic else "static"
        relative = f"{folder}/AU_{int(model.name[2:])}_{kind}.dat"
        (list_path.parent / folder).mkdir(parents=True, exist_ok=True)
        write_action_unit_model(model, list_path.parent / relative)
        lines.append(f"{relative} {model.name}\n")
    list_path.write_text("".join(lines), encoding="utf-8")
    return list_path


def write_openface_model_folder(folder: Path) -> Path:
    """Write all synthetic models as an OpenFace model folder.

    Parameters
    ----------
    folder : Path
        Receives ``openface/AU_predictors/`` with the PDM, the triangulation, both lists and their
        predictors, under OpenFace's own file names.

    Returns
    -------
    Path
        ``folder / "openface"``.
    """
    predictors = folder / "openface" / "AU_predictors"
    predictors.mkdir(parents=True, exist_ok=True)
    write_pdm(synthetic_pdm(), predictors / "In-the-wild_aligned_PDM_68.txt")
    write_triangulation(synthetic_triangles(), predictors / "tris_68_full.txt")
    write_action_unit_models(synthetic_action_unit_models(), predictors / "AU_all_best.txt")
    write_action_unit_models(synthetic_static_models(), predictors / "AU_all_static.txt")
    return folder / "openface"


# --------------------------------------------------------------------------- pictures


@cache
def _head_mesh() -> tuple[Float64Array, NDArray[np.int32]]:
    """Return the mean face with a forehead, (n, 3) mm, and its triangles; landmarks come first."""
    face = mean_face_mm()
    left, right = face[0], face[16]
    angles = np.linspace(np.pi, 0.0, 11)[1:-1]
    middle, half = (left + right) / 2, (right[0] - left[0]) / 2
    forehead = np.stack(
        [
            middle[0] + half * np.cos(angles),
            middle[1] - 78.0 * np.sin(angles),
            middle[2] - 35.0 * np.sin(angles),
        ],
        axis=1,
    )
    vertices = np.concatenate([face, forehead])
    return vertices, delaunay(vertices[:, :2])


def _inside_softly(x: Float64Array, y: Float64Array, polygon: Float64Array) -> Float64Array:
    """Return 1 inside of a polygon (n, 2), 0 outside, and a slope of 2 mm between, (k,)."""
    nearest = np.full(x.shape, np.inf)
    inside = np.zeros(x.shape, dtype=np.bool_)
    for (ax, ay), (bx, by) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        along = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)
        along = np.clip(along, 0.0, 1.0)
        nearest = np.minimum(
            nearest, np.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay))
        )
        if ay != by:
            crosses = (ay > y) != (by > y)
            inside ^= crosses & (x < ax + (y - ay) * (bx - ax) / (by - ay))
    return np.asarray(np.clip(0.5 + np.where(inside, nearest, -nearest) / 2.0, 0.0, 1.0))


def _blob(
    x: Float64Array, y: Float64Array, centre: FloatArray, width: float, height: float
) -> Float64Array:
    return np.asarray(np.exp(-(((x - centre[0]) / width) ** 2) - ((y - centre[1]) / height) ** 2))


def _skin_colours(x: Float64Array, y: Float64Array) -> Float64Array:
    """Return the face's colours at points of the frontal mean face, (k, 3) BGR, 0 to 255."""
    face = mean_face_mm()[:, :2]
    light = 1.0 - 0.45 * ((x - 12.0) / 85.0) ** 2 - 0.15 * ((y + 15.0) / 110.0) ** 2
    nose = face[30]
    light += 0.10 * _blob(x, y, (nose + face[27]) / 2, 4.0, 22.0) + 0.12 * _blob(x, y, nose, 6, 6)
    for side in (-1.0, 1.0):
        light -= 0.16 * _blob(x, y, nose + np.array([side * 12.0, -6.0]), 4.0, 16.0)
        light -= 0.14 * _blob(x, y, nose + np.array([side * 33.0, -35.0]), 17.0, 8.0)
        light += 0.06 * _blob(x, y, nose + np.array([side * 38.0, 2.0]), 14.0, 12.0)
    light -= 0.15 * _blob(x, y, face[33] + np.array([0.0, 3.0]), 12.0, 3.0)
    light -= 0.10 * _blob(x, y, face[57] + np.array([0.0, 5.0]), 14.0, 3.0)
    light += 0.025 * np.sin(1.9 * x + 0.3 * y) * np.sin(1.3 * y - 0.5 * x)  # pores
    colours = light[:, None] * np.array([135.0, 162.0, 212.0])

    def paint(amount: Float64Array, colour: tuple[float, float, float]) -> None:
        colours[:] += np.clip(amount, 0.0, 1.0)[:, None] * (np.array(colour) - colours)

    for brow in (face[17:22], face[26:21:-1]):
        lower = brow[::-1] + np.array([0.0, 5.0])
        paint(0.9 * _inside_softly(x, y, np.concatenate([brow, lower])), (35.0, 45.0, 60.0))
    for eye in (face[36:42], face[42:48]):
        centre = eye.mean(axis=0)
        opening = _inside_softly(x, y, eye)
        away = np.hypot(x - centre[0], y - centre[1])
        paint(0.7 * _inside_softly(x, y, centre + 1.15 * (eye - centre)), (40.0, 45.0, 60.0))
        paint(opening, (225.0, 228.0, 230.0))
        paint(opening * np.clip(6.5 - away, 0.0, 1.0), (70.0, 80.0, 60.0))
        paint(opening * np.clip(3.0 - away, 0.0, 1.0), (12.0, 12.0, 12.0))
    for nostril in (face[32], face[34]):
        paint(0.8 * _blob(x, y, nostril - np.array([0.0, 1.0]), 4.0, 2.2), (40.0, 45.0, 75.0))
    paint(0.85 * _inside_softly(x, y, face[48:60]), (95.0, 95.0, 175.0))
    paint(_inside_softly(x, y, face[60:68]), (35.0, 25.0, 60.0))
    return np.asarray(colours)


def render_face(
    pdm: PointDistributionModel,
    scale_px_per_mm: float,
    rotation_radians: tuple[float, float, float],
    translation_px: tuple[float, float],
    shape_parameters: FloatArray,
    size_px: tuple[int, int],
) -> UInt8Array:
    """Return a picture of a synthetic face whose landmarks are those of :func:`project_face`.

    Parameters
    ----------
    pdm, scale_px_per_mm, rotation_radians, translation_px, shape_parameters
        See :func:`project_face`; the model must be of the 68 landmarks.
    size_px : tuple of int
        Width and height.

    Returns
    -------
    (height, width, 3) ndarray of uint8
        BGR. Brows, eyes, nose and lips are painted where the landmarks are; parts of the face that
        are out of the frame are cut off.
    """
    width, height = size_px
    mesh, triangles = _head_mesh()
    vertices = mesh.copy()
    flat = pdm.mean_mm.astype(np.float64) + pdm.components_mm.astype(np.float64) @ shape_parameters
    vertices[:LANDMARKS] = flat.reshape(3, -1).T
    projected = project_points(vertices, scale_px_per_mm, rotation_radians, translation_px)

    row, column = np.mgrid[0:height, 0:width].astype(np.float64)
    backdrop = 105.0 + 30.0 * np.sin(column / 37.0 + 1.0) * np.cos(row / 29.0)
    frame = backdrop[:, :, None] * np.array([1.0, 0.95, 0.8])
    _draw_hair_and_neck(frame, scale_px_per_mm, rotation_radians, translation_px)

    canonical = np.full((height, width, 2), np.nan)
    for t in sorted(triangles.tolist(), key=lambda t: -projected[t, 2].sum()):  # far ones first
        (ax, ay), (bx, by), (cx, cy) = projected[t, :2]
        area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
        x0, x1 = max(int(np.ceil(min(ax, bx, cx))), 0), int(np.floor(max(ax, bx, cx))) + 1
        y0, y1 = max(int(np.ceil(min(ay, by, cy))), 0), int(np.floor(max(ay, by, cy))) + 1
        x, y = column[y0:y1, x0:x1], row[y0:y1, x0:x1]
        if area == 0.0 or not x.size:
            continue
        b = ((x - ax) * (cy - ay) - (cx - ax) * (y - ay)) / area
        c = ((bx - ax) * (y - ay) - (x - ax) * (by - ay)) / area
        inside = (b >= 0.0) & (c >= 0.0) & (b + c <= 1.0)
        corners = mesh[t, :2]
        place = corners[0] + b[..., None] * (corners[1] - corners[0])
        place = place + c[..., None] * (corners[2] - corners[0])
        canonical[y0:y1, x0:x1][inside] = place[inside]
    is_face = ~np.isnan(canonical[:, :, 0])
    frame[is_face] = _skin_colours(canonical[is_face, 0], canonical[is_face, 1])
    return np.asarray(np.clip(np.rint(frame), 0.0, 255.0), dtype=np.uint8)


def _draw_hair_and_neck(
    frame: Float64Array,
    scale_px_per_mm: float,
    rotation_radians: tuple[float, float, float],
    translation_px: tuple[float, float],
) -> None:
    """Draw what is behind the face, as flat shapes that turn with it."""
    row, column = np.mgrid[0 : frame.shape[0], 0 : frame.shape[1]].astype(np.float64)
    rotation = euler_to_matrix(*rotation_radians)
    depth_mm = 45.0
    offsets = np.stack([column, row]).reshape(2, -1) - np.array(translation_px)[:, None]
    offsets -= scale_px_per_mm * depth_mm * rotation[:2, 2:3]
    flat = np.linalg.solve(scale_px_per_mm * rotation[:2, :2], offsets)
    x, y = flat.reshape(2, *frame.shape[:2])
    neck = (np.abs(x) < 48.0 + np.clip(y - 95.0, 0.0, 40.0) * 2.0) & (y > 20.0)
    frame[neck] = (95.0, 115.0, 150.0)
    hair = (x / 84.0) ** 2 + ((y + 45.0) / 80.0) ** 2 < 1.0
    frame[hair] = (38.0 + 8.0 * np.sin(0.8 * x[hair]))[:, None] * np.array([0.9, 1.0, 1.2])
