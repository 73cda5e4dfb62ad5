"""Refuses to work with somebody else's packages that have the names of this program's own.

`python -m` looks in the current folder first. Where that holds a folder `models`, it would be
imported in place of the program's own.
"""

from importlib.util import find_spec
from pathlib import Path

from openface_core.errors import ConfigError

NAMES = ("configs", "models", "transforms")
_ROOT = Path(__file__).resolve().parent.parent


def check_own_packages() -> None:
    """Do nothing if this program's packages are found under their names.

    Raises
    ------
    ConfigError
        If others are found instead.
    """
    for name in NAMES:
        spec = find_spec(name)
        if spec is None:
            continue  # the import says it better
        places = spec.submodule_search_locations or [spec.origin or ""]
        found = [Path(place).resolve() for place in places]
        if all(place.parent != _ROOT for place in found):
            raise ConfigError(
                found[0],
                f"found in place of this program's package {name!r}, because "
                "`python -m` looks in the current folder first",
                "Use the command `openface-beam`, which does not, or change to another folder.",
            )
