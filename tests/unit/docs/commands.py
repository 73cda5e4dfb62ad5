"""The commands that pages show, and the options that our commands have."""

import contextlib
import io
import os
import re
import shlex
from collections.abc import Iterator, Sequence
from functools import cache
from unittest import mock

from pipelines import cli

HELP_COLUMNS = 100
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9_-]*")
_SUB_COMMAND = re.compile(r"^    ([a-z][a-z-]*)  ", re.MULTILINE)


def command_names() -> tuple[str, ...]:
    """Return the names of the sub-commands of ``openface-beam``."""
    return tuple(cli.COMMANDS)


def run_command(words: Sequence[str]) -> int:
    """Run ``openface-beam WORDS`` in this process and return its exit status."""
    return cli.main(words)


@cache
def help_text(*words: str) -> str:
    """Return what ``openface-beam WORDS --help`` prints in a terminal of a fixed width."""
    out = io.StringIO()
    with (
        mock.patch.dict(os.environ, {"COLUMNS": str(HELP_COLUMNS), "NO_COLOR": "1"}),
        contextlib.redirect_stdout(out),
        contextlib.suppress(SystemExit),
    ):
        run_command([*words, "--help"])
    return out.getvalue()


def sub_commands(command: str) -> tuple[str, ...]:
    """Return the names of a command's own sub-commands, if it has any."""
    _, found, listed = help_text(command).partition("\n  COMMAND\n")
    return tuple(_SUB_COMMAND.findall(listed.split("\n\n")[0] + "\n")) if found else ()


def options_of(*words: str) -> frozenset[str]:
    """Return the options of a command."""
    usage = help_text(*words).split("\nexamples:\n")[0].split("\nThe pack ")[0]
    return frozenset(_OPTION.findall(usage))


def all_options() -> frozenset[str]:
    """Return the options of all commands."""
    found = set(_OPTION.findall(help_text()))
    for name in command_names():
        found |= options_of(name)
        for sub_command in sub_commands(name):
            found |= options_of(name, sub_command)
    return frozenset(found)


def shown_commands(text: str) -> Iterator[list[str]]:
    """Yield the commands of a block of shell commands as words."""
    for line in text.replace("\\\n", " ").splitlines():
        for command in line.split("&&"):
            words = shlex.split(command, comments=True)
            if words:
                yield words


def options_in(words: Sequence[str]) -> list[str]:
    """Return the options among words, without their values."""
    return [word.split("=")[0] for word in words if word.startswith("--")]
