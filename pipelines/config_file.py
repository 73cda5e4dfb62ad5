"""Presets and users' TOML files turned into checked settings."""

import tomllib
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

from openface_core.errors import ConfigError
from transforms.settings import RunSettings

PRESETS_FOLDER = Path(__file__).resolve().parent.parent / "configs"


def preset_names() -> tuple[str, ...]:
    """Return the names of the presets that come with the program."""
    return tuple(sorted(path.stem for path in PRESETS_FOLDER.glob("*.toml")))


def load_settings(name_or_path: str) -> RunSettings:
    """Read the settings of a run.

    Parameters
    ----------
    name_or_path : str
        A preset, as ``default``, or the path of a TOML file. What the file does not set keeps its
        default.

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
    path = Path(name_or_path)
    if name_or_path in preset_names():
        path = PRESETS_FOLDER / f"{name_or_path}.toml"
    elif not path.is_file():
        raise ConfigError(
            name_or_path,
            "neither a preset nor a file",
            f"Use {', '.join(preset_names())}, or the path of a TOML file.",
        )
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            path, f"not a readable TOML file ({error})", "Correct the file."
        ) from error
    content.setdefault("name", path.stem)
    settings = _build(RunSettings, content, str(path), "")
    assert isinstance(settings, RunSettings)  # noqa: S101 - tells the type checker what was built
    return settings


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


def _checked(expected: Any, value: Any, where: str) -> Any:
    """Return a value of the expected type; whole numbers may stand for decimal ones."""
    allowed = get_args(expected) or (expected,)
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
