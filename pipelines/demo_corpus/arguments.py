"""The command line of the demo."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from openface_core.errors import OutputError
from pipelines.configuration.command_parser import CommandParser
from pipelines.configuration.shared_options import (
    add_model_options,
    add_quiet_option,
    check_folder_name,
    expand_home,
)

RESULTS_FOLDER = "results"

_MODELS_DEFAULT = (
    "without --config the pack embedded, whatever OPENFACE_MODELS_DIR names; with --config as "
    "`openface-beam run`, see `openface-beam docs models`"
)

_EXAMPLES = """\
examples:
  # make the clips, and measure them
  openface-beam demo --output demo/ --run

  # make the clips only
  openface-beam demo --output demo/

DIR/clips has the videos, DIR/ground_truth.json what happens in them, and when: which action units
rise, how the head turns, where the face is gone. One file is broken on purpose.
"""


@dataclass(frozen=True)
class DemoArguments:
    """What is to be made.

    Parameters
    ----------
    output : str
        Folder of the corpus.
    run : bool
        Whether the clips are measured.
    models, config : str or None
        Models folder or pack, and preset or TOML file. Where both are None, the embedded models are
        taken, whatever the environment says: figures are to be those of the documentation. Where
        one is None, it is as for the main job.
    quiet : bool
        Whether to show no progress.

    Raises
    ------
    ConfigError
        If its name is empty.
    OutputError
        If the folder is a URL.
    """

    output: str
    run: bool = False
    models: str | None = None
    config: str | None = None
    quiet: bool = False

    def __post_init__(self) -> None:
        from openface_core.media.sources import is_url  # decoders, which --help need not wait for

        check_folder_name("--output", self.output)
        expand_home(self, "output", "models", "config")
        if is_url(self.output):
            raise OutputError(
                self.output, "the demo is made in a local folder", "Name one with --output."
            )


def parser() -> CommandParser:
    """Return the parser of the command line."""
    result = CommandParser(
        prog="openface-beam demo",
        description="Make short clips of a face that raises its brows, smiles, drops its jaw,\n"
        "blinks, on one side or both, rolls its head and leaves the picture, in several\n"
        "containers and frame rates.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument("--output", required=True, metavar="DIR", help="folder of the corpus")
    result.add_argument(
        "--run",
        action="store_true",
        help=f"measure the clips into DIR/{RESULTS_FOLDER}, and compare with what happens in them",
    )
    add_model_options(result, _MODELS_DEFAULT)
    add_quiet_option(result)
    return result


def parse_arguments(argv: Sequence[str]) -> DemoArguments:
    """Return a command line as arguments."""
    return DemoArguments(**vars(parser().parse_args(argv)))
