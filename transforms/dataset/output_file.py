"""A single output file that a user names, looked at before work is done for it."""

import os
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryFile

from openface_core.errors import OutputError
from openface_core.media.sources import locate, storage_errors
from transforms.dataset.storage import writing_errors


def check_output_file(output: str, inputs: Iterable[str | None]) -> None:
    """Refuse a name under which a file cannot be written, or only by losing an input.

    Parameters
    ----------
    output : str
        Local path or fsspec URL of the file.
    inputs : iterable of str or None
        Paths or URLs of what is read, such as a video. They are the user's only copy, perhaps.

    Raises
    ------
    OutputError
        If it is a folder or an input, or :func:`check_place` refuses it.
    """
    check_place(output)
    target = locate(output, error=OutputError)
    for uri in inputs:
        if uri is not None and _is_same(target.path, target.is_local, uri):
            raise OutputError(
                output,
                "this is what is analysed, and would be lost",
                "Name another file.",
            )


def check_place(output: str) -> None:
    """Refuse a name under which no file can be written.

    Folders that are missing are made when it is written, and so they may be missing here. Whether
    other storage than the local disk takes a file is known only when it is given one.

    Parameters
    ----------
    output : str
        Local path or fsspec URL of the file.

    Raises
    ------
    OutputError
        If it is a folder, or in none, or nothing can be written there.
    """
    target = locate(output, error=OutputError)
    if target.is_directory():
        raise OutputError(output, "this is a folder", "Name a file in it.")
    if not target.is_local:
        return
    with storage_errors(output, OutputError):
        folder = next(filter(os.path.lexists, Path(target.path).parents), None)
        if folder is None:
            raise OutputError(
                output, "it cannot be written (there is no such folder)", "Name another file."
            )
        if not folder.is_dir():
            raise OutputError(
                output, f"it cannot be written ({folder} is not a folder)", "Name another file."
            )
        with writing_errors(output), TemporaryFile(dir=folder):
            pass


def _is_same(path: str, is_local: bool, uri: str) -> bool:
    """Whether an input is the file of that path, under whichever name."""
    source = locate(uri, error=OutputError)
    if not (is_local and source.is_local):
        return is_local == source.is_local and path == source.path
    # One that does not exist cannot be lost.
    mine, other = Path(path), Path(source.path)
    return mine.exists() and other.exists() and mine.samefile(other)
