"""Paths as users write them: ``~`` for a home folder, and URLs of files as browsers give them."""

import os.path
from urllib.parse import unquote

from openface_core.errors import ConfigError

_FILE, _THIS_HOST = "file://", "localhost"


def expanded(path: str) -> str:
    """Return a path with what it stands for put in.

    Shells put in home folders for words that begin with ``~``, but not in ``--output=~/results``,
    and not in configurations, manifests, quotation marks and Python. URLs of local files have
    spaces as ``%20``, and may name this machine.

    Parameters
    ----------
    path : str
        A path, or anything else, which stays as it is. So does the name of a file that begins so,
        and that of one that really has a ``%20``.

    Raises
    ------
    ConfigError
        If nobody's home is known.
    """
    if path.startswith(_FILE):
        place = path.removeprefix(_FILE).removeprefix(_THIS_HOST)
        return _FILE + _unescaped(place) if place.startswith("/") else path
    if not path.startswith("~"):
        return path
    found = os.path.expanduser(path)  # noqa: PTH111 - pathlib raises for names such as ~a.mp4
    if found.split("/")[0] == "~":
        raise ConfigError(
            path, "there is no home folder that ~ stands for", "Give the path from the root."
        )
    return found


def _unescaped(path: str) -> str:
    """Return the path of a URL without escapes, unless there is something of that very name."""
    begin, percent, rest = path.partition("%")
    name, _, _ = rest.partition("/")
    is_literal = not percent or os.path.lexists(begin + percent + name)
    return path if is_literal else unquote(path)
