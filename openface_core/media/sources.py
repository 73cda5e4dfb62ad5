"""Where bytes come from: a path on the local disk, or a file of any fsspec filesystem."""

import errno
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

from openface_core.errors import InputError, MediaError, OpenFaceBeamError
from openface_core.media.time_limit import DEFAULT_SECONDS, TimedFile, within
from openface_core.readable import readable

# "scheme://..." or a chain such as "simplecache::s3://..."; "concat:x" is the name of a local file.
_SCHEME = r"[A-Za-z][A-Za-z0-9+.\-]*"
_EXTRAS = {"http": "http", "https": "http", "gs": "gcp", "gcs": "gcp", "s3": "s3"}
"""What is installed for the files of a protocol, where this program names it."""

_URL = re.compile(rf"({_SCHEME}::)*{_SCHEME}://")


def is_url(uri: str) -> bool:
    """Return whether a name begins with a protocol; ``concat:x`` is the name of a local file."""
    return _URL.match(uri) is not None


def is_in_memory(uri: str) -> bool:
    """Return whether a name is that of frames that a caller had in memory, ``memory:name``."""
    return uri.startswith("memory:") and not is_url(uri)


def from_root(uri: str) -> str:
    """Return a local path from the root, which means the same file in every working folder.

    Parameters
    ----------
    uri : str
        A path; a URL, or the name of frames in memory, is returned as it is.

    Raises
    ------
    InputError
        If there is no working folder that a relative path could be relative to.
    """
    if not uri or is_url(uri) or is_in_memory(uri) or os.path.isabs(uri):  # noqa: PTH117
        return uri
    with _there_is_a_working_folder(uri):
        # No further: "link/.." is another folder than the one that the link is in.
        return os.path.join(Path.cwd(), uri)  # noqa: PTH118 - a path keeps its form


def recorded_uri(uri: str) -> str:
    """Return what a record calls an input: a local one by its path from the root, as readable text.

    A relative path means another file in another working folder. So does that of an archive, as in
    ``zip://a.mp4::corpus.zip``.

    Raises
    ------
    InputError
        If there is no working folder that a relative path could be relative to.
    """
    within, path = _local_part(uri)
    if path is None:
        return readable(uri)
    with _there_is_a_working_folder(uri):
        return within + readable(os.path.abspath(path))  # noqa: PTH100 - a link is its own place


def is_anywhere_the_same(uri: str) -> bool:
    """Return whether a name means the same in every working folder."""
    path = _local_part(uri)[1]
    return path is None or Path(path).is_absolute()


def _local_part(uri: str) -> tuple[str, str | None]:
    """Return what stands before a local path in a name, and the path; None where there is none."""
    if is_in_memory(uri):
        return uri, None
    if not is_url(uri):
        return "", uri
    within, chain, place = uri.rpartition("::")
    return (within + chain, place) if chain and not is_url(place) else (uri, None)


