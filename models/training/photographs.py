"""The photographs that the embedded models are trained on."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from openface_core.errors import InputError

LANDMARKS = 68
"""Annotated points of a face, iBUG order."""

TRAIN = "train"
"""What a set says of photographs that may be learned from."""

_REMEDY = "Give the folder of the reference material with --reference."


@dataclass(frozen=True, eq=False)
class Photograph:
    """One photograph, as a rule of one face.

    Parameters
    ----------
    set_name : str
        The set it belongs to.
    name : str
        Its name in there.
    path : Path
        Its JPEG file.
    landmarks_px : (68, 2) ndarray of float32, or None
        iBUG points x, y of its annotation, pixel centres on integers; None without one.
    person : int or None
        Who is seen, by a number within the set; None where that is not known.
    """

    set_name: str
    name: str
    path: Path
    landmarks_px: NDArray[np.float32] | None
    person: int | None = None


def read_photographs(faces_folder: Path, set_name: str) -> tuple[Photograph, ...]:
    """List the photographs of a set in the order of their names; their pixels are not read.

    Parameters
    ----------
    faces_folder : Path
        Holds the pictures as ``<set>/<name>.jpg`` and, if the set is annotated, ``<set>.npz`` with
        ``names`` (n,) and ``landmarks`` (n, 68, 2). There may be ``person`` (n,), and ``use`` (n,)
        with ``train`` for those that may be learned from: others are left out.
    set_name : str
        The set.

    Returns
    -------
    tuple of Photograph

    Raises
    ------
    InputError
        If the set is not there, is empty, or its annotations do not fit its pictures.
    """
    folder = faces_folder / set_name
    paths = {path.stem: path for path in sorted(folder.glob("*.jpg"))}
    if not paths:
        raise InputError(folder, "there are no photographs (*.jpg)", _REMEDY)
    annotations = faces_folder / f"{set_name}.npz"
    if not annotations.exists():
        return tuple(Photograph(set_name, name, path, None) for name, path in paths.items())
    known = _read_annotations(annotations)
    if missing := sorted(known.keys() - paths.keys()):
        raise InputError(annotations, f"there is no photograph {missing[0]!r}", _REMEDY)
    return tuple(Photograph(set_name, name, paths[name], *known[name]) for name in sorted(known))


def _read_annotations(path: Path) -> dict[str, tuple[NDArray[np.float32], int | None]]:
    """Read the points and the people of a set by the name of the photograph."""
    try:
        with np.load(path, allow_pickle=False) as content:
            names, landmarks = content["names"], content["landmarks"]
            people = content["person"].tolist() if "person" in content else [None] * len(names)
            use = content["use"] if "use" in content else np.full(len(names), TRAIN)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(path, f"cannot be read as annotations ({error})", _REMEDY) from error
    if names.ndim != 1 or landmarks.shape != (len(names), LANDMARKS, 2):
        raise InputError(
            path,
            f"expected {LANDMARKS} points for each of {names.shape} names, "
            f"found the shape {landmarks.shape}",
            _REMEDY,
        )
    points = landmarks.astype(np.float32)
    return {
        str(name): (face, person)
        for name, face, person, purpose in zip(names, points, people, use, strict=True)
        if purpose == TRAIN
    }


def read_picture(photograph: Photograph) -> NDArray[np.uint8]:
    """Read a photograph's pixels, (H, W, 3), blue first.

    Raises
    ------
    InputError
        If the file cannot be read as a picture.
    """
    picture = cv2.imread(str(photograph.path), cv2.IMREAD_COLOR)
    if picture is None:
        raise InputError(photograph.path, "cannot be read as a picture", "Restore the file.")
    return np.asarray(picture, dtype=np.uint8)
