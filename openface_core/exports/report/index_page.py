"""The index of all pages: a table that can be sorted and filtered, its data in a file beside it."""

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from openface_core.exports.report.assets import asset
from openface_core.readable import counted

INDEX_NAME, DATA_NAME = "index.html", "index-data.js"
_LINKED = 200
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'self' file: 'unsafe-inline'"

Row = Mapping[str, Any]
"""What :meth:`openface_core.exports.report.exporter.Report.notes` says, and ``id``."""


def index_data(rows: Sequence[Row]) -> str:
    """Return the rows as a script, which a page may load from a disk too, unlike other files."""
    flags = sorted({flag for row in rows for flag in row["flags"]})
    places = {flag: place for place, flag in enumerate(flags)}
    table = [
        [
            row["id"],
            row["seconds"],
            row["frames"],
            row["faces"],
            row["success"],
            row["confidence"],
            [places[flag] for flag in row["flags"]],
        ]
        for row in rows
    ]
    content = json.dumps({"flags": flags, "rows": table}, separators=(",", ":"))
    return f"window.reports={content};\n"


def _duration(seconds: float) -> str:
    return f"{seconds / 3600:.1f} hours" if seconds >= 7200 else f"{seconds / 60:.1f} minutes"


def index_page(title: str, rows: Sequence[Row], failed: int) -> str:
    """Return the index.

    Parameters
    ----------
    title : str
        Name of the dataset.
    rows : sequence of mapping
        Its inputs.
    failed : int
        Inputs without a page.

    Returns
    -------
    str
        HTML; without scripts it links to the first pages only.
    """
    links = "".join(
        f'<li><a href="report/{escape(row["id"])}.html">{escape(row["id"])}</a></li>'
        for row in rows[:_LINKED]
    )
    rest = f"<p>and {len(rows) - _LINKED} more.</p>" if len(rows) > _LINKED else ""
    have = f"{counted(failed, 'input')} {'has' if failed == 1 else 'have'}"
    missing = f'<p class="flags">{have} no page: see errors.parquet.</p>' if failed else ""
    seconds = sum(row["seconds"] for row in rows)
    flagged = sum(bool(row["flags"]) for row in rows)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}: reports</title><style>{asset('page.css')}</style></head><body>"
        '<a class="skip" href="#main">Skip to the content</a>'
        f"<header><h1>{escape(title)}</h1><p>{len(rows)} inputs, {_duration(seconds)}; "
        f"{flagged} have something that must be looked at.</p>{missing}</header>"
        f'<main id="main"><div id="table"><ul>{links}</ul>{rest}</div></main>'
        f'<script src="{DATA_NAME}"></script><script>{asset("index.js")}</script></body></html>\n'
    )
