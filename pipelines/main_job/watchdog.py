"""A run that ends when one of its workers dies.

Beam's runners in Python wait for ever for a worker process that is gone.
"""

import logging
import re
import tempfile
import threading
import time
from concurrent.futures import Future, wait
from types import TracebackType
from typing import Any, Self

from openface_core.errors import PipelineError
from transforms.work.worker_presence import close_run, count_workers, open_run

_log = logging.getLogger(__name__)

_INTERVAL_SECONDS = 0.5
_GRACE_SECONDS = 5.0
"""A worker may end just before its run does; only a run that goes on without it has lost it."""
_PARTING_SECONDS = 10.0
_START_SECONDS = 30.0
_NO_WORKER = (
    "no worker has begun in 30 seconds. If the worker pool at %s is on this machine, look into its "
    "log: the `python` that is first on its PATH must be the one with this program"
)

_REMEDY = (
    "The operating system ends processes when memory runs out: use fewer workers "
    "(--direct_num_workers), and run again to go on where this run stopped."
)


class Watchdog:
    """Runs pipelines and sees to it that they end, until it is closed.

    Parameters
    ----------
    worker_pool : str or None
        Address of the pool that starts the workers, where there is one.
    """

    def __init__(self, worker_pool: str | None = None) -> None:
        self._worker_pool = worker_pool
        self._usual_hook = threading.excepthook
        self._folder = tempfile.TemporaryDirectory(prefix="openface-beam-workers-")
        self._exits: list[str] = []

    @property
    def folder(self) -> str:
        """Where workers register."""
        return self._folder.name

    def __enter__(self) -> Self:
        open_run(self.folder)
        self._usual_hook = threading.excepthook
        threading.excepthook = self._note_exit
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        close_run(self.folder)
        if kind is None:
            # After a failure Beam's threads may still be falling, each with a traceback of its own.
            threading.excepthook = self._usual_hook
        self._folder.cleanup()

    def finish(self, pipeline: Any) -> Any:
        """Run a pipeline to its end.

        Parameters
        ----------
        pipeline : beam.Pipeline
            The pipeline.

        Returns
        -------
        PipelineResult
            Its result. Whatever the pipeline raises is raised here.

        Raises
        ------
        PipelineError
            If a worker process has died.
        """
        try:
            return self._finish(pipeline)
        except BaseException:
            self._end_workers()
            raise

    def _finish(self, pipeline: Any) -> Any:
        outcome: Future[Any] = Future()

        def run() -> None:
            try:
                result = pipeline.run()
                result.wait_until_finish()
            except BaseException as error:  # handed on to the thread that waits
                outcome.set_exception(error)
            else:
                outcome.set_result(result)

        # A daemon: nothing can end a pipeline that waits for a dead worker.
        threading.Thread(target=run, name="pipeline", daemon=True).start()
        warned = False
        waited = bereft = 0.0
        while not wait([outcome], _INTERVAL_SECONDS).done and bereft < _GRACE_SECONDS:
            waited += _INTERVAL_SECONDS
            if self._lost() is not None:
                bereft += _INTERVAL_SECONDS
            if self._worker_pool and not warned and waited >= _START_SECONDS:
                warned = True
                if count_workers(self.folder) == (0, 0):
                    _log.warning(_NO_WORKER, self._worker_pool)
        lost = self._lost()
        if lost is not None and (not outcome.done() or outcome.exception() is not None):
            raise PipelineError("the pipeline", lost, _REMEDY)
        return outcome.result()

    def _end_workers(self) -> None:
        """Wait for the workers, which see that the run is over and end themselves."""
        close_run(self.folder)
        deadline = time.monotonic() + _PARTING_SECONDS
        while count_workers(self.folder)[0] and time.monotonic() < deadline:
            time.sleep(_INTERVAL_SECONDS / 5)

    def _lost(self) -> str | None:
        """Return what is known of workers that died."""
        if self._exits:
            return self._exits[0]
        dead = count_workers(self.folder)[1]
        return f"{dead} of its worker processes died" if dead else None

    def _note_exit(self, arguments: threading.ExceptHookArgs) -> None:
        """Note what Beam's threads say of worker processes that they have started.

        A connection that has gone fails many of them at once; the run's own error tells that.
        """
        kinds = type(arguments.exc_value).__mro__
        if any(kind.__module__.partition(".")[0] == "grpc" for kind in kinds):
            _log.debug("a thread lost its connection: %s", arguments.exc_value)
            return
        found = re.search(r"Worker subprocess exited .* (-?\d+)", str(arguments.exc_value))
        if found is None:
            self._usual_hook(arguments)
            return
        status = int(found[1])
        # A shell in between adds 128 to the number of a signal.
        signal = -status if status < 0 else status - 128
        how = f"was killed by signal {signal}" if signal > 0 else f"ended with status {status}"
        self._exits.append(f"a worker process {how}")
