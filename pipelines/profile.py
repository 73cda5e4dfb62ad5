"""Where the time goes: every component on one thread, and whole runs of the main job.

Everything the command line can do, :func:`profile` does for Python.
"""

import argparse
import json
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from openface_core import __version__
from openface_core.command_status import run_command
from openface_core.errors import ConfigError
from pipelines.configuration.shared_options import add_model_options, add_quiet_option

if TYPE_CHECKING:
    from pipelines.timing.components import ComponentTime
    from pipelines.timing.runs import RunTime

_EXAMPLES = """\
examples:
  # networks and all, on a video of your own
  python -m pipelines.profile --video a.mp4 --models OpenFace/

  # the first 300 frames with given landmarks; the figures as JSON too
  python -m pipelines.profile --video a.mp4 --landmarks a.csv --frames 300 --output profile.json

Times are wall times: on a machine with other work on it, repeat and take the smallest.
"""


@dataclass(frozen=True)
class ProfileArguments:
    """What is to be timed.

    Parameters
    ----------
    video : str
        The video.
    landmarks : str or None
        File of given landmarks; None has the networks find them.
    models, config : str or None
        Models folder or pack, and preset or TOML file; None as for the main job.
    frames : int or None
        Frames on which the components are timed; None takes all.
    output : str or None
        JSON file for the figures.
    runs : bool
        Whether whole runs of the main job are timed too.
    quiet : bool
        Whether to show no progress.

    Raises
    ------
    ConfigError
        If `frames` is not positive.
    """

    video: str
    landmarks: str | None = None
    models: str | None = None
    config: str | None = None
    frames: int | None = None
    output: str | None = None
    runs: bool = True
    quiet: bool = False

    def __post_init__(self) -> None:
        if self.frames is not None and self.frames < 1:
            raise ConfigError("--frames", f"expected 1 or more, found {self.frames}", "Give more.")


