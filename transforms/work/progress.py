"""How far each input has come, written by workers and read by whoever waits for them.

Workers may be threads, processes or both, so the counts go through small files in a local folder.
"""

import time
from dataclasses import dataclass
from pathlib import Path

_INTERVAL_SECONDS = 0.5


@dataclass(frozen=True)
class Progress:
    """Counts over all inputs.

    Parameters
    ----------
    frames : int
        Frames analysed so far.
    finished : int
        Inputs that are done with.
    """

    frames: int
    finished: int


class ProgressWriter:
    """Tells how many frames of one input are done, twice a second at most.

    Parameters
    ----------
    folder : str or None
        The folder of the run; None writes nothing, for workers on other machines.
    video_id : str
        The input.
    """

    def __init__(self, folder: str | None, video_id: str) -> None:
        self._path = None if folder is None else Path(folder) / video_id
        self._frames = 0
        self._next_write = time.monotonic() + _INTERVAL_SECONDS

    def frame_done(self) -> None:
        """Count one more frame."""
        self._frames += 1
        if self._path is not None and time.monotonic() >= self._next_write:
            self._write("")

    def frames_done(self, frames: int) -> None:
        """Tell how many are done, be it by an earlier attempt."""
        self._frames = frames

    def finish(self) -> None:
        """Mark the input as done with."""
        self._write(" finished")

    def _write(self, mark: str) -> None:
        self._next_write = time.monotonic() + _INTERVAL_SECONDS
        if self._path is None:
            return
        try:
            self._path.write_text(f"{self._frames}{mark}", encoding="ascii")
        except OSError:
            self._path = None  # progress is a courtesy; the run does not depend on it


def read_progress(folder: str) -> Progress:
    """Return the counts over all inputs of a run.

    Parameters
    ----------
    folder : str
        The folder of the run.

    Returns
    -------
    Progress
        The counts; a file that is just being written may be missing from them.
    """
    frames = finished = 0
    for path in Path(folder).iterdir():
        words = path.read_text(encoding="ascii").split()
        if words:
            frames += int(words[0])
            finished += len(words) > 1
    return Progress(frames, finished)
