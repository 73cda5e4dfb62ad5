"""The registry: which model packs there are, of which files, from where and under which terms.

A pack is a TOML file in ``packs/``. It holds facts about files, never the files themselves. The
embedded pack's come with the program, in ``embedded/`` beside ``packs/``.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from openface_core.errors import ConfigError
from openface_core.toml_file import read_toml

PACKS_FOLDER = Path(__file__).parent / "packs"

MAX_FILE_BYTES = 2**30
"""No file of a pack may be larger, also where its size is not known beforehand."""

_EMBEDDED_FOLDER = "embedded"
SHA256_DIGITS = 64
_HEXADECIMAL = frozenset("0123456789abcdef")


@dataclass(frozen=True)
class PackFile:
    """A file of a pack.

    Parameters
    ----------
    pack : str
        Name of the pack.
    role : str
        What the file is for, in words.
    path : str
        Place below the models folder, with ``/``.
    size_bytes : int or None
        Size; None if every user makes the file for himself, so that no two are alike.
    sha256 : str or None
        SHA-256, 64 hexadecimal digits; None as for the size.
    licence, citation : str
        Name of the licence, and what to cite.
    origin : str
        Where the original comes from, in words.
    url : str or None
        Address of this very file, fixed to a commit; None if there is none.
    upstream_name : str
        File name where it comes from.
    """

    pack: str
    role: str
    path: str
    size_bytes: int | None
    sha256: str | None
    licence: str
    citation: str
    origin: str
    url: str | None
    upstream_name: str

    @property
    def name(self) -> str:
        """File name, without folders."""
        return PurePosixPath(self.path).name

    @property
    def max_bytes(self) -> int:
        """What the file may have at most."""
        return MAX_FILE_BYTES if self.size_bytes is None else self.size_bytes


@dataclass(frozen=True)
class Pack:
    """A pack of files under one licence.

    Parameters
    ----------
    name : str
        Name on the command line.
    title : str
        What it is, in a few words.
    licence : str
        Name of the licence.
    licence_url : str or None
        Its text.
    terms : str
        The licence in plain words.
    files : tuple of PackFile
        The files.
    embedded_in : Path or None
        Folder of the program that has the files; None for a pack that every user gets.
    companions : tuple of str
        Names of packs that are imported along with this one where a folder has them.
    """

    name: str
    title: str
    licence: str
    licence_url: str | None
    terms: str
    files: tuple[PackFile, ...]
    embedded_in: Path | None = None
    companions: tuple[str, ...] = ()

    @property
    def is_embedded(self) -> bool:
        """Whether the files come with the program."""
        return self.embedded_in is not None

    @property
    def size_bytes(self) -> int:
        """Size of all files whose size is known."""
        return sum(file.size_bytes or 0 for file in self.files)

    @property
    def can_be_fetched(self) -> bool:
        """Whether every file has an address."""
        return all(file.url is not None for file in self.files)

    @property
    def citations(self) -> tuple[str, ...]:
        """What to cite, each once."""
        return tuple(dict.fromkeys(file.citation for file in self.files))


@dataclass(frozen=True)
class Registry:
    """All packs, and names for several at once.

    Parameters
    ----------
    packs : Mapping of str to Pack
        Packs by name.
    combinations : Mapping of str to tuple of str
        Names of packs by the name of a combination.
    """

    packs: Mapping[str, Pack]
    combinations: Mapping[str, tuple[str, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that stands for a pack or for several."""
        return (*sorted(self.combinations), *sorted(self.packs))

    def select(self, name: str) -> tuple[Pack, ...]:
        """Return the pack of a name, or the packs of a combination.

        Raises
        ------
        ConfigError
            If there is none.
        """
        if name in self.combinations:
            return tuple(self.packs[member] for member in self.combinations[name])
        if name in self.packs:
            return (self.packs[name],)
        close = difflib.get_close_matches(name, self.names, n=1)
        hint = f"Did you mean {close[0]}? " if close else ""
        raise ConfigError(
            f"model pack {name!r}",
            "there is no such pack",
            f"{hint}Use one of {', '.join(self.names)}.",
        )

    def pack_of(self, file_name: str) -> Pack | None:
        """Return the pack that has a file of this name, if there is one; an embedded one last."""
        wanted = PurePosixPath(file_name).name
        for pack in sorted(self.packs.values(), key=lambda pack: pack.is_embedded):
            if any(file.name == wanted for file in pack.files):
                return pack
        return None

    def recognise(self, models: Mapping[str, str]) -> tuple[Pack, ...]:
        """Return the packs that model files are of: some of their files, and none that differs.

        Parameters
        ----------
        models : mapping of str to str
            SHA-256 of every model file, by name or path.

        Returns
        -------
        tuple of Pack
            The packs, by name.
        """
        known = set(models.values())
        unlike = {
            pack.name
            for path, digest in models.items()
            for embedded in (False, True)
            if (pack := self.pack_unlike(path, digest, embedded=embedded)) is not None
        }
        packs = (self.packs[name] for name in sorted(self.packs) if name not in unlike)
        return tuple(pack for pack in packs if any(file.sha256 in known for file in pack.files))

    def pack_unlike(self, file_name: str, sha256: str, *, embedded: bool) -> Pack | None:
        """Return the pack that has another file of this name, and none has this one.

        Parameters
        ----------
        file_name : str
            Name or path of a file.
        sha256 : str
            Its SHA-256.
        embedded : bool
            Whether embedded packs are asked, or the others.
        """
        hashed = self._hashed_files.get((PurePosixPath(file_name).name, embedded), ())
        if not hashed or any(file.sha256 == sha256 for file in hashed):
            return None
        return self.packs[hashed[0].pack]

    @cached_property
    def _hashed_files(self) -> dict[tuple[str, bool], list[PackFile]]:
        """The files whose hash is known, by name and whether they come with the program."""
        found: dict[tuple[str, bool], list[PackFile]] = {}
        for pack in self.packs.values():
            for file in pack.files:
                if file.sha256 is not None:
                    found.setdefault((file.name, pack.is_embedded), []).append(file)
        return found


