"""What is to be exported, and how it is known whether that is done."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openface_core import __version__
from openface_core.exports.formats import ExportFormat
from openface_core.exports.options import ExportOptions
from transforms.dataset.recorded_tables import RecordedTable


@dataclass(frozen=True)
class ExportTask:
    """An input, and the formats that it is to be written in.

    Parameters
    ----------
    table : RecordedTable
        Its table.
    uri : str
        Where the input itself is now.
    formats : tuple of str
        The formats.
    identities : tuple of str
        What their files depend on, in the same order.
    """

    table: RecordedTable
    uri: str
    formats: tuple[str, ...]
    identities: tuple[str, ...]


def identity_of(
    name: str,
    format_: ExportFormat,
    options: ExportOptions,
    record: Mapping[str, Any],
    formats: tuple[str, ...],
) -> str:
    """Return a hash of everything that the files of a format depend on.

    Parameters
    ----------
    name : str
        Name of the format.
    format_ : ExportFormat
        The format.
    options : ExportOptions
        What the user has chosen.
    record : mapping
        How the table was made, which tells its content.
    formats : tuple of str
        All formats of this export, which the details name.
    """
    content = {
        "version": __version__,
        "format": name,
        "options": options.of(format_.options),
        "table": {key: value for key, value in record.items() if key != "input_uri"},
        "formats": sorted(formats) if name == "of-details" else [],
    }
    return f"sha256:{hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()}"
