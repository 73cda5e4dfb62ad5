"""Which columns a manifest has, and which ones are probably misspelt."""

import difflib
from collections.abc import Sequence

from openface_core.errors import ConfigError

REQUIRED_COLUMNS = ("video_id", "uri")
OPTIONAL_COLUMNS = ("person_id", "landmarks", "camera", "rest_seconds", "rest_frames")
COLUMNS = REQUIRED_COLUMNS + OPTIONAL_COLUMNS
COLUMNS_REMEDY = (
    "A manifest has the columns video_id and uri, and may have person_id, landmarks, camera, "
    "rest_seconds and rest_frames."
)

# What is not known may well be the user's own: season_id is 0.75 like person_id, and seconds 0.78
# like rest_seconds.
_LIKENESS = 0.8
_SHORTEST_BEGINNING = 5  # person, but neither cam nor rest


def check_columns(uri: str, names: Sequence[str]) -> None:
    """Refuse columns that cannot be used, or that would be ignored by mistake.

    Parameters
    ----------
    uri : str
        The manifest, for messages.
    names : sequence of str
        Its columns, as :func:`transforms.plan.manifest_text.column_name` returns them. Others than
        the known ones are the user's own, as long as they do not look like one that is not there.

    Raises
    ------
    ConfigError
        If a column is missing, there twice, or probably misspelt.
    """
    missing = [name for name in REQUIRED_COLUMNS if name not in names]
    if missing:
        raise ConfigError(
            uri, f"the manifest has no column {' and '.join(missing)}", COLUMNS_REMEDY
        )
    for name in COLUMNS:
        if list(names).count(name) > 1:
            raise ConfigError(uri, f"the column {name} is there twice", COLUMNS_REMEDY)
    absent = [name for name in COLUMNS if name not in names]
    for name in names:
        meant = None if name in COLUMNS else _meant(name, absent)
        if meant is not None:
            raise ConfigError(
                uri,
                f"the column {name!r} is not known, but looks like {meant}",
                f"Rename it to {meant}; drop it, or name it otherwise, if it is something else.",
            )


def _meant(name: str, absent: Sequence[str]) -> str | None:
    """Return the column that is probably meant by a name, out of those that are not there."""
    plain = {_letters(column): column for column in absent if not name.startswith(f"{column}_")}
    given = _letters(name)
    if len(given) >= _SHORTEST_BEGINNING:
        begun = next((column for key, column in plain.items() if key.startswith(given)), None)
        if begun is not None:
            return begun
    close = difflib.get_close_matches(given, plain, n=1, cutoff=_LIKENESS)
    return plain[close[0]] if close else None


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name))