def load_registry(folder: Path) -> Registry:
    """Read all packs of a folder.

    Parameters
    ----------
    folder : Path
        Folder of TOML files.

    Returns
    -------
    Registry
        The packs.

    Raises
    ------
    ConfigError
        If a file is wrong, or packs contradict each other.
    """
    packs: dict[str, Pack] = {}
    combinations: dict[str, tuple[str, ...]] = {}
    for path in sorted(folder.glob("*.toml")):
        reader = _PackReader(path)
        if reader.is_combination:
            combinations[path.stem] = reader.members()
        else:
            packs[path.stem] = reader.pack()
    for name, members in combinations.items():
        if unknown := sorted(set(members) - set(packs)):
            raise _fail(folder / f"{name}.toml", f"there is no pack {', '.join(unknown)}")
        if any(packs[member].is_embedded for member in members):
            raise _fail(folder / f"{name}.toml", "an embedded pack has a folder of its own")
    for pack in packs.values():
        if unknown := sorted(set(pack.companions) - set(packs)):
            raise _fail(folder / f"{pack.name}.toml", f"there is no pack {', '.join(unknown)}")
    owners: dict[str, str] = {}
    for pack in packs.values():
        for file in pack.files:
            if owners.setdefault(file.path, pack.name) != pack.name:
                raise _fail(
                    folder / f"{pack.name}.toml",
                    f"{file.path} belongs to the pack {owners[file.path]} already",
                )
    return Registry(packs, combinations)


@cache
def default_registry() -> Registry:
    """Return the packs of this program."""
    return load_registry(PACKS_FOLDER)


def how_to_get(file_name: str) -> str:
    """Return the command that gets a model file, as a sentence; nothing for a file of no pack."""
    pack = default_registry().pack_of(file_name)
    if pack is not None and pack.is_embedded:
        return f"It comes with the program: --models {pack.name}. "
    return "" if pack is None else f"{remedy([pack])} "


def remedy(packs: Iterable[Pack]) -> str:
    """Return what gets packs: some are fetched, others imported, one comes with the program."""
    packs = tuple(packs)
    if any(pack.is_embedded for pack in packs):
        return "Install the program anew; `python -m models.training record` if you trained them."
    fetch = " ".join(pack.name for pack in packs if pack.can_be_fetched)
    bring = " ".join(pack.name for pack in packs if not pack.can_be_fetched)
    commands = [f"`openface-beam models fetch {fetch} --accept-license`"] if fetch else []
    if bring:
        commands.append(f"`openface-beam models import {bring} --from FOLDER`")
    return f"Run {' and '.join(commands)}."


