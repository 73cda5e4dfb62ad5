"""The table of persons: which videos of a dataset show the same person."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from openface_core.fields import Column, frame_schema
from openface_core.identity import CorpusFace, CorpusPlace, IdentitySettings, join_corpus
from transforms.dataset.embeddings import (
    keep_embeddings_of,
    read_embeddings,
    remove_embeddings_of,
)
from transforms.dataset.layout import persons_path
from transforms.dataset.storage import remove
from transforms.dataset.table_files import write_small_table

PERSON_COLUMNS = (
    Column(
        "person",
        pa.int32(),
        "1",
        "number of the person in the dataset, 0 is the one seen in most frames; null without an "
        "embedding",
    ),
    Column("video_id", pa.string(), "1", "name of the input in the dataset", False),
    Column("face_id", pa.int32(), "1", "number of the face in the video", False),
    Column("person_id", pa.string(), "1", "who is seen, as the manifest says"),
    Column("seen_frames", pa.int64(), "1", "frames in which the face was trusted"),
    Column(
        "similarity",
        pa.float32(),
        "1",
        "cosine of the embedding to the mean of the person's other faces; null without others",
    ),
    Column(
        "other_similarity",
        pa.float32(),
        "1",
        "greatest cosine of the embedding to the mean of another person; null without others",
    ),
)


def are_compared(record: Mapping[str, Any]) -> bool:
    """Return whether the settings that a table was made with compare persons of several videos."""
    settings = record.get("settings")
    faces = settings.get("faces") if isinstance(settings, dict) else None
    return isinstance(faces, dict) and faces.get("identify") == "corpus"


def complete_persons(
    output: str, rows: Sequence[Mapping[str, Any]], video_ids: Collection[str]
) -> None:
    """Bring the table of persons in line with the tables; without such settings there is none.

    Parameters
    ----------
    output : str
        The output folder.
    rows : sequence of mapping
        Rows of the summary, of tables of whose records :func:`are_compared` is true.
    video_ids : collection of str
        All videos of the dataset. Where nothing is compared, no embedding of them stays, not even
        one that a killed run has left.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    if not rows:
        remove(persons_path(output))
        remove_embeddings_of(output, video_ids)
        return
    faces = [row for row in rows if row["face_id"] is not None]
    keep_embeddings_of(output, {row["video_id"] for row in faces})
    write_small_table(persons_path(output), person_table(faces, list(_faces(output, faces))))


def _faces(output: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[CorpusFace]:
    """Yield the faces of the table that have an embedding."""
    wanted: dict[str, set[int]] = {}
    for row in rows:
        wanted.setdefault(row["video_id"], set()).add(row["face_id"])
    for video_id, face_ids in wanted.items():
        for each in read_embeddings(output, video_id):
            vector = each.embedding.astype(np.float64)
            length = float(np.linalg.norm(vector))
            if each.face_id in face_ids and length > 0.0:
                yield CorpusFace(video_id, each.face_id, each.seen_frames, vector / length)


def person_table(rows: Sequence[Mapping[str, Any]], faces: Sequence[CorpusFace]) -> pa.Table:
    """Return the table of persons.

    Parameters
    ----------
    rows : sequence of mapping
        Rows of the summary, with a face each.
    faces : sequence of CorpusFace
        Those that have an embedding. Only embeddings of the length that most of them have are
        compared: others come from another network.
    """
    lengths = [len(face.embedding) for face in faces]
    usual = max(sorted(set(lengths)), key=lengths.count, default=0)
    compared = [face for face in faces if len(face.embedding) == usual]
    places = join_corpus(compared, IdentitySettings().network_threshold)
    found = {face[:2]: (face, place) for face, place in zip(compared, places, strict=True)}
    lines = [_line(row, *found.get(_name(row), (None, None))) for row in rows]
    lines.sort(key=lambda line: (line["person"] is None, line["person"], *_name(line)))
    return pa.Table.from_pylist(lines, schema=frame_schema(PERSON_COLUMNS))


def _name(row: Mapping[str, Any]) -> tuple[str, int]:
    return row["video_id"], row["face_id"]


def _line(
    row: Mapping[str, Any], face: CorpusFace | None, place: CorpusPlace | None
) -> dict[str, Any]:
    return {
        "person": None if place is None else place.person,
        "video_id": row["video_id"],
        "face_id": row["face_id"],
        "person_id": row.get("person_id"),
        "seen_frames": None if face is None else face.seen_frames,
        "similarity": None if place is None else place.similarity,
        "other_similarity": None if place is None else place.other_similarity,
    }
