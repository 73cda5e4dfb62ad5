"""The fields of a face, in the order of the table's columns, which is OpenFace's.

To add a column, add a field here: taken from a face, or derived from other fields.
"""

from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from openface_core.action_units.meanings import AU_MEANINGS
from openface_core.action_units.static import weigh_descriptor
from openface_core.descriptors import FHOG_SIZE, GEOMETRY_SIZE
from openface_core.eyes import EYE_COUNT, EYE_POINT_COUNT, eyes_in_camera_mm, gaze_angles
from openface_core.fields.column import Column
from openface_core.fields.field import (
    AnyArray,
    Derivation,
    Dimension,
    Extent,
    Field,
    Known,
    Observation,
)
from openface_core.fields.side_fields import SIDE_FIELDS
from openface_core.landmarks.conventions import LANDMARK_COUNT, face_widths_px
from openface_core.running_medians import FHOG_RANGE, GEOMETRY_RANGE, HistogramRange, quantise
from openface_core.shape import Camera, ShapeFit, landmarks_in_camera_mm

_AXES_3D = "x right, y down, z away from the camera"
_EYES = ("the left eye in the picture", "the right eye in the picture")

NO_FACE = -1
"""Stands for the number of a face where there is none."""
NO_MEDIANS = -1
"""Stands for the number of frames that moved the medians of a face that has none."""

Placed = tuple[tuple[int, ...], Column]
Float32Array = NDArray[np.float32]


# How values are taken from a frame and its face.


def _pts_seconds(seen: Observation) -> float:
    return np.nan if seen.frame.pts_seconds is None else seen.frame.pts_seconds


def _confidence(seen: Observation) -> float:
    return np.nan if seen.face.confidence is None else seen.face.confidence


def _frame_size_px(seen: Observation) -> tuple[int, int]:
    height, width = seen.frame.picture.shape[:2]
    return width, height


def _fit_of(seen: Observation) -> ShapeFit:
    fit = seen.face.fit
    assert fit is not None  # noqa: S101 - a measured face has one
    return fit


def _landmarks(seen: Observation) -> Float32Array:
    assert seen.face.landmarks is not None  # noqa: S101 - a measured face has them
    return seen.face.landmarks


def _pose(seen: Observation) -> AnyArray:
    return np.concatenate([seen.face.pose.translation_mm, seen.face.pose.rotation_radians])


def _global_parameters(seen: Observation) -> AnyArray:
    fit = _fit_of(seen)
    return np.concatenate([[fit.scale_px_per_mm], fit.rotation_radians, fit.translation_px])


def _eye_landmarks(seen: Observation) -> Float32Array | float:
    return np.nan if seen.face.eyes is None else seen.face.eyes.landmarks_px


def _eye_depths(seen: Observation) -> Float32Array | float:
    return np.nan if seen.face.eyes is None else seen.face.eyes.landmarks_3d_mm[..., 2]


def _gaze(seen: Observation) -> Float32Array | float:
    return np.nan if seen.face.eyes is None else seen.face.eyes.gaze_directions


def _weighted(seen: Observation) -> AnyArray:
    face = seen.face
    return weigh_descriptor(seen.models, face.fhog, face.geometry, face.residual_mm)


def _network_values(seen: Observation) -> Float32Array | float:
    return np.nan if seen.face.network_values is None else seen.face.network_values


def _bins(values: NDArray[np.floating], histogram: HistogramRange) -> NDArray[np.uint16]:
    bins = np.empty(values.size, dtype=np.uint16)
    quantise(values, histogram.minimum, histogram.length, histogram.bins, bins)
    return bins


# How values are derived from other fields.


def _cameras(values: Mapping[str, AnyArray], to: Derivation) -> Iterator[tuple[int, Camera]]:
    """Yield the frames with a measured face, and their cameras."""
    for i in np.flatnonzero(values["success"]):
        width_px, height_px = (int(size) for size in values["frame_size_px"][i])
        yield int(i), to.camera or Camera.from_frame_size(width_px, height_px)


def _landmarks_3d(values: Mapping[str, AnyArray], to: Derivation) -> Float32Array:
    """Return what the fitted parameters give, bit for bit what was measured."""
    count = len(values["success"])
    points = np.full((count, to.pdm.landmark_count, 3), np.nan, dtype=np.float32)
    for i, camera in _cameras(values, to):
        parameters = values["global_parameters"][i]
        fit = ShapeFit(
            scale_px_per_mm=float(parameters[0]),
            rotation_radians=parameters[1:4],
            translation_px=parameters[4:6],
            shape_parameters=values["shape_parameters"][i],
            iterations=0,
        )
        points[i] = landmarks_in_camera_mm(to.pdm, fit, camera)
    return points


