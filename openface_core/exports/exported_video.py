"""What an exporter is told of an input before its rows come."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from openface_core.shape import Camera


@dataclass(frozen=True)
class ExportedVideo:
    """An input of a dataset that is written in another form.

    Parameters
    ----------
    name : str
        Its name in the dataset, which its files get.
    uri : str
        Where the input itself is.
    kind : str
        ``video``, ``image`` or ``image_sequence``.
    width_px, height_px : int
        Size of the upright first frame.
    average_rate_fps : float or None
        Frames per second, as the container says.
    rows : int
        Rows in the dataset.
    face_ids : tuple of int
        Numbers of the faces in them, in order.
    columns : tuple of str
        Columns of the rows.
    record : mapping
        How the table was made.
    """

    name: str
    uri: str
    kind: str
    width_px: int
    height_px: int
    average_rate_fps: float | None
    rows: int
    face_ids: tuple[int, ...]
    columns: tuple[str, ...]
    record: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def is_image(self) -> bool:
        """Whether it is a single picture."""
        return self.kind == "image"

    @property
    def camera(self) -> Camera:
        """The camera that frames of the size of the first one were analysed with."""
        return self.camera_of(self.width_px, self.height_px)

    def camera_of(self, width_px: int, height_px: int) -> Camera:
        """Return the camera that its frames of a size were analysed with."""
        # Where none was given, `camera` is that of the first frame's size.
        given = self.record.get("camera_given", self.record.get("camera"))
        if isinstance(given, str):
            with suppress(ValueError):
                return Camera.parse(given)
        return Camera.from_frame_size(width_px, height_px)

    @property
    def has_several_faces(self) -> bool:
        """Whether more than one face has rows."""
        return len(self.face_ids) > 1

    @property
    def recorded_faces(self) -> dict[int, Mapping[str, Any]]:
        """What the record says of each face, by its number."""
        faces = self.record.get("faces")
        return {
            face["face_id"]: face
            for face in (faces if isinstance(faces, list) else ())
            if isinstance(face, dict) and isinstance(face.get("face_id"), int)
        }

    @property
    def calibrations(self) -> dict[int, Mapping[str, Any]]:
        """What the record says of the calibration of each face that has rows, by its number."""
        # What it says of no face in particular is said of the main one.
        return dict(self.recorded_faces) if self.has_several_faces else {0: self.record}

    @property
    def withheld_faces(self) -> tuple[int, ...]:
        """Faces whose dynamic action units are not given: too few frames calibrate them."""
        settings = self.record.get("settings")
        calibration = settings.get("calibration") if isinstance(settings, dict) else None
        least = calibration.get("least_frames") if isinstance(calibration, dict) else None
        if not isinstance(least, int):
            return ()
        return tuple(
            face_id
            for face_id, face in self.calibrations.items()
            if isinstance(frames := face.get("calibration_frames"), int)
            and face.get("calibration") != "none"
            and frames < least
        )

    @property
    def relative_columns(self) -> frozenset[str] | None:
        """Columns that are relative to what the faces are calibrated on; None where unknown."""
        names = self.record.get("relative_to_person")
        return frozenset(map(str, names)) if isinstance(names, list) else None

    def names_of(self, suffix: str) -> tuple[str, ...]:
        """Return the action units that have a column with a suffix, ``_r`` or ``_c``."""
        return tuple(
            name.removesuffix(suffix)
            for name in self.columns
            if name.startswith("AU") and name.endswith(suffix)
        )

    def person(self, face_id: int) -> str:
        """Return what a face is called: the person a manifest names, or the number of the face."""
        person = self.record.get("person_id")
        if isinstance(person, str) and not self.has_several_faces:
            return person
        return f"face {face_id}"
