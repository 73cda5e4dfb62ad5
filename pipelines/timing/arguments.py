"""The command line of ``profile``."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from openface_core.errors import ConfigError
from pipelines.configuration.command_parser import CommandParser
from pipelines.configuration.shared_options import (
    add_model_options,
    add_quiet_option,
    expand_home,
)

_EXAMPLES = """\
examples:
  # networks and all, on a video of your own
  openface-beam profile --video a.mp4 --models OpenFace/

  # the first 300 frames with given landmarks; the figures as JSON too
  openface-beam profile --video a.mp4 --landmarks a.csv --frames 300 --output profile.json

  # two execution providers: how fast, and how far apart
  openface-beam profile --video a.mp4 --provider cpu,openvino --components-only

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
    provider : tuple of str
        Execution providers of onnxruntime, over the one of the configuration; several are compared.

    Raises
    ------
    ConfigError
        If `frames` is not positive, or providers are named where no network runs.
    """

    video: str
    landmarks: str | None = None
    models: str | None = None
    config: str | None = None
    frames: int | None = None
    output: str | None = None
    runs: bool = True
    quiet: bool = False
    provider: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.provider and self.landmarks is not None:
            raise ConfigError(
                "--provider", "no network runs where landmarks are given", "Leave out --landmarks."
            )
        if self.frames is not None and self.frames < 1:
            raise ConfigError("--frames", f"expected 1 or more, found {self.frames}", "Give more.")
        expand_home(self, "video", "landmarks", "models", "config", "output")


def parser() -> CommandParser:
    """Return the parser of the command line."""
    result = CommandParser(
        prog="openface-beam profile",
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
    result.add_argument(
        "--provider",
        action="extend",
        type=lambda text: text.split(","),
        default=[],
        metavar="A[,B ...]",
        help="execution provider of onnxruntime, over the configuration; of several, the first is "
        "profiled, and all are compared: time of the networks, and how far the results are apart",
    )
    add_quiet_option(result)
    return result


def parse_arguments(argv: Sequence[str]) -> ProfileArguments:
    """Return a command line as arguments."""
    values = vars(parser().parse_args(argv))
    return ProfileArguments(**values | {"provider": tuple(values["provider"])})
