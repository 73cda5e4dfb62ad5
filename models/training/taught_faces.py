"""Faces of the training photographs that the embedded network and the teacher see alike."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.training.degradation import degraded
from models.training.in_threads import in_threads
from models.training.openface_teacher import Teacher
from models.training.own_landmarks import SETS_WITH_VIDEOS, OwnModels, read_training_photographs
from models.training.photograph_landmarks import agree, landmarks_on_photographs, read_photograph
from models.training.photographs import Photograph
from models.training.settings import TrainingFolders, TrainingSettings
from openface_core.shape import calc_params

UInt8Array = NDArray[np.uint8]
Float32Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Version:
    """A photograph as it is, or as of a video, with the points of one face.

    Parameters
    ----------
    image_bgr : (H, W, 3) ndarray of uint8
        The picture.
    own_px, taught_px : (68, 2) ndarray of float32
        What the embedded network saw in the photograph, and where the teacher's patch experts
        settle in this very picture, pixels.
    """

    image_bgr: UInt8Array
    own_px: Float32Array
    taught_px: Float32Array


@dataclass(frozen=True, eq=False)
class TaughtFaces:
    """n photographs with a face that both see alike.

    Parameters
    ----------
    photographs : tuple of Photograph
        The photographs.
    own_px, taught_px : (n, 68, 2) ndarray of float32
        What the embedded network and the teacher see, pixels.
    teacher : Teacher
        The teacher.
    """

    photographs: tuple[Photograph, ...]
    own_px: Float32Array
    taught_px: Float32Array
    teacher: Teacher

    @classmethod
    def found(cls, folders: TrainingFolders, settings: TrainingSettings) -> "TaughtFaces":
        """Have both look at all photographs, or take what they saw the last time.

        Raises
        ------
        ModelFileError
            If a model is missing or damaged.
        InputError
            If photographs are.
        """
        photographs = read_training_photographs(folders.faces, SETS_WITH_VIDEOS)
        cache, threads = folders.work_of("photographs"), settings.threads
        models, teacher = OwnModels.load(folders.output), Teacher(folders.reference)
        own = landmarks_on_photographs(photographs, models, cache, threads)
        taught = landmarks_on_photographs(photographs, teacher, cache, threads)
        chosen = np.flatnonzero([agree(*pair) for pair in zip(own, taught, strict=True)])
        return cls(tuple(photographs[i] for i in chosen), own[chosen], taught[chosen], teacher)

    def __len__(self) -> int:
        return len(self.photographs)

    def as_it_is(self, number: int) -> Version:
        """Return a photograph with a border."""
        image, border = read_photograph(self.photographs[number])
        points = (of[number] + np.float32(border) for of in (self.own_px, self.taught_px))
        return Version(image, *points)

    def as_of_a_video(self, number: int, seed: int) -> Version:
        """Return a photograph with blur, noise and blocks, each of them at random."""
        whole = self.as_it_is(number)
        scale = calc_params(self.teacher.pdm, whole.taught_px).scale_px_per_mm
        image = degraded(whole.image_bgr, scale, np.random.default_rng([seed, number]))
        return Version(image, whole.own_px, self.teacher.settled(image, whole.taught_px))

    def each(
        self, numbers: NDArray[np.intp], threads: int, look: Callable[[int, int], None]
    ) -> None:
        """Call a function with the row and the number of each chosen face, in several threads."""
        in_threads(lambda row: look(row, int(numbers[row])), range(len(numbers)), threads)