def _eye_landmarks_3d(values: Mapping[str, AnyArray], to: Derivation) -> Float32Array:
    places, depths = values["eye_landmarks_px"], values["eye_depths_mm"]
    points = np.full((*depths.shape, 3), np.nan, dtype=np.float32)
    for i, camera in _cameras(values, to):
        points[i] = eyes_in_camera_mm(places[i], depths[i], camera)
    return points


def _frame_numbers(values: Mapping[str, AnyArray], to: Derivation) -> AnyArray:
    return to.first_number + np.arange(len(values["success"]), dtype=np.int32)


def _face_ids(values: Mapping[str, AnyArray], to: Derivation) -> AnyArray:
    face_id = NO_FACE if to.face_id is None else to.face_id
    return np.full(len(values["success"]), face_id, dtype=np.int32)


def _calibration_frames(values: Mapping[str, AnyArray], to: Derivation) -> AnyArray:
    count = NO_MEDIANS if to.calibration_frames is None else to.calibration_frames
    return np.full(len(values["success"]), count, dtype=np.int32)


def _face_width(values: Mapping[str, AnyArray], _to: Derivation) -> Float32Array:
    return face_widths_px(values["landmarks_px"])


# Which columns show them.


def _single(
    name: str, kind: pa.DataType, unit: str, description: str, nullable: bool = True
) -> list[Placed]:
    return [((), Column(name, kind, unit, description, nullable))]


def _gaze_columns(_extent: Extent) -> Iterator[Placed]:
    for eye, place in enumerate(_EYES):
        for k, axis in enumerate("xyz"):
            meaning = f"direction of gaze of {place}, {axis} of a unit vector; {_AXES_3D}"
            yield (eye, k), Column(f"gaze_{eye}_{axis}", pa.float32(), "1", meaning)


def _gaze_angle_columns(_extent: Extent) -> Iterator[Placed]:
    for k, (axis, side) in enumerate((("x", "to the picture's left"), ("y", "upwards"))):
        meaning = f"gaze of both eyes, negative {side}"
        yield (k,), Column(f"gaze_angle_{axis}", pa.float32(), "rad", meaning)


def _eye_points() -> Iterator[tuple[tuple[int, int], int, str]]:
    """Yield the place of every eye point, its number in OpenFace's columns, and what it is."""
    for eye, place in enumerate(_EYES):
        for k in range(EYE_POINT_COUNT):
            yield (
                (eye, k),
                EYE_POINT_COUNT * eye + k,
                f"point {k} of {EYE_POINT_COUNT} of {place}",
            )


def _eye_point_columns(_extent: Extent) -> Iterator[Placed]:
    for k, axis in enumerate("xy"):
        for place, number, point in _eye_points():
            meaning = f"{point}, {axis} in the upright frame; pixel centres on integers"
            yield (*place, k), Column(f"eye_lmk_{axis}_{number}", pa.float32(), "px", meaning)


def _eye_point_3d_columns(_extent: Extent) -> Iterator[Placed]:
    for k, axis in enumerate("XYZ"):
        for place, number, point in _eye_points():
            meaning = f"{point} in camera coordinates, {axis.lower()}; {_AXES_3D}"
            yield (*place, k), Column(f"eye_lmk_{axis}_{number}", pa.float32(), "mm", meaning)


def _pose_columns(_extent: Extent) -> Iterator[Placed]:
    for k, axis in enumerate("xyz"):
        meaning = f"position of the head, {axis}; {_AXES_3D}"
        yield (k,), Column(f"pose_T{axis}", pa.float32(), "mm", meaning)
    for k, axis in enumerate("xyz"):
        meaning = f"rotation of the head about {axis}; R = Rx Ry Rz in camera coordinates"
        yield (3 + k,), Column(f"pose_R{axis}", pa.float32(), "rad", meaning)


def _landmark_columns(_extent: Extent) -> Iterator[Placed]:
    for k, axis in enumerate("xy"):
        for point in range(LANDMARK_COUNT):
            meaning = (
                f"landmark {point} of {LANDMARK_COUNT} (iBUG order), {axis} in the upright frame; "
                "pixel centres on integers"
            )
            yield (point, k), Column(f"{axis}_{point}", pa.float32(), "px", meaning)


def _landmark_3d_columns(_extent: Extent) -> Iterator[Placed]:
    for k, axis in enumerate("XYZ"):
        for point in range(LANDMARK_COUNT):
            meaning = (
                f"landmark {point} of {LANDMARK_COUNT} in camera coordinates, {axis.lower()}; "
                f"{_AXES_3D}"
            )
            yield (point, k), Column(f"{axis}_{point}", pa.float32(), "mm", meaning)


