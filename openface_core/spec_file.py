"""Specifications of networks: small TOML files, of which every key is checked."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from openface_core.errors import ConfigError
from openface_core.toml_file import read_toml

T = TypeVar("T")

# What networks compute with is single precision, in which larger ones are soon infinite.
_MAX_NUMBER = 1e30


class SpecTable:
    """One table of the file, whose keys are taken one by one; whatever is left over is unknown.

    Parameters
    ----------
    path : Path
        The file, for messages.
    prefix : str
        What precedes its keys in messages.
    content : object
        What TOML has in its place; must be a table.

    Raises
    ------
    ConfigError
        If it is no table; so do the methods where a key is missing or unsuitable.
    """

    def __init__(self, path: Path, prefix: str, content: object) -> None:
        self._path = path
        self._prefix = prefix
        if not isinstance(content, dict):
            raise self.wrong(prefix.rstrip("."), "a table", content)
        self._content: dict[str, Any] = dict(content)

    def wrong(self, key: str, expected: str, found: object) -> ConfigError:
        """Return what says that a key has another value than expected."""
        return ConfigError(
            self._path, f"key {key!r}: expected {expected}, found {found!r}", "Correct the file."
        )

    def _take(self, key: str, kind: type[T] | tuple[type[T], ...], expected: str) -> T:
        if key not in self._content:
            raise ConfigError(
                self._path,
                f"key {self._prefix + key!r} is missing: expected {expected}",
                "Add it to the file.",
            )
        value = self._content.pop(key)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.wrong(self._prefix + key, expected, value)
        return value

    def has(self, key: str) -> bool:
        """Whether a key is there that was not taken yet."""
        return key in self._content

    def text(self, key: str) -> str:
        """Take a text that is not empty."""
        value = self._take(key, str, "a text").strip()
        if not value:
            raise self.wrong(self._prefix + key, "a text that is not empty", value)
        return value

    def optional_text(self, key: str) -> str | None:
        """Take a text; None where the key is missing."""
        return self.text(key) if self.has(key) else None

    def choice(self, key: str, choices: Sequence[str]) -> str:
        """Take one of several texts."""
        value = self.text(key)
        if value not in choices:
            raise self.wrong(self._prefix + key, f"one of {', '.join(choices)}", value)
        return value

    def flag(self, key: str) -> bool:
        """Take true or false."""
        return self._take(key, bool, "true or false")

    def whole(self, key: str, low: int, high: int) -> int:
        """Take a whole number within bounds, both included."""
        expected = f"a whole number from {low} to {high}"
        value = self._take(key, int, expected)
        if not low <= value <= high:
            raise self.wrong(self._prefix + key, expected, value)
        return value

    def number(self, key: str, low: float, high: float) -> float:
        """Take a number within bounds, both included."""
        expected = f"a number from {low:g} to {high:g}"
        value = self._take(key, (int, float), expected)
        if not low <= value <= high:
            raise self.wrong(self._prefix + key, expected, value)
        return float(value)

    def numbers(self, key: str, count: int) -> tuple[float, ...]:
        """Take a list of so many finite numbers."""
        expected = f"a list of {count} numbers"
        value = self._take(key, list, expected)
        if len(value) != count or not all(_is_finite_number(v) for v in value):
            raise self.wrong(self._prefix + key, expected, value)
        return tuple(float(v) for v in value)

    def points(self, key: str, count: int) -> tuple[tuple[float, float], ...]:
        """Take a list of so many pairs of finite numbers."""
        value = self._take(key, list, f"a list of {count} points [x, y]")
        if len(value) != count:
            raise self.wrong(self._prefix + key, f"a list of {count} points [x, y]", value)
        numbers = [_pair(point) for point in value]
        if None in numbers:
            raise self.wrong(self._prefix + key, f"a list of {count} points [x, y]", value)
        return tuple(pair for pair in numbers if pair is not None)

    def texts(self, key: str, most: int) -> tuple[str, ...]:
        """Take a list of 1 to `most` texts."""
        expected = f"a list of 1 to {most} texts"
        value = self._take(key, list, expected)
        if not 1 <= len(value) <= most or not all(isinstance(v, str) for v in value):
            raise self.wrong(self._prefix + key, expected, value)
        return tuple(value)

    def table(self, key: str) -> "SpecTable":
        """Take a table below this one."""
        content = self._take(key, dict, "a table")
        return SpecTable(self._path, f"{self._prefix}{key}.", content)

    def tables(self, key: str, most: int) -> list["SpecTable"]:
        """Take a list of 1 to `most` tables."""
        expected = f"1 to {most} tables ([[{key}]])"
        value = self._take(key, list, expected)
        if not 1 <= len(value) <= most:
            raise self.wrong(self._prefix + key, expected, value)
        return [
            SpecTable(self._path, f"{self._prefix}{key}[{i}].", item)
            for i, item in enumerate(value)
        ]

    def finish(self) -> None:
        """Reject what nobody asked for: a mistyped key must not be passed over."""
        if self._content:
            unknown = ", ".join(repr(self._prefix + key) for key in sorted(self._content))
            raise ConfigError(
                self._path, f"unknown key(s) {unknown}", "Remove them or correct their spelling."
            )


def _is_finite_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= _MAX_NUMBER


def _pair(value: object) -> tuple[float, float] | None:
    if not isinstance(value, list) or len(value) != 2 or not all(map(_is_finite_number, value)):
        return None
    return float(value[0]), float(value[1])


def read_spec_file(path: Path) -> SpecTable:
    """Read a specification.

    Parameters
    ----------
    path : Path
        A TOML file.

    Returns
    -------
    SpecTable
        Its keys.

    Raises
    ------
    ConfigError
        If the file is missing, too large, or not TOML.
    """
    return SpecTable(path, "", read_toml(path))


def check_file_name(path: Path, name: str) -> None:
    """Refuse the name of a model file that leads to another folder.

    Parameters
    ----------
    path : Path
        The specification that names it.
    name : str
        Its key ``model``.

    Raises
    ------
    ConfigError
        If it has a folder in it.
    """
    if name in (".", "..") or any(c in name for c in "/\\:\0"):
        raise ConfigError(
            path,
            f"key 'model': expected a file name without folders, found {name!r}",
            "Give the bare file name.",
        )
