"""Importing packs from a folder: an installation of OpenFace, its build, a checkout, a download."""

import os
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path, PurePosixPath

from models.checked_file import CHUNK_BYTES, CheckedWriter, sha256_of, writing, wrong_hash
from models.registry import Pack, PackFile
from models.store import ModelStore
from openface_core.errors import InputError, ModelFileError

_MAX_FILES_SEARCHED = 500_000


class ImportFolder:
    """A folder in which files of packs are looked for.

    A file is looked for in its own place, as in OpenFace's ``bin`` folder, and then everywhere
    below the folder by its name and hash.

    Parameters
    ----------
    root : Path
        The folder.

    Raises
    ------
    InputError
        If it is not a folder.
    """

    def __init__(self, root: Path) -> None:
        if root.is_file():
            raise InputError(root, "this is a file", "Name the folder that it is in with --from.")
        if not root.is_dir():
            raise InputError(root, "there is no such folder", "Check --from.")
        self.root = root

    @cached_property
    def _by_name(self) -> dict[str, list[Path]]:
        """All files below the folder by name, then those of folders that are linked to from it."""
        found: dict[str, list[Path]] = defaultdict(list)
        count = 0
        for folder, names, is_linked in _folders(self.root):
            count += len(names)
            if count > _MAX_FILES_SEARCHED:
                if is_linked:  # a link may lead anywhere, as to the root
                    break
                raise InputError(
                    self.root,
                    f"more than {_MAX_FILES_SEARCHED} files are below it",
                    "Name the folder of OpenFace itself.",
                )
            for name in names:
                found[name].append(folder / name)
        return found

    def _candidates(self, file: PackFile) -> Iterator[Path]:
        place = PurePosixPath(file.path)
        own = (self.root / place, self.root.joinpath(*place.parts[1:]))
        yield from (path for path in own if path.is_file())
        for name in dict.fromkeys((file.name, file.upstream_name)):
            yield from (
                path for path in self._by_name.get(name, ()) if path not in own and path.is_file()
            )

    def find(self, file: PackFile) -> Path:
        """Return where a file of a pack is in the folder.

        Parameters
        ----------
        file : PackFile
            The file.

        Returns
        -------
        Path
            A file with the expected hash; where none is known, one that is not empty.

        Raises
        ------
        ModelFileError
            If there is none, or only others of that name: then both hashes are told, if known.
        """
        others: list[Path] = []
        for path in self._candidates(file):
            size_bytes = path.stat().st_size
            if file.sha256 is None and size_bytes:
                return path
            if size_bytes == file.size_bytes and sha256_of(path) == file.sha256:
                return path
            others.append(path)
        if others and file.sha256 is None:
            raise ModelFileError(
                others[0], "the file is empty", f"Write it anew; it comes from {file.origin}."
            )
        if others:
            raise wrong_hash(
                others[0],
                file,
                sha256_of(others[0]),
                f"This is another version, or damaged; the original comes from {file.origin}.",
            )
        raise ModelFileError(
            self.root,
            f"{file.path} was not found in it or below",
            f"Name the folder that has it with --from; the original comes from {file.origin}.",
        )


def _folders(root: Path) -> Iterator[tuple[Path, list[str], bool]]:
    """Yield every folder once, the names of its files, and whether a link leads to it.

    Those that are really below the root come first, then those that links in them lead to, and so
    on.
    """
    seen: set[tuple[int, int]] = set()
    waiting = [root]
    for place in waiting:
        for name, subfolders, files in os.walk(place):
            folder = Path(name)
            status = folder.stat()
            if (status.st_dev, status.st_ino) in seen:
                subfolders.clear()
                continue
            seen.add((status.st_dev, status.st_ino))
            subfolders.sort()
            waiting += (folder / each for each in subfolders if (folder / each).is_symlink())
            yield folder, files, place is not root


def import_pack(pack: Pack, store: ModelStore, folder: ImportFolder) -> int:
    """Copy what a pack lacks; nothing of it gets its place before everything is there.

    Parameters
    ----------
    pack : Pack
        The pack.
    store : ModelStore
        Where to.
    folder : ImportFolder
        Where from.

    Returns
    -------
    int
        Number of files that were copied.

    Raises
    ------
    ModelFileError
        If a file is not found, or has other content than expected, or another file is in its place.
    OutputError
        If the models folder cannot be written.
    """
    sources = [(file, folder.find(file)) for file in store.wanted(pack)]
    if not sources:
        return 0
    store.make_incoming()
    store.publish([(file, _copy(file, source, store)) for file, source in sources])
    return len(sources)


def _copy(file: PackFile, source: Path, store: ModelStore) -> Path:
    waiting = store.incoming(file)
    temporary = waiting.with_name(f".{waiting.name}.{os.getpid()}.tmp")
    with writing(store.root):
        try:
            with source.open("rb") as original, temporary.open("wb") as target:
                writer = CheckedWriter(target, file, source, lambda _: None)
                while chunk := original.read(CHUNK_BYTES):
                    writer.write(chunk)
                writer.finish()
            temporary.replace(waiting)
        finally:
            temporary.unlink(missing_ok=True)
    return waiting
