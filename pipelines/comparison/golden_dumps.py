"""Dumps of OpenFace's components as NumPy archives, read within bounds."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from openface_core.descriptors import FHOG_SIZE, GEOMETRY_SIZE
from openface_core.errors import InputError
from openface_core.landmarks.conventions import LANDMARK_COUNT

Array = NDArray[Any]
Shape = tuple[int | None, ...]

MAX_ARCHIVE_BYTES = 4 * 2**30
"""Largest unpacked size of one archive."""

_REMEDY = "Check the folder given as --golden: its files must be of one video."
_NUMBERS, _TEXTS = "fiub", "U"


def points_of(flat: Array) -> NDArray[np.float32]:
    """Return landmarks (n, 136), all x before all y, as (n, 68, 2) float32."""
    points = flat.astype(np.float32).reshape(-1, 2, LANDMARK_COUNT).transpose(0, 2, 1)
    return np.ascontiguousarray(points)


@dataclass(frozen=True)
class GoldenDumps:
    """One folder of dumps; arrays are read when asked for.

    Parameters
    ----------
    folder : Path
        It must hold ``calcparams.npz``; comparisons whose dumps it lacks are left out.
    mode_count : int
        Number of shape parameters of the models that are compared.
    """

    folder: Path
    mode_count: int

    def has(self, *names: str) -> bool:
        """Return whether the folder holds all of these files."""
        return all((self.folder / name).is_file() for name in names)

    def read(self, name: str, shapes: Mapping[str, Shape], texts: bool = False) -> dict[str, Array]:
        """Read arrays of one archive.

        Parameters
        ----------
        name : str
            The archive, as ``calcparams.npz``.
        shapes : mapping of str to tuple
            The arrays wanted and their shapes; None where any size will do.
        texts : bool
            Whether they hold texts instead of numbers.

        Returns
        -------
        dict of str to ndarray
            The arrays.

        Raises
        ------
        InputError
            If the archive is missing, damaged or too large, or lacks an array of this shape.
        """
        path = self.folder / name
        try:
            with zipfile.ZipFile(path) as archive:
                size = sum(entry.file_size for entry in archive.infolist())
            if size > MAX_ARCHIVE_BYTES:
                raise InputError(
                    path, f"it unpacks to more than {MAX_ARCHIVE_BYTES} bytes", _REMEDY
                )
            with np.load(path, allow_pickle=False) as arrays:
                found = {key: arrays[key] for key in shapes if key in arrays.files}
        except OSError as error:
            cause = f"it cannot be read ({error.strerror or error})"
            raise InputError(path, cause, _REMEDY) from error
        except (zipfile.BadZipFile, ValueError, EOFError, MemoryError) as error:
            raise InputError(path, f"it is not a NumPy archive ({error})", _REMEDY) from error
        for key, shape in shapes.items():
            if key not in found:
                raise InputError(path, f"it lacks the array {key!r}", _REMEDY)
            array = found[key]
            fits = len(array.shape) == len(shape) and all(
                wanted in (None, size) for wanted, size in zip(shape, array.shape, strict=True)
            )
            if not fits or array.dtype.kind not in (_TEXTS if texts else _NUMBERS):
                wanted = f"({', '.join('any' if size is None else str(size) for size in shape)})"
                raise InputError(
                    path,
                    f"array {key!r} is {array.dtype} {array.shape}, expected "
                    f"{'texts' if texts else 'numbers'} {wanted}",
                    _REMEDY,
                )
        return found

    @cached_property
    def calcparams(self) -> dict[str, Array]:
        """Landmarks, success, fitted parameters and warp matrix of every frame."""
        name = "calcparams.npz"
        count = self.read(name, {"success": (None,)})["success"].size
        shapes: dict[str, Shape] = {
            "landmarks_in": (count, 2 * LANDMARK_COUNT),
            "success": (count,),
            "params_global": (count, 6),
            "params_local": (count, self.mode_count),
            "warp_matrix": (count, 2, 3),
        }
        found = self.read(name, shapes)
        if not found["success"].any():
            raise InputError(self.folder / name, "no frame has a face", _REMEDY)
        return found

    @cached_property
    def landmarks(self) -> NDArray[np.float32]:
        """Landmarks given to the C++ program, (n, 68, 2)."""
        return points_of(self.calcparams["landmarks_in"])

    @cached_property
    def is_successful(self) -> NDArray[np.bool_]:
        """Frames whose landmarks count, (n,)."""
        return self.calcparams["success"].astype(np.bool_)

    @property
    def successful(self) -> NDArray[np.intp]:
        """Indices of the frames whose landmarks count."""
        return np.flatnonzero(self.is_successful)

    @property
    def frame_count(self) -> int:
        """Number of frames n."""
        return len(self.is_successful)

    @cached_property
    def fhog(self) -> NDArray[np.float32]:
        """FHOG descriptor of every frame, (n, 4464)."""
        found = self.read("hog_all.npz", {"hog": (self.frame_count, FHOG_SIZE)})["hog"]
        return found.astype(np.float32, copy=False)

    @cached_property
    def geometry(self) -> NDArray[np.float64]:
        """Geometry descriptor of every frame, (n, 238)."""
        found = self.read("geom.npz", {"geom": (self.frame_count, GEOMETRY_SIZE)})["geom"]
        return found.astype(np.float64, copy=False)

    def frame_numbers(self, name: str) -> NDArray[np.int64]:
        """Return the array ``frames`` of an archive, 1-based.

        Raises
        ------
        InputError
            If there is none, or the video has no such frames.
        """
        numbers = self.read(name, {"frames": (None,)})["frames"].astype(np.int64)
        if np.any((numbers < 1) | (numbers > self.frame_count)):
            raise InputError(
                self.folder / name, f"frames beyond the {self.frame_count} there are", _REMEDY
            )
        return numbers
