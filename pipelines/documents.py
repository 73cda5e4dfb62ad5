"""Where the pages of the documentation are: in a checkout, or where an installation put them."""

from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from openface_core.errors import ConfigError

INSTALLED = "share/doc/openface-beam"
"""The folder of the pages in an installation, below its prefix."""

_ROOT = Path(__file__).resolve().parent.parent


def page_paths() -> dict[str, Path]:
    """Return the pages by name, in alphabetical order.

    Returns
    -------
    dict of str to Path
        A name is that of the file without ``.md``; the index of the pages is not among them.

    Raises
    ------
    ConfigError
        If this installation has no pages.
    """
    found = _in_checkout() or _beside() or _installed()
    if not found:
        raise ConfigError(
            _ROOT / INSTALLED,
            "this installation has no documents",
            "Install the package openface-beam again, from a wheel or a checkout.",
        )
    return {path.stem: path for path in sorted(found) if path.stem != "README"}


def title_of(path: Path) -> str:
    """Return the first heading of a page."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((line.lstrip("# ") for line in lines if line.startswith("# ")), path.stem)


def _in_checkout() -> list[Path]:
    # Beside an installed package there may be a folder `docs` of somebody else's.
    is_ours = (_ROOT / "pyproject.toml").is_file()
    return list((_ROOT / "docs").glob("*.md")) if is_ours else []


def _beside() -> list[Path]:
    """Find the pages beside the packages: in an application folder, or by ``pip --target``."""
    return list((_ROOT / INSTALLED).glob("*.md"))


def _installed() -> list[Path]:
    try:
        recorded = files("openface-beam") or []
    except PackageNotFoundError:
        return []
    pages = (
        Path(str(path.locate()))
        for path in recorded
        if path.suffix == ".md" and path.parent.as_posix().endswith(INSTALLED)
    )
    return [path for path in pages if path.is_file()]
