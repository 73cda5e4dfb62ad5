"""What is to be exported, and how it is known whether that is done."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from openface_core import __version__
from openface_core.errors import MediaError
from openface_core.exports.formats import ExportFormat
from openface_core.exports.options import ExportOptions
from transforms.dataset.recorded_tables import RecordedTable
from transforms.exports.export_folder import TABLE_KEY


class Identity(NamedTuple):
    """What the files of an export depend on.

    Parameters
    ----------
    digest : str
        Hash of all of it.
    made : str
        How they are made, as JSON: version, options, hash of the table's record, and more.
    digest_before : str
        The hash for the place where the input was analysed; the same for files that name no place.
    """

    digest: str
    made: str
    digest_before: str


@dataclass(frozen=True)
class ExportTask:
    """An input, and the formats that it is to be written in.

    Parameters
    ----------
    table : RecordedTable
        Its table.
    uri : str
        Where the input itself is now, or was if it has not been found.
    formats : tuple of str
        The formats.
    identities : tuple of Identity
        What their files depend on, in the same order.
    refusal : MediaError or None
        Why the input cannot be read, where that is known already.
    """

    table: RecordedTable
    uri: str
    formats: tuple[str, ...]
    identities: "tuple[Identity, ...]"
    refusal: MediaError | None = None


def dependencies_of(
    name: str,
    format_: ExportFormat,
    options: ExportOptions,
    record: Mapping[str, Any],
    formats: tuple[str, ...],
    *,
    has_models: bool,
) -> dict[str, Any]:
    """Return what the files of a format depend on, apart from the place of the input.

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
    has_models : bool
        Whether the shape model is there.
    """
    dependencies: dict[str, Any] = {
        "version": __version__,
        "options": options.of(format_.options),
        TABLE_KEY: table_digest(record),
        "formats": sorted(formats) if name == "of-details" else [name],
    }
    if format_.takes_models:
        dependencies["shape_model"] = has_models
    return dependencies


def table_digest(record: Mapping[str, Any]) -> str:
    """Return the hash of how a table was made, apart from the place of its input."""
    return _digest({key: value for key, value in record.items() if key != "input_uri"})


def identity_of(
    format_: ExportFormat, dependencies: Mapping[str, Any], uri: str, recorded: str
) -> Identity:
    """Return everything that the files of a format depend on.

    Parameters
    ----------
    format_ : ExportFormat
        The format.
    dependencies : mapping
        As :func:`dependencies_of` gives them.
    uri : str
        Where the input is now.
    recorded : str
        Where it was analysed.
    """
    made, before = (
        {**dependencies, **({"input_uri": place} if format_.names_input else {})}
        for place in (uri, recorded)
    )
    return Identity(_digest(made), json.dumps(made, sort_keys=True), _digest(before))


def _digest(content: Mapping[str, Any]) -> str:
    return f"sha256:{hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()}"
