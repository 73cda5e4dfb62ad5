"""What persons are known by in other videos: one file a video, in a folder of its own.

Embeddings are biometric data. So they are written only where the settings ask for it, and lie apart
from the tables of measurements: without the folder a dataset can be passed on.
"""

import io
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from openface_core.analysis.people import PersonEmbedding
from openface_core.errors import OutputError
from openface_core.fields import Column, frame_schema
from openface_core.media.sources import locate
from transforms.dataset.layout import embeddings_folder, embeddings_path
from transforms.dataset.storage import read_whole, remove, write_if_changed

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
_SUFFIX = ".parquet"


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
    content = io.BytesIO()
    pq.write_table(table, content, compression="zstd")
    write_if_changed(embeddings_path(output, video_id), content.getvalue())


def read_embeddings(output: str, video_id: str) -> tuple[PersonEmbedding, ...]:
    """Return what the persons of a video are known by; nobody where the file is gone or damaged."""
    try:
        rows = pq.read_table(read_whole(embeddings_path(output, video_id))).to_pylist()
        found = tuple(
            PersonEmbedding(
                int(row["face_id"]),
                int(row["seen_frames"]),
                np.array(row["embedding"], dtype=np.float32),
            )
            for row in rows
        )
    except (OutputError, OSError, pa.ArrowException, KeyError, TypeError, ValueError):
        return ()
    return tuple(each for each in found if np.isfinite(each.embedding).all())


def keep_embeddings_of(output: str, video_ids: set[str]) -> None:
    """Remove the embeddings of all other videos.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    folder = locate(embeddings_folder(output), error=OutputError)
    if not folder.is_directory():
        return
    for name in sorted(folder.names()):
        if not name.endswith(_SUFFIX) or name.removesuffix(_SUFFIX) not in video_ids:
            remove(f"{embeddings_folder(output)}/{name}")
