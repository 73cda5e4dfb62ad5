"""Paths that users write, in which a leading ``~`` stands for a home folder."""

import os.path

from openface_core.errors import ConfigError


def expanded(path: str) -> str:
    """Return a path with the home folder that its leading ``~`` stands for.

    Shells put it in for words that begin with it, but not in ``--output=~/results``, and not in
    configurations, manifests, quotation marks and Python.

    Parameters
    ----------
    path : str
        A path, or anything else, which stays as it is. So does the name of a file that begins so.

    Raises
    ------
    ConfigError
        If nobody's home is known.
    """
    if not path.startswith("~"):
        return path
    found = os.path.expanduser(path)  # noqa: PTH111 - pathlib raises for names such as ~a.mp4
    if found.split("/")[0] == "~":
        raise ConfigError(
            path, "there is no home folder that ~ stands for", "Give the path from the root."
        )
    return found
