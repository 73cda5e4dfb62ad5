"""The landmarks that the network learns: annotated ones, and those that its teachers agree on."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.training.landmarks.fusion import TeacherFusion
from models.training.landmarks.teachers import TeachersViews, teacher_files, teachers_views
from models.training.origins import kept, origin_of, origin_of_photographs
from models.training.photographs import Photograph, read_photographs, read_picture
from models.training.settings import TrainingFolders

ANNOTATED_SET, UNLABELLED_SET = "helen_train", "expressions"

HELD_OUT_EVERY = 8
"""Every eighth annotated photograph is not trained on: it says which weights are the best."""

_ANNOTATION_SHARE = 0.7
"""Of a label of an annotated photograph; the rest is the teachers', whose noise is another."""

_SPREAD = 0.08
"""Disagreement of the teachers at which a point counts half, in units of the face's frame."""

_WORST_SPREAD = 0.25
"""Photographs in which the teachers disagree more than this on average are dropped."""

_LEAST_SCORE = 0.7

_SAME_FACE = 0.3
"""Two sets of landmarks are one face's if their means are nearer than this share of its height."""


@dataclass(frozen=True, eq=False)
class LabelledFaces:
    """Photographs in memory and the landmarks to be learnt.

    Parameters
    ----------
    images : tuple of (H, W, 3) ndarray of uint8
        BGR.
    landmarks : (n, 68, 2) ndarray of float32
        Pixels.
    weights : (n, 68) ndarray of float32
        Trust in each point, 0 to 1.
    annotated : int
        How many of the faces, the first ones, people marked.
    """

    images: tuple[NDArray[np.uint8], ...]
    landmarks: NDArray[np.float32]
    weights: NDArray[np.float32]
    annotated: int = 0

    def __len__(self) -> int:
        return len(self.images)

    def parts(self) -> tuple[object, ...]:
        """Return all of it, for :func:`models.training.origins.origin_of`."""
        return (self.annotated, self.landmarks, self.weights, *self.images)


def _cached_views(photographs: Sequence[Photograph], models: Path, path: Path) -> TeachersViews:
    """Run the teachers over a set, or take what an earlier run of them found."""
    origin = origin_of(origin_of_photographs(photographs), *teacher_files(models))
    return TeachersViews(**kept(path, origin, lambda: vars(teachers_views(photographs, models))))


def _faces(
    photographs: Sequence[Photograph], landmarks: NDArray[np.float32], weights: NDArray[np.float32]
) -> LabelledFaces:
    return LabelledFaces(tuple(read_picture(p) for p in photographs), landmarks, weights)


def _is_same_face(views: NDArray[np.float32], marked: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Say where the teachers saw the annotated face, and no other one of the photograph."""
    apart = np.linalg.norm(views.mean(axis=(1, 2)) - marked.mean(axis=1), axis=1)
    height = np.ptp(marked[..., 1], axis=1)
    return np.asarray(apart < _SAME_FACE * height)


def labelled_faces(folders: TrainingFolders, work: Path) -> tuple[LabelledFaces, LabelledFaces]:
    """Return the faces to train on, and the annotated faces that are held out.

    Parameters
    ----------
    folders : TrainingFolders
    work : Path
        Where the teachers' views are kept.

    Returns
    -------
    training, held_out : LabelledFaces
        Those held out have the annotations themselves as landmarks, of weight 1.

    Raises
    ------
    InputError
        If photographs are missing.
    ModelFileError
        If a teacher is.
    """
    models = folders.reference / "models"
    annotated = read_photographs(folders.faces, ANNOTATED_SET)
    views = _cached_views(annotated, models, work / f"teachers_{ANNOTATED_SET}.npz")
    marked = np.stack([p.landmarks_px for p in annotated if p.landmarks_px is not None])
    held = np.arange(len(annotated)) % HELD_OUT_EVERY == 0
    seen = np.isfinite(views.landmarks).all(axis=(1, 2, 3))
    chosen = np.flatnonzero(~held & seen & _is_same_face(views.landmarks, marked))
    fusion = TeacherFusion.fit(views.landmarks[chosen], marked[chosen])

    common, _ = fusion.apply(views.landmarks[chosen])
    share = np.float32(_ANNOTATION_SHARE)
    blended = share * marked[chosen] + (1 - share) * common
    first = _faces([annotated[i] for i in chosen], blended, np.ones(blended.shape[:2], np.float32))
    out = np.flatnonzero(held)
    held_out = _faces(
        [annotated[i] for i in out], marked[out], np.ones((len(out), marked.shape[1]), np.float32)
    )

    others = read_photographs(folders.faces, UNLABELLED_SET)
    views = _cached_views(others, models, work / f"teachers_{UNLABELLED_SET}.npz")
    seen = np.isfinite(views.landmarks).all(axis=(1, 2, 3)) & (views.scores >= _LEAST_SCORE)
    common, spread = fusion.apply(views.landmarks[seen])
    agreed = spread.mean(axis=1) < _WORST_SPREAD
    weights = 1.0 / (1.0 + np.square(spread / np.float32(_SPREAD)))
    names = [others[i] for i in np.flatnonzero(seen)[agreed]]
    second = _faces(names, common[agreed], weights[agreed].astype(np.float32))
    sys.stderr.write(
        f"{len(first)} annotated faces, {len(second)} of {len(others)} others, "
        f"{len(held_out)} held out\n"
    )
    training = LabelledFaces(
        first.images + second.images,
        np.concatenate([first.landmarks, second.landmarks]),
        np.concatenate([first.weights, second.weights]),
        annotated=len(first),
    )
    return training, held_out
