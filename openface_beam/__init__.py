"""Facial behaviour in videos, for Python users.

>>> from openface_beam import Analyser
>>> result = Analyser("embedded").video("interview.mp4")  # doctest: +SKIP
>>> result.frames[["frame", "timestamp", "AU12_r"]]  # doctest: +SKIP

:class:`Analyser` measures one input after the other in this process. :func:`run` is the main job,
for many inputs and all cores, :func:`export` and :func:`report` make something of its dataset; they
need Apache Beam, which is imported when they are called.
"""

from openface_core import __version__
from openface_core.collector import collector_paused
from openface_core.errors import OpenFaceBeamError

with collector_paused():
    from pipelines.interactive import Analyser, Analysis, export, report, run
    from pipelines.main_job.summary import RunSummary

__all__ = [
    "Analyser",
    "Analysis",
    "OpenFaceBeamError",
    "RunSummary",
    "__version__",
    "export",
    "report",
    "run",
]
