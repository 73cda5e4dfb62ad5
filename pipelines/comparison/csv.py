"""The main job's analysis against OpenFace's own CSV, from given landmarks and end to end."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa

from openface_core.analysis.analyser import Analyser
from openface_core.analysis.engine import Engine
from openface_core.analysis.settings import RunSettings, SmoothingSettings
from openface_core.face_tracking import FacesSettings
from openface_core.shape import Camera
from pipelines.comparison.action_units import (
    CHAIN_PRESENCE_BOUND,
    ChainComparison,
    check_count,
    intensity_columns,
    presence_columns,
    unit_rows,
)
from pipelines.comparison.components import (
    POINT_3D_MM,
    POSITION_MM,
    ROTATION_RADIANS,
    cells_row,
    intensities_row,
    poses_and_points,
    table_row,
)
from pipelines.comparison.eyes import eye_rows
from pipelines.comparison.golden_dumps import points_of
from pipelines.comparison.openface_output import (
    EYE_COLUMNS,
    GLOBAL_COLUMNS,
    LANDMARK_COLUMNS,
    POINT_3D_COLUMNS,
    POSE_COLUMNS,
    OpenFaceOutput,
    read_openface_output,
    shape_columns,
    table_values,
)
from pipelines.comparison.report import Bound, Row
from transforms.records import VideoTask

CSV_INTENSITY_BOUND = Bound(mean_r=0.999)
CSV_POSITION_BOUND = Bound(mean_difference=POSITION_MM)
CSV_ROTATION_BOUND = Bound(mean_difference=ROTATION_RADIANS)

_EYE_CORNERS = (36, 45)
"""Outer corners of the two eyes, whose distance is the measure of landmark errors."""

LANDMARK_GROUPS = {
    "jaw": slice(0, 17),
    "brows": slice(17, 27),
    "nose": slice(27, 36),
    "eyes": slice(36, 48),
    "mouth": slice(48, 68),
}
"""Where in the face landmarks lie."""

_SCALE_STEP, _POINT_3D_STEP_MM = 1e-3, 0.1
"""Last digits of ``p_scale`` and of the 3D landmarks in OpenFace's CSV."""


def read_reference(path: str, engine: Engine) -> OpenFaceOutput:
    """Read the columns of OpenFace's CSV that can be compared.

    Raises
    ------
    InputError
        If the file cannot be read or lacks action units, landmarks or pose.
    """
    models = engine.video_models
    return read_openface_output(
        path,
        required=(
            *intensity_columns(models),
            *presence_columns(models),
            *LANDMARK_COLUMNS,
            *POSE_COLUMNS,
        ),
        optional=(
            *shape_columns(engine.meter.pdm.mode_count),
            *POINT_3D_COLUMNS,
            *EYE_COLUMNS,
        ),
    )


def _analyse(
    task: VideoTask, engine: Engine, settings: RunSettings, on_frame: Callable[[], None]
) -> pa.Table:
    as_openface = replace(
        settings,
        faces=FacesSettings("widest"),
        calibration=replace(settings.calibration, least_frames=0),
        smoothing=SmoothingSettings(missing_as_zero=True),
    )
    return (
        Analyser(engine, as_openface)
        .video(task.uri, landmarks_uri=task.landmarks_uri, on_faces=lambda *_: on_frame())
        .table
    )


def compare_with_csv(
    task: VideoTask,
    reference: OpenFaceOutput,
    engine: Engine,
    settings: RunSettings,
    on_frame: Callable[[], None],
) -> ChainComparison:
    """Run the analysis of the main job and compare its table with OpenFace's CSV.

    Parameters
    ----------
    task : VideoTask
        The video, with the file of given landmarks; without one the networks find them.
    reference : OpenFaceOutput
        What OpenFace found in the same video.
    engine : Engine
        The models.
    settings : RunSettings
        Settings as of a run.
    on_frame : callable
        Called after every frame.

    Returns
    -------
    ChainComparison
        Action units, gaze and eyes where both have them, and for the networks landmarks and pose
        too. Frames without a face on either side take no part. Bounds are set only for given
        landmarks that are not the CSV's own, which are rounded to 0.1 px.

    Raises
    ------
    OpenFaceBeamError
        If the video cannot be analysed, or the CSV is of another one.
    """
    table = _analyse(task, engine, settings, on_frame)
    check_count(reference, table.num_rows)
    models = engine.video_models
    end_to_end = task.landmarks_uri is None
    unrounded = not end_to_end and task.landmarks_uri != reference.path
    part = "end to end" if end_to_end else "whole chain from given landmarks"
    rows: list[Row] = []
    if end_to_end:
        faces = table_values(table, ["success"])[:, 0]
        rows.append(cells_row("1 detection", "frames with a face", faces, reference.success))
        rows += _landmark_rows(table, reference)
        rows += _pose_rows(table, reference)
    rows += eye_rows(table, reference)
    pairs = tuple(
        (table_values(table, names), reference.values(names))
        for names in (intensity_columns(models), presence_columns(models))
    )
    rows.append(intensities_row(part, *pairs[0], CSV_INTENSITY_BOUND if unrounded else None))
    rows.append(cells_row(part, "AU_c", *pairs[1], CHAIN_PRESENCE_BOUND if unrounded else None))
    return ChainComparison(tuple(rows), tuple(unit_rows(part, models, *pairs)))


