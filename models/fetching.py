"""Fetching packs: downloaded file by file, and put in place together."""

from collections.abc import Callable

from models.downloading import address_of, download
from models.registry import Pack, PackFile
from models.store import ModelStore
from openface_core.errors import ModelFileError


def files_without_address(
    pack: Pack, store: ModelStore, base_url: str | None
) -> tuple[PackFile, ...]:
    """Return the files of a pack that are wanted, but can only be imported.

    Raises
    ------
    ModelFileError
        If another file is in the place of one.
    ConfigError
        If the mirror's address is wrong.
    """
    return tuple(file for file in store.wanted(pack) if address_of(file, base_url) is None)


def must_be_imported(pack: Pack, files: tuple[PackFile, ...]) -> ModelFileError:
    """Return the error that says where the original of a file comes from."""
    names = ", ".join(file.name for file in files)
    return ModelFileError(
        f"model pack {pack.name!r}",
        f"there is no address to fetch {names} from; the original is {files[0].origin}",
        f"Run `openface-beam models import {pack.name} --from FOLDER` with the folder that has it.",
    )


def fetch_pack(
    pack: Pack, store: ModelStore, base_url: str | None, on_bytes: Callable[[int], None]
) -> int:
    """Download what a pack lacks; nothing of it gets its place before everything is there.

    Parameters
    ----------
    pack : Pack
        The pack.
    store : ModelStore
        Where to.
    base_url : str or None
        A mirror to take the files from.
    on_bytes : callable
        Gets the number of bytes whenever some have come; a negative one if they are void.

    Returns
    -------
    int
        Number of files that were downloaded.

    Raises
    ------
    ModelFileError
        If a file has no address, has other content than expected, or another file is in its place.
    DownloadError
        If a server does not give a file.
    OutputError
        If the folder cannot be written.
    """
    if nowhere := files_without_address(pack, store, base_url):
        raise must_be_imported(pack, nowhere)
    wanted = store.wanted(pack)
    if not wanted:
        return 0
    store.make_incoming()
    waiting = []
    for file in wanted:
        url = address_of(file, base_url)
        assert url is not None  # noqa: S101 - seen to above, for the type checker
        waiting.append((file, download(file, url, store, on_bytes)))
    store.publish(waiting)
    return len(waiting)
