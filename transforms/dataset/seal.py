"""The seal of a Parquet file: a hash of all its bytes, which the file itself carries.

Bits that flip on a disk leave a file that opens and reads wrong. The checksums of its pages, which
few readers look at, do not cover its metadata; the seal covers everything, and costs one pass over
the file. It stands in the metadata, at the file's end; where it stands, zeros are hashed instead.
"""

import hashlib
from typing import IO, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from openface_core.errors import OutputError
from openface_core.media.sources import locate, storage_errors

SEAL_KEY = "openface_beam.seal"
"""Under this key the metadata of a sealed file has the seal."""

BLANK = f"sha256:{'0' * 64}"

_BLOCK_BYTES = 2**20
_TAIL_BYTES = 8
"""Length of the metadata, and the letters PAR1."""


class SealedFile:
    """A binary file that is sealed once everything is written, the blank among it.

    Parameters
    ----------
    file : binary file
        Open for writing, at its beginning, and seekable.
    """

    closed = False

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._size = 0
        self._end = b""
        self._place: int | None = None

    def write(self, data: bytes) -> int:
        """Write bytes, as files do, or keep them until there are more.

        Arrow writes a few bytes for every column, a thousand times for a short clip.
        """
        self._waiting.append(bytes(data))
        self._waiting_bytes += len(data)
        if self._waiting_bytes >= _BLOCK_BYTES:
            self._pass_on()
        return len(data)

    def _pass_on(self) -> None:
        data = b"".join(self._waiting)
        self._waiting.clear()
        self._waiting_bytes = 0
        self._digest.update(data)
        joined = self._end + data  # the blank may come in two pieces
        found = joined.rfind(BLANK.encode())
        if found >= 0:
            self._place = self._size - len(self._end) + found
        self._end = joined[-(len(BLANK) - 1) :]
        self._size += len(data)
        self._file.write(data)

    def tell(self) -> int:
        """Return how many bytes are written."""
        return self._size + self._waiting_bytes

    def flush(self) -> None:
        """Write what is kept, and flush the file below."""
        self._pass_on()
        self._file.flush()

    def close(self) -> None:
        """Leave the file below open: it belongs to somebody else."""

    def seal(self) -> None:
        """Put the seal in the place of the last blank."""
        self._pass_on()
        if self._place is None:
            raise RuntimeError("a file without a blank cannot be sealed")
        self._file.seek(self._place)
        self._file.write(f"sha256:{self._digest.hexdigest()}".encode())
        self._file.seek(self._size)


def is_intact(file: BinaryIO) -> bool | None:
    """Return whether a Parquet file is as it was sealed.

    Parameters
    ----------
    file : binary file
        The file, seekable.

    Returns
    -------
    bool or None
        None for a file that was never sealed.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    try:
        metadata = pq.ParquetFile(file, pre_buffer=False).metadata.metadata or {}
    except (pa.ArrowException, OSError, ValueError):
        return False
    seal = metadata.get(SEAL_KEY.encode())
    if seal is None:
        return None
    size = file.seek(0, 2)
    file.seek(size - _TAIL_BYTES)
    begin = size - _TAIL_BYTES - int.from_bytes(file.read(4), "little")
    if begin < 0:
        return False
    digest = hashlib.sha256()
    file.seek(0)
    left = begin
    while left and (block := file.read(min(_BLOCK_BYTES, left))):
        digest.update(block)
        left -= len(block)
    digest.update(BLANK.encode().join(file.read().rsplit(seal, 1)))
    return bool(f"sha256:{digest.hexdigest()}".encode() == seal)


def is_intact_file(path: str, *, sealed: bool) -> bool:
    """Return whether a file of tables is as it was written.

    Parameters
    ----------
    path : str
        The file. Remote storage has checksums of its own, and reading all of it again would take as
        long as the analysis: there, only what opens is taken for intact.
    sealed : bool
        Whether a seal is to be expected: older files have none.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    source = locate(path, error=OutputError)
    if not source.is_local:
        return True
    with storage_errors(path, OutputError), source.open() as file:
        found = is_intact(file)
    return not sealed if found is None else found


def agreed_metadata(file: pq.ParquetFile) -> dict[bytes, bytes]:
    """Return the metadata of a Parquet file, which stands in it twice.

    Raises
    ------
    ValueError
        If the two differ: one of them is damaged. That is seen without reading the whole file.
    """
    metadata = dict(file.metadata.metadata or {})
    again = file.schema_arrow.metadata or {}
    if any(metadata.get(key) != value for key, value in again.items()):
        raise ValueError("its metadata is damaged")
    return metadata
