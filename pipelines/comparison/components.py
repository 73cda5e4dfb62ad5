"""Every component of its own against dumps of the C++ program, each fed with the dumped input."""

from collections.abc import Iterator

import numpy as np

from openface_core.action_units.static import presences
from openface_core.action_units.tracker import ActionUnitSeries, ActionUnitTracker
from openface_core.agreement import VARYING_INTENSITY_SD, compare_tables, equal_share
from openface_core.alignment import ALIGNED_SIZE_PX, warp_matrix
from openface_core.analysis.engine import Engine
from openface_core.descriptors import FHOG_SIZE, GEOMETRY_SIZE
from openface_core.errors import InputError
from openface_core.fhog import fhog
from openface_core.geometry import geometry_descriptor
from openface_core.landmarks.conventions import LANDMARK_COUNT
from openface_core.shape import Camera, ShapeFit, calc_params, head_pose, landmarks_in_camera_mm
from pipelines.comparison.golden_dumps import Array, GoldenDumps, Shape, points_of
from pipelines.comparison.report import Bound, Row

SHAPE_BOUND = Bound(max_difference=5e-4)
TRANSLATION_BOUND = Bound(max_difference=1e-3)
SCALE_ROTATION_BOUND = Bound(max_difference=1e-5)
POSITION_MM, ROTATION_RADIANS, POINT_3D_MM = 0.1, 1e-3, 0.1
"""Largest allowed differences of head position, head rotation and 3D landmarks."""
MATRIX_BOUND = Bound(max_difference=1e-6)
OFFSET_BOUND = Bound(max_difference=2e-4)
FHOG_SD = 1e-5
FHOG_BOUND = Bound(max_difference=2e-7)
GEOMETRY_BOUND = Bound(max_difference=1e-12)
MEDIAN_BOUND = Bound(max_difference=1e-12)
SCORE_BOUND = Bound(max_difference=1e-10)
IDENTICAL = Bound(equal_share=1.0)

ALIGNED = "aligned.npz"
TRACKED = "clnf_landmarks.npz"
MEDIANS = "medians.npz"
SCORES = "au_raw.npz"


def table_row(
    part: str,
    compared: str,
    measured: Array,
    reference: Array,
    bound: Bound | None = None,
    least_sd: float = 0.0,
) -> Row:
    """Return the row of a measured quantity whose first axis is the frame."""
    found = compare_tables(
        measured.reshape(len(measured), -1), reference.reshape(len(reference), -1), least_sd
    )
    return Row.of_table(part, compared, found, bound)


def cells_row(
    part: str, compared: str, measured: Array, reference: Array, bound: Bound | None = None
) -> Row:
    """Return the row of cells that are equal or not; NaN takes no part."""
    counted = ~np.isnan(np.asarray(measured, dtype=np.float64) + np.asarray(reference, np.float64))
    share = equal_share(measured, reference)
    return Row(part, compared, int(counted.sum()), equal_share=share, bound=bound)


def intensities_row(
    part: str, measured: Array, reference: Array, bound: Bound | None = None
) -> Row:
    """Return the row of final intensities."""
    found = compare_tables(measured, reference, VARYING_INTENSITY_SD)
    compared = f"AU_r, {len(found.varying)} of {len(found.columns)} AUs vary"
    return Row.of_table(part, compared, found, bound)


def compare_calc_params(dumps: GoldenDumps, engine: Engine) -> Iterator[Row]:
    """Yield the rows of component 4, fed with the dumped landmarks."""
    ok = dumps.successful
    fits = [calc_params(engine.meter.pdm, dumps.landmarks[i]) for i in ok]
    expected = dumps.calcparams["params_global"][ok]
    part = "4 CalcParams"
    yield table_row(
        part,
        "shape parameters",
        np.array([fit.shape_parameters for fit in fits]),
        dumps.calcparams["params_local"][ok],
        SHAPE_BOUND,
    )
    yield table_row(
        part,
        "translation, px",
        np.array([fit.translation_px for fit in fits]),
        expected[:, 4:],
        TRANSLATION_BOUND,
    )
    found = [[fit.scale_px_per_mm, *fit.rotation_radians] for fit in fits]
    yield table_row(
        part, "scale, px/mm; rotation, rad", np.array(found), expected[:, :4], SCALE_ROTATION_BOUND
    )