@dataclass(frozen=True)
class Profile:
    """What was measured.

    Parameters
    ----------
    video : str
        The video.
    frames : int
        Frames on which the components were timed.
    components : tuple of ComponentTime
        One thread, one frame after the other.
    runs : tuple of RunTime
        Whole runs of the main job.
    """

    video: str
    frames: int
    components: "tuple[ComponentTime, ...]"
    runs: "tuple[RunTime, ...]"

    @property
    def mean_ms(self) -> float:
        """Time of all components per frame."""
        return sum(c.mean_ms * c.frames for c in self.components) / self.frames


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    result = argparse.ArgumentParser(
        prog="python -m pipelines.profile",
        description="Time every component on one thread, then whole runs of the main job with one "
        "worker and with one per core. Kernels are compiled before anything is timed.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument("--video", required=True, metavar="V", help="the video")
    result.add_argument(
        "--landmarks",
        metavar="FILE",
        help="take landmarks from a CSV or Parquet file; no network is needed then",
    )
    add_model_options(result)
    result.add_argument(
        "--frames",
        type=int,
        metavar="N",
        help="time the components on the first N frames only; whole runs take all frames",
    )
    result.add_argument("--output", metavar="FILE", help="JSON file for the figures")
    result.add_argument(
        "--components-only",
        dest="runs",
        action="store_false",
        help="leave out the whole runs of the main job",
    )
    add_quiet_option(result)
    return result


def parse_arguments(argv: Sequence[str]) -> ProfileArguments:
    """Return a command line as arguments."""
    return ProfileArguments(**vars(parser().parse_args(argv)))


def profile(arguments: ProfileArguments) -> Profile:
    """Measure, and write the figures if that is asked for.

    Parameters
    ----------
    arguments : ProfileArguments
        What to measure.

    Returns
    -------
    Profile
        The figures.

    Raises
    ------
    OpenFaceBeamError
        If the video, the landmarks or the models cannot be read, or a run fails.
    """
    # NumPy, numba and onnxruntime take a while to import, which `--help` need not wait for.
    from dataclasses import replace

    from models import locate_models
    from openface_core.analysis.engine import load_engine
    from openface_core.landmarks.files import read_landmarks
    from pipelines.configuration.model_choice import choose_models
    from pipelines.timing.components import time_components
    from transforms.dataset.storage import write_whole

    choice = choose_models(arguments.models, arguments.config)
    choice.announce(quiet=arguments.quiet)
    settings = choice.settings
    one_thread = replace(settings, onnxruntime=replace(settings.onnxruntime, threads=1))
    networks = arguments.landmarks is None
    root = choice.folder(with_networks=networks)
    files = locate_models(root, settings.models, with_networks=networks)
    given = None if arguments.landmarks is None else read_landmarks(arguments.landmarks)
    _say(arguments, "Components, one thread ...")
    components = time_components(
        arguments.video,
        load_engine(files, one_thread),
        given,
        one_thread,
        arguments.frames,
    )
    # After the components: only then are all kernels compiled and cached on disk.
    runs = _time_runs(arguments, files.root, choice.config) if arguments.runs else ()
    found = Profile(arguments.video, components[0].frames, components, runs)
    if arguments.output is not None:
        text = as_json(found)
        write_whole(arguments.output, lambda file: file.write(text.encode()))
    return found


def _time_runs(arguments: ProfileArguments, models: Path, config: str) -> "tuple[RunTime, ...]":
    from pipelines.main_job.runners import available_cores
    from pipelines.timing.runs import time_run

    options = ["--models", str(models), "--config", config]
    counts = sorted({1, available_cores()})
    runs = []
    for workers in counts:
        _say(arguments, f"Whole run, {workers} worker(s), {workers} input(s) ...")
        runs.append(time_run(arguments.video, arguments.landmarks, options, workers, workers))
    return tuple(runs)


def _say(arguments: ProfileArguments, text: str) -> None:
    if not arguments.quiet:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def as_text(found: Profile) -> str:
    """Return the figures as tables for a terminal."""
    from pipelines.comparison.report import plain_table

    rows = [
        (
            c.name,
            f"{c.mean_ms:.3f}",
            f"{c.median_ms:.3f}",
            f"{c.p95_ms:.3f}",
            f"{c.share:.1%}",
            f"{c.fps:.0f}",
        )
        for c in found.components
    ]
    total = found.mean_ms
    rows.append(("all", f"{total:.3f}", "", "", "100.0%", f"{1e3 / total:.0f}"))
    header = ("component", "mean ms", "median ms", "p95 ms", "of total", "fps")
    blocks = [
        f"{found.video}: {found.frames} frames, one thread, wall time per frame",
        plain_table(header, rows),
        "Compilation is not included. Medians move on every other frame, so that mean and median "
        "differ; post-processing and the table's writing are spread over the frames.",
    ]
    if found.runs:
        run_rows = [
            (
                str(r.workers),
                str(r.inputs),
                str(r.frames),
                f"{r.wall_seconds:.2f}",
                f"{r.cpu_seconds:.2f}",
                f"{r.fps:.1f}",
                f"{r.peak_memory_mib:.0f}",
            )
            for r in found.runs
        ]
        run_header = (
            "workers", "inputs", "frames", "wall s", "CPU s", "fps", "peak memory MiB",
        )  # fmt: skip
        blocks += [
            "The main job, from the start of its process to its end (imports and models included); "
            "each worker has a copy of the video:",
            plain_table(run_header, run_rows),
        ]
    return "\n\n".join(blocks) + "\n"


def as_json(found: Profile) -> str:
    """Return the figures as JSON."""
    document = {
        "software": f"openface-beam {__version__}",
        "machine": {"system": platform.system(), "processor": platform.machine()},
        "video": found.video,
        "frames": found.frames,
        "mean_ms_per_frame": found.mean_ms,
        "components": [asdict(c) | {"fps": c.fps} for c in found.components],
        "runs": [asdict(r) | {"fps": r.fps} for r in found.runs],
    }
    return json.dumps(document, indent=2) + "\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns 0, or 2 for an error."""

    def command() -> int:
        found = profile(parse_arguments(sys.argv[1:] if argv is None else argv))
        sys.stdout.write(as_text(found))
        return 0

    return run_command(command)


if __name__ == "__main__":
    sys.exit(main())
