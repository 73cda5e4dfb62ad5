"""TOML files that people write: configurations, and descriptions of networks and packs."""

import tomllib
from pathlib import Path
from typing import Any

from openface_core.errors import ConfigError

MAX_BYTES = 2**16
"""Larger files are refused before they are read."""


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict of str to object
        Its keys.

    Raises
    ------
    ConfigError
        If the file is missing, too large, not text in UTF-8, or not TOML.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(path, f"larger than {MAX_BYTES} bytes", "Name a small TOML file.")
        # Editors of Windows begin a file with a mark, which nobody sees.
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise ConfigError(
            path, f"cannot be read ({error.strerror})", "Check its path and its permissions."
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            path, "not a TOML file: it is not text in UTF-8", "Save it anew as UTF-8."
        ) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(path, f"not a TOML file ({error})", "Correct the file.") from error