def poses_and_points(
    engine: Engine, camera: Camera, landmarks: Array, global_parameters: Array, modes: Array
) -> tuple[Array, Array]:
    """Return head poses (n, 6) in mm and rad and 3D landmarks (n, 204) of given fits."""
    poses, points = [], []
    for k in range(len(landmarks)):
        scale, rotation, translation = np.split(global_parameters[k].astype(np.float32), [1, 4])
        fit = ShapeFit(float(scale[0]), rotation, translation, modes[k].astype(np.float32), 0)
        pose = head_pose(engine.meter.pdm, fit, landmarks[k], camera)
        if pose is None:
            poses.append(np.full(6, np.nan))
        else:
            poses.append(np.concatenate([pose.translation_mm, pose.rotation_radians]))
        points.append(landmarks_in_camera_mm(engine.meter.pdm, fit, camera).T.ravel())
    return np.array(poses).reshape(-1, 6), np.array(points).reshape(-1, 3 * LANDMARK_COUNT)


def compare_pose(dumps: GoldenDumps, engine: Engine) -> Iterator[Row]:
    """Yield the rows of pose and 3D landmarks, fed with the tracker's own fit."""
    n = dumps.frame_count
    shapes: dict[str, Shape] = {
        "landmarks2d": (n, 2 * LANDMARK_COUNT),
        "success": (n,),
        "params_global": (n, 6),
        "params_local": (n, dumps.mode_count),
        "pose": (n, 6),
        "landmarks3d": (n, 3 * LANDMARK_COUNT),
        "camera_fx_fy_cx_cy_fps": (5,),
    }
    tracked = dumps.read(TRACKED, shapes)
    ok = np.flatnonzero(tracked["success"])
    if not ok.size:
        return
    fx, fy, cx, cy = (float(value) for value in tracked["camera_fx_fy_cx_cy_fps"][:4])
    poses, points = poses_and_points(
        engine,
        Camera(fx, fy, cx, cy),
        points_of(tracked["landmarks2d"][ok]),
        tracked["params_global"][ok],
        tracked["params_local"][ok],
    )
    expected = tracked["pose"][ok]
    part = "4 pose from the tracker's fit"
    yield table_row(part, "position, mm", poses[:, :3], expected[:, :3], Bound(POSITION_MM))
    yield table_row(part, "rotation, rad", poses[:, 3:], expected[:, 3:], Bound(ROTATION_RADIANS))
    yield table_row(part, "X, Y, Z, mm", points, tracked["landmarks3d"][ok], Bound(POINT_3D_MM))


def compare_warp_matrix(dumps: GoldenDumps, engine: Engine) -> Iterator[Row]:
    """Yield the rows of the alignment's transform, fed with the dumped fit."""
    ok = dumps.successful
    translation = dumps.calcparams["params_global"][:, 4:]
    mean = engine.meter.pdm.mean_mm
    found = np.array([warp_matrix(dumps.landmarks[i], translation[i], mean) for i in ok])
    expected = dumps.calcparams["warp_matrix"][ok]
    part = "5 alignment"
    yield table_row(part, "warp matrix, 2x2", found[:, :, :2], expected[:, :, :2], MATRIX_BOUND)
    yield table_row(
        part, "warp matrix, offset, px", found[:, :, 2], expected[:, :, 2], OFFSET_BOUND
    )


def compare_fhog(dumps: GoldenDumps) -> Row:
    """Return the row of component 6, fed with the dumped aligned faces."""
    numbers = dumps.frame_numbers(ALIGNED)
    shape = (len(numbers), ALIGNED_SIZE_PX, ALIGNED_SIZE_PX, 3)
    images = dumps.read(ALIGNED, {"aligned": shape})["aligned"].astype(np.uint8, copy=False)
    found = np.array([fhog(np.ascontiguousarray(image)).ravel() for image in images])
    # An element that varies by rounding alone has no correlation worth the name.
    return table_row(
        "6 FHOG", "descriptor", found, dumps.fhog[numbers - 1], FHOG_BOUND, least_sd=FHOG_SD
    )


def compare_geometry(dumps: GoldenDumps, engine: Engine) -> Row:
    """Return the row of component 7, fed with the dumped shape parameters."""
    ok = dumps.successful
    parameters = dumps.calcparams["params_local"][ok]
    found = np.array([geometry_descriptor(engine.meter.pdm, p) for p in parameters])
    return table_row("7 geometry", "descriptor, mm", found, dumps.geometry[ok], GEOMETRY_BOUND)


