"""The console script ``openface-beam``: one sub-command per module of this package."""

import difflib
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from openface_core import __version__
from pipelines.command import EXIT_FAILED, leave_after

COMMANDS = {
    "run": "measure faces in videos and write a dataset",
    "export": "write a dataset in other formats: OpenFace's files, overlays, annotations",
    "report": "show what was measured: a page per video, and an index",
    "demo": "make short clips to try everything with, and measure them",
    "validate": "compare with OpenFace's own output, component by component",
    "profile": "time every component on a video",
    "models": "list, fetch, import and check model packs",
    "pool": "start the workers that a cluster asks for on this host",
    "docs": "print the documents of this version",
}

_USAGE = (
    "usage: openface-beam COMMAND [options]\n\ncommands:\n"
    + "".join(f"  {name:<10} {text}\n" for name, text in COMMANDS.items())
    + "\nopenface-beam COMMAND --help tells more; openface-beam --version the version.\n"
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a sub-command and return its exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words and words[0] in ("-h", "--help"):
        sys.stdout.write(_USAGE)
        return 0
    if words and words[0] == "--version":
        sys.stdout.write(f"openface-beam {__version__}\n")
        return 0
    if not words:
        sys.stderr.write(_USAGE)
        return EXIT_FAILED
    if words[0] not in COMMANDS:
        close = difflib.get_close_matches(words[0], (*COMMANDS, "--help", "--version"), n=1)
        hint = f" Did you mean {close[0]}?" if close else ""
        sys.stderr.write(
            f"error: unknown command {words[0]!r}.{hint} See `openface-beam --help`.\n"
        )
        return EXIT_FAILED
    module = importlib.import_module(f"pipelines.{words[0]}")
    return int(module.main(words[1:]))


def script() -> NoReturn:
    """Run the console script and end the process."""
    # Python processes that a command starts, such as Beam's workers, must not look for packages in
    # the current folder either, where there may be a folder `models` of the user's own.
    os.environ.setdefault("PYTHONSAFEPATH", "1")
    leave_after(main)


if __name__ == "__main__":
    leave_after(main)
