"""From the persons of many videos to those of a corpus, by the embeddings of a face network."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from openface_core.identity.descriptors import DECIMALS
from openface_core.identity.linkage import average_linkage

Float64Array = NDArray[np.float64]

_ROWS_AT_ONCE = 1024


class CorpusFace(NamedTuple):
    """A person of one video.

    Parameters
    ----------
    video_id : str
        The video.
    face_id : int
        Number of the face in it.
    seen_frames : int
        In how many frames it was seen.
    embedding : (d,) ndarray of float64
        Mean of its embeddings, of length 1.
    """

    video_id: str
    face_id: int
    seen_frames: int
    embedding: Float64Array


class CorpusPlace(NamedTuple):
    """Which person of the corpus a face is.

    Parameters
    ----------
    person : int
        Number of the person: 0 is the one seen in most frames.
    similarity : float or None
        Cosine to the mean of the person's other faces; None where there are none.
    other_similarity : float or None
        Greatest cosine to the mean of another person; None where there is nobody else.
    """

    person: int
    similarity: float | None
    other_similarity: float | None


def join_corpus(faces: Sequence[CorpusFace], threshold: float) -> list[CorpusPlace]:
    """Say which faces of different videos show the same person.

    Two faces of one video are never one person. The result is a function of the set of faces: their
    order does not matter.

    Parameters
    ----------
    faces : sequence of CorpusFace
        All of the corpus, of embeddings of one length.
    threshold : float
        Least mean cosine between the faces of a person.

    Returns
    -------
    list of CorpusPlace
        One for each face, in the order given.
    """
    order = sorted(range(len(faces)), key=lambda k: faces[k][:2])
    ordered = [faces[k] for k in order]
    if not ordered:
        return []
    vectors = np.stack([face.embedding for face in ordered])
    labels = np.arange(len(ordered))
    for members in _components(vectors, threshold):
        labels[members] = members[_joined([ordered[k] for k in members], threshold)]
    people = _by_seen(ordered, labels)
    places = dict(zip(order, _places(ordered, vectors, people), strict=True))
    return [places[k] for k in range(len(faces))]


def _components(vectors: Float64Array, threshold: float) -> list[NDArray[np.int64]]:
    """Return the faces that a chain of likenesses connects: no person reaches beyond."""
    count = len(vectors)
    component = np.arange(count)
    for begin in range(0, count, _ROWS_AT_ONCE):
        cosines = np.round(vectors[begin : begin + _ROWS_AT_ONCE] @ vectors.T, DECIMALS)
        for row, alike in enumerate(cosines >= threshold, begin):
            touched = np.unique(np.append(component[alike], component[row]))
            if len(touched) > 1:
                component[np.isin(component, touched)] = touched[0]
    return [np.flatnonzero(component == label) for label in np.unique(component)]


def _joined(faces: Sequence[CorpusFace], threshold: float) -> list[int]:
    """Return for each face of a component the first face of its person."""
    vectors = np.stack([face.embedding for face in faces])
    videos = np.array([face.video_id for face in faces])
    margins = np.round(vectors @ vectors.T, DECIMALS) - threshold
    sizes = np.array([face.seen_frames for face in faces], dtype=np.float64)
    may_join = videos[:, None] != videos[None, :]
    return average_linkage(np.round(margins, DECIMALS), may_join, sizes).labels


def _by_seen(faces: Sequence[CorpusFace], labels: NDArray[np.int64]) -> list[list[int]]:
    """Return the faces of each person, the one seen in most frames first."""
    members: dict[int, list[int]] = {}
    for k, label in enumerate(labels.tolist()):
        members.setdefault(label, []).append(k)
    return sorted(
        members.values(), key=lambda group: (-sum(faces[k].seen_frames for k in group), group[0])
    )


def _places(
    faces: Sequence[CorpusFace], vectors: Float64Array, people: Sequence[Sequence[int]]
) -> Iterator[CorpusPlace]:
    weights = np.array([face.seen_frames for face in faces], dtype=np.float64)[:, None]
    sums = np.stack([(weights[own] * vectors[own]).sum(axis=0) for own in map(list, people)])
    means = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
    person_of = {k: number for number, own in enumerate(people) for k in own}
    for k, face in enumerate(faces):
        person = person_of[k]
        cosines = means @ face.embedding
        cosines[person] = -np.inf
        others = sums[person] - weights[k] * face.embedding
        length = float(np.linalg.norm(others))
        is_alone = len(people[person]) == 1 or length < 1e-9
        yield CorpusPlace(
            person,
            None if is_alone else round(float(others @ face.embedding) / length, DECIMALS),
            None if len(people) == 1 else round(float(cosines.max()), DECIMALS),
        )
