"""What Python code may hand over as an argument: wrong kinds are named before they are used."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from inspect import Parameter, signature
from numbers import Integral, Real
from os import PathLike, fspath
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin

import numpy as np

from openface_core.errors import ConfigError
from openface_core.user_paths import expanded

Arguments = TypeVar("Arguments")

_LONGEST_SHOWN = 60


def text_of(name: str, value: str | None) -> str | None:
    """Return a text, or nothing; numbers and lists are refused by name."""
    return None if value is None else _text(name, value)


def path_of(name: str, value: str | PathLike[str]) -> str:
    """Return a path as text, ``~`` put in; what is neither is refused by name."""
    return expanded(_text_or_path(name, value))


def _text_or_path(name: str, value: str | PathLike[str]) -> str:
    return _text(name, fspath(value) if isinstance(value, PathLike) else value)


def check_number(name: str, value: object) -> None:
    """Refuse what is neither a number nor nothing."""
    if value is not None:
        _number(name, value)


def flag_of(name: str, value: bool | None) -> bool | None:
    """Return whether something is so, or nothing; what is neither is refused by name."""
    return None if value is None else _flag(name, value)


def whole_numbers(name: str, values: object) -> tuple[int, ...]:
    """Return whole numbers; a single one, and numbers of another kind, are refused by name."""
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise ConfigError(
            name, f"a list of whole numbers is expected, found {_shown(values)}", "Write it as [0]."
        )
    return tuple(_whole_number(name, value) for value in values)


def _texts(name: str, values: Any) -> tuple[str, ...]:
    """Return texts or paths as texts; one stands for itself, and not for its letters."""
    if isinstance(values, str | PathLike):
        return (_text_or_path(name, values),)
    if isinstance(values, bytes | Mapping) or not isinstance(values, Iterable):
        raise ConfigError(
            name, f"a list of texts is expected, found {_shown(values)}", "Write it as ['...']."
        )
    return tuple(_text_or_path(name, value) for value in values)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise ConfigError(
            name,
            f"a text is expected, found {_shown(value)}",
            "Write it as the documentation shows.",
        )
    return str(value)


# Numbers come back in Python's own types: those of NumPy cannot be written down everywhere.


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ConfigError(
            name,
            f"a number is expected, found {_shown(value)}",
            "Write it without quotation marks.",
        )
    return float(value)


def _whole_number(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise ConfigError(
            name, f"a whole number is expected, found {_shown(value)}", "Write it as digits alone."
        )
    return int(value)


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise ConfigError(
            name, f"True or False is expected, found {_shown(value)}", "Write one of them."
        )
    return bool(value)


_READERS: Mapping[Any, Callable[[str, Any], object]] = {
    bool: _flag,
    int: _whole_number,
    float: _number,
    str: _text_or_path,
    tuple[int, ...]: whole_numbers,
    tuple[str, ...]: _texts,
}
"""What returns a value of a declared type, or refuses another one."""


def arguments_of(job: Callable[..., Arguments], given: Mapping[str, Any]) -> Arguments:
    """Return the arguments of a job, if each is of the type that it is declared with.

    Parameters
    ----------
    job : type
        What holds the arguments: a dataclass.
    given : mapping
        Arguments by name. A path may stand for a text, a single text for a list of texts, and None
        for a default.

    Raises
    ------
    ConfigError
        If a value is of another type.
    TypeError
        If there is no argument of a name.
    """
    parameters = signature(job).parameters
    values = {}
    for name, value in given.items():
        parameter = parameters.get(name)
        if parameter is None:
            raise TypeError(_unexpected(name, parameters))
        if value is not None or parameter.default is Parameter.empty:
            values[name] = _READERS[_declared(parameter.annotation)](name, value)
    return job(**values)


def _unexpected(name: str, known: Iterable[str]) -> str:
    """Return what Python itself says of an argument that there is not, and which one is like it."""
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(known)}."
    return f"got an unexpected keyword argument {name!r}. {hint}"


def _declared(annotation: Any) -> Any:
    """Return a declared type without the None that a default may be."""
    if get_origin(annotation) is not UnionType:
        return annotation
    (kind,) = (each for each in get_args(annotation) if each is not NoneType)
    return kind


def _shown(value: object) -> str:
    """Return what stands for a value in a message, which a table would fill."""
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN and "\n" not in text else type(value).__name__
