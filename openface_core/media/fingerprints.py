"""Identify an input by its content."""

import hashlib
from typing import BinaryIO

from openface_core.errors import MediaError
from openface_core.media.images import image_names
from openface_core.media.sources import Source, locate, storage_errors

SAMPLED_ABOVE_BYTES = 256 * 2**20
SAMPLE_BLOCKS = 64
BLOCK_BYTES = 2**20


def fingerprint(uri: str) -> str:
    """Return a fingerprint of a file, or of the images of a folder.

    Parameters
    ----------
    uri : str
        Local path or fsspec URL.

    Returns
    -------
    str
        ``"sha256:<hex>"`` of the content. A file of more than 256 MiB is sampled instead, so that
        a corpus can be fingerprinted without reading it twice: ``"sha256-sampled:<hex>"`` is the
        SHA-256 of its size (8 bytes, little endian) and of 64 blocks of 1 MiB, evenly spaced from
        the very first to the very last byte. It tells files apart, but changes between the blocks
        go unseen. For a folder it is the SHA-256 over the names and fingerprints of its images, in
        natural order.

    Raises
    ------
    MediaError
        The file or folder cannot be read, or the folder holds no images.
    """
    source = locate(uri)
    if not source.is_directory():
        return _file_fingerprint(source)
    names = image_names(source)
    if not names:
        raise MediaError(uri, "the folder holds no images", "Name a folder of images or a file.")
    digest = hashlib.sha256()
    for name in names:
        # The length keeps the name and what follows it apart.
        encoded = name.encode("utf-8", errors="surrogateescape")
        digest.update(len(encoded).to_bytes(8, "little") + encoded)
        digest.update(_file_fingerprint(source.child(name)).encode("ascii"))
    return f"sha256:{digest.hexdigest()}"


def _file_fingerprint(source: Source) -> str:
    size = source.size_bytes()
    with storage_errors(source.uri, source.error), source.open() as file:
        if size is not None and size > SAMPLED_ABOVE_BYTES:
            return f"sha256-sampled:{_sampled_digest(file, size)}"
        return f"sha256:{_whole_digest(file)}"


def _whole_digest(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while block := file.read(BLOCK_BYTES):
        digest.update(block)
    return digest.hexdigest()


def _sampled_digest(file: BinaryIO, size: int) -> str:
    digest = hashlib.sha256(size.to_bytes(8, "little"))
    for block in range(SAMPLE_BLOCKS):
        file.seek(block * (size - BLOCK_BYTES) // (SAMPLE_BLOCKS - 1))
        digest.update(file.read(BLOCK_BYTES))
    return digest.hexdigest()
