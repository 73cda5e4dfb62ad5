"""Which options belong to which formats of an export: those of others would do nothing."""

import difflib
from collections.abc import Collection, Mapping

from openface_core.errors import ConfigError

# The formats themselves bring NumPy and Arrow, which `--help` need not wait for; a test compares.
FORMAT_TITLES = {
    "openface-csv": "OpenFace's CSV",
    "of-details": "OpenFace's text file beside it",
    "hog": "OpenFace's file of appearance descriptors",
    "aligned": "OpenFace's folder of aligned faces",
    "overlay": "what was measured, drawn into the video",
    "annotations": "presence of action units, for ELAN and Praat",
    "csv": "the table as CSV, with its own columns",
}

FORMATS_OF_OPTIONS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "columns": ("--columns", ("openface-csv", "of-details")),
    "dialect": ("--dialect", ("openface-csv",)),
    "picture_type": ("--picture-type", ("aligned",)),
    "size": ("--size", ("aligned",)),
    "scale": ("--scale", ("aligned",)),
    "unmasked": ("--unmasked", ("aligned",)),
    "grey": ("--grey", ("aligned",)),
    "from_seconds": ("--from", ("overlay",)),
    "to_seconds": ("--to", ("overlay",)),
    "faces": ("--faces", ("overlay",)),
}
"""By the name of an argument, its option and the formats that read it."""


def check_formats_and_options(formats: Collection[str], given: Collection[str]) -> None:
    """Refuse what is no format, and options of formats that are not asked for.

    Parameters
    ----------
    formats : collection of str
        What is asked for.
    given : collection of str
        Names of arguments that are given.

    Raises
    ------
    ConfigError
        If there is no such format, or nothing would read an option.
    """
    for name in formats:
        if name not in FORMAT_TITLES:
            close = difflib.get_close_matches(name, FORMAT_TITLES, n=1)
            hint = f"Did you mean {close[0]}? " if close else ""
            raise ConfigError(
                f"--format {name}",
                "there is no such format",
                f"{hint}Known are: {', '.join(FORMAT_TITLES)}.",
            )
    for name, (option, readers) in FORMATS_OF_OPTIONS.items():
        if name in given and set(readers).isdisjoint(formats):
            raise ConfigError(
                option,
                f"it belongs to the format {' or '.join(readers)}, which is not asked for",
                f"Add --format {readers[0]}, or leave {option} out.",
            )
