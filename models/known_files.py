"""Comparing the model files of a run with those of the packs that have files of their names."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from models.locate import EMBEDDED_FOLDER
from models.registry import Pack, Registry, default_registry, remedy
from openface_core.errors import ModelFileError

if TYPE_CHECKING:
    from openface_core.analysis.model_set import ModelFiles


def compare_with_packs(
    files: "ModelFiles",
    hashes: Mapping[str, str],
    *,
    is_pack: bool,
    registry: Registry | None = None,
) -> str | None:
    """Compare every file with those of its name in packs.

    Parameters
    ----------
    files : ModelFiles
        The files of a run.
    hashes : mapping of str to str
        Their SHA-256, as :meth:`ModelFiles.sha256` returns them.
    is_pack : bool
        Whether the models folder is that of a pack that was named, and not one of the user's own.
    registry : Registry or None
        The packs; None for those of this program.

    Returns
    -------
    str or None
        A line that says which files of the user's own differ, such as those that he trained anew.
        The embedded models have plain names, which anybody's files may have.

    Raises
    ------
    ModelFileError
        If a file of a pack that was named differs, or one that comes with the program.
    """
    registry = registry or default_registry()
    wrong: dict[Path, Pack] = {}
    other: dict[Path, Pack] = {}
    for path, name in files.names.items():
        is_embedded = path.is_relative_to(EMBEDDED_FOLDER)
        pack = registry.pack_unlike(path.name, hashes[name], embedded=is_embedded)
        if pack is not None:
            is_own = not is_embedded and not (is_pack and path.is_relative_to(files.root))
            (other if is_own else wrong)[path] = pack
    if wrong:
        path, pack = next(iter(wrong.items()))
        remove = "" if pack.is_embedded else "Remove what differs. "
        raise ModelFileError(
            path,
            f"it differs from the file of this name in the pack {pack.name!r}{_others(wrong)}",
            f"{remove}{remedy(_once(wrong))}",
        )
    if not other:
        return None
    path, pack = next(iter(other.items()))
    return (
        f"warning: {path} differs from the file of this name in the pack {pack.name!r}"
        f"{_others(other)}, so that the record does not name the pack. That is fine for files of "
        f"your own. For the pack's: {remedy(_once(other))}"
    )


def _others(files: Mapping[Path, Pack]) -> str:
    """Return how many files there are besides the first."""
    return f", as do {len(files) - 1} more files of packs" if len(files) > 1 else ""


def _once(files: Mapping[Path, Pack]) -> list[Pack]:
    """Return the packs, each once."""
    return list({pack.name: pack for pack in files.values()}.values())
