"""Facial behaviour in videos, for Python users.

>>> from openface_beam import Analyser
>>> result = Analyser("embedded").video("interview.mp4")  # doctest: +SKIP
>>> result.frames[["frame", "timestamp", "AU12_r"]]  # doctest: +SKIP

:class:`Analyser` measures one input after the other in this process. :func:`run` is the main job,
for many inputs and all cores; it needs Apache Beam, which is imported when it is called.
"""

from openface_core import __version__
from openface_core.errors import OpenFaceBeamError
from pipelines.interactive import Analyser, Analysis, run
from pipelines.main_job.summary import RunSummary

__all__ = [
    "Analyser",
    "Analysis",
    "OpenFaceBeamError",
    "RunSummary",
    "__version__",
    "run",
]
