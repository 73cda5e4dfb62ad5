"""The command line of ``validate``."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from openface_core.errors import ConfigError
from pipelines.configuration.command_parser import CommandParser
from pipelines.configuration.shared_options import (
    add_model_options,
    add_quiet_option,
    check_folder_name,
    expand_home,
)

_EXAMPLES = """\
examples:
  # against the CSV that OpenFace's FeatureExtraction wrote for this video
  openface-beam validate --video a.mp4 --csv a.csv --models OpenFace/

  # the same, with its landmarks before they were rounded
  openface-beam validate --video a.mp4 --csv a.csv --landmarks a_landmarks.csv --output out/

  # landmark refinement, frame by frame, against the C++ program's tracker (CE-CLM or CLNF)
  openface-beam validate --video a.mp4 --track a_tracker.csv --config openface22

  # component by component, against dumps of the C++ program
  openface-beam validate --video subj01.mp4 --golden golden/subj01

The bounds are for OpenFace's own models; with others, a bound that fails tells how they differ.
Exit status: 0 if all bounds hold, 1 if not, 2 if the comparison could not be made.
"""


@dataclass(frozen=True)
class ValidateArguments:
    """What is to be compared.

    Parameters
    ----------
    video : str
        The video.
    csv : str or None
        What OpenFace wrote for it.
    golden : str or None
        Folder of dumps of the C++ program's components.
    landmarks : str or None
        File of given landmarks; None takes those of the CSV.
    track : str or None
        CSV of the fits of the C++ program's tracker.
    models, config : str or None
        Models folder or pack, and preset or TOML file; None as for the main job.
    output : str or None
        Folder for the report; None writes none.
    networks : bool
        Whether the networks are compared too, end to end.
    quiet : bool
        Whether to show no progress.

    Raises
    ------
    ConfigError
        If there is nothing to compare with, or the name of a folder is empty.
    """

    video: str
    csv: str | None = None
    golden: str | None = None
    landmarks: str | None = None
    track: str | None = None
    models: str | None = None
    config: str | None = None
    output: str | None = None
    networks: bool = True
    quiet: bool = False

    def __post_init__(self) -> None:
        if self.csv is None and self.golden is None and self.track is None:
            raise ConfigError(
                "validate",
                "nothing to compare with",
                "Give --csv (output of OpenFace), --golden (dumps) or --track, or several.",
            )
        check_folder_name("--output", self.output)
        paths = ("video", "csv", "golden", "landmarks", "track", "models", "config", "output")
        expand_home(self, *paths)
        if self.landmarks is not None and self.csv is None:
            raise ConfigError(
                "--landmarks", "landmarks are compared with a CSV only", "Give --csv as well."
            )


def parser() -> CommandParser:
    """Return the parser of the command line."""
    result = CommandParser(
        prog="openface-beam validate",
        description="Compare with OpenFace's own output, component by component, and say whether "
        "the bounds of this version hold.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument("--video", required=True, metavar="V", help="the video")
    result.add_argument(
        "--csv", metavar="FILE", help="CSV that OpenFace's FeatureExtraction wrote for it"
    )
    result.add_argument(
        "--landmarks",
        metavar="FILE",
        help="the same landmarks as in the CSV, not rounded; default: those of the CSV, whose "
        "rounding to 0.1 px costs agreement, so that no bounds are set",
    )
    result.add_argument(
        "--golden",
        metavar="DIR",
        help="folder with dumps of the C++ program's components for this video",
    )
    result.add_argument(
        "--track",
        metavar="FILE",
        help="CSV of the fits of the C++ program's tracker; landmark refinement is compared with "
        "it, each frame from the C++ program's fit of the one before",
    )
    add_model_options(result)
    result.add_argument(
        "--output",
        metavar="DIR",
        help="folder for validation.json, validation.md and action_units.csv; default: print only",
    )
    result.add_argument(
        "--no-networks",
        dest="networks",
        action="store_false",
        help="leave out the comparison end to end; no ONNX networks are needed then",
    )
    add_quiet_option(result)
    return result


def parse_arguments(argv: Sequence[str]) -> ValidateArguments:
    """Return a command line as arguments."""
    return ValidateArguments(**vars(parser().parse_args(argv)))