def compare_action_units(dumps: GoldenDumps, engine: Engine) -> Iterator[Row]:
    """Yield the rows of components 8 to 11, fed with the dumped descriptors."""
    tracker = ActionUnitTracker(engine.video_models)
    wanted = set(dumps.frame_numbers(MEDIANS).tolist()) if dumps.has(MEDIANS) else set()
    medians: dict[int, tuple[Array, Array]] = {}
    for i, is_successful in enumerate(dumps.is_successful):
        if is_successful:
            tracker.add(dumps.fhog[i], dumps.geometry[i])
        else:
            tracker.add_failure()
        if i + 1 in wanted and tracker.medians is not None:
            medians[i + 1] = (tracker.medians.fhog, tracker.medians.geometry)
    if medians:
        yield from _compare_medians(dumps, medians)
    if dumps.has(SCORES):
        yield from _compare_scores(dumps, engine, tracker.finish())


def _compare_medians(dumps: GoldenDumps, medians: dict[int, tuple[Array, Array]]) -> Iterator[Row]:
    """Yield the rows of the running medians after some frames, by frame number."""
    numbers = dumps.frame_numbers(MEDIANS)
    count = len(numbers)
    shapes: dict[str, Shape] = {
        "hog_median": (count, FHOG_SIZE),
        "geom_median": (count, GEOMETRY_SIZE),
    }
    expected = dumps.read(MEDIANS, shapes)
    for place, (key, name) in enumerate((("hog_median", "FHOG"), ("geom_median", "geometry, mm"))):
        found = np.array([medians[int(number)][place] for number in numbers])
        yield table_row("10 running medians", name, found, expected[key], MEDIAN_BOUND)


def _compare_scores(dumps: GoldenDumps, engine: Engine, series: ActionUnitSeries) -> Iterator[Row]:
    """Yield the rows of online, re-predicted and final action units."""
    models = engine.video_models
    n, r, c = dumps.frame_count, len(models.intensity), len(models.presence)
    shapes: dict[str, Shape] = dict.fromkeys(("reg_online", "reg_post", "reg_final"), (n, r))
    shapes |= dict.fromkeys(("cls_decision_online", "cls_online", "cls_post", "cls_final"), (n, c))
    expected = dumps.read(SCORES, shapes | {"reg_offset": (r,)})
    names = dumps.read(SCORES, {"reg_names": (r,), "cls_names": (c,)}, texts=True)
    if (*names["reg_names"].tolist(), *names["cls_names"].tolist()) != (
        *models.intensity_names,
        *models.presence_names,
    ):
        raise InputError(
            dumps.folder / SCORES,
            "other action units than those of the models",
            "Use the models that the dumps were made with.",
        )
    ok = series.is_successful
    both = "8, 9 static and dynamic AUs"
    online, repredicted = series.online_scores, series.repredicted_scores
    yield table_row(
        both, "intensities, online", online[ok, :r], expected["reg_online"][ok], SCORE_BOUND
    )
    yield table_row(
        both,
        "decision values, online",
        online[ok, r:],
        expected["cls_decision_online"][ok],
        SCORE_BOUND,
    )
    yield cells_row(
        both,
        "presences, online",
        presences(models, online)[ok],
        expected["cls_online"][ok],
        IDENTICAL,
    )
    last = "11 post-processing"
    yield table_row(
        last,
        "intensities, re-predicted",
        repredicted[ok, :r],
        expected["reg_post"][ok],
        SCORE_BOUND,
    )
    yield cells_row(
        last,
        "presences, re-predicted",
        presences(models, repredicted)[ok],
        expected["cls_post"][ok],
        IDENTICAL,
    )
    yield table_row(
        last, "offsets", series.offsets[None], expected["reg_offset"][None], SCORE_BOUND
    )
    yield table_row(
        last, "intensities, final", series.intensities, expected["reg_final"], SCORE_BOUND
    )
    yield cells_row(last, "presences, final", series.presences, expected["cls_final"], IDENTICAL)


def compare_components(dumps: GoldenDumps, engine: Engine) -> Iterator[Row]:
    """Yield the rows of every component that needs no frames of the video.

    Parameters
    ----------
    dumps : GoldenDumps
        Inputs and outputs of each component in the C++ program.
    engine : Engine
        The models.

    Yields
    ------
    Row
        In the order of the components; those without dumps are left out.

    Raises
    ------
    InputError
        If a dump is damaged or does not fit the others.
    """
    yield from compare_calc_params(dumps, engine)
    if dumps.has(TRACKED):
        yield from compare_pose(dumps, engine)
    yield from compare_warp_matrix(dumps, engine)
    if dumps.has(ALIGNED, "hog_all.npz"):
        yield compare_fhog(dumps)
    if dumps.has("geom.npz"):
        yield compare_geometry(dumps, engine)
    if dumps.has("hog_all.npz", "geom.npz"):
        yield from compare_action_units(dumps, engine)
