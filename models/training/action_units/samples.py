"""What the student learns from: its own descriptors and the teacher's scores of pictures."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.training.action_units.variants import Variant, make_variant
from models.training.in_threads import in_threads
from models.training.openface_teacher import Teacher
from models.training.origins import kept, origin_of, origin_of_photographs
from models.training.own_landmarks import OwnModels, followed
from models.training.photograph_landmarks import (
    agree,
    landmarks_on_photographs,
    read_photograph,
)
from models.training.photographs import Photograph
from openface_core.descriptors import DESCRIPTOR_SIZE
from openface_core.face_tracking import FaceRefinement
from openface_core.faces import Face, FaceMeter, FaceStatus
from openface_core.landmarks import LandmarkNetwork
from openface_core.shape import (
    PointDistributionModel,
    ShapeFit,
    calc_params,
    posed_shape,
    project_shape,
)

UInt8Array = NDArray[np.uint8]
Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]

_START_SHIFT, _START_GROWTH, _START_TURN_RADIANS = 0.03, 0.03, 0.03
"""How far off a face may be from the frame before: standard deviations, the first of its size."""

_REPORT_EVERY = 500


@dataclass(frozen=True, eq=False)
class Samples:
    """n pictures, versions of one photograph side by side.

    Parameters
    ----------
    descriptors : (n, 4702) ndarray of float32
        The student's descriptors.
    scores : (n, k) ndarray of float32
        The teacher's scores.
    people : (n,) ndarray of int64
        Number of the person; one for each photograph of somebody who is not known.
    """

    descriptors: Float32Array
    scores: Float32Array
    people: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Student:
    """The embedded pipeline from picture to descriptor.

    Parameters
    ----------
    network : LandmarkNetwork
        Its landmark network.
    meter : FaceMeter
        Its shape model and alignment.
    key : str
        Names all of it.
    refinement : FaceRefinement or None
        Its patch experts, which refine the network's points.
    """

    network: LandmarkNetwork
    meter: FaceMeter
    key: str
    refinement: FaceRefinement | None = None

    def descriptor(
        self, image_bgr: UInt8Array, start: Float32Array, rng: np.random.Generator
    ) -> Float32Array | None:
        """Return the descriptor of a face that is followed from about where it is.

        Parameters
        ----------
        image_bgr : (H, W, 3) ndarray of uint8
            A picture.
        start : (68, 2) ndarray of float32
            Its points.
        rng : numpy.random.Generator
            Decides how far off the search begins.

        Returns
        -------
        (4702,) ndarray of float32, or None
            None where the face is not found.
        """
        found = self.network.follow(image_bgr, _moved(start, rng))
        if found is None:
            return None
        fit = calc_params(self.meter.pdm, found.landmarks)
        if not fit.is_finite:
            return None
        if self.refinement is not None:
            fit = followed(self.refinement, image_bgr, fit)
        points = project_shape(self.meter.pdm, fit)
        measured = self.meter.measure(image_bgr, Face(FaceStatus.FOUND, points, fit=fit))
        if not measured.is_measured:
            return None
        return np.concatenate([measured.fhog, measured.geometry.astype(np.float32)])


def _moved(points: Float32Array, rng: np.random.Generator) -> Float32Array:
    centre = points.mean(axis=0)
    size = float(np.ptp(points, axis=0).max())
    angle = rng.normal(0.0, _START_TURN_RADIANS)
    growth = float(np.exp(rng.normal(0.0, _START_GROWTH)))
    turn = growth * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shift = rng.normal(0.0, _START_SHIFT * size, 2)
    return np.asarray((points - centre) @ turn.T + centre + shift, dtype=np.float32)


def _with_deformation(
    pdm: PointDistributionModel, fit: ShapeFit, parameters: Float32Array
) -> Float64Array:
    """Return the points of a face, (68, 2), with another face's shape parameters."""
    other = ShapeFit(
        fit.scale_px_per_mm, fit.rotation_radians, fit.translation_px, parameters, fit.iterations
    )
    return posed_shape(pdm, other)[1]


def _people(photographs: tuple[Photograph, ...]) -> NDArray[np.int64]:
    """Return the number of the person of each photograph, in the order of their first ones."""
    numbers: dict[tuple[str, str | int], int] = {}
    keys = [(p.set_name, p.name if p.person is None else p.person) for p in photographs]
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys])


@dataclass(frozen=True, eq=False)
class _Teaching:
    """The teacher's landmarks (n, 68, 2), NaN without a face, and what was fitted to them."""

    landmarks: Float32Array
    fits: tuple[ShapeFit | None, ...]
    with_face: NDArray[np.int64]


