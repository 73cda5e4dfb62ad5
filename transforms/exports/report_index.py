"""The index of the pages in an output folder, made of what is known of each."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import PurePosixPath
from typing import Any

from openface_core.errors import OutputError
from openface_core.exports.report.index_page import (
    DATA_NAME,
    INDEX_NAME,
    index_data,
    index_page,
)
from openface_core.media.sources import locate
from transforms.dataset.storage import join, write_if_changed
from transforms.exports.export_folder import RECORDS_FOLDER, ExportFolder

_FORMAT = "report"
_READERS = 8
_KNOWN = {"seconds": float, "frames": int, "faces": int, "success": float, "confidence": float}


def _rows(folder: ExportFolder, current: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield what is known of every page that is up to date, in the order of their names."""
    records = locate(join(folder.root, RECORDS_FOLDER, _FORMAT), error=OutputError)
    if not records.is_directory():
        return
    known = {PurePosixPath(name).stem for name in records.names() if name.endswith(".json")}
    ids = sorted(known & current.keys())
    with ThreadPoolExecutor(_READERS) as readers:
        found = readers.map(lambda video_id: folder.record(_FORMAT, video_id), ids)
        for video_id, record in zip(ids, found, strict=True):
            if record is None or record.identity != current[video_id]:
                continue
            notes = record.notes
            if all(isinstance(notes.get(name), int | float) for name in _KNOWN):
                flags = [str(flag) for flag in notes.get("flags", ())]
                yield {"id": video_id, **{k: notes[k] for k in _KNOWN}, "flags": flags}


def write_index(folder: ExportFolder, title: str, failed: int, current: Mapping[str, str]) -> str:
    """Write the index of all pages, and return its path.

    Parameters
    ----------
    folder : ExportFolder
        Where the pages are.
    title : str
        Name of the dataset.
    failed : int
        Inputs without a page.
    current : mapping of str to str
        By video id, the hash of what its page depends on now. Pages of others are not listed.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    rows = list(_rows(folder, current))
    write_if_changed(join(folder.root, DATA_NAME), index_data(rows).encode())
    path = join(folder.root, INDEX_NAME)
    write_if_changed(path, index_page(title, rows, failed).encode())
    return path
