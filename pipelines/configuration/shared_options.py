"""The options that every command has, with the same words."""

import argparse

from openface_core.errors import ConfigError
from openface_core.user_paths import expanded

_NAMED_ELSEWHERE = ("models", "config")
"""Options that say themselves what an empty name is: packs and presets are no paths."""


def check_folder_name(option: str, name: str | None) -> None:
    """Do nothing if a folder has a name, or none was asked for.

    An empty path is the current folder, which is not what an unset variable means.

    Raises
    ------
    ConfigError
        If the name is empty.
    """
    if name is not None and not name.strip():
        raise ConfigError(option, "the name is empty", "Name a folder.")


def refuse_memory(output: str | None) -> None:
    """Refuse an output folder that ends with the process, as that of a command does.

    Python code may have one, and look at it.

    Raises
    ------
    ConfigError
        If the folder is in memory.
    """
    if output is not None and output.lower().rpartition("::")[2].startswith("memory://"):
        raise ConfigError(
            "--output",
            f"{output} is in memory, which is gone when the command ends",
            "Name a folder, or the URL of a storage.",
        )


def expand_home(arguments: object, *names: str) -> None:
    """Put home folders in place of a leading ``~`` in the paths among arguments.

    Parameters
    ----------
    arguments : object
        A frozen dataclass that is being made.
    names : str
        Its fields that are paths, or tuples of them; None stays None.

    Raises
    ------
    ConfigError
        If a path is empty, which would mean the current folder, or nobody's home is known.
    """
    for name in names:
        value = getattr(arguments, name)
        if isinstance(value, str):
            if not value.strip() and name not in _NAMED_ELSEWHERE:
                raise ConfigError(
                    f"--{name}", "the name is empty", "Give a name, or leave the option out."
                )
            object.__setattr__(arguments, name, expanded(value))
        elif isinstance(value, tuple):
            object.__setattr__(arguments, name, tuple(map(expanded, value)))


_MODELS_DEFAULT = (
    "what --config needs, or the folder that the environment variable OPENFACE_MODELS_DIR names, "
    "or else the pack embedded, which is in the program"
)


def add_model_options(
    parser: argparse.ArgumentParser, models_default: str = _MODELS_DEFAULT
) -> None:
    """Add ``--models`` and ``--config``; `models_default` says which models others are."""
    parser.add_argument(
        "--models",
        metavar="PACK|DIR",
        help="model pack (see `openface-beam models list`), or folder with OpenFace's model files "
        f"and the ONNX networks; default: {models_default}",
    )
    parser.add_argument(
        "--config",
        metavar="NAME|FILE",
        help="preset (embedded, default, fast, openface22; flink, spark and dataflow for "
        "clusters) or TOML file, see configs/default.toml for all settings; default: embedded for "
        "the models of that name, or else default",
    )


def add_quiet_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--quiet``."""
    parser.add_argument("--quiet", action="store_true", help="show no progress")
