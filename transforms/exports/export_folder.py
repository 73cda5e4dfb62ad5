"""The output folder of an export: where its files lie, and the record of what is complete."""

import json
import shutil
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import IO, Any

from openface_core import __version__
from openface_core.errors import ConfigError, OutputError
from openface_core.media.sources import locate, storage_errors
from transforms.dataset.json_text import parse_json
from transforms.dataset.layout import is_plain_name
from transforms.dataset.provenance import SOFTWARE
from transforms.dataset.run_lock import LOCK_NAME
from transforms.dataset.storage import (
    is_temporary,
    join,
    read_whole,
    remove,
    remove_temporaries,
    remove_tree,
    write_if_changed,
    write_whole,
    writing_errors,
)

DESCRIPTION_NAME = "export_description.json"
RECORDS_FOLDER = "export_records"
TABLE_KEY = "table_record"
"""Under this key a record has the hash of the table, among all that files depend on."""

_BEGUN = ".begun"
"""Beside a record lies, while files are put in place, what names all that may be there."""

_STAGING = ".staging"
_READERS = 8
"""Asking remote storage is mostly waiting."""


@dataclass(frozen=True)
class ExportRecord:
    """What is known of a complete export of an input in one format.

    Parameters
    ----------
    identity : str
        Hash of everything that the files depend on.
    files : tuple of str
        Files and folders, below the format's folder.
    notes : dict
        What the exporter wants to be known of them.
    made : str
        How they were made, as JSON.
    """

    identity: str
    files: tuple[str, ...]
    notes: dict[str, Any] = field(default_factory=dict)
    made: str = "{}"


