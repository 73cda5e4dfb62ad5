"""The columns of the per-frame table: OpenFace's names, real types, units and meanings."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from openface_core.eyes import EYE_POINT_COUNT
from openface_core.landmarks.conventions import POINT_COUNTS

LANDMARK_COUNT = POINT_COUNTS["ibug68"]

_AXES_3D = "x right, y down, z away from the camera"

AU_MEANINGS = {
    "AU01": "inner brow raiser",
    "AU02": "outer brow raiser",
    "AU04": "brow lowerer",
    "AU05": "upper lid raiser",
    "AU06": "cheek raiser",
    "AU07": "lid tightener",
    "AU09": "nose wrinkler",
    "AU10": "upper lip raiser",
    "AU12": "lip corner puller",
    "AU14": "dimpler",
    "AU15": "lip corner depressor",
    "AU17": "chin raiser",
    "AU20": "lip stretcher",
    "AU23": "lip tightener",
    "AU25": "lips part",
    "AU26": "jaw drop",
    "AU28": "lip suck",
    "AU45": "blink",
}


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name : str
        Its name.
    type : pyarrow.DataType
        Type of its values.
    unit : str
        Unit of its values; ``"1"`` for numbers without one.
    description : str
        What it means, one sentence without a full stop.
    nullable : bool
        Whether values can be missing.
    """

    name: str
    type: pa.DataType
    unit: str
    description: str
    nullable: bool = True

    def field(self) -> pa.Field:
        """Return the column as an Arrow field that carries unit and description."""
        metadata = {"unit": self.unit, "description": self.description}
        return pa.field(self.name, self.type, nullable=self.nullable, metadata=metadata)


def _frame_columns_proper() -> Iterator[Column]:
    yield Column("frame", pa.int32(), "1", "number of the frame, 1 is the first decoded", False)
    yield Column(
        "face_id", pa.int32(), "1", "number of the face in the video, 0 is the first", False
    )
    yield Column("timestamp", pa.float64(), "s", "presentation time of the frame")
    yield Column(
        "confidence", pa.float32(), "1", "confidence in the face, from 0 to 1; null without a face"
    )
    yield Column(
        "success",
        pa.bool_(),
        "1",
        "whether the face was found; without it, all below is null",
        False,
    )


def _eye_columns() -> Iterator[Column]:
    places = ("the left eye in the picture", "the right eye in the picture")
    for eye, place in enumerate(places):
        for axis in "xyz":
            yield Column(
                f"gaze_{eye}_{axis}",
                pa.float32(),
                "1",
                f"direction of gaze of {place}, {axis} of a unit vector; {_AXES_3D}",
            )
    yield Column(
        "gaze_angle_x", pa.float32(), "rad", "gaze of both eyes, negative to the picture's left"
    )
    yield Column("gaze_angle_y", pa.float32(), "rad", "gaze of both eyes, negative upwards")
    points = [
        (EYE_POINT_COUNT * eye + k, f"point {k} of {EYE_POINT_COUNT} of {place}")
        for eye, place in enumerate(places)
        for k in range(EYE_POINT_COUNT)
    ]
    for axis in "xy":
        for number, point in points:
            yield Column(
                f"eye_lmk_{axis}_{number}",
                pa.float32(),
                "px",
                f"{point}, {axis} in the upright frame; pixel centres on integers",
            )
    for axis in "XYZ":
        for number, point in points:
            yield Column(
                f"eye_lmk_{axis}_{number}",
                pa.float32(),
                "mm",
                f"{point} in camera coordinates, {axis.lower()}; {_AXES_3D}",
            )


def _pose_columns() -> Iterator[Column]:
    for axis in "xyz":
        yield Column(
            f"pose_T{axis}", pa.float32(), "mm", f"position of the head, {axis}; {_AXES_3D}"
        )
    for axis in "xyz":
        yield Column(
            f"pose_R{axis}",
            pa.float32(),
            "rad",
            f"rotation of the head about {axis}; R = Rx Ry Rz in camera coordinates",
        )


def _landmark_columns() -> Iterator[Column]:
    for axis in "xy":
        for k in range(LANDMARK_COUNT):
            yield Column(
                f"{axis}_{k}",
                pa.float32(),
                "px",
                f"landmark {k} of 68 (iBUG order), {axis} in the upright frame; "
                "pixel centres on integers",
            )
    for axis in "XYZ":
        for k in range(LANDMARK_COUNT):
            yield Column(
                f"{axis}_{k}",
                pa.float32(),
                "mm",
                f"landmark {k} of 68 in camera coordinates, {axis.lower()}; {_AXES_3D}",
            )


def _shape_columns(mode_count: int) -> Iterator[Column]:
    yield Column("p_scale", pa.float32(), "px/mm", "scale of the fitted shape model")
    for axis in "xyz":
        yield Column(
            f"p_r{axis}", pa.float32(), "rad", f"rotation of the fitted shape model about {axis}"
        )
    for axis in "xy":
        yield Column(
            f"p_t{axis}", pa.float32(), "px", f"position of the fitted shape model, {axis}"
        )
    for k in range(mode_count):
        yield Column(
            f"p_{k}", pa.float32(), "1", f"weight of the shape model's deformation mode {k}"
        )


def _action_unit_columns(
    intensity_names: Sequence[str], presence_names: Sequence[str]
) -> Iterator[Column]:
    for name in intensity_names:
        meaning = AU_MEANINGS.get(name, "action unit")
        yield Column(
            f"{name}_r", pa.float32(), "intensity from 0 to 5", f"{name}, {meaning}: intensity"
        )
    for name in presence_names:
        meaning = AU_MEANINGS.get(name, "action unit")
        yield Column(f"{name}_c", pa.bool_(), "1", f"{name}, {meaning}: present or not")


def frame_columns(
    mode_count: int, intensity_names: Sequence[str], presence_names: Sequence[str]
) -> tuple[Column, ...]:
    """Return the columns of the per-frame table in order.

    Parameters
    ----------
    mode_count : int
        Number of shape parameters.
    intensity_names, presence_names : sequence of str
        Action units with an intensity and with a presence, as ``AU01``.

    Returns
    -------
    tuple of Column
        The columns.
    """
    return (
        *_frame_columns_proper(),
        *_eye_columns(),
        *_pose_columns(),
        *_landmark_columns(),
        *_shape_columns(mode_count),
        *_action_unit_columns(intensity_names, presence_names),
    )


def frame_schema(columns: Sequence[Column], metadata: dict[str, str] | None = None) -> pa.Schema:
    """Return the columns as an Arrow schema, with optional metadata of the whole table."""
    return pa.schema([column.field() for column in columns], metadata=metadata)


def data_dictionary(columns: Sequence[Column]) -> dict[str, dict[str, str | bool]]:
    """Return what every column means, ready to be written as JSON."""
    return {
        column.name: {
            "type": str(column.type),
            "unit": column.unit,
            "nullable": column.nullable,
            "description": column.description,
        }
        for column in columns
    }
