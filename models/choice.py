"""Which models folder a run uses: one that is named, that of the packs, or the program's own."""

import os
from pathlib import Path

from models.locate import MODELS_VARIABLES
from models.registry import Pack, Registry, default_registry, remedy
from models.store import FileCheck, ModelStore, State, default_store, store_of
from openface_core.errors import ConfigError, ModelFileError
from openface_core.user_paths import expanded

DEFAULT_PACK = "default"
EMBEDDED_PACK = "embedded"
WITHOUT_NETWORKS = "openface22"
"""Enough where landmarks are given."""


def folder_of_environment() -> Path | None:
    """Return the models folder that the environment names, if it does."""
    variable = _set_variable()
    return None if variable is None else Path(expanded(os.environ[variable]))


def _set_variable() -> str | None:
    """Return the variable that names the models folder; None if none does."""
    return next((name for name in MODELS_VARIABLES if os.environ.get(name)), None)


def _check_environment(folder: Path) -> None:
    """Do nothing if the folder that the environment names is there.

    Raises
    ------
    ModelFileError
        If it is not, which whoever set the variable long ago would look for elsewhere.
    """
    if not folder.exists():
        raise ModelFileError(
            str(_set_variable()),
            f"this environment variable names a models folder that does not exist, {folder}",
            "Correct or unset it, or name other models with --models.",
        )


def models_folder(
    named: str | None,
    *,
    with_networks: bool = True,
    needed: str = DEFAULT_PACK,
    registry: Registry | None = None,
) -> Path:
    """Return the models folder of a run.

    Parameters
    ----------
    named : str or None
        A pack, or a folder; the name of a pack comes first, so ``./default`` is a folder. None
        takes the folder that the environment names, or else what is needed.
    with_networks : bool
        Whether detector and landmark network are needed; not where landmarks are given.
    needed : str
        The pack that the preset is made for. If it comes with the program, the environment has no
        say.
    registry : Registry or None
        The packs; None for those of this program.

    Returns
    -------
    Path
        The folder. The files of a pack are all in it, and were compared with their hashes.

    Raises
    ------
    ModelFileError
        If files of a pack are missing or damaged; the command that gets them is told. If the
        folder that the environment names does not exist.
    ConfigError
        If the name is empty.
    """
    registry = registry or default_registry()
    if named is not None and not named.strip():
        # An empty path is the current folder, which is not what an unset variable means.
        raise ConfigError(
            "--models", "the name is empty", "Name a pack or a folder, or leave it out."
        )
    folder = folder_of_environment() if named is None else Path(named)
    if folder is not None and not takes_packs(named, needed=needed, registry=registry):
        if named is None:
            _check_environment(folder)
        return folder
    if named is None:
        is_default = needed == DEFAULT_PACK
        named = WITHOUT_NETWORKS if is_default and not with_networks else needed
    store = default_store()
    require(named, store, registry)
    return store_of(registry.select(named)[0], store).root


def takes_packs(
    named: str | None, *, needed: str = DEFAULT_PACK, registry: Registry | None = None
) -> bool:
    """Return whether a run takes packs by name, and not a folder; as for :func:`models_folder`."""
    registry = registry or default_registry()
    if named is None:
        return folder_of_environment() is None or _is_embedded(needed, registry)
    return named in registry.names


def _is_embedded(name: str, registry: Registry) -> bool:
    return any(pack.is_embedded for pack in registry.select(name))


def require(name: str, store: ModelStore, registry: Registry) -> None:
    """Do nothing if a pack, or every pack of a combination, is there and undamaged.

    Raises
    ------
    ModelFileError
        Otherwise.
    ConfigError
        If there is no such pack.
    """
    bad: list[FileCheck] = []
    wanting: list[Pack] = []
    place = store
    for pack in registry.select(name):
        place = store_of(pack, store)
        faults = [check for check in place.check(pack) if not check.is_there]
        bad += faults
        if faults:
            wanting.append(pack)
    if bad:
        # Other files are never overwritten, as they may be somebody's own.
        is_wrong = any(check.state is not State.MISSING for check in bad) and place is store
        more = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
        raise ModelFileError(
            f"model pack {name!r}",
            f"{len(bad)} of its files are missing or wrong in {place.root}: {bad[0]}{more}",
            f"{'Remove the wrong ones. ' if is_wrong else ''}{remedy(wanting)}",
        )
