"""Facial behaviour in videos, for Python users.

>>> from openface_beam import Analyser
>>> result = Analyser("embedded").video("interview.mp4")  # doctest: +SKIP
>>> result.frames[["frame", "timestamp", "AU12_r"]]  # doctest: +SKIP

:class:`Analyser` measures one input after the other in this process. :func:`run` is the main job,
for many inputs and all cores; it needs Apache Beam, which is imported when it is called.
"""

from openface_core import __version__
from openface_core.errors import OpenFaceBeamError
from pipelines.interactive import Analyser, Analysis
from pipelines.main_job.arguments import RunArguments
from pipelines.main_job.summary import RunSummary
from pipelines.run import run

__all__ = [
    "Analyser",
    "Analysis",
    "OpenFaceBeamError",
    "RunArguments",
    "RunSummary",
    "__version__",
    "run",
]
