"""One folder for all temporary files of a run, ours and Beam's, which the next run clears away."""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from pipelines.own_process import is_own_process
from transforms.work.process_lock import take_lock
from transforms.work.temporary_place import temporary_files_in, temporary_place

_PREFIX = "openface-beam-run-"
_OWNER = "owner"
_WITHOUT_OWNER_SECONDS = 86_400.0
"""A folder without an owner's file may be one that is just being made; after a day it is not."""


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Have all temporary files of a run made in one folder.

    A process of the command line has all of its own there, and its workers'. In another program's
    process these are only the run's, see :mod:`transforms.work.temporary_place`: the program's own
    would be lost.

    It is removed at the end. A killed run cannot do so: its folder is removed by the next run. Each
    folder holds a file that its run has locked, and the system lets go of the lock however the run
    ends.

    Yields
    ------
    Path
        The folder.
    """
    remove_abandoned(Path(tempfile.gettempdir()))
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=temporary_place()))
    try:
        with (folder / _OWNER).open("w", encoding="ascii") as owner:
            take_lock(owner)
            whole = _of_the_process(folder) if is_own_process() else nullcontext()
            with temporary_files_in(str(folder)), whole:
                yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _of_the_process(folder: Path) -> Iterator[None]:
    """Have all temporary files of this process and its workers made in a folder."""
    before, variable = tempfile.tempdir, os.environ.get("TMPDIR")
    tempfile.tempdir = os.environ["TMPDIR"] = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
        os.environ.pop("TMPDIR")
        if variable is not None:
            os.environ["TMPDIR"] = variable


def remove_abandoned(parent: Path) -> None:
    """Remove the folders of runs that have ended without removing them.

    Parameters
    ----------
    parent : Path
        Where temporary folders are made.
    """
    if sys.platform == "win32":
        return
    for folder in parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            status = folder.lstat()
            # Others may write here too: only what is a folder of this user is looked at.
            if folder.is_symlink() or not folder.is_dir() or status.st_uid != os.getuid():
                continue
            if _is_abandoned(folder, status.st_mtime):
                shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path, changed: float) -> bool:
    try:
        with (folder / _OWNER).open("r+", encoding="ascii") as owner:
            return take_lock(owner)
    except FileNotFoundError:
        return time.time() - changed > _WITHOUT_OWNER_SECONDS
