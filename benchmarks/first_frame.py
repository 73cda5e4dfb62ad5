"""Runs a command up to the first frame that it analyses, and says when it had come how far.

``python -m benchmarks.first_frame STARTED MODULE OPTIONS`` is what :mod:`benchmarks.startup` runs
in a process of its own; STARTED is the monotonic time at which that was started.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from openface_core.collector import collector_paused

MARKS = ("command line", "imports", "models loaded", "kernels loaded", "first frame")
"""What is noted, in the order in which it happens."""


def run_to_first_frame(started: float, module: str, options: Sequence[str]) -> NoReturn:
    """Run a command, which ends with its first frame; the marks go to stdout as JSON.

    Parameters
    ----------
    started : float
        Monotonic time in seconds at which the process was started.
    module : str
        The command's module, ``pipelines.run`` or one that calls it.
    options : sequence of str
        Its options.
    """
    marks: dict[str, tuple[float, float]] = {}

    def note(mark: str) -> None:
        marks.setdefault(mark, (time.monotonic() - started, time.process_time()))

    def noting(mark: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*arguments: Any, **named: Any) -> Any:
            result = function(*arguments, **named)
            note(mark)
            return result

        return noted

    command = importlib.import_module(module)
    note(MARKS[0])
    # What the command imports later, all but Beam, which it imports only if it needs it.
    with collector_paused():  # as the command does
        from pipelines.main_job import prepare, small_run  # noqa: F401
        from transforms.stages.engine_handle import EngineHandle
        from transforms.work.progress import ProgressWriter

    note(MARKS[1])

    def frame_done(_: ProgressWriter) -> NoReturn:
        note(MARKS[4])
        sys.stdout.write(json.dumps(marks))
        sys.stdout.flush()
        os._exit(0)

    EngineHandle.acquire = noting(MARKS[2], EngineHandle.acquire)  # type: ignore[method-assign]
    names = vars(prepare)
    names["warm_up"] = noting(MARKS[3], names["warm_up"])
    ProgressWriter.frame_done = frame_done  # type: ignore[assignment, method-assign]
    sys.exit(command.main(list(options)))


if __name__ == "__main__":
    run_to_first_frame(float(sys.argv[1]), sys.argv[2], sys.argv[3:])
