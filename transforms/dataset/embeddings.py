"""What persons are known by in other videos: one file a video, in a folder of its own.

Embeddings are biometric data. So they are written only where the settings ask for it, and lie apart
from the tables of measurements: without the folder a dataset can be passed on.
"""

from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from openface_core.analysis.people import PersonEmbedding
from openface_core.errors import DatasetError, OutputError
from openface_core.fields import Column, frame_schema
from openface_core.media.sources import locate
from transforms.dataset.layout import embeddings_folder, embeddings_path
from transforms.dataset.storage import join, read_whole, remove
from transforms.dataset.table_files import write_small_table

_COLUMNS = (
    Column("face_id", pa.int32(), "1", "number of the face in the video", False),
    Column("seen_frames", pa.int64(), "1", "frames in which the face was trusted", False),
    Column(
        "embedding",
        pa.list_(pa.float32()),
        "1",
        "mean of a face network's embeddings, of length 1; biometric data",
        False,
    ),
)


def write_embeddings(output: str, video_id: str, embeddings: Sequence[PersonEmbedding]) -> None:
    """Write what the persons of a video are known by.

    Parameters
    ----------
    output : str
        The output folder.
    video_id : str
        The video.
    embeddings : sequence of PersonEmbedding
        Its persons, in the order of their numbers.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    table = pa.table(
        [
            pa.array([each.face_id for each in embeddings], pa.int32()),
            pa.array([each.seen_frames for each in embeddings], pa.int64()),
            pa.array([each.embedding for each in embeddings], pa.list_(pa.float32())),
        ],
        schema=frame_schema(_COLUMNS),
    )
    write_small_table(embeddings_path(output, video_id), table)


def read_embeddings(output: str, video_id: str) -> tuple[PersonEmbedding, ...]:
    """Return what the persons of a video are known by; nobody where there is no such file.

    Raises
    ------
    DatasetError
        If the file is damaged.
    OutputError
        If storage refuses.
    """
    path = embeddings_path(output, video_id)
    if not locate(path, error=OutputError).exists():
        return ()
    try:
        rows = pq.read_table(read_whole(path)).to_pylist()
        found = tuple(
            PersonEmbedding(
                int(row["face_id"]),
                int(row["seen_frames"]),
                np.array(row["embedding"], dtype=np.float32),
            )
            for row in rows
        )
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError) as error:
        raise _damaged(path) from error
    if not all(np.isfinite(each.embedding).all() for each in found):
        raise _damaged(path)
    return found


def _damaged(path: str) -> DatasetError:
    return DatasetError(
        path,
        "this file of embeddings is damaged, and its persons are compared with nobody",
        "Put it back from a copy, or analyse its video again with --force.",
    )


def keep_embeddings_of(output: str, video_ids: Collection[str]) -> None:
    """Remove the embeddings of all videos but some, and nothing else that lies in the folder.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    kept = {embeddings_path(output, video_id) for video_id in video_ids}
    for path in _files(output):
        if path not in kept and _are_embeddings(path):
            remove(path)


def _are_embeddings(path: str) -> bool:
    try:
        names = pq.read_schema(read_whole(path)).names
    except (OSError, pa.ArrowException):
        return False
    return list(names) == [column.name for column in _COLUMNS]


def remove_embeddings_of(output: str, video_ids: Collection[str]) -> None:
    """Remove the files of some videos, and the folder with the last of them.

    Other files in it may be somebody else's.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    gone = {embeddings_path(output, video_id) for video_id in video_ids}
    for path in _files(output):
        if path in gone:
            remove(path)
    folder = locate(embeddings_folder(output), error=OutputError)
    if folder.is_local:
        with suppress(OSError):  # it is not there, or holds what is somebody else's
            Path(folder.path).rmdir()


def _files(output: str) -> list[str]:
    folder = locate(embeddings_folder(output), error=OutputError)
    names = folder.names() if folder.is_directory() else []
    return [join(embeddings_folder(output), name) for name in sorted(names)]
