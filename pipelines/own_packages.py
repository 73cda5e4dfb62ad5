"""Refuses to work with somebody else's packages that have the names of this program's own.

`python -m` looks in the current folder first. Where that holds a folder `models`, it would be
imported in place of the program's own. Another distribution may have a package `models` too: the
environment then holds one of the two, or a mixture.
"""

import base64
import hashlib
from importlib.metadata import PackageNotFoundError, files, packages_distributions
from importlib.util import find_spec
from pathlib import Path

from openface_core.errors import ConfigError

DISTRIBUTION = "openface-beam"
NAMES = ("configs", "models", "transforms")
_INSTALLED_NAMES = (*NAMES, "pipelines")
_ROOT = Path(__file__).resolve().parent.parent


def check_own_packages() -> None:
    """Do nothing if this program's packages are found under their names, as they were installed.

    Raises
    ------
    ConfigError
        If others are found instead, or another distribution was installed over them.
    """
    for name in NAMES:
        spec = find_spec(name)
        if spec is None:
            continue  # the import says it better
        places = spec.submodule_search_locations or [spec.origin or ""]
        found = [Path(place).resolve() for place in places]
        if all(place.parent != _ROOT for place in found):
            if found[0].parent == Path.cwd():
                raise ConfigError(
                    found[0],
                    f"found in place of this program's package {name!r}, because "
                    "`python -m` looks in the current folder first",
                    "Use the command `openface-beam`, which does not, or change to another folder.",
                )
            raise _taken(found[0], name)
    _check_what_was_installed()


def _taken(place: Path, name: str) -> ConfigError:
    owners = {*packages_distributions().get(name, ())} - {DISTRIBUTION}
    owner = f"of the distribution {', '.join(sorted(owners))}" if owners else "of another program"
    return ConfigError(
        place,
        f"found in place of this program's package {name!r}: it is {owner}",
        f"Install {DISTRIBUTION} into a virtual environment of its own.",
    )


def _check_what_was_installed() -> None:
    """Compare the packages' first files with what pip recorded when it installed them."""
    try:
        recorded = files(DISTRIBUTION) or []
    except PackageNotFoundError:
        return
    firsts = {f"{name}/__init__.py": name for name in _INSTALLED_NAMES}
    for file in recorded:
        name = firsts.get(str(file).replace("\\", "/"))
        if name is None or file.hash is None or file.hash.mode != "sha256":
            continue
        path = Path(str(file.locate()))
        if path.parent.parent.resolve() != _ROOT:
            return  # this is a checkout, run beside an installation
        if not path.is_file():
            continue  # an empty file less, which does no harm
        digest = hashlib.sha256(path.read_bytes()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != file.hash.value:
            raise _taken(path, name)
