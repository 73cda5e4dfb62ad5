"""The record of a file that inputs share: for each of them, what its own file would say.

A file of its own has metadata of some 10 kB, most of it settings and hashes of models, which are
the same for all. These are kept once.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from transforms.dataset.json_text import parse_json
from transforms.dataset.provenance import METADATA_KEY

VIDEOS_KEY = f"{METADATA_KEY}.videos"
"""Under this key such a file holds its record as JSON."""

_SHARED = "$shared"


@dataclass(frozen=True)
class BucketEntry:
    """What a file knows of one of the inputs in it.

    Parameters
    ----------
    rows : int
        Its rows; they follow those of the inputs before it in alphabetical order.
    metadata : mapping of str to str
        The metadata that its own file would have.
    """

    rows: int
    metadata: Mapping[str, str]


def _parsed(text: str) -> Any:
    """Return a JSON object, or the text itself where it would not come back as it was."""
    try:
        value = parse_json(text)
    except ValueError:
        return text
    is_object = isinstance(value, dict) and json.dumps(value, sort_keys=True) == text
    return value if is_object else text


def pack_entries(entries: Mapping[str, BucketEntry]) -> dict[str, str]:
    """Return the entries of a file, by video id, as its metadata."""
    parsed = {
        video_id: {key: _parsed(text) for key, text in entry.metadata.items()}
        for video_id, entry in entries.items()
    }
    objects = [
        value
        for metadata in parsed.values()
        for record in metadata.values()
        if isinstance(record, dict)
        for value in record.values()
        if isinstance(value, dict)
    ]
    shared = sorted({json.dumps(value, sort_keys=True) for value in objects})
    places = {text: place for place, text in enumerate(shared)}

    def reduced(record: Any) -> Any:
        if not isinstance(record, dict):
            return record
        return {
            name: {_SHARED: places[json.dumps(value, sort_keys=True)]}
            if isinstance(value, dict)
            else value
            for name, value in record.items()
        }

    content = {
        "shared": [json.loads(text) for text in shared],
        "videos": {
            video_id: {
                "rows": entries[video_id].rows,
                "metadata": {key: reduced(record) for key, record in metadata.items()},
            }
            for video_id, metadata in parsed.items()
        },
    }
    return {VIDEOS_KEY: json.dumps(content, sort_keys=True)}


def unpack_entries(metadata: Mapping[bytes, bytes]) -> dict[str, BucketEntry]:
    """Return the entries of a file, by video id in alphabetical order.

    Raises
    ------
    ValueError
        If the metadata is not that of such a file.
    """
    try:
        content = parse_json(metadata[VIDEOS_KEY.encode()])
        shared = content["shared"]

        def whole(record: Any) -> str:
            if not isinstance(record, dict):
                return str(record)
            return json.dumps(
                {
                    name: shared[value[_SHARED]] if isinstance(value, dict) else value
                    for name, value in record.items()
                },
                sort_keys=True,
            )

        return {
            video_id: BucketEntry(
                int(entry["rows"]),
                {key: whole(record) for key, record in entry["metadata"].items()},
            )
            for video_id, entry in sorted(content["videos"].items())
        }
    except (KeyError, IndexError, TypeError, AttributeError, OverflowError) as error:
        raise ValueError(f"no record of a shared file ({error})") from error
