"""What a stage has finished, kept so that a repeated attempt finds it.

A cluster that loses a worker gives its elements to another one, those that were finished included.
Their results lie beside the work files, whole or not at all, in a folder that only one run has.
"""

from collections.abc import Callable
from functools import partial
from typing import IO, Any, TypeVar

import msgspec

from openface_core.errors import OutputError
from openface_core.media.sources import locate
from transforms.dataset.storage import read_whole, write_whole
from transforms.metrics import Count, count
from transforms.work.folder import RunFolders

Result = TypeVar("Result")


def once(folders: RunFolders, path: str, kind: type[Result], make: Callable[[], Result]) -> Result:
    """Return what an earlier attempt of this run has made, or make it and keep it.

    Parameters
    ----------
    folders : RunFolders
        Where the run writes; only where elements may be repeated is anything kept.
    path : str
        The file, unique within the run.
    kind : type
        A frozen dataclass of plain values, tuples and further ones.
    make : callable
        Makes the result.

    Raises
    ------
    OpenFaceBeamError
        Whatever `make` raises, or if storage refuses.
    """
    if not folders.may_repeat:
        return make()
    found = _found(path, kind)
    if found is not None:
        count(Count.ATTEMPTS_SPARED)
        return found
    result = make()
    try:
        content = msgspec.msgpack.encode(result, enc_hook=str)
    except UnicodeEncodeError:  # a name that is no text; its shard is made again
        return result
    write_whole(path, partial(_write, content=content), durable=False)
    return result


def _write(file: IO[bytes], content: bytes) -> None:
    file.write(content)


def _found(path: str, kind: type[Result]) -> Result | None:
    if not locate(path, error=OutputError).exists():
        return None
    try:
        return msgspec.msgpack.decode(read_whole(path).read(), type=kind, dec_hook=_decoded)
    except msgspec.DecodeError:
        return None


def _decoded(kind: type, value: Any) -> Any:
    return kind(value)  # a Fraction, which is kept as its text
