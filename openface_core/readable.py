"""Names of files as text that every file format and screen takes; numbers of things."""

import os
import re

_USER = re.compile(r"(?<=://)[^/\s]*@")
_QUERY = re.compile(r"(?<=\?).+")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.:\-]*://")


def readable(name: str) -> str:
    r"""Return the name of a file with escapes for what is no text.

    Parameters
    ----------
    name : str
        A path or URL as Python has it: bytes that are not UTF-8 are lone surrogates in it, which
        can neither be printed nor stored.

    Returns
    -------
    str
        The same with ``\xe9`` and the like for these bytes.

    Examples
    --------
    >>> readable("caf\udce9.mp4")
    'caf\\xe9.mp4'
    """
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("utf-8", errors="backslashreplace")
    return name


def without_credentials(name: str) -> str:
    """Return the name of a file without what a URL may hold of secrets: user, password, query.

    Parameters
    ----------
    name : str
        A path or URL.

    Examples
    --------
    >>> without_credentials("ftp://me:secret@host/a.mp4"), without_credentials("why?.mp4")
    ('ftp://***@host/a.mp4', 'why?.mp4')
    """
    return _QUERY.sub("***", _USER.sub("***@", name)) if _URL.match(name) else name


def counted(number: int, what: str) -> str:
    """Return a number of things in words.

    Parameters
    ----------
    number : int
        How many.
    what : str
        Name of one of them; the plural ends with an s.

    Examples
    --------
    >>> counted(1, "input"), counted(0, "input")
    ('1 input', '0 inputs')
    """
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
