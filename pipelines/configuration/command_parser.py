"""The parser of every command line: nothing is replaced in silence, and errors are one line."""

import argparse
import difflib
import itertools
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

_FAILED = 2
_MISSING = "the following arguments are required: "


class _GivenOnce(argparse.Action):
    """Keeps the value of an option, and refuses to have it replaced by a later one."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[Any] | None,
        option_string: str | None = None,
    ) -> None:
        """Keep a value."""
        if option_string is not None and isinstance(parser, CommandParser):
            if self.dest in parser.given:
                parser.error(f"{option_string} is given twice")
            parser.given.add(self.dest)
        setattr(namespace, self.dest, values)


class CommandParser(argparse.ArgumentParser):
    """A parser to which an option that is given twice is an error, not a silent replacement.

    Options may not be abbreviated. Those that are lists say so with ``action="extend"``. What is
    wrong with a command line is told as any expected failure is: in one line, without the long list
    of options, which ``--help`` shows.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **{"allow_abbrev": False} | options)
        self.given: set[str] = set()
        self._words: tuple[str, ...] = ()
        for name in (None, "store"):
            self.register("action", name, _GivenOnce)

    @property
    def option_names(self) -> tuple[str, ...]:
        """All names of options."""
        return tuple(self._option_string_actions)

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse a command line of which every word is ours."""
        found, unknown = self.parse_known_args(args, namespace)
        if unknown:
            told = f"unrecognized arguments: {' '.join(unknown)}"
            self._chosen(found).error(f"{told}{_hint(self._chosen(found)._nearest(unknown))}")
        return found

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse a command line from its beginning."""
        self.given.clear()
        self._words = tuple(sys.argv[1:] if args is None else args)
        return super().parse_known_args(self._words, namespace)

    def error(self, message: str) -> NoReturn:
        """Say in one line what is wrong, and end with status 2."""
        if message.startswith(_MISSING):
            message += self._written_instead(message.removeprefix(_MISSING).split(", "))
        told = " ".join(message.removeprefix("argument ").split())
        end = "" if told.endswith((".", "?")) else "."
        self.exit(_FAILED, f"error: {told}{end} See `{self.prog} --help`.\n")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse what is not among the choices, and say which one is like it."""
        if action.choices is not None and value not in action.choices:
            known = [str(choice) for choice in action.choices]
            hint = _hint(difflib.get_close_matches(str(value), known, n=1))
            raise argparse.ArgumentError(
                action, f"invalid choice: {value!r} (choose from {', '.join(known)}){hint}"
            )

    def _chosen(self, found: argparse.Namespace) -> "CommandParser":
        """Return the parser of the sub-command that was chosen, or this one."""
        for action in self._actions:
            if isinstance(action, argparse._SubParsersAction):
                chosen = action.choices.get(getattr(found, action.dest))
                return chosen if isinstance(chosen, CommandParser) else self
        return self

    def _nearest(self, words: Iterable[str]) -> list[str]:
        """Return the options that words which are none are like."""
        names = {name.lstrip("-"): name for name in self._option_string_actions}
        options = (word.split("=", 1)[0].lstrip("-") for word in words if word.startswith("-"))
        close = (difflib.get_close_matches(option, names, n=1) for option in options)
        return list(dict.fromkeys(names[found[0]] for found in close if found))

    def _written_instead(self, missing: Sequence[str]) -> str:
        """Return which words stand where missing options should, and the options."""
        words = [
            name
            for word in itertools.takewhile(lambda word: word != "--", self._words)
            if (name := word.split("=", 1)[0]).startswith("-")
            and name not in self._option_string_actions
            and set(self._nearest([name])) & set(missing)
        ]
        if not words:
            return ""
        return f"; unrecognized: {', '.join(words)}{_hint(self._nearest(words))}"


def _hint(close: Sequence[str]) -> str:
    return f". Did you mean {' and '.join(close)}?" if close else ""
