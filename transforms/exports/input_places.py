"""Where the inputs of a dataset are now: where they were, or in the folder they were moved to."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from openface_core.errors import MediaError
from openface_core.media.sources import is_url, locate
from openface_core.readable import readable
from transforms.dataset.storage import join

_READERS = 8
"""Asking remote storage is mostly waiting."""
_ESCAPE = "\\x"
_UP = ".."


@dataclass(frozen=True)
class InputPlace:
    """Where an input is.

    Parameters
    ----------
    uri : str
        Its path or URL; the recorded one where it has not been found.
    refusal : MediaError or None
        Why it cannot be read; None as long as nothing is known.
    """

    uri: str
    refusal: MediaError | None = None


def find_inputs(recorded: Sequence[str], folder: str | None) -> tuple[InputPlace, ...]:
    """Return where inputs are now.

    Parameters
    ----------
    recorded : sequence of str
        Where they were when they were analysed, as their tables say it.
    folder : str or None
        The folder that they are in now; None if they are where they were. Below it, the longest
        end of a recorded path counts that exists there.
    """
    if folder is None:
        return tuple(_where_it_was(uri) for uri in recorded)
    with ThreadPoolExecutor(_READERS) as readers:
        found = tuple(readers.map(lambda uri: _moved_to(folder, uri), recorded))
    return _without_shared(recorded, found)


def _where_it_was(recorded: str) -> InputPlace:
    if not is_url(recorded) and _ESCAPE in recorded:
        with suppress(MediaError):  # told when it is read
            return InputPlace(_as_stored(recorded) or recorded)
    return InputPlace(recorded)


def _moved_to(folder: str, recorded: str) -> InputPlace:
    """Return the longest end of a path that exists in a folder."""
    refusal = MediaError(
        recorded,
        f"it is not in {folder}, neither by its name nor with folders of its path",
        "Name with --videos the folder that it is in now, or one above that has the same folders.",
    )
    for end in _ends(recorded):
        try:
            uri = _as_stored(join(folder, *end))
        except MediaError as error:  # a shorter end may be reached all the same
            refusal = error
            continue
        if uri is not None:
            return InputPlace(uri)
    return InputPlace(recorded, refusal)


def _ends(recorded: str) -> Iterator[tuple[str, ...]]:
    """Yield the parts of a path from some folder on, the most first; none leads up again."""
    if is_url(recorded):
        parts = [part for part in recorded.rpartition("://")[2].split("/") if part not in ("", ".")]
    else:
        path = Path(recorded)
        parts = [part for part in path.parts if part != path.anchor]
    if _UP in parts:
        parts = parts[len(parts) - parts[::-1].index(_UP) :]
    for begin in range(len(parts)):
        yield tuple(parts[begin:])


def _without_shared(recorded: Sequence[str], found: Sequence[InputPlace]) -> tuple[InputPlace, ...]:
    """Refuse files that were found for several inputs, whose paths differ in folders alone."""
    claims: dict[str, set[str]] = {}
    for uri, place in zip(recorded, found, strict=True):
        if place.refusal is None:
            claims.setdefault(place.uri, set()).add(uri)
    return tuple(
        InputPlace(place.uri, place.refusal or _shared(place.uri, uri, claims[place.uri] - {uri}))
        for uri, place in zip(recorded, found, strict=True)
    )


def _shared(place: str, recorded: str, others: set[str]) -> MediaError | None:
    """Return why a file cannot stand for an input; None if it is no other's."""
    if not others:
        return None
    more = f", or {len(others) - 1} more" if len(others) > 1 else ""
    return MediaError(
        place,
        f"it may be {recorded} or {min(others)}{more}, whose paths differ in folders alone",
        "Name with --videos a folder that has their folders too, or export one at a time with "
        "--video-ids.",
    )


def _as_stored(uri: str) -> str | None:
    r"""Return the name of a file as storage has it; None if there is no such file.

    A recorded name has escapes, such as ``\xff``, for what is no text.

    Raises
    ------
    MediaError
        If storage refuses.
    """
    if locate(uri).exists():
        return uri
    if is_url(uri) or _ESCAPE not in uri:
        return None
    place = Path()
    with suppress(OSError):
        for part in Path(uri).parts:
            name = part if (place / part).exists() else _readable_as(part, place)
            if name is None:
                return None
            place /= name
        return str(place)
    return None


def _readable_as(text: str, folder: Path) -> str | None:
    """Return the name in a folder that is recorded as a text; None if there is none."""
    names = (path.name for path in folder.iterdir())
    return next((name for name in names if readable(name) == text), None)
