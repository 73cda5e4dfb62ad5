"""Presets and users' TOML files turned into checked settings."""

import math
import re
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import configs
from models import DEFAULT_PACK, EMBEDDED_PACK, default_registry
from models.locate import specification_path
from openface_core.analysis.model_set import SPECIFICATIONS
from openface_core.analysis.settings import RunSettings
from openface_core.errors import ConfigError
from openface_core.toml_file import read_toml
from openface_core.user_paths import expanded

_BASE = "base"
_BEAM = "beam"
_PACK = "pack"
_MODELS = "models"
_MAX_BASES = 5
_PACK_REMEDY = "Name a pack of `openface-beam models list`."
_OPTION_NAME = re.compile(r"[a-z][a-z0-9_]*")

PRESETS_FOLDER = Path(configs.__file__).resolve().parent


def preset_names() -> tuple[str, ...]:
    """Return the names of the presets that come with the program."""
    return tuple(sorted(path.stem for path in PRESETS_FOLDER.glob("*.toml")))


def _read(name_or_path: str, bases: int = 0) -> tuple[Path, dict[str, Any]]:
    """Return the path of a preset or file, and its content on top of that of its base."""
    path, content = _read_alone(name_or_path)
    _find_beside(path.parent, content.get(_MODELS))
    pack = content[_PACK] = _Pack.of(content[_PACK], path) if _PACK in content else None
    # Nothing but the preset of that name goes with the embedded models.
    implied = EMBEDDED_PACK if pack is not None and pack.name == EMBEDDED_PACK else None
    base = content.pop(_BASE, None if path.parent == PRESETS_FOLDER else implied)
    if base is None:
        return path, content
    where = f"{path}: {_BASE}"
    if not isinstance(base, str):
        raise ConfigError(where, f"a text is expected, found {base!r}", "Name a preset or a file.")
    if bases == _MAX_BASES:
        raise ConfigError(
            where, f"more than {_MAX_BASES} files are based on each other", "Base it on a preset."
        )
    if base not in preset_names():
        beside = path.parent / expanded(base)
        if not base.strip() or not beside.is_file():
            raise ConfigError(
                where,
                f"{base!r} is neither a preset nor a file beside this one",
                f"Use {', '.join(preset_names())}, or the path of a TOML file.",
            )
        base = str(beside)
    _, below = _read(base, bases + 1)
    below.pop("name", None)
    if pack is None and (_MODELS not in content or not _is_of_models(below[_PACK])):
        content[_PACK] = below[_PACK]
    return path, _on_top(below, content)


@dataclass(frozen=True)
class _Pack:
    """A model pack, and the file that names it."""

    name: str
    file: Path

    @classmethod
    def of(cls, value: object, file: Path) -> "_Pack":
        """Return what a file names."""
        if not isinstance(value, str):
            raise ConfigError(
                f"{file}: {_PACK}",
                f"a text is expected, found {value!r}",
                _PACK_REMEDY,
            )
        return cls(value, file)


def _is_of_models(pack: _Pack | None) -> bool:
    """Whether a preset names a pack for its models alone, so that others have no use for it."""
    return pack is not None and pack.file.parent == PRESETS_FOLDER and pack.name != EMBEDDED_PACK


def _find_beside(folder: Path, models: object) -> None:
    """Name the specifications beside a configuration, or below it, by their paths from the root.

    What is not there stays as it is: names of this package, and files of the current folder. Home
    folders are put in place of ``~``.
    """
    if not isinstance(models, dict):
        return

    def found(value: object) -> object:
        if not isinstance(value, str) or not value.endswith(".toml"):
            return value
        value = expanded(value)
        path = folder / value
        return str(specification_path(path)) if path.is_file() else value

    for key, value in models.items():
        if key in SPECIFICATIONS:
            is_list = isinstance(value, list)
            models[key] = [found(item) for item in value] if is_list else found(value)
        elif isinstance(value, str):
            models[key] = expanded(value)


