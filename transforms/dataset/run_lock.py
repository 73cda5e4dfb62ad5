"""The mark that a run leaves in its output folder while it works there.

Two runs into one folder would remove each other's work files, so that the second is refused at its
start. What lasts moments only, such as adding one table, is waited for instead, and itself waits.
The mark names the process that holds it and says since when; as long as that process works, it
renews the mark. One that is not renewed any more, or whose process is known to have ended, is left
by a killed run, and taken over.
"""

import json
import os
import platform
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from openface_core.errors import OpenFaceBeamError, OutputError, RunOverError
from openface_core.media.sources import Source, locate
from transforms.dataset.json_text import parse_json
from transforms.dataset.process_identity import is_alive, namespace, started_at
from transforms.dataset.storage import join, read_whole, remove, write_whole, writing_errors

LOCK_NAME = ".openface-beam.lock"

RENEWAL_SECONDS = 10.0
PATIENCE_SECONDS = 120.0
"""A mark that has not been renewed for so long is left: clocks of hosts differ by less."""
_SETTLING_SECONDS = 1.0
"""Storage that cannot make a file only where there is none settles by then whose mark stays."""

WAITING_SECONDS = 60.0
"""How long one and the same holder is waited for, if it or who waits holds the folder briefly."""
_BETWEEN_LOOKS_SECONDS = 0.1