@dataclass(frozen=True)
class ExportFolder:
    """An output folder of exports: a folder for each format, and their records.

    Parameters
    ----------
    root : str
        Local path or URL.
    """

    root: str

    def check(self) -> None:
        """Refuse a folder that holds anything but an earlier export.

        Raises
        ------
        ConfigError
            If it does, or is a file.
        OutputError
            If storage refuses.
        """
        folder = locate(self.root, error=OutputError)
        if not folder.exists():
            return
        if not folder.is_directory():
            raise ConfigError(self.root, "the output is not a folder", "Name a folder.")
        names = folder.entry_names()
        own = (_STAGING, LOCK_NAME)  # the lock of an export that has just begun may stand alone
        others = [name for name in names if name not in own and not is_temporary(name)]
        if others and not self._is_own():
            raise ConfigError(
                self.root,
                "the output folder holds other files",
                "Name a new or empty folder, or the output of an earlier export.",
            )

    def _is_own(self) -> bool:
        """Return whether the folder's own description says that it is an export of this program."""
        try:
            return bool(self._description()["GeneratedBy"][0]["Name"] == SOFTWARE)
        except (KeyError, IndexError, TypeError):
            return False

    def _description(self) -> Any:
        """Return what the folder says of itself; None where it says nothing."""
        return _json_of(join(self.root, DESCRIPTION_NAME))

    def dataset(self) -> str | None:
        """Return the dataset that exports in the folder are of; None where that is not said.

        Raises
        ------
        OutputError
            If storage refuses.
        """
        description = self._description()
        named = description.get("Dataset") if isinstance(description, dict) else None
        return named if isinstance(named, str) else None

    def exported_tables(self) -> dict[str, set[str]]:
        """Return the hashes of the tables that exports are of, by video id.

        Raises
        ------
        OutputError
            If storage refuses.
        """
        records = join(self.root, RECORDS_FOLDER)
        place = locate(records, error=OutputError)
        formats = place.folder_names() if place.is_directory() else []
        paths = [
            (name.removesuffix(".json"), join(records, format_, name))
            for format_ in formats
            for name in locate(join(records, format_), error=OutputError).names()
            if name.endswith(".json")
        ]
        found: dict[str, set[str]] = {}
        with ThreadPoolExecutor(_READERS) as readers:
            contents = readers.map(lambda path: _json_of(path[1]), paths)
            for (video_id, _), content in zip(paths, contents, strict=True):
                made = content.get("made") if isinstance(content, dict) else None
                digest = made.get(TABLE_KEY) if isinstance(made, dict) else None
                if isinstance(digest, str):
                    found.setdefault(video_id, set()).add(digest)
        return found

    def begin(self, dataset: str) -> None:
        """Mark the folder, which is held, as an export, and remove what a killed one has left.

        Raises
        ------
        OutputError
            If storage refuses.
        """
        content = {
            "GeneratedBy": [{"Name": SOFTWARE, "Version": __version__}],
            "Dataset": dataset,
        }
        text = json.dumps(content, indent=2) + "\n"
        write_if_changed(join(self.root, DESCRIPTION_NAME), text.encode())
        self._remove_temporaries()
        self.discard_staging()

    def _remove_temporaries(self) -> None:
        """Remove small files that were being written; all others are put together in staging."""
        remove_temporaries(join(self.root, RECORDS_FOLDER))
        place = locate(self.root, error=OutputError)
        if place.is_local:
            with storage_errors(self.root, OutputError):
                for path in Path(place.path).iterdir():
                    if is_temporary(path.name):
                        path.unlink(missing_ok=True)

    def discard_staging(self) -> None:
        """Remove what is being put together."""
        remove_tree(join(self.root, _STAGING))

    def _record_path(self, format_: str, video_id: str) -> str:
        return join(self.root, RECORDS_FOLDER, format_, f"{video_id}.json")

    def record(self, format_: str, video_id: str) -> ExportRecord | None:
        """Return what is known of the export of an input; None if it is not complete.

        Raises
        ------
        OutputError
            If storage refuses.
        """
        record = self._written_record(format_, video_id)
        if record is None:
            return None
        places = (join(self.root, format_, name) for name in record.files)
        return record if all(map(_exists, places)) else None

    def _written_record(self, format_: str, video_id: str) -> ExportRecord | None:
        """Return the record of an input, whether or not its files are there; None without one."""
        content = _json_of(self._record_path(format_, video_id))
        try:
            identity, files, notes = content["identity"], content["files"], content["notes"]
        except (KeyError, TypeError):
            return None
        if not isinstance(files, list) or not isinstance(notes, dict):
            return None
        if not all(isinstance(name, str) for name in (identity, *files)):
            return None
        return ExportRecord(identity, tuple(files), notes)

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """Make a local folder in which files are put together, and remove it afterwards.

        For a local output it is within the output, so that what is complete is only renamed.

        Raises
        ------
        OutputError
            If storage refuses, also what is written there meanwhile.
        """
        target = locate(self.root, error=OutputError)
        if not target.is_local:
            with (
                writing_errors(gettempdir()),
                TemporaryDirectory(prefix="openface-beam-export-") as name,
            ):
                yield Path(name)
            return
        folder = Path(target.path) / _STAGING / uuid.uuid4().hex
        try:
            with writing_errors(self.root):
                folder.mkdir(parents=True)
                yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def publish(self, format_: str, video_id: str, staged: Path, record: ExportRecord) -> None:
        """Put files in place, each whole or not at all, and write the record last.

        Files of an earlier export of the input that there are no new ones for are removed. While
        that lasts, a list names all that may be there: an export that is killed leaves it behind.

        Parameters
        ----------
        format_, video_id : str
            What they are.
        staged : Path
            Folder that holds them.
        record : ExportRecord
            What is to be known; ``files`` are those that the folder holds.

        Raises
        ------
        ConfigError
            If there is a file or folder of the same name that no export has written.
        OutputError
            If storage refuses.
        """
        record_path = self._record_path(format_, video_id)
        old = self._written_record(format_, video_id)
        begun_path = join(self.root, RECORDS_FOLDER, format_, f"{video_id}{_BEGUN}")
        known = {*(() if old is None else old.files), *_names_of(begun_path)}
        # A record that is damaged names nothing, but says that there has been an export.
        if old is not None or not _exists(record_path):
            self._refuse_others(format_, [name for name in record.files if name not in known])
        begun = json.dumps(sorted({*known, *record.files})) + "\n"
        write_if_changed(begun_path, begun.encode())
        self._discard_files(format_, known - {*record.files})
        remove(record_path)
        for name in record.files:
            self._place(staged / name, join(self.root, format_, name))
        content = {
            "identity": record.identity,
            "made": json.loads(record.made),
            "files": record.files,
            "notes": record.notes,
        }
        text = json.dumps(content, indent=1) + "\n"
        write_if_changed(record_path, text.encode())
        remove(begun_path)

    def _refuse_others(self, format_: str, names: Iterable[str]) -> None:
        """Refuse to put files where there are others."""
        for name in names:
            place = join(self.root, format_, name)
            if _exists(place):
                raise ConfigError(
                    place,
                    "no export has written this, and it would be lost",
                    "Move it elsewhere, or name another output folder.",
                )

    def discard_outdated(self, format_: str, video_id: str, *identities: str) -> None:
        """Remove what an earlier export wrote of an input that is another one by now.

        Parameters
        ----------
        format_, video_id : str
            What it is.
        *identities : str
            What files may depend on now; those with one of these stay.

        Raises
        ------
        OutputError
            If storage refuses.
        """
        old = self._written_record(format_, video_id)
        if old is not None and old.identity not in identities:
            self._discard_files(format_, old.files)
            remove(self._record_path(format_, video_id))

    def _discard_files(self, format_: str, names: Iterable[str]) -> None:
        """Remove files of an earlier export.

        Their record goes after them: an export that is killed meanwhile leaves one that names the
        rest.
        """
        for name in names:
            if is_plain_name(name):
                self._discard(join(self.root, format_, name))

    def _discard(self, uri: str) -> None:
        """Remove a file or folder."""
        target = locate(uri, error=OutputError)
        is_link = target.is_local and Path(target.path).is_symlink()
        if target.is_directory() and not is_link:
            remove_tree(uri)
        else:
            remove(uri)

    def _place(self, staged: Path, uri: str) -> None:
        target = locate(uri, error=OutputError)
        if target.is_local:
            path = Path(target.path)
            with writing_errors(uri):
                path.parent.mkdir(parents=True, exist_ok=True)
                if staged.is_dir() and path.exists():
                    shutil.rmtree(path)
                staged.replace(path)
            return
        if staged.is_dir():
            remove_tree(uri)
        for file in sorted(staged.rglob("*")) if staged.is_dir() else [staged]:
            if file.is_file():
                below = file.relative_to(staged).parts if staged.is_dir() else ()
                write_whole(join(uri, *below), partial(_write, file.read_bytes()))


def _exists(uri: str) -> bool:
    return locate(uri, error=OutputError).exists()


def _names_of(path: str) -> list[str]:
    """Return the names that a file lists; none where it is not there, or damaged."""
    names = _json_of(path)
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _json_of(path: str) -> Any:
    """Return the content of a small file; None if there is none, or it is damaged."""
    if not _exists(path):
        return None
    try:
        return parse_json(read_whole(path).read())
    except ValueError:
        return None


def _write(content: bytes, file: IO[bytes]) -> None:
    file.write(content)
