"""What users can choose of an export."""

import math
from dataclasses import asdict, dataclass
from typing import Any

from openface_core.errors import ConfigError
from openface_core.exports.openface.aligned_faces import PICTURE_TYPES
from openface_core.exports.openface.csv_layout import COLUMN_GROUPS

_LARGEST_SIDE_PX = 4096


@dataclass(frozen=True)
class ExportOptions:
    """Options of all formats; each format reads its own.

    Parameters
    ----------
    columns : tuple of str
        Parts of OpenFace's CSV, see :data:`~openface_core.exports.openface.csv_layout`.
    dialect : str
        What is between its columns, see :data:`openface_core.exports.openface.csv_file.DIALECTS`.
    picture_type : str
        Type of the pictures of aligned faces.
    size_px : int
        Their side.
    scale_px_per_mm : float or None
        Scale of the mean shape in them; None takes OpenFace's, 0.7 px/mm at 112 px.
    masked : bool
        Whether all but the face is black in them.
    grey : bool
        Whether they are without colours.
    from_seconds, to_seconds : float or None
        Which part of a video an overlay shows, by the time stamps of the table.
    face_ids : tuple of int
        Whose overlay is drawn; none stands for all faces.

    Raises
    ------
    ConfigError
        If a value is out of range.
    """

    columns: tuple[str, ...] = COLUMN_GROUPS
    dialect: str = "plain"
    picture_type: str = "bmp"
    size_px: int = 112
    scale_px_per_mm: float | None = None
    masked: bool = True
    grey: bool = False
    from_seconds: float | None = None
    to_seconds: float | None = None
    face_ids: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not 16 <= self.size_px <= _LARGEST_SIDE_PX:
            raise ConfigError(
                f"--size {self.size_px}",
                f"expected 16 to {_LARGEST_SIDE_PX} pixels",
                "Give a size in this range.",
            )
        if not 0.01 <= self.scale <= 100:
            raise ConfigError(
                f"--scale {self.scale:g}", "expected 0.01 to 100 px/mm", "Give another scale."
            )
        if self.picture_type not in PICTURE_TYPES:
            raise ConfigError(
                f"--picture-type {self.picture_type}",
                "aligned faces are not written in this form",
                f"Choose one of: {', '.join(PICTURE_TYPES)}.",
            )
        self._check_overlay()

    def _check_overlay(self) -> None:
        for option, seconds in (("--from", self.from_seconds), ("--to", self.to_seconds)):
            if seconds is not None and not 0.0 <= seconds < math.inf:
                raise ConfigError(
                    f"{option} {seconds:g}", "it is no time in a video", "Give seconds from 0 up."
                )
        if any(face_id < 0 for face_id in self.face_ids):
            raise ConfigError(
                f"--faces {min(self.face_ids)}",
                "no face has this number",
                "Give numbers from 0 up.",
            )
        begin, end = self.from_seconds or 0.0, self.to_seconds
        if end is not None and end <= begin:
            raise ConfigError(
                f"--from {begin:g} --to {end:g}", "nothing lies between them", "Swap the two."
            )

    @property
    def scale(self) -> float:
        """Scale of aligned faces, px/mm."""
        return 0.7 * self.size_px / 112 if self.scale_px_per_mm is None else self.scale_px_per_mm

    def of(self, names: tuple[str, ...]) -> dict[str, Any]:
        """Return some of the options as plain values, for the record of an export."""
        values = asdict(self)
        return {name: values[name] for name in names}
