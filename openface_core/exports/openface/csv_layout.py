"""Columns of OpenFace's CSV: names, order and decimals.

References
----------
``RecorderCSV`` and ``RecorderOpenFace``, OpenFace 2.2.
"""

from collections.abc import Collection, Iterator
from typing import NamedTuple

from openface_core.errors import ConfigError

COLUMN_GROUPS = ("2d", "3d", "pose", "gaze", "aus", "pdm")
"""Parts of the file that can be asked for, named after the program's own switches."""

INTENSITIES = tuple(
    f"AU{number:02}" for number in (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)
)
PRESENCES = (*INTENSITIES[:-1], "AU28", "AU45")

LANDMARKS, EYE_POINTS, MODES = 68, 56, 34


class CsvColumn(NamedTuple):
    """One column: its name, which is ours too, and how many decimals its values have."""

    name: str
    decimals: int


def _points(names: str, count: int, decimals: int) -> Iterator[CsvColumn]:
    for name in names.split():
        for point in range(count):
            yield CsvColumn(f"{name}_{point}", decimals)


def _gaze() -> Iterator[CsvColumn]:
    for eye in (0, 1):
        for axis in "xyz":
            yield CsvColumn(f"gaze_{eye}_{axis}", 6)
    yield CsvColumn("gaze_angle_x", 3)
    yield CsvColumn("gaze_angle_y", 3)
    yield from _points("eye_lmk_x eye_lmk_y eye_lmk_X eye_lmk_Y eye_lmk_Z", EYE_POINTS, 1)


def _pdm() -> Iterator[CsvColumn]:
    for name in ("scale", "rx", "ry", "rz", "tx", "ty"):
        yield CsvColumn(f"p_{name}", 3)
    yield from _points("p", MODES, 3)


def measured_columns(
    groups: Collection[str] = COLUMN_GROUPS, *, presence_decimals: int = 2
) -> tuple[CsvColumn, ...]:
    """Return the columns after those that say which face of which frame a row is of.

    Parameters
    ----------
    groups : collection of str
        Which of :data:`COLUMN_GROUPS`.
    presence_decimals : int
        Decimals of presences: 2 for a video of one face, whose file the program writes again after
        post-processing, and 1 for several faces and for pictures.

    Raises
    ------
    ConfigError
        If there is no such group.
    """
    for group in groups:
        if group not in COLUMN_GROUPS:
            raise ConfigError(
                f"--columns {group}",
                "there is no such part of the file",
                f"Name some of: {', '.join(COLUMN_GROUPS)}.",
            )
    parts = {
        "gaze": _gaze(),
        "pose": (
            CsvColumn(f"pose_{kind}{axis}", decimals)
            for kind, decimals in (("T", 1), ("R", 3))
            for axis in "xyz"
        ),
        "2d": _points("x y", LANDMARKS, 1),
        "3d": _points("X Y Z", LANDMARKS, 1),
        "pdm": _pdm(),
        "aus": (
            *(CsvColumn(f"{name}_r", 2) for name in INTENSITIES),
            *(CsvColumn(f"{name}_c", presence_decimals) for name in PRESENCES),
        ),
    }
    return tuple(column for group, part in parts.items() if group in groups for column in part)
