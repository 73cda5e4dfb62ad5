"""The command line of ``models``."""

import argparse
from pathlib import Path

from models.registry import Registry
from openface_core.user_paths import expanded
from pipelines.configuration.command_parser import CommandParser

_EXAMPLES = """\
examples:
  # what there is, and what of it is on this machine
  openface-beam models list

  # OpenFace's own files, from its repository; without --accept-license: the terms, and no download
  openface-beam models fetch openface22 --accept-license

  # the same from a copy that you have: an installation, a build, a checkout, a release
  openface-beam models import openface22 --from ~/OpenFace/build/bin

  # compare all files with their hashes
  openface-beam models verify

The pack `embedded` comes with the program. All others go into the folder that OPENFACE_MODELS_DIR
names, or else into one of your own, which `openface-beam models where` prints.
"""


def _local_path(text: str) -> Path:
    if not text.strip():  # it is the current folder, which is not what an unset variable means
        raise argparse.ArgumentTypeError("the name is empty")
    return Path(expanded(text))


def parser(registry: Registry) -> CommandParser:
    """Return the parser of the command line."""
    result = CommandParser(
        prog="openface-beam models",
        description="Get the model files that the analysis needs.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = result.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("list", help="the packs, and what of them is on this machine")
    fetch = commands.add_parser("fetch", help="download packs")
    fetch.add_argument(
        "--accept-license",
        action="store_true",
        help="you have read the terms and keep to them; without it they are shown, and no more",
    )
    fetch.add_argument(
        "--base-url",
        metavar="URL",
        help="take the files from a copy of a models folder on a web server of yours",
    )
    bring = commands.add_parser("import", help="copy packs from a folder")
    bring.add_argument("--from", dest="source", required=True, metavar="FOLDER", type=_local_path)
    verify = commands.add_parser("verify", help="compare files with their hashes")
    for command in (fetch, bring):
        command.add_argument("packs", nargs="+", metavar="PACK", help=", ".join(registry.names))
    verify.add_argument("packs", nargs="*", metavar="PACK", help="default: what is on this machine")
    where = commands.add_parser("where", help="print the folder that packs, or one pack, are in")
    where.add_argument("packs", nargs="?", metavar="PACK")
    return result
