"""The documents of this version, read without a network: their list, or one of them."""

import difflib
import sys
from collections.abc import Sequence

from openface_core.errors import ConfigError
from pipelines.command import leave, run_command
from pipelines.configuration.command_parser import CommandParser
from pipelines.documents import page_paths, title_of


def parser() -> CommandParser:
    """Return the parser of the command line."""
    result = CommandParser(
        prog="openface-beam docs",
        description="Print a document of this version, or the list of all.",
    )
    result.add_argument("page", nargs="?", metavar="PAGE", help="its name; default: list all")
    return result


def show(name: str | None) -> int:
    """Print a page, or the names and titles of all, and return the exit status.

    Raises
    ------
    ConfigError
        If there is no such page, or this installation has none.
    """
    pages = page_paths()
    if name is None:
        width = max(map(len, pages))
        for known, path in pages.items():
            sys.stdout.write(f"{known:<{width}}  {title_of(path)}\n")
        first = next(iter(pages.values()))
        sys.stdout.write(f"\n`openface-beam docs PAGE` prints one. Folder: {first.parent}\n")
        return 0
    wanted = name.removeprefix("docs/").removesuffix(".md")
    if wanted not in pages:
        close = difflib.get_close_matches(wanted, pages, n=1)
        hint = f"Did you mean {close[0]}? " if close else ""
        raise ConfigError(name or "''", "no such document", f"{hint}There are: {', '.join(pages)}.")
    sys.stdout.write(pages[wanted].read_text(encoding="utf-8"))
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns 0, or 2 after one line of error."""
    arguments = parser().parse_args(sys.argv[1:] if argv is None else argv)
    return run_command(lambda: show(arguments.page))


if __name__ == "__main__":
    leave(main())
