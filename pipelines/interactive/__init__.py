"""Analysis in Python, one input at a time: for scripts and notebooks, without a dataflow."""

from pipelines.interactive.analyser import Analyser
from pipelines.interactive.analysis import Analysis
from pipelines.interactive.job import export, report, run

__all__ = ["Analyser", "Analysis", "export", "report", "run"]