def _global_parameter_columns(_extent: Extent) -> Iterator[Placed]:
    of_model = "of the fitted shape model"
    yield (0,), Column("p_scale", pa.float32(), "px/mm", f"scale {of_model}")
    for k, axis in enumerate("xyz"):
        meaning = f"rotation {of_model} about {axis}"
        yield (1 + k,), Column(f"p_r{axis}", pa.float32(), "rad", meaning)
    for k, axis in enumerate("xy"):
        yield (4 + k,), Column(f"p_t{axis}", pa.float32(), "px", f"position {of_model}, {axis}")


def _shape_parameter_columns(extent: Extent) -> Iterator[Placed]:
    for k in range(extent.mode_count):
        meaning = f"weight of the shape model's deformation mode {k}"
        yield (k,), Column(f"p_{k}", pa.float32(), "1", meaning)


def _intensity_columns(extent: Extent) -> Iterator[Placed]:
    for k, name in enumerate(extent.intensity_names):
        meaning = f"{name}, {AU_MEANINGS.get(name, 'action unit')}: intensity"
        yield (k,), Column(f"{name}_r", pa.float32(), "intensity from 0 to 5", meaning)


def _presence_columns(extent: Extent) -> Iterator[Placed]:
    for k, name in enumerate(extent.presence_names):
        meaning = f"{name}, {AU_MEANINGS.get(name, 'action unit')}: present or not"
        yield (k,), Column(f"{name}_c", pa.bool_(), "1", meaning)


def _network_value_columns(extent: Extent) -> Iterator[Placed]:
    for k, (name, unit, network) in enumerate(extent.network_columns):
        yield (k,), Column(name, pa.float32(), unit, f"what the network {network} says of the face")