class SampleMaker:
    """Makes samples; the teacher's part is kept for students to come.

    Parameters
    ----------
    photographs : tuple of Photograph
        What they are made of.
    teacher : Teacher
        Gives the scores.
    variants : int
        Versions of each photograph.
    seed : int
        Seed of all that is random.
    threads : int
        Photographs that are seen at a time; has no influence on results.
    cache : Path
        Folder of what is kept.
    report : callable
        Is told how it goes, a line at a time.
    """

    def __init__(
        self,
        photographs: tuple[Photograph, ...],
        teacher: Teacher,
        variants: int,
        seed: int,
        threads: int,
        cache: Path,
        report: Callable[[str], None],
    ) -> None:
        self._photographs = photographs
        self._teacher = teacher
        self._variants = variants
        self._seed = seed
        self._threads = threads
        self._cache = cache
        self._report = report

    def samples(self, student: Student, own: OwnModels) -> Samples:
        """Return the samples of a student.

        Parameters
        ----------
        student : Student
            Whose descriptors are wanted.
        own : OwnModels
            Its detector and landmark network.
        """
        name = f"{self._variants}_versions_seed{self._seed}.npz"
        path = self._cache / f"descriptors_{student.key}_{name}"
        origin = self._origin()
        starts = landmarks_on_photographs(self._photographs, own, self._cache, self._threads)
        scores = kept(self._cache / f"scores_{name}", origin, lambda: {"scores": self._scores()})[
            "scores"
        ]
        origin = origin_of(origin, student.key, own.key)
        descriptors = kept(
            path, origin, lambda: {"descriptors": self._descriptors(student, starts)}
        )["descriptors"]
        usable = np.isfinite(descriptors[:, :, 0]) & np.isfinite(scores[:, :, 0])
        taught = self._teaching.landmarks
        usable &= np.array([agree(*pair) for pair in zip(starts, taught, strict=True)])[:, None]
        people = np.repeat(_people(self._photographs), usable.sum(axis=1))
        return Samples(descriptors[usable], scores[usable], people)

    def _origin(self) -> str:
        """Return what the teacher's scores are made from."""
        photographs = origin_of_photographs(self._photographs)
        return origin_of(self._teacher.key, "settled", self._variants, self._seed, photographs)

    def _scores(self) -> Float32Array:
        """Return the teacher's scores, (photographs, variants, k)."""
        teaching = self._teaching
        count = len(self._teacher.video_models.all_models) * 2
        scores = np.full((len(self._photographs), self._variants, count), np.nan, np.float32)

        def fill(index: int) -> None:
            for number, variant, _ in self._versions(index, teaching, None):
                # Found on this very version, as the student's: both err alike then.
                points = self._teacher.settled(variant.image, variant.point_sets[0])
                found = self._teacher.scores(variant.image, points)
                if found is not None:
                    scores[index, number] = found
            self._tell("scores", index)

        in_threads(fill, teaching.with_face.tolist(), self._threads)
        return scores

    def _descriptors(self, student: Student, starts: Float32Array) -> Float32Array:
        """Return the student's descriptors, (photographs, variants, 4702)."""
        teaching = self._teaching
        shape = (len(self._photographs), self._variants, DESCRIPTOR_SIZE)
        descriptors = np.full(shape, np.nan, dtype=np.float32)

        def fill(index: int) -> None:
            for number, variant, rng in self._versions(index, teaching, starts[index]):
                found = student.descriptor(variant.image, variant.point_sets[1], rng)
                if found is not None:
                    descriptors[index, number] = found
            self._tell("descriptors", index)

        usable = [int(i) for i in teaching.with_face if np.isfinite(starts[i]).all()]
        in_threads(fill, usable, self._threads)
        return descriptors

    def _tell(self, what: str, index: int) -> None:
        if index % _REPORT_EVERY == 0:
            self._report(f"{what}: {index} of {len(self._photographs)} photographs")

    def _versions(
        self, index: int, teaching: _Teaching, start: Float32Array | None
    ) -> list[tuple[int, Variant, np.random.Generator]]:
        """Return the versions of one photograph; their pictures do not depend on the student."""
        image, border = read_photograph(self._photographs[index])
        sets = [teaching.landmarks[index]] + ([] if start is None else [start])
        points = tuple(p + np.float32(border) for p in sets)
        fit = teaching.fits[index]
        assert fit is not None  # noqa: S101 - the teacher found a face
        versions = []
        for number in range(self._variants):
            rng = np.random.default_rng([self._seed, index, number])
            other = teaching.fits[int(rng.choice(teaching.with_face))]
            assert other is not None  # noqa: S101
            shape = _with_deformation(self._teacher.pdm, fit, other.shape_parameters) + border
            variant = make_variant(image, points, shape, number, rng)
            versions.append(
                (number, variant, np.random.default_rng([self._seed, index, number, 1]))
            )
        return versions

    @cached_property
    def _teaching(self) -> _Teaching:
        landmarks = landmarks_on_photographs(
            self._photographs, self._teacher, self._cache, self._threads
        )
        fits: list[ShapeFit | None] = []
        for points in landmarks:
            fit = calc_params(self._teacher.pdm, points) if np.isfinite(points).all() else None
            fits.append(fit if fit is not None and fit.is_finite else None)
        with_face = np.flatnonzero([fit is not None for fit in fits])
        return _Teaching(landmarks, tuple(fits), with_face)
