"""Getting the bytes of a model file, with a bound on its size and plain errors."""

from collections.abc import Iterator
from contextlib import contextmanager
from mmap import ACCESS_READ, mmap
from pathlib import Path, PurePosixPath

from openface_core.errors import ModelFileError

MAX_MODEL_FILE_BYTES = 64 * 2**20
"""No model file of OpenFace's shape or action units comes near this."""

REINSTALL = "Restore the file from an unmodified OpenFace 2.2 model folder"


def beside(path: Path, name: str | PurePosixPath) -> Path:
    """Return the file that a list names, by its path from the list's folder.

    Parameters
    ----------
    path : Path
        The list. Where it alone is linked to, its files are beside the original.
    name : str or PurePosixPath
        A path that does not lead out of the folder.
    """
    found = path.parent / name
    if path.is_symlink() and not found.exists():
        original = path.resolve().parent / name
        return original if original.exists() else found
    return found


@contextmanager
def _readable(path: Path, max_bytes: int) -> Iterator[None]:
    """Raise ModelFileError if a file is missing, none, empty or too large, or reading fails."""
    try:
        if not path.exists():
            raise ModelFileError(
                path, "model file not found", "Check the models folder that --models names."
            )
        if not path.is_file():
            raise ModelFileError(path, "not a file", f"{REINSTALL}.")
        size = path.stat().st_size
        if size == 0:
            raise ModelFileError(path, "the model file is empty", f"{REINSTALL}.")
        if size > max_bytes:
            raise ModelFileError(
                path,
                f"{size} bytes are more than a model file can have ({max_bytes})",
                f"{REINSTALL}.",
            )
        yield
    except OSError as error:
        raise ModelFileError(
            path, f"cannot be read ({error.strerror})", "Check its name and its permissions."
        ) from error


def read_model_bytes(path: Path) -> bytes:
    """Return the content of a model file.

    Parameters
    ----------
    path : Path
        A local file.

    Raises
    ------
    ModelFileError
        If the file is missing, is not a file, is empty, is too large or cannot be read.
    """
    with _readable(path, MAX_MODEL_FILE_BYTES):
        return path.read_bytes()


def map_model_file(path: Path, max_bytes: int) -> mmap:
    """Return the content of a large model file, mapped: processes share what they read of it.

    Parameters
    ----------
    path : Path
        A local file. It must not be changed while the program runs.
    max_bytes : int
        Largest size of such a file.

    Raises
    ------
    ModelFileError
        As :func:`read_model_bytes`.
    """
    with _readable(path, max_bytes), path.open("rb") as file:
        return mmap(file.fileno(), 0, access=ACCESS_READ)


def read_model_text(path: Path) -> str:
    """Return the content of a model file in text form; raises as :func:`read_model_bytes`."""
    content = read_model_bytes(path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ModelFileError(
            path, "a text file is expected, found binary data", f"{REINSTALL}."
        ) from error
