"""The embedded pack's entry in the registry: which files it has, of which size and SHA-256.

The head of ``packs/embedded.toml``, with the terms, is written by hand; the list below it here.
"""

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from models.checked_file import sha256_of
from models.locate import EMBEDDED_FOLDER
from models.registry import PACKS_FOLDER
from openface_core.errors import ModelFileError, OutputError

EMBEDDED_PACK_FILE = PACKS_FOLDER / "embedded.toml"

_ROLES = {
    "face detector": "detector.onnx",
    "landmark networks": "landmarks*.onnx",
    "eye network": "eyes.onnx",
    "validator of landmarks": "validator.onnx",
    "shape model of the face": "shape.txt",
    "shape models of its parts": "shape_*.txt",
    "triangles of the face mask": "triangulation.txt",
    "patch experts": "patch_experts_*.bin",
    "lists of patch experts": "refinement*.txt",
    "lists of action-unit predictors": "AU_*.txt",
    "action-unit predictors": "*.dat",
}
"""What files are for, by their names below the folder."""

_DOCUMENTS = ".md"
_FIRST_GROUP = "[[groups]]"


def record_pack(folder: Path = EMBEDDED_FOLDER, pack_path: Path = EMBEDDED_PACK_FILE) -> int:
    """Write sizes and hashes of all model files of a folder into a registry file.

    Parameters
    ----------
    folder : Path
        The embedded models.
    pack_path : Path
        The registry file, whose head stays as it is.

    Returns
    -------
    int
        Number of files.

    Raises
    ------
    ModelFileError
        If a file is not one of the pack, or cannot be read.
    OutputError
        If the registry file cannot be written.
    """
    files = sorted(
        path for path in folder.rglob("*") if path.is_file() and path.suffix != _DOCUMENTS
    )
    of_role: dict[str, list[Path]] = {role: [] for role in _ROLES}
    for path in files:
        of_role[_role_of(path, folder)].append(path)
    try:
        head, *_ = pack_path.read_text(encoding="utf-8").partition(_FIRST_GROUP)
        groups = [_group(role, paths, folder) for role, paths in of_role.items() if paths]
        pack_path.write_text(head + "\n".join(groups), encoding="utf-8")
    except OSError as error:
        raise OutputError(
            pack_path,
            f"cannot be read and written ({error.strerror})",
            "Check its permissions.",
        ) from error
    return len(files)


def _role_of(path: Path, folder: Path) -> str:
    name = path.relative_to(folder).as_posix()
    for role, pattern in _ROLES.items():
        if fnmatch(name, pattern):
            return role
    raise ModelFileError(
        path,
        "not a file of the embedded pack",
        f"Remove it; known are {', '.join(_ROLES.values())}.",
    )


def _group(role: str, paths: list[Path], folder: Path) -> str:
    return "\n".join(_lines(role, paths, folder)) + "\n"


def _lines(role: str, paths: list[Path], folder: Path) -> Iterator[str]:
    yield _FIRST_GROUP
    yield f'role = "{role}"'
    yield 'folder = "."'
    yield "files = ["
    for path in paths:
        name = path.relative_to(folder).as_posix()
        size, digest = path.stat().st_size, sha256_of(path)
        yield f'    {{ name = "{name}", bytes = {size}, sha256 = "{digest}" }},'
    yield "]"
