"""Progress of a comparison on stderr."""

import sys


class ComparisonProgress:
    """Tells what is being compared, and every hundredth frame.

    Parameters
    ----------
    quiet : bool
        Whether to tell nothing.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._frames = 0

    def begin(self, what: str) -> None:
        """Tell that a comparison begins."""
        self._frames = 0
        self._say(f"{what} ...")

    def on_frame(self) -> None:
        """Count a frame."""
        self._frames += 1
        if self._frames % 100 == 0:
            self._say(f"  {self._frames} frames")

    def _say(self, text: str) -> None:
        if not self._quiet:
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()
