"""What a failure must look like: one of the program's own errors, in plain words."""

from collections.abc import Iterator
from contextlib import contextmanager

from openface_core.errors import OpenFaceBeamError

_MOST_CHARACTERS = 3000
_NOT_PLAIN = ("Traceback", " object at 0x", "unexpected", "<class ")


def check_plain(error: OpenFaceBeamError) -> None:
    """Assert that an error says what failed, why, and what can be done."""
    assert type(error) is not OpenFaceBeamError, f"it is of no kind of its own: {error!r}"
    assert error.subject, error.args
    assert error.cause, error.args
    assert not error.cause.endswith("."), error.cause
    assert error.remedy.endswith("."), error.remedy
    text = str(error)
    assert len(text) <= _MOST_CHARACTERS, text
    assert not any(words in text for words in _NOT_PLAIN), text


@contextmanager
def plain_errors() -> Iterator[None]:
    """Let the program's own errors pass, if they are plain."""
    try:
        yield
    except OpenFaceBeamError as error:
        check_plain(error)
