"""What caches and checkpoints were made from: others are not used, but made anew."""

import hashlib
import os
import sys
import zipfile
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.checked_file import sha256_of
from models.training.photographs import Photograph

_ORIGIN = "origin"


def origin_of(*parts: object) -> str:
    """Return a hash of what something is made from.

    Parameters
    ----------
    *parts : object
        Files and arrays count by their content, all else by its ``repr``.

    Raises
    ------
    ModelFileError
        If a file cannot be read.
    """
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype} {part.shape} ".encode())
            digest.update(np.ascontiguousarray(part).tobytes())
        elif isinstance(part, Path):
            digest.update(f"{part.name} {sha256_of(part)} ".encode())
        else:
            digest.update(f"{part!r} ".encode())
    return digest.hexdigest()


@lru_cache(maxsize=8)
def _of_photographs(photographs: tuple[Photograph, ...]) -> str:
    return origin_of(
        *(
            part
            for each in photographs
            for part in (each.set_name, each.name, each.path, each.landmarks_px, each.person)
        )
    )


def origin_of_photographs(photographs: Sequence[Photograph]) -> str:
    """Return a hash of photographs: their names, their content, and what is known of them."""
    return _of_photographs(tuple(photographs))


def made_anew(path: Path) -> None:
    """Say that what was kept is not used."""
    sys.stderr.write(f"{path}: made from other photographs, models or seeds; it is made anew\n")


def kept(
    path: Path, origin: str, make: Callable[[], Mapping[str, NDArray[Any]]]
) -> dict[str, NDArray[Any]]:
    """Return arrays that are in a file, if they were made from the same; otherwise make them.

    Parameters
    ----------
    path : Path
        The file, which is written whole or not at all.
    origin : str
        What the arrays are made from, see :func:`origin_of`.
    make : callable
        Makes the arrays.
    """
    if path.exists():
        found = _read(path, origin)
        if found is not None:
            return found
        made_anew(path)
    arrays: dict[str, Any] = dict(make())
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            np.savez(file, **(arrays | {_ORIGIN: np.array(origin)}))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return arrays


def _read(path: Path, origin: str) -> dict[str, NDArray[Any]] | None:
    """Return the arrays of a file; None if they were made from something else."""
    try:
        with np.load(path, allow_pickle=False) as content:
            if _ORIGIN not in content or str(content[_ORIGIN]) != origin:
                return None
            return {name: content[name] for name in content.files if name != _ORIGIN}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None
