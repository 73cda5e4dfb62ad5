"""What the network learns from: right and wrong landmarks of faces, and pictures without one."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.training.confidence.displacement import (
    MOST_ERROR,
    displaced,
    face_unit,
    landmark_error,
    scattered,
)
from models.training.in_threads import in_threads
from models.training.openface_teacher import Teacher
from models.training.own_landmarks import (
    SETS_WITH_VIDEOS,
    TURNED,
    OwnModels,
    read_training_photographs,
)
from models.training.photograph_landmarks import agree, landmarks_on_photographs, read_photograph
from models.training.photographs import LANDMARKS, Photograph, read_photographs, read_picture
from models.training.settings import TrainingFolders, TrainingSettings
from openface_core.landmark_confidence.face_crop import CHANNELS, CROP_PX, cut_face, standard_face
from openface_core.model_files import read_pdm

UInt8Array = NDArray[np.uint8]
Float32Array = NDArray[np.float32]
Points = NDArray[np.floating]

HELD_OUT_EVERY = 8
"""Every eighth photograph is not trained on: it calibrates the network."""

NEGATIVES = "negatives"
"""Set of pictures without a face; every second one is kept for tests."""

_INNER = slice(17, 68)
"""Outlines of that set are in another convention."""

_DISPLACED, _DISPLACED_TWICE = 5, 1
_SCATTERED = 2
_PLACES = 12
"""Places of each picture without a face that the landmark network is asked about."""

_RANGE = 4.0, 2.0
"""Greatest values of the two channels that are kept."""


@dataclass(frozen=True, eq=False)
class Examples:
    """Crops and whether their landmarks are right.

    Parameters
    ----------
    crops : (n, 2, 48, 48) ndarray of uint8
        See :func:`packed`.
    is_right : (n,) ndarray of bool
    """

    crops: UInt8Array
    is_right: NDArray[np.bool_]

    @classmethod
    def of(cls, parts: Sequence[tuple[UInt8Array, bool]]) -> "Examples":
        """Return the examples of a list of crops with their labels."""
        crops, labels = zip(*parts, strict=True)
        return cls(np.stack(crops), np.array(labels, dtype=np.bool_))


def packed(crop: Float32Array) -> UInt8Array:
    """Return a crop (2, 48, 48) in bytes."""
    grey = (np.clip(crop[0] / _RANGE[0], -1.0, 1.0) + 1.0) * 127.5
    spots = np.clip(crop[1] / _RANGE[1], 0.0, 1.0) * 255.0
    return np.asarray(np.rint(np.stack([grey, spots])), dtype=np.uint8)


def unpacked(crops: UInt8Array) -> Float32Array:
    """Return crops (n, 2, 48, 48) as the network takes them, of their bytes."""
    values = crops.astype(np.float32)
    values[:, 0] = (values[:, 0] / 127.5 - 1.0) * _RANGE[0]
    values[:, 1] *= _RANGE[1] / 255.0
    return values


def degraded(image_bgr: UInt8Array, chance: np.random.Generator) -> UInt8Array:
    """Return the grey picture, at times blurred, darkened or noisy."""
    grey = cv2.cvtColor(image_bgr, cv2.COLOR_BGR2GRAY)
    if chance.random() < 0.3:
        grey = cv2.GaussianBlur(grey, (0, 0), chance.uniform(0.5, 2.5))
    if chance.random() < 0.4:
        noise = chance.normal(0.0, chance.uniform(1.0, 12.0), grey.shape)
        grey = np.clip(grey * chance.uniform(0.3, 1.2) + noise, 0, 255).astype(np.uint8)
    return np.asarray(grey)


class _Cutter:
    """Cuts examples of one picture."""

    def __init__(self, grey: UInt8Array, standard: Float32Array) -> None:
        self._grey = grey
        self._standard = standard

    def cut(self, points: Points, *, is_right: bool) -> Iterator[tuple[UInt8Array, bool]]:
        """Yield the example of landmarks, if there is one."""
        crop = np.empty((CHANNELS, CROP_PX, CROP_PX), dtype=np.float32)
        landmarks = np.ascontiguousarray(points, dtype=np.float32)
        if cut_face(self._grey, landmarks, self._standard, crop):
            yield packed(crop), is_right


def face_examples(
    image_bgr: UInt8Array,
    right: Points,
    own: Points,
    others: Float32Array,
    standard: Float32Array,
    chance: np.random.Generator,
) -> Iterator[tuple[UInt8Array, bool]]:
    """Yield the examples of a face.

    Parameters
    ----------
    image_bgr : (H, W, 3) ndarray of uint8
        The picture.
    right, own : (68, 2) ndarray
        Where the landmarks are, and where the embedded network sees them; pixels.
    others : (n, 68, 2) ndarray of float32
        Landmarks of other faces.
    standard : (68, 2) ndarray of float32
        See :func:`openface_core.landmark_confidence.face_crop.standard_face`.
    chance : Generator
        Decides what is drawn.
    """

    def other() -> Float32Array:
        return np.asarray(others[chance.integers(len(others))])

    drawn = [right, own, own]
    drawn += [displaced(right, other(), chance) for _ in range(_DISPLACED)]
    drawn += [displaced(points, other(), chance) for points in drawn[-_DISPLACED_TWICE:]]
    drawn += [scattered(right, chance) for _ in range(_SCATTERED)]
    elsewhere = other() - other().mean(axis=0)
    size = np.ptp(right, axis=0).max() / np.ptp(elsewhere, axis=0).max() * chance.uniform(0.3, 1.0)
    drawn.append(elsewhere * size + chance.uniform(0.0, 1.0, 2) * image_bgr.shape[1::-1])
    cutter = _Cutter(degraded(image_bgr, chance), standard)
    for points in drawn:
        yield from cutter.cut(points, is_right=landmark_error(points, right) < MOST_ERROR)


def empty_examples(
    image_bgr: UInt8Array,
    models: OwnModels,
    others: Float32Array,
    standard: Float32Array,
    chance: np.random.Generator,
) -> Iterator[tuple[UInt8Array, bool]]:
    """Yield examples of a picture without a face: what the network sees, and faces' shapes."""
    height, width = image_bgr.shape[:2]
    cutter = _Cutter(degraded(image_bgr, chance), standard)
    for _ in range(_PLACES):
        side = chance.uniform(0.15, 0.8) * min(height, width)
        x, y = chance.uniform(0.0, width - side), chance.uniform(0.0, height - side)
        box = np.array([x, y, x + side, y + side], dtype=np.float32)
        found = models.network.locate(image_bgr, box)
        if found is not None:
            yield from cutter.cut(found.landmarks, is_right=False)
        shape = others[chance.integers(len(others))]
        shape = shape - shape.mean(axis=0)
        placed = shape * (side / np.ptp(shape, axis=0).max()) + (x + side / 2, y + side / 2)
        yield from cutter.cut(placed, is_right=False)


