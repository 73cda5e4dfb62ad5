"""How long it takes to the first frame, to the end of a run on one, and to that of ``--help``.

``python -m benchmarks.startup --video V`` times the first frame of V, which is a video of its own
then: ``pipelines.run`` with and without Beam, ``Analyser`` in Python, and a worker of a cluster,
each time in a new process. ``--demo`` times the demo with the making of its corpus. The first run
of each, which may compile kernels, is not counted. Nothing is judged.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks.first_frame import MARKS
from benchmarks.start_in_python import PYTHON_MARKS, WAYS
from benchmarks.whole_runs import run_main_job, write_first_frame
from openface_core.errors import OpenFaceBeamError

_WITH_BEAM = "pipelines.run --runner DirectRunner"
HELPED = ("pipelines.run", "pipelines.demo", "pipelines.models")


@dataclass(frozen=True)
class Moment:
    """How long it took until something had happened.

    Parameters
    ----------
    wall_seconds, cpu_seconds : float
        From the start of the process: time passed, and time of all its threads.
    """

    wall_seconds: float
    cpu_seconds: float


def _output_of(command: Sequence[str]) -> str:
    """Return the standard output of a command.

    Raises
    ------
    OpenFaceBeamError
        If it fails.
    """
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - no shell
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or ["no message"]
        raise OpenFaceBeamError(" ".join(command[:3]), lines[-1], "Run it by itself to see more.")
    return done.stdout


def time_first_frame(module: str, options: Sequence[str]) -> dict[str, Moment]:
    """Run a command up to its first frame.

    Parameters
    ----------
    module : str
        The command's module.
    options : sequence of str
        Its options, all but ``--output``.

    Returns
    -------
    dict of str to Moment
        By the names of :data:`benchmarks.first_frame.MARKS`.

    Raises
    ------
    OpenFaceBeamError
        If the command fails.
    """
    with tempfile.TemporaryDirectory(prefix="openface-beam-startup-") as folder:
        words = [module, *options, "--output", str(Path(folder) / "output")]
        started = repr(time.monotonic())
        text = _output_of([sys.executable, "-m", "benchmarks.first_frame", started, *words])
    marks = json.loads(text.splitlines()[-1])
    return {mark: Moment(*marks[mark]) for mark in MARKS}


def time_in_python(
    who: str, video: Path, models: str | None, config: str | None
) -> dict[str, Moment]:
    """Analyse a video of one frame without the command line.

    Parameters
    ----------
    who : str
        One of :data:`benchmarks.start_in_python.WAYS`.
    video : path
        The video.
    models, config : str or None
        As for ``pipelines.run``.

    Returns
    -------
    dict of str to Moment
        By the names of :data:`benchmarks.start_in_python.PYTHON_MARKS`.

    Raises
    ------
    OpenFaceBeamError
        If it fails.
    """
    words = [repr(time.monotonic()), who, str(video), models or "", config or ""]
    text = _output_of([sys.executable, "-m", "benchmarks.start_in_python", *words])
    marks = json.loads(text.splitlines()[-1])
    return {mark: Moment(*marks[mark]) for mark in PYTHON_MARKS}


def time_whole_run(video: Path, options: Sequence[str], beam: Sequence[str]) -> dict[str, Moment]:
    """Return how long a whole run takes on a video."""
    used = run_main_job([video], options, beam)
    return {"end": Moment(used.wall_seconds, used.cpu_seconds)}


def time_help(module: str) -> dict[str, Moment]:
    """Return how long a command needs for ``--help``.

    Raises
    ------
    OpenFaceBeamError
        If the command fails.
    """

    def used_seconds() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    began, used = time.monotonic(), used_seconds()
    _output_of([sys.executable, "-m", module, "--help"])
    return {"end": Moment(time.monotonic() - began, used_seconds() - used)}


def medians(measure: Callable[[], Mapping[str, Moment]], repetitions: int) -> dict[str, Moment]:
    """Return the median moments of several runs after a first one, which is not counted."""
    measure()
    runs = [measure() for _ in range(repetitions)]
    return {
        mark: Moment(
            median(run[mark].wall_seconds for run in runs),
            median(run[mark].cpu_seconds for run in runs),
        )
        for mark in runs[0]
    }


def as_markdown(found: Mapping[str, Mapping[str, Moment]], repetitions: int) -> str:
    """Return the moments of every command as a table."""
    lines = [
        f"Medians of {repetitions} runs, seconds from the start of the process; load "
        f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.",
        "",
        "| command | until | wall s | CPU s |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| `{command}` | {mark} | {moment.wall_seconds:.2f} | {moment.cpu_seconds:.2f} |"
        for command, moments in found.items()
        for mark, moment in moments.items()
    ]
    return "\n".join(lines) + "\n"


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    result = argparse.ArgumentParser(prog="python -m benchmarks.startup", description=__doc__)
    what = result.add_mutually_exclusive_group(required=True)
    what.add_argument("--video", metavar="V", help="a video")
    what.add_argument("--demo", action="store_true", help="the demo instead of a video")
    result.add_argument("--models", metavar="PACK|DIR", help="as for pipelines.run")
    result.add_argument("--config", metavar="NAME|FILE", help="as for pipelines.run")
    result.add_argument("--repetitions", type=int, default=5, metavar="N", help="default 5")
    return result


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print a table."""
    arguments = parser().parse_args(argv)
    options = []
    for name in ("models", "config"):
        if (value := getattr(arguments, name)) is not None:
            options += [f"--{name}", value]
    found: dict[str, Mapping[str, Moment]] = {
        f"{helped} --help": medians(partial(time_help, helped), arguments.repetitions)
        for helped in HELPED
    }
    again = partial(medians, repetitions=arguments.repetitions)
    if arguments.demo:
        found["pipelines.demo"] = again(
            partial(time_first_frame, "pipelines.demo", ["--run", *options])
        )
    else:
        with tempfile.TemporaryDirectory(prefix="openface-beam-startup-") as folder:
            video = write_first_frame(Path(arguments.video), Path(folder) / "first.mp4")
            words = ["--input", str(video), *options]
            for name, beam in (("pipelines.run", ()), (_WITH_BEAM, ("--runner", "DirectRunner"))):
                first = partial(time_first_frame, "pipelines.run", [*words, *beam])
                found[name] = again(first) | again(partial(time_whole_run, video, options, beam))
            for who in WAYS:
                start = partial(time_in_python, who, video, arguments.models, arguments.config)
                found[who] = again(start)
    sys.stdout.write(as_markdown(found, arguments.repetitions))
    return 0


if __name__ == "__main__":
    sys.exit(main())