@contextmanager
def _there_is_a_working_folder(uri: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise InputError(
            uri,
            "the current folder is gone, which this path is relative to",
            "Change to a folder that is there, or give the whole path.",
        ) from None


@contextmanager
def storage_errors(uri: str, error: type[OpenFaceBeamError]) -> Iterator[None]:
    """Turn whatever a filesystem raises into the one-line error of the caller's stage.

    Parameters
    ----------
    uri : str
        Subject of the message.
    error : type of OpenFaceBeamError
        Class to raise.
    """
    try:
        yield
    except OpenFaceBeamError:
        raise
    except FileNotFoundError:
        raise error(uri, "there is no such file", "Check the path for a misspelling.") from None
    except PermissionError:
        raise error(
            uri, "the permission to read it is missing", "Change its access rights."
        ) from None
    except TimeoutError as problem:
        raise error(
            uri,
            f"the storage does not answer ({_one_line(problem) or 'time limit'})",
            "Check the network and the storage, or raise io_timeout_seconds.",
        ) from problem
    except ImportError as problem:
        extra = _EXTRAS.get(uri.split("://", 1)[0].rsplit("::", 1)[-1].lower())
        package = f"Run: python -m pip install 'openface-beam[{extra}]'" if extra else ""
        raise error(
            uri,
            f"a Python package for its filesystem is missing ({_one_line(problem)})",
            f"{package or 'Install that package'}, or copy the file to the local disk.",
        ) from problem
    except Exception as problem:  # every remote filesystem has an exception hierarchy of its own
        if isinstance(problem, OSError) and problem.errno == errno.EBUSY:  # s3fs says so
            raise error(
                uri,
                "it was replaced, or locked, while it was read",
                "Run again when nothing writes it any more.",
            ) from problem
        raise error(
            uri,
            f"it cannot be read ({type(problem).__name__}: {_one_line(problem)})",
            "Check the address, the credentials and the storage.",
        ) from problem


def _one_line(problem: BaseException) -> str:
    return " ".join(str(problem).split()).rstrip(".")


@dataclass(frozen=True)
class Source:
    """A located file or folder.

    Attributes
    ----------
    uri : str
        As given by the caller; the subject of error messages.
    path : str
        Path within the filesystem.
    filesystem : fsspec filesystem or None
        None for the local disk.
    error : type of OpenFaceBeamError
        What its methods raise.
    timeout_seconds : float
        How long a filesystem that is not the local disk may take for an answer.
    """

    uri: str
    path: str
    filesystem: Any
    error: type[OpenFaceBeamError]
    timeout_seconds: float = DEFAULT_SECONDS

    @property
    def is_local(self) -> bool:
        """Whether the file lies on the local disk."""
        return self.filesystem is None

    def is_directory(self) -> bool:
        """Whether this is a folder."""
        with storage_errors(self.uri, self.error):
            if self.is_local:
                return Path(self.path).is_dir()
            return bool(self._ask(lambda: self.filesystem.isdir(self.path)))

    def exists(self) -> bool:
        """Whether there is a file or folder of this name."""
        with storage_errors(self.uri, self.error):
            if self.is_local:
                return Path(self.path).exists()
            return bool(self._ask(lambda: self.filesystem.exists(self.path)))

    def forget_listings(self) -> None:
        """Have the filesystem look again: some keep listings, and miss what others write."""
        if not self.is_local:
            self.filesystem.invalidate_cache()

    def size_bytes(self) -> int | None:
        """Size of the file; None where the filesystem does not know it.

        Raises
        ------
        OpenFaceBeamError
            There is no such file, it cannot be reached, or it is a device, pipe or folder.
        """
        with storage_errors(self.uri, self.error):
            if self.is_local:
                status = Path(self.path).stat()
                if not stat.S_ISREG(status.st_mode):
                    raise self.error(
                        self.uri,
                        "it is not a regular file",
                        "Give a file; devices, pipes and sockets are not read.",
                    )
                return status.st_size
            size = self._ask(lambda: self.filesystem.size(self.path))
            return None if size is None else int(size)

    def open(self) -> BinaryIO:
        """Open the file for reading bytes."""
        with storage_errors(self.uri, self.error):
            if self.is_local:
                return Path(self.path).open("rb")
            file = self._ask(lambda: self.filesystem.open(self.path, "rb"))
            errors = partial(storage_errors, self.uri, self.error)
            return cast(BinaryIO, TimedFile(file, self.timeout_seconds, errors))

    def _ask(self, call: Callable[[], Any]) -> Any:
        """Return what the filesystem answers within the time limit."""
        return within(self.timeout_seconds, call)

    def content(self) -> bytes:
        """Return the content of a small file, in one request.

        One that is opened is read by several, and some stores refuse the later ones if the file is
        replaced meanwhile.
        """
        with storage_errors(self.uri, self.error):
            if self.is_local:
                return Path(self.path).read_bytes()
            return bytes(self._ask(lambda: self.filesystem.cat_file(self.path)))

    def read(self, limit_bytes: int) -> bytes:
        """Read up to `limit_bytes` bytes from the beginning of the file."""
        with storage_errors(self.uri, self.error), self.open() as file:
            return file.read(limit_bytes)

    def names(self) -> list[str]:
        """Names of the files in this folder, unordered."""
        with storage_errors(self.uri, self.error):
            if self.is_local:
                return [entry.name for entry in Path(self.path).iterdir() if entry.is_file()]
            return self._listed("file")

    def folder_names(self) -> list[str]:
        """Names of the folders in this folder, unordered."""
        with storage_errors(self.uri, self.error):
            if self.is_local:
                return [entry.name for entry in Path(self.path).iterdir() if entry.is_dir()]
            return self._listed("directory")

    def entry_names(self) -> list[str]:
        """Names of all that is in this folder, broken links and devices too, unordered."""
        with storage_errors(self.uri, self.error):
            if self.is_local:
                return [entry.name for entry in Path(self.path).iterdir()]
            return self._listed("file", "directory")

    def _listed(self, *kinds: str) -> list[str]:
        """Return the names of entries of some kinds, as another filesystem lists them.

        A store without folders may have an object named as one, ``folder/``, which marks an empty
        one and is neither a file of it nor a folder in it.
        """
        listing = self._ask(lambda: self.filesystem.ls(self.path, detail=True))
        return [
            entry["name"].rstrip("/").rsplit("/", 1)[-1]
            for entry in listing
            if entry["type"] in kinds and not self._is_mark(entry)
        ]

    def _is_mark(self, entry: Mapping[str, Any]) -> bool:
        if entry["type"] == "file":
            return bool(entry["name"].endswith("/"))
        return bool(entry["name"].strip("/") == self.path.strip("/"))

    def child(self, name: str) -> "Source":
        """Return the file `name` of this folder."""
        return Source(
            uri=_child_uri(self.uri, name),
            path=f"{self.path.rstrip('/')}/{name}",
            filesystem=self.filesystem,
            error=self.error,
            timeout_seconds=self.timeout_seconds,
        )


def _child_uri(uri: str, name: str) -> str:
    """Return the name of a file of a folder, which may be one of an archive or of a cache."""
    if not is_url(uri) or "::" not in uri:
        return f"{uri.rstrip('/')}/{name}"
    chain = uri.split("::")
    link = next(k for k, part in enumerate(chain) if "://" in part)
    chain[link] += name if chain[link].endswith("/") else f"/{name}"
    return "::".join(chain)


def locate(
    uri: str,
    *,
    error: type[OpenFaceBeamError] = MediaError,
    timeout_seconds: float = DEFAULT_SECONDS,
) -> Source:
    """Find the filesystem of a path or URL, without touching the file itself.

    Parameters
    ----------
    uri : str
        A local path, or an fsspec URL such as ``s3://bucket/key``. A name with a colon but without
        ``://`` (``concat:x``, ``http:x``) is a local path, never a protocol.
    error : type of OpenFaceBeamError
        What is raised here and by the methods of the result.
    timeout_seconds : float
        How long a filesystem that is not the local disk may take for an answer.

    Raises
    ------
    OpenFaceBeamError
        The URL's protocol is unknown, or its Python package is not installed.
    """
    if not uri:
        raise error("input", "the name is empty", "Give a path or a URL.")
    if not is_url(uri):
        return Source(uri, uri, None, error)
    # It takes .03 s, which files of the local disk need not wait for.
    import fsspec
    from fsspec.implementations.local import LocalFileSystem

    with storage_errors(uri, error):
        try:
            filesystem, path = fsspec.core.url_to_fs(uri)
        except ValueError as problem:
            raise error(
                uri, f"fsspec cannot use this address ({_one_line(problem)})", "Check the protocol."
            ) from problem
    local = type(filesystem) is LocalFileSystem
    return Source(uri, str(path), None if local else filesystem, error, timeout_seconds)
