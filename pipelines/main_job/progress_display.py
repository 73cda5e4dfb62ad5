"""Progress of a run on stderr: frames done, frames per second, time left."""

import tempfile
import threading
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from tqdm import tqdm

from pipelines.screen import screen
from transforms.work.progress import read_progress
from transforms.work.temporary_place import temporary_place

_TERMINAL_SECONDS = 0.5
_LOG_SECONDS = 10.0
# The rate is never turned round into seconds per frame.
_TERMINAL_FORMAT = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}<{remaining}, {rate_noinv_fmt}]"
_LOG_FORMAT = "{desc}: {n_fmt}/{total_fmt} frames, {rate_noinv_fmt}, {remaining} left\n"


class _Bar(tqdm):
    """A bar that says nothing of a rate that is not known yet."""

    def __str__(self) -> str:
        text: str = super().__str__()
        for unknown in (", ? frames/s, ? left", "<?, ? frames/s", ", ? left"):
            text = text.replace(unknown, "")
        return text


class ProgressDisplay:
    """Shows how far the workers of this machine have come, until it is closed.

    Parameters
    ----------
    promised_frames : sequence of int or None
        Frames that each input's header promises; None where it does not say.
    quiet : bool
        Whether to show nothing.
    parts : str
        What is counted beside frames.
    folder : str or None
        Where workers of other machines tell their progress; None for a folder of this machine.
    """

    def __init__(
        self,
        promised_frames: Sequence[int | None],
        *,
        quiet: bool = False,
        parts: str = "parts",
        folder: str | None = None,
    ) -> None:
        self._parts = parts
        place = temporary_place()
        self._own = tempfile.TemporaryDirectory(prefix="openface-beam-progress-", dir=place)
        self._folder = folder or self._own.name
        known = [count for count in promised_frames if count is not None]
        total = sum(known) if len(known) == len(promised_frames) else None
        is_terminal = screen().isatty()
        self._interval = _TERMINAL_SECONDS if is_terminal else _LOG_SECONDS
        self._bar = _Bar(
            total=total,
            unit=" frames",
            desc=f"0 {parts} done",
            file=screen(),
            disable=quiet,
            dynamic_ncols=is_terminal,
            mininterval=self._interval,
            # A log gets one line now and then instead of a line that is painted over.
            ascii=not is_terminal,
            bar_format=_TERMINAL_FORMAT if is_terminal else _LOG_FORMAT,
        )
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    @property
    def folder(self) -> str:
        """Where workers tell their progress."""
        return self._folder

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._show()
        self._bar.close()
        self._own.cleanup()

    def _watch(self) -> None:
        while not self._stop.wait(self._interval):
            self._show()

    def _show(self) -> None:
        try:
            progress = read_progress(self.folder)
        except FileNotFoundError:  # the work folder of a run that is over
            return
        if self._bar.total is not None and progress.frames > self._bar.total:
            self._bar.total = progress.frames  # a header that promised too little
        self._bar.set_description_str(f"{progress.finished} {self._parts} done", refresh=False)
        self._bar.update(progress.frames - self._bar.n)
