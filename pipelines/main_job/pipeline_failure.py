"""What a pipeline's failure is told as: one line, whatever kind of exception Beam made of it."""

import re

from openface_core.errors import OpenFaceBeamError, PipelineError
from transforms.work.ending_failures import find_ending_failure

_REMEDY = "The log above says where; run again once the cause is fixed."
# As gRPC writes an error, after a lot of other lines.
_EXCEPTION = re.compile(
    r"^(?:Caused by: )?((?:[A-Za-z_$][\w$]*\.)*[\w$]*(?:Error|Exception)): *(\S.*)$", re.MULTILINE
)
_OWN = "openface_core.errors."
_DETAILS = re.compile(r'^\s*details = "(.+)"$', re.MULTILINE)


def pipeline_failure(error: BaseException) -> OpenFaceBeamError:
    """Return a failure as an expected error.

    Parameters
    ----------
    error : BaseException
        What the pipeline raised; often a traceback from a worker as text.

    Returns
    -------
    OpenFaceBeamError
        A :exc:`StorageFullError` if that is what ended the pipeline; otherwise a
        :exc:`PipelineError` with the last line as the cause.
    """
    text = str(error)
    ending = find_ending_failure(f"{type(error).__name__}: {text}")
    if ending is not None:
        return ending
    details = _DETAILS.findall(text)
    if details:
        cause = f"a connection failed ({details[-1]})"
    else:
        cause = last_words(text) or type(error).__name__
    return PipelineError("the pipeline", cause.rstrip("."), _REMEDY)


def last_words(text: str) -> str:
    """Return the line of a traceback that says why.

    Parameters
    ----------
    text : str
        Of Python, of Java, or of one within the other.

    Returns
    -------
    str
        What this program says of an expected failure, or else the innermost cause; where there is
        no exception, the last line.
    """
    own = own_words(text)
    if own is not None:
        return own
    causes = _EXCEPTION.findall(text)
    if causes:
        kind, words = causes[-1]
        return f"{re.split('[.$]', kind)[-1]}: {words.strip()}"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def own_words(text: str) -> str | None:
    """Return what this program says in a traceback of an expected failure; None if it does not."""
    own = [words for kind, words in _EXCEPTION.findall(text) if kind.startswith(_OWN)]
    return str(own[-1]).strip() if own else None
