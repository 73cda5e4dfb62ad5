"""Access to the golden dumps of the C++ program, one dataclass per set."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.conftest import reference_folder

FEATURES_OF = {"subj01_failures": ("subj01", 1), "expressive_x8": ("expressive", 8)}
"""Sets whose descriptors are those of another set, repeated so many times."""


@dataclass(frozen=True)
class GoldenSet:
    """The arrays of one folder, loaded when asked for."""

    name: str

    @property
    def folder(self) -> Path:
        return reference_folder() / "golden" / self.name

    def arrays(self, file: str) -> dict[str, NDArray]:
        with np.load(self.folder / file, allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}

    @cached_property
    def calcparams(self) -> dict[str, NDArray]:
        return self.arrays("calcparams.npz")

    @cached_property
    def landmarks(self) -> NDArray[np.float32]:
        """(N, 68, 2), as given to the C++ program."""
        flat = self.calcparams["landmarks_in"]
        return np.ascontiguousarray(flat.reshape(-1, 2, 68).transpose(0, 2, 1))

    @cached_property
    def descriptors(self) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """FHOG (N, 4464) and geometry (N, 238) of every frame."""
        name, times = FEATURES_OF.get(self.name, (self.name, 1))
        source = golden_set(name)
        return (
            np.tile(source.arrays("hog_all.npz")["hog"], (times, 1)),
            np.tile(source.arrays("geom.npz")["geom"], (times, 1)),
        )


@lru_cache
def golden_set(name: str) -> GoldenSet:
    """Return a set by its folder's name."""
    return GoldenSet(name)