def confidence_examples(
    folders: TrainingFolders, settings: TrainingSettings
) -> tuple[Examples, Examples]:
    """Return the examples to train on, and those that are held out.

    Parameters
    ----------
    folders : TrainingFolders
    settings : TrainingSettings

    Raises
    ------
    InputError
        If photographs are missing.
    ModelFileError
        If a model is missing or damaged.
    """
    photographs = read_training_photographs(folders.faces, SETS_WITH_VIDEOS)
    models = OwnModels.load(folders.output)
    cache = folders.work_of("photographs")
    own = landmarks_on_photographs(photographs, models, cache, settings.threads)
    teacher = Teacher(folders.reference)
    taught = landmarks_on_photographs(photographs, teacher, cache, settings.threads)
    standard = standard_face(read_pdm(folders.output / "shape.txt", LANDMARKS).mean_mm)
    known = [n for n in range(len(photographs)) if agree(own[n], taught[n])]
    others = taught[known]
    parts: list[list[tuple[UInt8Array, bool]]] = [[] for _ in photographs]

    def cut(number: int) -> None:
        photograph, chance = photographs[number], np.random.default_rng((settings.seed, number))
        image, border = read_photograph(photograph)
        right = _right_landmarks(photograph, taught[number])
        found = face_examples(image, right + border, own[number] + border, others, standard, chance)
        parts[number] = list(found)

    in_threads(cut, known, settings.threads)
    empty = read_photographs(folders.faces, NEGATIVES)[::2]
    for number, photograph in enumerate(empty):
        chance = np.random.default_rng((settings.seed, len(photographs) + number))
        image = read_picture(photograph)
        parts.append(list(empty_examples(image, models, others, standard, chance)))
    parts += _of_turned_faces(folders, settings, models, others, standard)
    chosen: tuple[list[tuple[UInt8Array, bool]], list[tuple[UInt8Array, bool]]] = [], []
    for number, part in enumerate(parts):
        chosen[number % HELD_OUT_EVERY == 0].extend(part)
    training, held_out = (Examples.of(part) for part in chosen)
    sys.stderr.write(
        f"confidence: {len(training.crops)} examples of {len(known)} faces and {len(empty)} "
        f"pictures without one, {training.is_right.mean():.0%} right; "
        f"{len(held_out.crops)} held out\n"
    )
    return training, held_out


def _of_turned_faces(
    folders: TrainingFolders,
    settings: TrainingSettings,
    models: OwnModels,
    others: Float32Array,
    standard: Float32Array,
) -> list[list[tuple[UInt8Array, bool]]]:
    """Return the examples of faces of strong poses, where the network sees what people marked."""
    path = folders.faces / f"{TURNED}.npz"
    photographs = read_photographs(folders.faces, TURNED)
    with np.load(path, allow_pickle=False) as content:
        kept = set(content["names"][content["exact"].astype(bool)].tolist())
    photographs = tuple(p for p in photographs if p.name not in kept)
    cache = folders.work_of("photographs")
    own = landmarks_on_photographs(photographs, models, cache, settings.threads)
    parts: list[list[tuple[UInt8Array, bool]]] = [[] for _ in photographs]

    def cut(number: int) -> None:
        photograph, seen = photographs[number], own[number]
        marked = photograph.landmarks_px
        if marked is None or not np.isfinite(seen).all():
            return
        away = np.linalg.norm(seen - marked, axis=1)[_INNER].mean()
        if away > MOST_ERROR * face_unit(marked):
            return
        image, border = read_photograph(photograph)
        chance = np.random.default_rng((settings.seed, 1, number))
        points = seen + border
        parts[number] = list(face_examples(image, points, points, others, standard, chance))

    in_threads(cut, range(len(photographs)), settings.threads)
    return parts


def _right_landmarks(photograph: Photograph, taught: Float32Array) -> Float32Array:
    """Return where people marked the landmarks, or OpenFace's detector sees them."""
    return taught if photograph.landmarks_px is None else photograph.landmarks_px
