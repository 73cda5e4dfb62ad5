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
from pipelines.own_process import is_own_process
from transforms.work.stopping import stopped_workers
from transforms.work.temporary_place import temporary_place
from transforms.work.worker_presence import close_run, count_workers, open_run

_log = logging.getLogger(__name__)

_INTERVAL_SECONDS = 0.5
_GRACE_SECONDS = 5.0
"""A worker may end just before its run does; only a run that goes on without it has lost it."""
_PARTING_SECONDS = 10.0
_FALLING_SECONDS = 1.0
_START_SECONDS = 30.0
_NO_WORKER = (
    "no worker has begun in 30 seconds. If the worker pool at %s is on this machine, look into its "
    "log: the `python` that is first on its PATH must be the one with this program"
)

_REMEDY = (
    "The operating system ends processes when memory runs out: use fewer workers "
    "(--direct_num_workers), and run again to go on where this run stopped."
)


class _ThreadHook:
    """What Beam's threads say of worker processes, noted for the runs that have such workers."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._notes: list[list[str]] = []
        self._usual = threading.excepthook

    def add(self, exits: list[str]) -> None:
        """Note exits of worker processes in a list from now on."""
        with self._guard:
            if threading.excepthook != self._hear:
                self._usual, threading.excepthook = threading.excepthook, self._hear
            self._notes.append(exits)

    def remove(self, exits: list[str], *, stays: bool) -> None:
        """Note nothing more in a list; after the last one the usual hook is back, or this stays."""
        with self._guard:
            self._notes = [notes for notes in self._notes if notes is not exits]
            if not self._notes and not stays and threading.excepthook == self._hear:
                threading.excepthook = self._usual

    def _hear(self, arguments: threading.ExceptHookArgs) -> None:
        """Note what a thread says, or tell it as usual.

        A connection that has gone fails many threads at once; the run's own error tells that.
        """
        kinds = type(arguments.exc_value).__mro__
        if any(kind.__module__.partition(".")[0] == "grpc" for kind in kinds):
            _log.debug("a thread lost its connection: %s", arguments.exc_value)
            return
        found = re.search(r"Worker subprocess exited .* (-?\d+)", str(arguments.exc_value))
        if found is None:
            self._usual(arguments)
            return
        status = int(found[1])
        # A shell in between adds 128 to the number of a signal.
        signal = -status if status < 0 else status - 128
        how = f"was killed by signal {signal}" if signal > 0 else f"ended with status {status}"
        # Of several runs it may be any; each counts its own workers too.
        if len(self._notes) == 1:
            self._notes[0].append(f"a worker process {how}")


_hook = _ThreadHook()


class Watchdog:
    """Runs pipelines and sees to it that they end, until it is closed.

    Parameters
    ----------
    worker_pool : str or None
        Address of the pool that starts the workers, where there is one.
    """

    def __init__(self, worker_pool: str | None = None) -> None:
        self._worker_pool = worker_pool
        place = temporary_place()
        self._folder = tempfile.TemporaryDirectory(prefix="openface-beam-workers-", dir=place)
        self._exits: list[str] = []
        self._earlier_threads: frozenset[threading.Thread] = frozenset()

    @property
    def folder(self) -> str:
        """Where workers register."""
        return self._folder.name

    def __enter__(self) -> Self:
        open_run(self.folder)
        self._earlier_threads = frozenset(threading.enumerate())
        _hook.add(self._exits)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        close_run(self.folder)
        # After a failure Beam's threads may still be falling, each with a traceback of its own. A
        # command ends then; a program that goes on gets its own hook back.
        ends_with_it = kind is not None and is_own_process()
        if kind is not None and not ends_with_it:
            self._wait_for_threads()
        _hook.remove(self._exits, stays=ends_with_it)
        self._folder.cleanup()

    def _wait_for_threads(self) -> None:
        """Wait a moment for the threads that Beam has started meanwhile."""
        deadline = time.monotonic() + _FALLING_SECONDS
        for thread in set(threading.enumerate()) - self._earlier_threads:
            thread.join(max(0.0, deadline - time.monotonic()))

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
            with stopped_workers(self.folder):  # their lost connections are none of the log's then
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
