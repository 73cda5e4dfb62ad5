"""``docs/settings.md``: every setting, from the dataclasses that hold them and from the presets."""

import re
import types
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, Union, get_args, get_origin, get_type_hints

from openface_core.analysis.settings import RunSettings
from openface_core.errors import ConfigError
from pipelines.configuration.config_file import load_beam_options, load_settings, preset_names

_BEGIN = """\
# Settings

Every setting that a configuration may have. `--config` takes the name of a preset or the path of a
TOML file; what a file leaves out keeps its default. A key that does not exist, or a value of the
wrong type or out of range, ends the command with one line that names it.

```toml
name = "my study"            # recorded with every table

[detection]
min_face_px = 80.0

[output]
timestamps = "frame_number"
```

A file may start from a preset, or from another file beside it: with `base = "embedded"` it changes
what it sets, and is otherwise that preset. With the embedded models this is needed, as the other
presets name models that these do not have. Specifications that a file names under `[models]`, too,
are looked for beside that file first, then in the current folder.

[`configs/default.toml`](../configs/default.toml) has all of them with their defaults. Two more keys
choose where and with what a run happens; results do not depend on them otherwise:

* `pack`: the [model pack](models.md) that is used where no models are named, `default` if left out;
  `embedded` implies `base = "embedded"`;
* `[beam]`: options of Apache Beam by their names without dashes ([clusters](clusters.md)).

Every table records all settings except those under `[shards]`, on which no result depends, and
those under `[sides]` where sides are not measured. A
finished input is analysed again if its recorded settings differ from those of the run.
"""

_PROBES: dict[Any, tuple[Any, ...]] = {
    int: (-(10**12), 10**12),
    float: (-1e12, 1e12),
    str: ("?",),
    tuple[int, ...]: ((2,),),
    tuple[str, ...]: (("?",),),
}
"""Values that a setting with a range refuses, by type."""

_TYPES = {bool: "true or false", int: "whole number", float: "number", str: "text"}
_RANGES = (
    re.compile(r"expected (?:an? )?(?:whole )?(?:number )?(.*?), found"),
    re.compile(r"should be (.*?)(?:, found.*|: [^:]*)$"),
    re.compile(r"must be (.*?), found"),
)


def settings_page() -> str:
    """Return the text of the page."""
    return "\n".join([_BEGIN, *_sections(), _presets()])


def sections() -> dict[str, Any]:
    """Return the dataclass of every section, by its name."""
    hints = get_type_hints(RunSettings)
    return {name: kind for name, kind in hints.items() if is_dataclass(kind)}


def _sections() -> Iterator[str]:
    for name, kind in sections().items():
        meanings, hints = documented_parameters(kind), get_type_hints(kind)
        title = kind.__doc__.splitlines()[0]
        yield f"## [{name}]\n\n{_plain(title)}\n"
        yield "| key | type | default | range | meaning |\n|---|---|---|---|---|"
        for field in fields(kind):
            cells = (
                f"`{field.name}`",
                _type_name(hints[field.name]),
                f"`{as_toml(default_of(field))}`",
                allowed_range(kind, field.name, hints[field.name]),
                meanings[field.name],
            )
            yield "| " + " | ".join(cells) + " |"
        yield ""


def documented_parameters(kind: Any) -> dict[str, str]:
    """Return what a NumPy docstring says of every parameter."""
    section = re.split(r"\n\s*Parameters\n\s*-+\n", kind.__doc__)[1]
    section = re.split(r"\n\s*(?:Raises|Attributes|Notes)\n\s*-+\n", section)[0]
    found = {}
    for names, text in re.findall(
        r"^    (\w[\w, ]*) : .*\n((?:^ {8}.*\n?|^\s*\n)+)", section, re.M
    ):
        for name in names.split(","):
            found[name.strip()] = _plain(text)
    return found


def _plain(text: str) -> str:
    """Return a piece of a docstring as a line of Markdown."""
    line = " ".join(text.split()).replace("|", "\\|")
    line = re.sub(r"\s*\((?:see )?:\w+:`[^)]*\)", "", line)
    line = re.sub(r"\bNone\b", '`"none"`', line)  # TOML has no null
    return re.sub(r":\w+:`~?\.?([^`]*)`", r"`\1`", line).replace("``", "`")


def default_of(field: "Field[Any]") -> Any:
    """Return the default of a setting."""
    assert field.default is not MISSING
    return field.default


def as_toml(value: Any) -> str:
    """Return a value as a TOML file has it."""
    if value is None:
        return '"none"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, tuple):
        return f"[{', '.join(map(as_toml, value))}]"
    return str(value)


def _type_name(hint: Any) -> str:
    if get_origin(hint) is tuple:
        return f"list of {_TYPES[get_args(hint)[0]]}s"
    if get_origin(hint) in (Union, types.UnionType):
        return " or ".join('`"none"`' if t is type(None) else _TYPES[t] for t in get_args(hint))
    return _TYPES[hint]


def allowed_range(kind: Any, name: str, hint: Any) -> str:
    """Return the range of a setting, in the words in which its class refuses another value."""
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(t for t in get_args(hint) if t is not type(None))
    for probe in _PROBES.get(hint, ()):
        try:
            kind(**{name: probe})
        except ConfigError as error:
            return _range_of(error)
    return ""


def _range_of(error: ConfigError) -> str:
    _, found, choices = error.remedy.partition("Choose one of: ")
    if found:
        return ", ".join(f"`{choice}`" for choice in choices.rstrip(".").split(", "))
    if "must not be negative" in error.cause:
        return "0 or more"
    for pattern in _RANGES:
        match = pattern.search(error.cause)
        if match:
            found = match[1].removeprefix("from ")
            return re.sub(r" up$", " or more", found.replace("up to", "to"))
    raise ValueError(f"no range in {error}")


def _presets() -> str:
    lines = [
        "## Presets\n",
        "How each differs from the default preset. `flink`, `spark` and `dataflow` differ only in "
        "where a run happens.\n",
        "| `--config` | sets |\n|---|---|",
    ]
    default = flat(load_settings("default"))
    for name in preset_names():
        if not load_beam_options(name) and name != "default":
            other = flat(load_settings(name))
            changes = [
                f"`{key} = {as_toml(other[key])}`" for key in other if other[key] != default[key]
            ]
            lines.append(f"| `{name}` | {', '.join(changes)} |")
    return "\n".join(lines) + "\n"


def flat(settings: RunSettings) -> dict[str, Any]:
    """Return all settings by section and key."""
    return {
        f"{section}.{field.name}": getattr(getattr(settings, section), field.name)
        for section, kind in sections().items()
        for field in fields(kind)
    }
