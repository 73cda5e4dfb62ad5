"""The folder on this machine that packs are put into, and what is in it.

Where this is: the folder that ``OPENFACE_MODELS_DIR`` names, or else one of the user's own, in the
place that the operating system has for data of programs. Its layout is the one of the registry's
paths, which :mod:`models.locate` understands. The number in its name is the layout's version.
"""

import hashlib
import os
import time
import uuid
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import platformdirs

from models.checked_file import sha256_of, writing, wrong_hash
from models.registry import SHA256_DIGITS, Pack, PackFile
from openface_core.errors import ModelFileError
from openface_core.user_paths import expanded

STORE_VARIABLE = "OPENFACE_MODELS_DIR"
"""Environment variable that names another folder."""

_PROGRAM = "openface-beam"
_LAYOUT = "models-1"
_INCOMING = ".incoming"
_NO_HOME = Path("/nonexistent")
"""Debian's home of users without one. It exists nowhere: they have the embedded pack only."""
_REMOVE = "Remove it, then run the command again."
_ABANDONED_SECONDS = 24 * 3600.0
"""What was being written that long ago was left by a command that was killed."""


class State(Enum):
    """What was found of a file, in words."""

    GOOD = "good"
    MISSING = "missing"
    WRONG_SIZE = "wrong size"
    WRONG_HASH = "wrong SHA-256"
    UNCHECKED = "there; nothing to compare it with"
    EMPTY = "empty"
    NO_FILE = "something stands there that is no file"
    NO_FOLDER = "something stands in place of its folder"


@dataclass(frozen=True)
class FileCheck:
    """What was found of a file.

    Parameters
    ----------
    file : PackFile
        What was expected.
    state : State
        What was found.
    found : str
        The size or hash that was found where it is wrong, what stands in the way, or nothing.
    """

    file: PackFile
    state: State
    found: str = ""

    @property
    def is_there(self) -> bool:
        """Whether the file is there and nothing is known against it."""
        return self.state in (State.GOOD, State.UNCHECKED)

    @property
    def is_obstructed(self) -> bool:
        """Whether the file cannot be put there before something else is gone."""
        return self.state in (State.NO_FILE, State.NO_FOLDER)

    def __str__(self) -> str:
        if self.state is State.WRONG_HASH:
            return f"{self.file.path}: expected SHA-256 {self.file.sha256}, found {self.found}"
        if self.state is State.WRONG_SIZE:
            return f"{self.file.path}: expected {self.file.size_bytes} bytes, found {self.found}"
        if self.is_obstructed:
            return f"{self.file.path}: {self.state.value} ({self.found})"
        return f"{self.file.path}: {self.state.value}"


@dataclass(frozen=True)
class ModelStore:
    """The folder of packs.

    Parameters
    ----------
    root : Path
        The folder; it need not exist.
    """

    root: Path

    def path_of(self, file: PackFile) -> Path:
        """Return where a file of a pack is, or would be."""
        return self.root / file.path

    def check(self, pack: Pack, *, hashes: bool = True) -> tuple[FileCheck, ...]:
        """Compare the files of a pack with the registry.

        Parameters
        ----------
        pack : Pack
            The pack.
        hashes : bool
            Whether files are read and hashed; otherwise only their sizes count.

        Returns
        -------
        tuple of FileCheck
            What was found, in the registry's order.
        """
        return tuple(self._check(file, hashes) for file in pack.files)

    def _check(self, file: PackFile, hashes: bool) -> FileCheck:
        path = self.path_of(file)
        if not path.is_file():
            return self._check_place(file)
        size_bytes = path.stat().st_size
        if file.sha256 is None:
            return FileCheck(file, State.UNCHECKED if size_bytes else State.EMPTY)
        if size_bytes != file.size_bytes:
            return FileCheck(file, State.WRONG_SIZE, str(size_bytes))
        if hashes and (found := sha256_of(path)) != file.sha256:
            return FileCheck(file, State.WRONG_HASH, found)
        return FileCheck(file, State.GOOD)

    def _check_place(self, file: PackFile) -> FileCheck:
        """Return what was found where there is no such file: nothing, or something else."""
        path = self.path_of(file)
        if path.exists():
            return FileCheck(file, State.NO_FILE, str(path))
        for folder in path.parents[: file.path.count("/")]:
            if folder.exists() and not folder.is_dir():
                return FileCheck(file, State.NO_FOLDER, str(folder))
        return FileCheck(file, State.MISSING)

    def wanted(self, pack: Pack) -> tuple[PackFile, ...]:
        """Return the files of a pack that are still to be got.

        Raises
        ------
        ModelFileError
            If another file, or something else, is in the place of one; it is left alone.
        """
        wanted = []
        for check in self.check(pack):
            if check.state is State.MISSING:
                wanted.append(check.file)
            elif check.is_obstructed:
                raise ModelFileError(
                    check.found, f"something else stands where {check.file.path} belongs", _REMOVE
                )
            elif check.state is State.EMPTY:
                raise ModelFileError(self.path_of(check.file), "the file is empty", _REMOVE)
            elif not check.is_there:
                path = self.path_of(check.file)
                raise wrong_hash(path, check.file, sha256_of(path), _REMOVE)
        return tuple(wanted)

    def incoming(self, file: PackFile) -> Path:
        """Return where a file waits until all of its pack are there.

        The name is made of its place and its hash: what an interrupted command leaves is used by
        the next one. The content alone would not do, because packs hold some files twice.
        """
        if file.sha256 is None:
            return self.root / _INCOMING / uuid.uuid4().hex
        name = hashlib.sha256(f"{file.path} {file.sha256}".encode()).hexdigest()
        return self.root / _INCOMING / name

    def make_incoming(self) -> None:
        """Make the folder of waiting files.

        Raises
        ------
        OutputError
            If that is impossible.
        """
        folder = self.root / _INCOMING
        with writing(self.root):
            folder.mkdir(parents=True, exist_ok=True)
            for path in folder.iterdir():
                is_whole = len(path.name) == SHA256_DIGITS
                if not is_whole and time.time() - path.stat().st_mtime > _ABANDONED_SECONDS:
                    path.unlink(missing_ok=True)

    def publish(self, files: Iterable[tuple[PackFile, Path]]) -> None:
        """Move all files of a pack to their places, now that each is there, whole and checked.

        Raises
        ------
        OutputError
            If storage refuses.
        """
        with writing(self.root):
            for file, waiting in files:
                target = self.path_of(file)
                target.parent.mkdir(parents=True, exist_ok=True)
                try:
                    waiting.replace(target)
                except FileNotFoundError:
                    if not target.is_file():  # else another process was faster
                        raise
            with suppress(OSError):  # something waits in it still
                (self.root / _INCOMING).rmdir()


def store_of(pack: Pack, store: ModelStore) -> ModelStore:
    """Return where a pack is: in the given folder, unless it comes with the program."""
    return store if pack.embedded_in is None else ModelStore(pack.embedded_in)


def default_store() -> ModelStore:
    """Return the folder that the environment names, or else the user's own."""
    if value := os.environ.get(STORE_VARIABLE):
        return ModelStore(Path(expanded(value)))
    try:
        of_user = platformdirs.user_data_path(_PROGRAM, appauthor=False)
    except RuntimeError:  # a container's user whom the system does not know, without HOME
        of_user = _NO_HOME / _PROGRAM
    return ModelStore(of_user / _LAYOUT)