def _fail(path: Path, cause: str) -> ConfigError:
    return ConfigError(path, cause, "Correct the registry of model packs.")


class _PackReader:
    """Reads one file of the registry."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._table = read_toml(path)
        except ConfigError as error:
            raise _fail(path, error.cause) from error
        if self._text(self._table, "name") != path.stem:
            raise _fail(path, f"the name should be {path.stem}, as the file's")

    @property
    def is_combination(self) -> bool:
        """Whether the file names other packs."""
        return "members" in self._table

    def members(self) -> tuple[str, ...]:
        """Return the packs that a combination stands for."""
        return self._names("members")

    def _names(self, key: str) -> tuple[str, ...]:
        names = self._table[key]
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise _fail(self._path, f"{key} should be a list of names")
        return tuple(names)

    def pack(self) -> Pack:
        """Return the pack."""
        files = tuple(self._files())
        if not files or len({file.path for file in files}) != len(files):
            raise _fail(self._path, "there should be files, each once")
        return Pack(
            name=self._path.stem,
            title=self._text(self._table, "title"),
            licence=self._text(self._table, "licence"),
            licence_url=self._optional(self._table, "licence_url"),
            terms=self._text(self._table, "terms").strip(),
            files=files,
            embedded_in=self._path.parent.parent / _EMBEDDED_FOLDER if self._is_embedded else None,
            companions=self._names("companions") if "companions" in self._table else (),
        )

    @property
    def _is_embedded(self) -> bool:
        value = self._table.get("embedded", False)
        if not isinstance(value, bool):
            raise _fail(self._path, "embedded should be true or false")
        return value

    def _files(self) -> Iterator[PackFile]:
        for group in self._tables(self._table, "groups"):
            for entry in self._tables(group, "files"):
                yield self._file(group, entry)

    def _file(self, group: Mapping[str, Any], entry: Mapping[str, Any]) -> PackFile:
        name = self._text(entry, "name")
        path = PurePosixPath(self._text(group, "folder"), name)
        if path.is_absolute() or ".." in path.parts or "\\" in str(path) or ":" in str(path):
            raise _fail(self._path, f"{path} leads out of the models folder")
        upstream = self._optional(entry, "upstream") or name
        base = self._optional(group, "url")
        if base is not None and not base.startswith("https://"):
            raise _fail(self._path, f"{base} should begin with https://")
        return PackFile(
            pack=self._path.stem,
            role=self._text(group, "role"),
            path=str(path),
            size_bytes=self._size(entry),
            sha256=self._sha256(entry),
            licence=self._text(self._table, "licence"),
            citation=self._optional(group, "citation") or self._text(self._table, "citation"),
            origin=self._text(self._table, "origin"),
            url=None if base is None else f"{base.rstrip('/')}/{upstream}",
            upstream_name=PurePosixPath(upstream).name,
        )

    def _size(self, entry: Mapping[str, Any]) -> int | None:
        size = entry.get("bytes")
        if size is None and "sha256" not in entry:
            return None
        if not isinstance(size, int) or not 0 < size <= MAX_FILE_BYTES:
            raise _fail(self._path, f"{entry['name']} has an impossible size")
        return size

    def _sha256(self, entry: Mapping[str, Any]) -> str | None:
        digest = entry.get("sha256")
        if digest is None and "bytes" not in entry:
            return None
        if (
            not isinstance(digest, str)
            or len(digest) != SHA256_DIGITS
            or not set(digest) <= _HEXADECIMAL
        ):
            raise _fail(self._path, f"{entry['name']} has an impossible SHA-256")
        return digest

    def _text(self, table: Mapping[str, Any], key: str) -> str:
        value = table.get(key)
        if not isinstance(value, str) or not value:
            raise _fail(self._path, f"{key} should be a text")
        return value

    def _optional(self, table: Mapping[str, Any], key: str) -> str | None:
        return self._text(table, key) if key in table else None

    def _tables(self, table: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
        value = table.get(key)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise _fail(self._path, f"{key} should be a list of tables")
        return value