FACE_FIELDS = (
    Field(
        "frame_number",
        "number of the frame in its video",
        shape=(),
        dtype=np.int32,
        missing=0,
        derive=_frame_numbers,
        columns=lambda _: _single(
            "frame", pa.int32(), "1", "number of the frame, 1 is the first decoded", nullable=False
        ),
        known=Known.ALWAYS,
    ),
    Field(
        "face_id",
        "number of the face in its video",
        shape=(),
        dtype=np.int32,
        missing=NO_FACE,
        derive=_face_ids,
        columns=lambda _: _single(
            "face_id",
            pa.int32(),
            "1",
            "number of the face in the video, 0 is the one seen longest; null in frames that show "
            "nobody, but 0 in all frames where one face is followed: faces.select = widest, or "
            "given landmarks",
        ),
        known=Known.WITH_ID,
    ),
    Field(
        "pts_seconds",
        "presentation time of the frame",
        shape=(),
        dtype=np.float64,
        missing=np.nan,
        take=_pts_seconds,
        is_of_frame=True,
        columns=lambda _: _single("timestamp", pa.float64(), "s", "presentation time of the frame"),
        known=Known.WHERE_KNOWN,
    ),
    Field(
        "confidence",
        "confidence in the face, from 0 to 1",
        shape=(),
        dtype=np.float32,
        missing=np.nan,
        take=_confidence,
        is_of_frame=True,
        columns=lambda _: _single(
            "confidence",
            pa.float32(),
            "1",
            "confidence in the face, from 0 to 1; null without a face",
        ),
        known=Known.WHERE_KNOWN,
    ),
    Field(
        "success",
        "whether the face was found and measured",
        shape=(),
        dtype=np.bool_,
        missing=False,
        take=lambda seen: seen.face.is_measured,
        is_of_frame=True,
        columns=lambda _: _single(
            "success",
            pa.bool_(),
            "1",
            "whether the face was found; without it, all below is null",
            nullable=False,
        ),
        known=Known.ALWAYS,
    ),
    Field(
        "frame_size_px",
        "width and height of the upright frame",
        shape=(2,),
        dtype=np.int32,
        missing=0,
        take=_frame_size_px,
        is_of_frame=True,
    ),
    Field(
        "gaze_directions",
        "unit vectors along each eye's gaze, in camera coordinates",
        shape=(EYE_COUNT, 3),
        dtype=np.float32,
        missing=np.nan,
        take=_gaze,
        columns=_gaze_columns,
        known=Known.WITH_EYES,
    ),
    Field(
        "gaze_angles",
        "gaze of both eyes, radians to the right and downwards",
        shape=(2,),
        dtype=np.float32,
        missing=np.nan,
        derive=lambda values, _: gaze_angles(values["gaze_directions"]),
        columns=_gaze_angle_columns,
        known=Known.WITH_EYES,
    ),
    Field(
        "eye_landmarks_px",
        "points of both eyes in the upright frame",
        shape=(EYE_COUNT, EYE_POINT_COUNT, 2),
        dtype=np.float32,
        missing=np.nan,
        take=_eye_landmarks,
        columns=_eye_point_columns,
        known=Known.WITH_EYES,
    ),
    Field(
        "eye_depths_mm",
        "their distances from the camera along its axis",
        shape=(EYE_COUNT, EYE_POINT_COUNT),
        dtype=np.float32,
        missing=np.nan,
        take=_eye_depths,
    ),
    Field(
        "eye_landmarks_3d_mm",
        "points of both eyes in camera coordinates",
        shape=(EYE_COUNT, EYE_POINT_COUNT, 3),
        dtype=np.float32,
        missing=np.nan,
        derive=_eye_landmarks_3d,
        columns=_eye_point_3d_columns,
        known=Known.WITH_EYES,
    ),
    Field(
        "pose",
        "head position in millimetres, then Euler angles in radians, in camera coordinates",
        shape=(6,),
        dtype=np.float32,
        missing=np.nan,
        take=_pose,
        columns=_pose_columns,
    ),
    Field(
        "landmarks_px",
        "landmarks in the upright frame",
        shape=(LANDMARK_COUNT, 2),
        dtype=np.float32,
        missing=np.nan,
        take=_landmarks,
        columns=_landmark_columns,
    ),
    Field(
        "face_width_px",
        "distance of landmarks 0 and 16, the ends of the jaw line",
        shape=(),
        dtype=np.float32,
        missing=np.nan,
        derive=_face_width,
        columns=lambda _: _single(
            "face_width_px",
            pa.float32(),
            "px",
            "width of the face: distance of landmarks 0 and 16, the ends of the jaw line",
        ),
    ),
    Field(
        "landmarks_3d_mm",
        "landmarks in camera coordinates",
        shape=(LANDMARK_COUNT, 3),
        dtype=np.float32,
        missing=np.nan,
        derive=_landmarks_3d,
        columns=_landmark_3d_columns,
    ),
    Field(
        "global_parameters",
        "scale (px/mm), Euler angles (rad) and translation (px) of the fitted shape",
        shape=(6,),
        dtype=np.float32,
        missing=np.nan,
        take=_global_parameters,
        columns=_global_parameter_columns,
    ),
    Field(
        "shape_parameters",
        "weights of the deformation modes",
        shape=(Dimension.MODES,),
        dtype=np.float32,
        missing=np.nan,
        take=lambda seen: _fit_of(seen).shape_parameters,
        columns=_shape_parameter_columns,
    ),
    Field(
        "weighted",
        "products of the descriptors with the weights of all predictors",
        shape=(Dimension.SCORES,),
        dtype=np.float64,
        missing=0.0,
        take=_weighted,
    ),
    Field(
        "fhog_bins",
        "histogram bins of the appearance descriptor, 0 to 999",
        shape=(FHOG_SIZE,),
        dtype=np.uint16,
        missing=0,
        take=lambda seen: _bins(seen.face.fhog, FHOG_RANGE),
    ),
    Field(
        "geometry_bins",
        "histogram bins of the geometry descriptor, 0 to 9999",
        shape=(GEOMETRY_SIZE,),
        dtype=np.uint16,
        missing=0,
        take=lambda seen: _bins(seen.face.geometry, GEOMETRY_RANGE),
    ),
    Field(
        "calibration_frames",
        "frames that moved the medians which dynamic action units are relative to",
        shape=(),
        dtype=np.int32,
        missing=NO_MEDIANS,
        derive=_calibration_frames,
        columns=lambda _: _single(
            "calibration_frames",
            pa.int32(),
            "1",
            "how many frames moved the medians that dynamic action units are relative to; these "
            "are null below calibration.least_frames; null without medians",
        ),
        known=Known.WITH_MEDIANS,
    ),
    Field(
        "intensities",
        "final intensities of the action units, 0 to 5",
        shape=(Dimension.INTENSITIES,),
        dtype=np.float32,
        missing=np.nan,
        columns=_intensity_columns,
    ),
    Field(
        "presences",
        "final presences of the action units",
        shape=(Dimension.PRESENCES,),
        dtype=np.bool_,
        missing=False,
        columns=_presence_columns,
    ),
    *SIDE_FIELDS,
    Field(
        "network_values",
        "what further networks say of the face",
        shape=(Dimension.NETWORK_VALUES,),
        dtype=np.float32,
        missing=np.nan,
        take=_network_values,
        columns=_network_value_columns,
        known=Known.WHERE_KNOWN,
    ),
)
"""All fields, in the order of their columns."""

STORED_FIELDS = tuple(field for field in FACE_FIELDS if field.is_stored)
"""What is taken from every frame and kept in the work folder until all frames are measured."""


def frame_columns(extent: Extent) -> tuple[Column, ...]:
    """Return the columns of the table of frames in order.

    Parameters
    ----------
    extent : Extent
        What the models measure.
    """
    return tuple(column for field in FACE_FIELDS for _, column in field.columns(extent))
