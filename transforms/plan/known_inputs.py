"""The inputs that the tables of an output folder are of: what keeps its name from run to run."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from openface_core.errors import InputError, OpenFaceBeamError
from openface_core.media import fingerprint
from openface_core.media.sources import is_anywhere_the_same, locate, recorded_uri


@dataclass(frozen=True)
class KnownInput:
    """An input with a table.

    Parameters
    ----------
    video_id : str
        Its name in the dataset.
    uri : str
        Where it was.
    fingerprint : str
        Hash of its content; empty where its table is damaged.
    size_bytes : int or None
        Length of its file; None for a folder, or where it was not recorded.
    """

    video_id: str
    uri: str
    fingerprint: str
    size_bytes: int | None = None


def _place_of(known: KnownInput) -> str | None:
    """Return where a known input was; None where that is a relative path of an earlier version."""
    return recorded_uri(known.uri) if is_anywhere_the_same(known.uri) else None


class KnownInputs:
    """Finds known inputs again.

    Parameters
    ----------
    inputs : iterable of KnownInput
        What is known.
    """

    def __init__(self, inputs: Iterable[KnownInput] = ()) -> None:
        self._by_place: dict[str, KnownInput] = {}
        self._by_id: dict[str, KnownInput] = {}
        self._by_size: dict[int, list[KnownInput]] = {}
        for known in inputs:
            place = _place_of(known)
            if place is not None:
                self._by_place.setdefault(place, known)
            self._by_id[known.video_id.lower()] = known  # some filesystems ignore case
            if known.size_bytes is not None:
                self._by_size.setdefault(known.size_bytes, []).append(known)

    def at(self, uri: str) -> str | None:
        """Return the name of the input that lies, or lay, there; None if there is none."""
        known = self._by_place.get(recorded_uri(uri))
        return None if known is None else known.video_id

    def content_of(self, video_id: str) -> str | None:
        """Return the hash of what the input of a name held; None if there is no such name."""
        known = self._by_id.get(video_id.lower())
        return None if known is None else known.fingerprint

    def has_other(self, video_id: str, uri: str, places: Collection[str]) -> bool:
        """Return whether a name belongs to another input than this one.

        Parameters
        ----------
        video_id : str
            The name.
        uri : str
            An input that is not known at its place.
        places : collection of str
            Where the inputs of this run are.

        Returns
        -------
        bool
            False too if the input of that name has the same content, and is not one of the run: a
            copy of the corpus at another place is the corpus.
        """
        known = self._by_id.get(video_id.lower())
        return known is not None and not (
            _place_of(known) not in places and _holds(uri, known.fingerprint)
        )

    def renamed(self, uri: str, places: Collection[str]) -> str | None:
        """Return the name of a known input that is there under another file name now.

        Parameters
        ----------
        uri : str
            An input that is not known at its place.
        places : collection of str
            Where the inputs of this run are.

        Returns
        -------
        str or None
            None if there is none of the same content whose own file is gone.
        """
        size = _size(uri) if self._by_size else None
        for known in self._by_size.get(size, ()) if size is not None else ():
            if (
                _place_of(known) not in places
                and _is_gone(known.uri)
                and _holds(uri, known.fingerprint)
            ):
                return known.video_id
        return None


def _size(uri: str) -> int | None:
    try:
        source = locate(uri, error=InputError)
        return None if source.is_directory() else source.size_bytes()
    except OpenFaceBeamError:
        return None


def _holds(uri: str, content: str) -> bool:
    try:
        return fingerprint(uri) == content
    except OpenFaceBeamError:
        return False


def _is_gone(uri: str) -> bool:
    try:
        return not locate(uri, error=InputError).exists()
    except OpenFaceBeamError:
        return False


def known_inputs(output: str) -> KnownInputs:
    """Return the inputs that have a table in an output folder.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    # One input is named without looking into a dataset, and need not wait for these.
    from transforms.dataset.remembered import remembered_inputs
    from transforms.dataset.table_records import all_files

    files = list(all_files(output))
    found = []
    for record in (record for file in files for record in file.records):
        video_id, uri, content = (
            str(record.get(key) or "") for key in ("video_id", "input_uri", "input_fingerprint")
        )
        size = record.get("input_size_bytes")
        if video_id and uri and content:
            size = size if isinstance(size, int) else None
            found.append(KnownInput(video_id, uri, content, size))
    if any(file.is_damaged for file in files):
        # An input whose table is damaged keeps its name, under which it can be analysed anew.
        names = {known.video_id for known in found}
        remembered = remembered_inputs(output).items()
        found += (
            KnownInput(name, uri, "") for name, uri in remembered if uri and name not in names
        )
    return KnownInputs(found)
