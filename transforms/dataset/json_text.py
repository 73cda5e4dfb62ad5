"""JSON from files that others may have damaged."""

import json
from typing import Any


def parse_json(text: str | bytes) -> Any:
    """Return what a JSON text says.

    Raises
    ------
    ValueError
        If it is none, or nested so deeply that it cannot be read.
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def parse_record(text: str | None) -> dict[str, Any] | None:
    """Return a table's record; None if it is none."""
    try:
        record = parse_json(text or "")
    except ValueError:
        return None
    return record if isinstance(record, dict) else None
