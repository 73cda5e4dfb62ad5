"""What a pipeline's failure is told as: one line, whatever kind of exception Beam made of it."""

import re

from openface_core.errors import OpenFaceBeamError, PipelineError
from transforms.work.ending_failures import find_ending_failure

_REMEDY = "The log above says where; run again once the cause is fixed."
# As gRPC writes an error, after a lot of other lines.
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
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        cause = (lines or [type(error).__name__])[-1]
    return PipelineError("the pipeline", cause.rstrip("."), _REMEDY)
