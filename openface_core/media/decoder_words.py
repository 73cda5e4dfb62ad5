"""What the decoders of pictures say on stderr: kept off the screen, and taken for what it tells.

libjpeg, libpng and libtiff decode a damaged picture as far as they can, return it as if nothing
were wrong, and print what they met to the process's stderr.
"""

import os
import re
import sys
import tempfile
import threading
from collections.abc import Callable
from typing import TypeVar

_Result = TypeVar("_Result")

_STDERR = 2
_OF_DECODERS = re.compile(
    rb"Corrupt JPEG|Premature end of JPEG|JPEG|JFIF|Unsupported marker|Invalid SOS|Inconsistent "
    rb"progression|libpng|TIFF|\[ *(ERROR|WARN|INFO)[:@\d. ]*\]|OpenCV"
)
_OF_DAMAGE = re.compile(r"Corrupt JPEG data.*|Premature end of JPEG file.*|(?<=TIFF_Error ).*")
_guard = threading.Lock()


def decoded_quietly(decode: Callable[[], _Result]) -> tuple[_Result, str | None]:
    """Decode a picture, and return what its decoder says of damage.

    Parameters
    ----------
    decode : callable
        Decodes it. One picture is decoded at a time, as a process has but one stderr; what other
        threads write there meanwhile appears a moment later.

    Returns
    -------
    result
        What `decode` returns.
    str or None
        The decoder's first words of damage; None if it has none.
    """
    with _guard, tempfile.TemporaryFile() as file:
        try:
            screen = os.dup(_STDERR)
        except OSError:  # there is no stderr
            return decode(), None
        if sys.stderr is not None:
            sys.stderr.flush()
        os.dup2(file.fileno(), _STDERR)
        try:
            result = decode()
        finally:
            os.dup2(screen, _STDERR)
            os.close(screen)
            file.seek(0)
            lines = file.read().splitlines(keepends=True)
            others = b"".join(line for line in lines if not _OF_DECODERS.search(line))
            if others:
                os.write(_STDERR, others)
    said = (_OF_DAMAGE.search(line.decode("utf-8", "replace").strip()) for line in lines)
    return result, next((found.group() for found in said if found is not None), None)