def _on_top(below: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    """Return two contents as one, in which the second has precedence."""
    result = below | content
    for key, value in content.items():
        if isinstance(value, dict) and isinstance(below.get(key), dict):
            result[key] = below[key] | value
    return result


def _read_alone(name_or_path: str) -> tuple[Path, dict[str, Any]]:
    """Return the path of a preset or file, and its own content."""
    path = Path(name_or_path)
    if name_or_path in preset_names():
        path = PRESETS_FOLDER / f"{name_or_path}.toml"
    elif not path.is_file():
        raise ConfigError(
            name_or_path if name_or_path.strip() else "--config",
            "neither a preset nor a file",
            f"Use {', '.join(preset_names())}, or the path of a TOML file.",
        )
    return path, read_toml(path)


def load_settings(name_or_path: str) -> RunSettings:
    """Read the settings of a run.

    Parameters
    ----------
    name_or_path : str
        A preset, as ``default``, or the path of a TOML file. What the file does not set is as in
        the preset or file that it names as its ``base``, or else has its default.

    Returns
    -------
    RunSettings
        The settings.

    Raises
    ------
    ConfigError
        If there is no such preset or file, it is not TOML, has an unknown key, or a value is of
        the wrong type or out of range.
    """
    path, content = _read(name_or_path)
    content.pop(_BEAM, None)
    content.pop(_PACK, None)
    content.setdefault("name", path.stem)
    settings = _build(RunSettings, content, str(path), "")
    assert isinstance(settings, RunSettings)  # noqa: S101 - tells the type checker what was built
    return settings


def needed_pack(name_or_path: str) -> str:
    """Read which model pack a preset is made for: ``pack``, which has no influence on results.

    Parameters
    ----------
    name_or_path : str
        As for :func:`load_settings`.

    Returns
    -------
    str
        The pack that is used where no models are named; ``default`` if the file names none.

    Raises
    ------
    ConfigError
        If it is no text.
    """
    _, content = _read(name_or_path)
    pack = content[_PACK]
    return DEFAULT_PACK if pack is None else pack.name


def check_needed_pack(name_or_path: str) -> None:
    """Do nothing if the pack that a preset is made for is one.

    Parameters
    ----------
    name_or_path : str
        As for :func:`load_settings`.

    Raises
    ------
    ConfigError
        If there is no such pack.
    """
    _, content = _read(name_or_path)
    pack = content[_PACK]
    if pack is not None and pack.name not in default_registry().names:
        raise ConfigError(
            f"{pack.file}: {_PACK}", f"there is no such pack, {pack.name!r}", _PACK_REMEDY
        )


def load_beam_options(name_or_path: str) -> dict[str, tuple[str, ...]]:
    """Read where a run is to happen: the section ``[beam]``, which has no influence on results.

    Parameters
    ----------
    name_or_path : str
        As for :func:`load_settings`.

    Returns
    -------
    dict of str to tuple of str
        Values of Beam's options by their names without dashes; none for a switch. ``runner`` is
        among them.

    Raises
    ------
    ConfigError
        If the section has something that is no option.
    """
    path, content = _read(name_or_path)
    section = content.get(_BEAM, {})
    if not isinstance(section, dict):
        raise ConfigError(f"{path}: {_BEAM}", "a table is expected", f"Write it as [{_BEAM}].")
    options: dict[str, tuple[str, ...]] = {}
    for name, value in section.items():
        where = f"{path}: {_BEAM}.{name}"
        if not _OPTION_NAME.fullmatch(name):
            raise ConfigError(
                where, "not the name of an option", "Write it without dashes, as flink_master."
            )
        if name == "runner" and not isinstance(value, str):
            raise ConfigError(where, f"a text is expected, found {value!r}", "Name one runner.")
        values = value if isinstance(value, list) else [value]
        if value is True:
            options[name] = ()
        elif values and all(type(item) in (str, int, float) for item in values):
            options[name] = tuple(str(item) for item in values)
        else:
            raise ConfigError(
                where,
                f"a text, a number, true or a list is expected, found {value!r}",
                "Correct the value; leave out a switch that is off.",
            )
    return options


def _build(kind: Any, content: dict[str, Any], file: str, prefix: str) -> Any:
    """Return a settings object made from a TOML table."""
    types = get_type_hints(kind)
    known = {field.name for field in fields(kind)}
    arguments: dict[str, Any] = {}
    for key, value in content.items():
        if key not in known:
            raise ConfigError(
                f"{file}: {prefix}{key}",
                "unknown setting",
                f"Known here: {', '.join(sorted(known))}.",
            )
        expected = types[key]
        if is_dataclass(expected):
            if not isinstance(value, dict):
                raise ConfigError(
                    f"{file}: {prefix}{key}", "a table is expected", f"Write it as [{key}]."
                )
            arguments[key] = _build(expected, value, file, f"{prefix}{key}.")
        else:
            arguments[key] = _checked(expected, value, f"{file}: {prefix}{key}")
    try:
        return kind(**arguments)
    except ConfigError as error:  # a value out of range, told without the place it came from
        name = error.subject.removeprefix(prefix)
        raise ConfigError(f"{file}: {prefix}{name}", error.cause, error.remedy) from None


def _as_float(value: float) -> float:
    """Return a number as a decimal one; infinity where it is too large for that."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _checked(expected: Any, value: Any, where: str) -> Any:
    """Return a value of the expected type; whole numbers may stand for decimal ones."""
    if get_origin(expected) is tuple:
        if not isinstance(value, list):
            raise ConfigError(where, f"a list is expected, found {value!r}", "Write it as [...].")
        kind = get_args(expected)[0]
        return tuple(_checked(kind, item, where) for item in value)
    allowed = get_args(expected) or (expected,)
    if isinstance(value, int | float) and not math.isfinite(_as_float(value)):
        raise ConfigError(where, f"a finite number is expected, found {value}", "Give a number.")
    if float in allowed and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) in allowed:
        return value
    # TOML has no null: an optional number is switched off by "none".
    if type(None) in allowed and value == "none":
        return None
    names = " or ".join("none" if kind is type(None) else kind.__name__ for kind in allowed)
    raise ConfigError(
        where, f"a value of type {names} is expected, found {value!r}", "Correct the value."
    )
