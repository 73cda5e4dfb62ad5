"""The table of persons: which videos of a dataset show the same person."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa

from openface_core.errors import DatasetError
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


def face_network_of(record: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what tells the face network of a table from others: hashes of its files."""
    settings, hashes = record.get("settings"), record.get("models_sha256")
    models = settings.get("models") if isinstance(settings, dict) else None
    name = models.get("face_network") if isinstance(models, dict) else None
    if not isinstance(name, str) or not isinstance(hashes, dict):
        return ()
    stem = PurePosixPath(name).stem
    return tuple(sorted(str(v) for k, v in hashes.items() if PurePosixPath(k).stem == stem))


@dataclass(frozen=True)
class Compared:
    """The tables of a dataset whose persons are compared.

    Parameters
    ----------
    rows : sequence of mapping
        Rows of the summary, of tables of whose records :func:`are_compared` is true.
    networks : mapping of str to tuple
        Their face networks, by video id; see :func:`face_network_of`.
    are_all : bool
        Whether every table of the dataset is readable.
    """

    rows: Sequence[Mapping[str, Any]]
    networks: Mapping[str, tuple[str, ...]]
    are_all: bool


def complete_persons(
    output: str, compared: Compared, video_ids: Collection[str]
) -> dict[str, DatasetError]:
    """Bring the table of persons in line with the tables; without such settings there is none.

    Parameters
    ----------
    output : str
        The output folder.
    compared : Compared
        What is compared.
    video_ids : collection of str
        All videos with a readable table. Of those that are not compared no embedding stays, not
        even one that a killed run has left.

    Returns
    -------
    dict of str to DatasetError
        What is wrong with embeddings that are damaged, by video id.

    Raises
    ------
    OutputError
        If storage refuses.
    """
    if not compared.rows:
        remove(persons_path(output))
        remove_embeddings_of(output, video_ids)
        return {}
    faces = [row for row in compared.rows if row["face_id"] is not None]
    kept = {row["video_id"] for row in faces}
    if compared.are_all:
        keep_embeddings_of(output, kept)
    else:  # a table may come back from a copy
        remove_embeddings_of(output, {*video_ids} - kept)
    problems: dict[str, DatasetError] = {}
    found = list(_faces(output, faces, problems))
    write_small_table(persons_path(output), person_table(faces, found, compared.networks))
    return problems


def _faces(
    output: str, rows: Sequence[Mapping[str, Any]], problems: dict[str, DatasetError]
) -> Iterator[CorpusFace]:
    """Yield the faces of the table that have an embedding; `problems` takes what is damaged."""
    wanted: dict[str, set[int]] = {}
    for row in rows:
        wanted.setdefault(row["video_id"], set()).add(row["face_id"])
    for video_id, face_ids in wanted.items():
        try:
            embeddings = read_embeddings(output, video_id)
        except DatasetError as error:
            problems[video_id] = error
            continue
        for each in embeddings:
            vector = each.embedding.astype(np.float64)
            length = float(np.linalg.norm(vector))
            if each.face_id in face_ids and length > 0.0:
                yield CorpusFace(video_id, each.face_id, each.seen_frames, vector / length)


def person_table(
    rows: Sequence[Mapping[str, Any]],
    faces: Sequence[CorpusFace],
    networks: Mapping[str, tuple[str, ...]],
) -> pa.Table:
    """Return the table of persons.

    Parameters
    ----------
    rows : sequence of mapping
        Rows of the summary, with a face each.
    faces : sequence of CorpusFace
        Those that have an embedding. Only embeddings of the network that most of them are from are
        compared, and none of another length.
    networks : mapping of str to tuple
        The face networks of videos, by video id.
    """
    kinds = [(networks.get(face.video_id, ()), len(face.embedding)) for face in faces]
    usual = max(sorted(set(kinds)), key=kinds.count, default=None)
    compared = [face for face, kind in zip(faces, kinds, strict=True) if kind == usual]
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
