"""Styles and scripts that go into every page.

uPlot 1.6.32 is by Leon Sorokin, under the MIT licence in ``uPlot-LICENSE.txt``.
"""

from functools import cache
from importlib.resources import files


@cache
def asset(name: str) -> str:
    """Return the text of a file of this folder."""
    return (files(__name__) / name).read_text(encoding="utf-8")