@dataclass(frozen=True)
class Holder:
    """Who works in an output folder.

    Parameters
    ----------
    token : str
        Tells this run from all others.
    host : str
        Name of its machine.
    namespace : str or None
        What the number belongs to: containers of one machine, which may share its name, count
        their own processes. None where the system does not tell, and in marks of earlier versions.
    process : int
        Number of its process there.
    started : str or None
        When that process started, as its machine counts; numbers of processes are used again.
    since : str
        When the run began, as ISO 8601 in UTC.
    renewed_seconds : float
        When the mark was renewed, in seconds since 1970.
    is_brief : bool
        Whether it works there for moments only, so that others wait for it.
    """

    token: str
    host: str
    namespace: str | None
    process: int
    started: str | None
    since: str
    renewed_seconds: float
    is_brief: bool = False

    @classmethod
    def here(cls, *, is_brief: bool = False) -> "Holder":
        """Return this process as the holder."""
        process = os.getpid()
        return cls(
            token=uuid.uuid4().hex,
            host=platform.node(),
            namespace=namespace(),
            process=process,
            started=started_at(process),
            since=datetime.now(UTC).isoformat(timespec="seconds"),
            renewed_seconds=time.time(),
            is_brief=is_brief,
        )

    @classmethod
    def parse(cls, content: bytes) -> "Holder | None":
        """Return the holder that a mark names; None if it names none."""
        try:
            values: Any = parse_json(content)
            return cls(
                token=str(values["token"]),
                host=str(values["host"]),
                namespace=_text(values.get("namespace")),
                process=int(values["process"]),
                started=_text(values["started"]),
                since=str(values["since"]),
                renewed_seconds=float(values["renewed_seconds"]),
                is_brief=values.get("is_brief") is True,
            )
        except (ValueError, KeyError, TypeError, OverflowError):
            return None

    def content(self) -> bytes:
        """Return the mark."""
        return json.dumps(asdict(self)).encode() + b"\n"

    def is_gone(self) -> bool:
        """Return whether the run has ended without taking its mark away."""
        if self._is_of_this_machine():
            if not is_alive(self.process):
                return True
            started = started_at(self.process)
            if started is not None and self.started is not None:
                return started != self.started
        # A clock that is ahead, or a damaged mark, must not hold the folder for ever.
        return not abs(time.time() - self.renewed_seconds) <= PATIENCE_SECONDS

    def _is_of_this_machine(self) -> bool:
        """Whether its number is that of a process which this one could see."""
        here = (platform.node(), namespace())
        return os.name == "posix" and (self.host, self.namespace) == here


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def holder_of(output: str) -> Holder | None:
    """Return the run that works in an output folder; None if there is none.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    path = join(output, LOCK_NAME)
    place = locate(path, error=OutputError)
    place.forget_listings()
    if not place.exists():
        return None
    try:
        holder = Holder.parse(read_whole(path).read())
    except OutputError:
        place.forget_listings()
        if place.exists():
            raise
        return None  # it was taken away in between
    return None if holder is None or holder.is_gone() else holder


def refuse_if_held(output: str, *, patience_seconds: float = 0.0) -> None:
    """Refuse an output folder in which another run works.

    Parameters
    ----------
    output : str
        The output folder.
    patience_seconds : float
        How long one and the same holder is waited for; a brief one always is.

    Raises
    ------
    OutputError
        If it still works there, or storage refuses.
    """
    waited_for, deadline = None, 0.0
    while (holder := holder_of(output)) is not None:
        if holder.token != waited_for:  # whoever waits in a queue gets on
            patience = max(patience_seconds, WAITING_SECONDS if holder.is_brief else 0.0)
            waited_for, deadline = holder.token, time.monotonic() + patience
        if time.monotonic() >= deadline:
            raise _refusal(output, holder)
        time.sleep(_BETWEEN_LOOKS_SECONDS)


def check_held(output: str, token: str) -> None:
    """Refuse to go on in an output folder that another run has taken over.

    A process that was stopped, or a host that did not answer, for long enough is taken for killed.

    Parameters
    ----------
    output : str
        The output folder.
    token : str
        What :func:`held` has yielded.

    Raises
    ------
    RunOverError
        If the mark is another's, or gone.
    OutputError
        If storage refuses.
    """
    if not _is_marked(output, token):
        raise RunOverError.of(output)


def _is_marked(output: str, token: str) -> bool:
    """Return whether the mark of an output folder is that of a token."""
    path = join(output, LOCK_NAME)
    place = locate(path, error=OutputError)
    place.forget_listings()
    if not place.exists():
        return False
    found = Holder.parse(read_whole(path).read())
    return found is not None and found.token == token


def _refusal(output: str, holder: Holder) -> OutputError:
    return OutputError(
        output,
        f"another run works in this folder: process {holder.process} on {holder.host}, since "
        f"{holder.since}",
        "Wait until it has ended, end it, or name another output folder.",
    )


@contextmanager
def held(output: str, *, is_brief: bool = False) -> Iterator[str]:
    """Hold an output folder for as long as the block lasts.

    Parameters
    ----------
    output : str
        The output folder, which is made if there is none.
    is_brief : bool
        Whether that is moments only. Such a block waits a while for others, and they for it.

    Yields
    ------
    str
        The token of the mark, for :func:`check_held`.

    Raises
    ------
    OutputError
        If another run works there, or storage refuses.
    """
    mark = _Mark(output, is_brief=is_brief)
    mark.take()
    try:
        yield mark.token
    finally:
        mark.take_away()


class _Mark:
    """A mark of this process, renewed by a thread of its own."""

    def __init__(self, output: str, *, is_brief: bool) -> None:
        self._output = output
        self._path = join(output, LOCK_NAME)
        self._holder = Holder.here(is_brief=is_brief)
        self._patience_seconds = WAITING_SECONDS if is_brief else 0.0
        self._made_folder = False
        self._is_over = threading.Event()
        self._renewer = threading.Thread(target=self._renew, name="run lock", daemon=True)

    @property
    def token(self) -> str:
        """Tells it from all others."""
        return self._holder.token

    def take(self) -> None:
        """Leave the mark."""
        place = locate(self._path, error=OutputError)
        self._made_folder = place.is_local and not Path(place.path).parent.exists()
        is_taken = False
        while not is_taken:
            refuse_if_held(self._output, patience_seconds=self._patience_seconds)
            is_taken = self._take_local(place) if place.is_local else self._take_remote()
        self._renewer.start()

    def _take_local(self, place: Source) -> bool:
        """Leave the mark where there is none, or one that is left; say whether it is there."""
        # Named as files being written are, which a run removes if they are left.
        own = join(self._output, f"{LOCK_NAME}.{self._holder.token}.tmp")
        self._write(own)
        with writing_errors(self._output), _taken_by_nobody_else(Path(place.path).parent):
            return self._replace_left_mark(place, own)

    def _replace_left_mark(self, place: Source, own: str) -> bool:
        """Leave the mark written at `own`, unless there is one that is held."""
        try:
            if holder_of(self._output) is not None:
                return False
            _set_aside(place.path, f"{place.path}.{uuid.uuid4().hex}.tmp")
            os.link(own, place.path)  # fails if there is one, unlike a renaming
        except FileExistsError:
            return False
        except OSError as error:
            return self._take_without_links(place, error)
        finally:
            remove(own)
        return True

    def _take_without_links(self, place: Source, error: OSError) -> bool:
        """Leave the mark on a filesystem that has no hard links."""
        try:
            with Path(place.path).open("xb") as file:
                file.write(self._holder.content())
        except FileExistsError:
            return False
        except OSError:
            raise OutputError(
                self._output,
                f"it cannot be written ({error.strerror or error})",
                "Check the free space and the permissions of the output folder.",
            ) from error
        return True

    def _take_remote(self) -> bool:
        self._write(self._path)
        time.sleep(_SETTLING_SECONDS)
        return self._is_own()

    def _write(self, path: str) -> None:
        self._holder = replace(self._holder, renewed_seconds=time.time())
        content = self._holder.content()
        try:
            write_whole(path, lambda file: file.write(content), durable=False)
        except OutputError as error:  # users know the folder, and not the mark
            raise type(error)(self._output, error.cause, error.remedy) from error

    def _is_own(self) -> bool:
        return _is_marked(self._output, self.token)

    def _renew(self) -> None:
        while not self._is_over.wait(RENEWAL_SECONDS):
            # Storage that refuses for a while, or is full, is not what a run ends for.
            with suppress(OpenFaceBeamError):
                if self._is_own():
                    self._write(self._path)

    def take_away(self) -> None:
        """Take the mark away, unless it has become another run's."""
        self._is_over.set()
        self._renewer.join(_SETTLING_SECONDS)
        with suppress(OpenFaceBeamError):
            if self._is_own():
                remove(self._path)
        if self._made_folder:  # a run that could not begin leaves nothing behind
            with suppress(OSError):
                Path(locate(self._output, error=OutputError).path).rmdir()


@contextmanager
def _taken_by_nobody_else(folder: Path) -> Iterator[None]:
    """Let processes of this machine look at a folder's mark and replace it one after the other.

    Otherwise a mark could be taken between another's looking and replacing. Filesystems of several
    hosts may not lock a folder, and Windows does not; there that moment stays.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    handle = os.open(folder, os.O_RDONLY)  # closing it gives the lock back
    try:
        with suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _set_aside(path: str, aside: str) -> None:
    """Move a mark that is left out of the way; one that has been renewed since goes back."""
    try:
        Path(path).rename(aside)
    except FileNotFoundError:
        return
    try:
        holder = Holder.parse(Path(aside).read_bytes())
        if holder is not None and not holder.is_gone():
            with suppress(FileExistsError):
                os.link(aside, path)
    finally:
        Path(aside).unlink(missing_ok=True)