def _landmark_rows(table: pa.Table, reference: OpenFaceOutput) -> Iterator[Row]:
    measured, expected = table_values(table, LANDMARK_COLUMNS), reference.values(LANDMARK_COLUMNS)
    yield table_row("2 landmarks", "x, y, px", measured, expected)
    a, b = (
        np.stack(np.split(values, 2, axis=1), axis=-1) for values in (measured, expected)
    )  # (n, 68, 2)
    distance = np.linalg.norm(a - b, axis=-1)
    left, right = _EYE_CORNERS
    eyes = np.linalg.norm(b[:, left] - b[:, right], axis=-1)
    both = np.isfinite(distance).all(axis=1) & (eyes > 0)
    groups = {group: distance[both, points] for group, points in LANDMARK_GROUPS.items()}
    for name, values in (
        ("point distance, px", distance[both]),
        ("point distance / outer eye corners'", distance[both] / eyes[both, None]),
        *((f"point distance, {group}, px", values) for group, values in groups.items()),
    ):
        yield Row(
            "2 landmarks",
            name,
            values.size,
            mean_difference=float(values.mean()) if values.size else np.nan,
            max_difference=float(values.max()) if values.size else np.nan,
        )


def _pose_rows(table: pa.Table, reference: OpenFaceOutput) -> Iterator[Row]:
    measured, expected = table_values(table, POSE_COLUMNS), reference.values(POSE_COLUMNS)
    for k, name in enumerate(POSE_COLUMNS):
        unit = "mm" if k < 3 else "rad"
        yield table_row("4 pose", f"{name}, {unit}", measured[:, [k]], expected[:, [k]])


def compare_csv_pose(
    reference: OpenFaceOutput, engine: Engine, width_px: int, height_px: int
) -> tuple[Row, ...]:
    """Compare pose and 3D landmarks with the CSV's, both from the CSV's own fit.

    Parameters
    ----------
    reference : OpenFaceOutput
        What OpenFace found.
    engine : Engine
        The models.
    width_px, height_px : int
        Size of a frame, from which OpenFace guesses the camera.

    Returns
    -------
    tuple of Row
        Empty where the CSV lacks the fit. The fit and the landmarks are rounded: the bounds of the
        pose are on the mean, and that of the 3D landmarks grows by what the last digit of
        ``p_scale`` and their own can hide.
    """
    modes = shape_columns(engine.meter.pdm.mode_count)
    if not reference.has((*modes, *POINT_3D_COLUMNS)):
        return ()
    ok = reference.success
    if not ok.any():
        return ()
    fit = reference.values(modes)[ok]
    global_parameters, weights = np.split(fit, [len(GLOBAL_COLUMNS)], axis=1)
    camera = Camera.from_frame_size(width_px, height_px)
    landmarks = points_of(reference.values(LANDMARK_COLUMNS)[ok])
    poses, points = poses_and_points(engine, camera, landmarks, global_parameters, weights)
    expected = reference.values(POSE_COLUMNS)[ok]
    least_scale = float(global_parameters[:, 0].min())
    hidden = _POINT_3D_STEP_MM / 2 + camera.fx_px / least_scale**2 * _SCALE_STEP / 2
    part = "4 pose from the CSV's fit"
    return (
        table_row(part, "position, mm", poses[:, :3], expected[:, :3], CSV_POSITION_BOUND),
        table_row(part, "rotation, rad", poses[:, 3:], expected[:, 3:], CSV_ROTATION_BOUND),
        table_row(
            part,
            "X, Y, Z, mm",
            points,
            reference.values(POINT_3D_COLUMNS)[ok],
            Bound(max_difference=POINT_3D_MM + hidden),
        ),
    )
