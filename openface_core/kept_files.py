"""What is worked out of models at every start, kept from one process to the next.

It lies in the user's cache folder, under a hash of all that it was made of, the processor among
that, so it is never out of date; what is damaged, or cannot be read, is worked out anew. Who has
no home folder, or a full disk, goes without.
"""

import hashlib
import math
import os
import re
import sys
import uuid
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path

import llvmlite.binding  # type: ignore[import-untyped]
import numpy as np
import platformdirs
from numpy.typing import NDArray

from openface_core.errors import ConfigError
from openface_core.user_paths import expanded

Float32Array = NDArray[np.float32]

FOLDER_VARIABLE = "OPENFACE_CACHE_DIR"
"""Environment variable that names another folder; empty to keep nothing."""

_FORM = b"openface-beam 1"
_CHECKSUM_BYTES = 4
_LEAST_BYTES, _MOST_BYTES = 100_000, 2**28
_MOST_FILES = 64
_MOST_BYTES_TOGETHER = 2**29
_OWN_NAME = re.compile(r"[0-9a-f]{64}|[0-9a-f]{32}\.new")
"""Of files of this module, whole or half written: the user's folder may hold others."""
_NO_HOME = Path("/nonexistent")  # Debian's, of users without one


@cache
def _processor() -> bytes:
    """Return what machine code, and layouts of weights, are made for."""
    features = llvmlite.binding.get_host_cpu_features().flatten()
    return f"{sys.byteorder} {llvmlite.binding.get_host_cpu_name()} {features}".encode()


def kept_folder() -> Path | None:
    """Return where files are kept; None where nothing is."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named is not None:
        try:
            return Path(expanded(named)) if named else None
        except ConfigError:
            return None
    try:
        home = Path.home()
    except RuntimeError:
        return None
    if home == _NO_HOME:
        return None
    return platformdirs.user_cache_path("openface-beam", appauthor=False) / "prepared"


def may_be_kept(size: int) -> bool:
    """Return whether something of about so many bytes would be kept."""
    return size < _MOST_BYTES and kept_folder() is not None


def kept_bytes(
    kind: str,
    made_of: Sequence[bytes | memoryview],
    make: Callable[[], bytes | memoryview],
    *,
    least_bytes: int = _LEAST_BYTES,
) -> bytes | memoryview:
    """Return what was made of something before, or make it and keep it.

    Parameters
    ----------
    kind : str
        What it is, and by which version of what it is made.
    made_of : sequence of bytes
        All that it depends on.
    make : callable
        Makes it; what it raises is passed on.
    least_bytes : int
        Less is not kept: it is worked out sooner than found.
    """
    folder = kept_folder()
    if folder is None:
        return make()
    digest = hashlib.sha256()
    for part in (_FORM, _processor(), kind.encode(), *made_of):
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    path = folder / digest.hexdigest()
    with suppress(OSError):
        found = _read(path)
        if found is not None:
            return found
    made = make()
    if least_bytes <= len(made) < _MOST_BYTES:
        with suppress(OSError):
            _keep(path, made)
    return made


def _read(path: Path) -> memoryview | None:
    """Return what a file holds, which may be written to; None where that is damaged."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if not _CHECKSUM_BYTES <= size <= _MOST_BYTES:
            return None
        content = memoryview(bytearray(size))
        if file.readinto(content) != size:
            return None
    found, checksum = content[:-_CHECKSUM_BYTES], content[-_CHECKSUM_BYTES:]
    return found if checksum == zlib.crc32(found).to_bytes(_CHECKSUM_BYTES, "little") else None


def _keep(path: Path, content: bytes | memoryview) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = path.with_name(f"{uuid.uuid4().hex}.new")
    try:
        with new.open("wb") as file:
            file.write(content)
            file.write(zlib.crc32(content).to_bytes(_CHECKSUM_BYTES, "little"))
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise
    _make_room(path)


def _make_room(new: Path) -> None:
    """Remove the oldest files where there are too many, or too large ones, beside a new one."""
    own = (file for file in new.parent.iterdir() if _OWN_NAME.fullmatch(file.name))
    states = [(file == new, file.stat(), file) for file in own]
    together = 0
    for number, (_, state, file) in enumerate(
        sorted(states, key=lambda found: (found[0], found[1].st_mtime), reverse=True)
    ):
        together += state.st_size
        if number >= _MOST_FILES or together > _MOST_BYTES_TOGETHER:
            file.unlink(missing_ok=True)


def kept_array(
    kind: str,
    made_of: Sequence[bytes | memoryview],
    shape: tuple[int, ...],
    make: Callable[[], Float32Array],
) -> Float32Array:
    """Return an array as :func:`kept_bytes` does.

    Parameters
    ----------
    kind, made_of
        As there.
    shape : tuple of int
        That of the array.
    make : callable
        Makes it, float32 in C order.
    """
    if math.prod(shape) * np.dtype(np.float32).itemsize < _LEAST_BYTES:
        return make()  # which would not be kept, and need not be looked for
    found = kept_bytes(kind, (*made_of, repr(shape).encode()), lambda: make().data.cast("B"))
    return np.frombuffer(found, dtype=np.float32).reshape(shape)
