"""Analysis in Python, one input at a time: for scripts and notebooks, without a dataflow."""

from pipelines.interactive.analyser import Analyser
from pipelines.interactive.analysis import Analysis

__all__ = ["Analyser", "Analysis"]
