"""OpenFace's own CSV output, read as the reference of a comparison."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from openface_core.errors import InputError
from openface_core.eyes import EYE_COUNT, EYE_POINT_COUNT
from openface_core.landmarks.conventions import LANDMARK_COUNT
from openface_core.landmarks.files import MAX_FILE_BYTES, MAX_FRAMES

Float64Array = NDArray[np.float64]

POSE_COLUMNS = tuple(f"pose_{kind}{axis}" for kind in "TR" for axis in "xyz")
LANDMARK_COLUMNS = tuple(f"{axis}_{k}" for axis in "xy" for k in range(LANDMARK_COUNT))
POINT_3D_COLUMNS = tuple(f"{axis}_{k}" for axis in "XYZ" for k in range(LANDMARK_COUNT))
_EYE_POINTS = range(EYE_COUNT * EYE_POINT_COUNT)
GAZE_COLUMNS = tuple(f"gaze_{eye}_{axis}" for eye in range(EYE_COUNT) for axis in "xyz")
GAZE_ANGLE_COLUMNS = ("gaze_angle_x", "gaze_angle_y")
EYE_LANDMARK_COLUMNS = tuple(f"eye_lmk_{axis}_{k}" for axis in "xy" for k in _EYE_POINTS)
EYE_POINT_3D_COLUMNS = tuple(f"eye_lmk_{axis}_{k}" for axis in "XYZ" for k in _EYE_POINTS)
EYE_COLUMNS = (*GAZE_COLUMNS, *GAZE_ANGLE_COLUMNS, *EYE_LANDMARK_COLUMNS, *EYE_POINT_3D_COLUMNS)
GLOBAL_COLUMNS = ("p_scale", "p_rx", "p_ry", "p_rz", "p_tx", "p_ty")

_REMEDY = "Write it again with OpenFace's FeatureExtraction, all outputs switched on."

_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def shape_columns(mode_count: int) -> tuple[str, ...]:
    """Return the columns of the tracker's shape: global parameters, then the modes' weights."""
    return (*GLOBAL_COLUMNS, *(f"p_{k}" for k in range(mode_count)))


def table_values(table: pa.Table, names: Sequence[str]) -> Float64Array:
    """Return columns of a per-frame table, (n, len(names)) float64, null as NaN."""
    columns = [table[name].cast(pa.float64()).to_numpy() for name in names]
    return np.stack(columns, axis=1).astype(np.float64)


@dataclass(frozen=True, eq=False)
class OpenFaceOutput:
    """The rows of one face, one per frame of the video.

    Parameters
    ----------
    path : str
        The file.
    table : pandas.DataFrame
        Columns as float64, row k for frame k + 1; NaN in rows that the file leaves out.
    """

    path: str
    table: pd.DataFrame

    @property
    def frame_count(self) -> int:
        """Number of frames, up to the last one the file knows of."""
        return len(self.table)

    @property
    def success(self) -> NDArray[np.bool_]:
        """Frames whose face OpenFace found, (n,)."""
        return np.asarray(self.table["success"].to_numpy() == 1.0)

    def has(self, names: Sequence[str]) -> bool:
        """Return whether all of these columns are there."""
        return set(names) <= set(self.table.columns)

    def all_values(self, names: Sequence[str]) -> Float64Array:
        """Return columns as :meth:`values`, but with the numbers of failed frames."""
        values: Float64Array = self.table[list(names)].to_numpy(dtype=np.float64, copy=True)
        return values

    def values(self, names: Sequence[str]) -> Float64Array:
        """Return columns, (n, len(names)) float64; NaN where the face was not found."""
        values = self.all_values(names)
        values[~self.success] = np.nan
        return values


def read_openface_output(
    path: str, required: Sequence[str], optional: Sequence[str] = ()
) -> OpenFaceOutput:
    """Read the CSV that OpenFace's FeatureExtraction wrote for one video.

    Parameters
    ----------
    path : str
        Local file.
    required, optional : sequence of str
        Columns to be read; ``success`` is always required. Where the file has several faces,
        face 0 is read.

    Returns
    -------
    OpenFaceOutput
        The columns.

    Raises
    ------
    InputError
        If the file is missing, too large, not a CSV file of numbers, lacks a required column, or
        its frame numbers do not increase.
    """
    header = _read(path, None, rows=0)
    names = [str(name) for name in header.columns]
    _check_separator(path, names)
    missing = [name for name in ("success", *required) if name not in names]
    if missing:
        raise InputError(
            path,
            f"it lacks {len(missing)} columns that are to be compared, such as {missing[0]!r}",
            _REMEDY,
        )
    wanted = {"frame", "face_id", "success", *required, *optional}
    table = _read(path, [name for name in names if name in wanted], rows=MAX_FRAMES)
    try:
        table = table.astype(np.float64)
    except (ValueError, TypeError) as error:
        raise InputError(path, f"it holds something else than numbers ({error})", _REMEDY) from None
    if "face_id" in table and table["face_id"].nunique() > 1:
        table = table[table["face_id"] == 0.0]
    if len(table) == 0:
        raise InputError(path, "it has no rows of a face with the number 0", _REMEDY)
    return OpenFaceOutput(path, _by_frame(path, table))


def _check_separator(path: str, names: Sequence[str]) -> None:
    """Refuse a file whose header is a single name in which other separators stand."""
    for separator, called in _OTHER_SEPARATORS.items():
        if len(names) == 1 and separator in names[0]:
            raise InputError(
                path,
                f"its columns are separated by {called}, and not by commas",
                "Give the file as OpenFace wrote it: a spreadsheet may have saved it anew, and its "
                "numbers with commas.",
            )


def _read(path: str, columns: list[str] | None, rows: int) -> pd.DataFrame:
    try:
        if Path(path).stat().st_size > MAX_FILE_BYTES:
            raise InputError(
                path, f"it is larger than {MAX_FILE_BYTES} bytes", "Give the CSV of one video."
            )
        # OpenFace 2.0 and 2.1 write a blank after every comma.
        return pd.read_csv(path, usecols=columns, nrows=rows, skipinitialspace=True)
    except OSError as error:
        raise InputError(
            path, f"it cannot be read ({error.strerror or error})", "Check the path given as --csv."
        ) from error
    except (ValueError, pd.errors.ParserError) as error:
        text = " ".join(str(error).split()).rstrip(".")[:200]
        raise InputError(path, f"it is not a CSV file ({text})", _REMEDY) from error


def _by_frame(path: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows by frame number, missing ones filled with NaN."""
    if "frame" not in table:
        return table.reset_index(drop=True)
    numbers = table["frame"].to_numpy()
    good = np.all((numbers >= 1) & (numbers <= MAX_FRAMES) & (numbers == np.floor(numbers)))
    if not good or np.any(np.diff(numbers) <= 0):
        raise InputError(path, "its frame numbers do not increase from 1 on", _REMEDY)
    filled = table.set_index("frame").reindex(np.arange(1.0, numbers[-1] + 1.0))
    return filled.reset_index(drop=True)
