"""Access to the dumps of the C++ program with CE-CLM, and to its tracks."""

import csv
import gzip
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from openface_core.media import open_media
from openface_core.refinement import grey_from_bgr
from openface_core.shape import ShapeFit
from tests.conftest import reference_folder

LANDMARKS = 68
MODES = 34


def points_of(flat: NDArray) -> NDArray[np.float32]:
    """Return landmarks (68, 2) of 68 x and 68 y."""
    return np.ascontiguousarray(np.reshape(flat, (2, LANDMARKS)).T, dtype=np.float32)


def fit_of(global_parameters: NDArray, local_parameters: NDArray) -> ShapeFit:
    """Return a fit of dumped parameters."""
    scale, rotation, translation = np.split(np.asarray(global_parameters, np.float32), [1, 4])
    local = np.asarray(local_parameters, np.float32)
    return ShapeFit(float(scale[0]), rotation, translation, local, 0)


@dataclass(frozen=True)
class Dump:
    """One scale of one fit in the C++ program."""

    arrays: dict[str, NDArray]
    prefix: str

    def __getitem__(self, name: str) -> NDArray:
        return self.arrays[self.prefix + name]

    def __contains__(self, name: str) -> bool:
        return self.prefix + name in self.arrays

    @property
    def scale(self) -> int:
        return int(self.prefix.split(".")[2][1:])

    @property
    def window(self) -> int:
        return int(self["window"][0])

    @property
    def view(self) -> int:
        return int(self["view"][0])

    @property
    def grey(self) -> NDArray[np.uint8]:
        """The grey frame, which was dumped with the maps."""
        return self.arrays[self.prefix.split(".")[0] + ".gray"]


@dataclass(frozen=True)
class CeclmSet:
    """The dumps of one video."""

    name: str

    @property
    def folder(self) -> Path:
        return reference_folder() / "ceclm"

    @cached_property
    def arrays(self) -> dict[str, NDArray]:
        with np.load(self.folder / f"{self.name}.npz", allow_pickle=False) as archive:
            return {key: archive[key] for key in archive.files}

    @property
    def dumps_with_maps(self) -> list[Dump]:
        end = "resp_sparse"
        return [Dump(self.arrays, key[: -len(end)]) for key in self.arrays if key.endswith(end)]

    @cached_property
    def track(self) -> list[dict[str, float]]:
        """The tracker's results, one row per frame."""
        frames = 3 if self.name.endswith("noterm") else 60
        text = (self.folder / f"{self.name}_tracker{frames}.csv").read_text()
        return [{k: float(v) for k, v in row.items()} for row in csv.DictReader(text.splitlines())]

    def fit(self, i: int) -> ShapeFit:
        """Return the tracker's fit of a frame."""
        row = self.track[i]
        names = ("sc", "rx", "ry", "rz", "tx", "ty")
        local = np.array([row[f"p{k}"] for k in range(MODES)])
        return fit_of(np.array([row[name] for name in names]), local)

    def landmarks(self, i: int) -> NDArray[np.float32]:
        """Return the tracker's landmarks of a frame."""
        row = self.track[i]
        return points_of(np.array([row[f"{axis}{k}"] for axis in "xy" for k in range(LANDMARKS)]))

    def greys(self, count: int) -> list[NDArray[np.uint8]]:
        """Return the first grey frames of the video."""
        video = reference_folder() / "videos" / f"{self.name.split('_')[0]}.mp4"
        with open_media(str(video)) as media:
            return [grey_from_bgr(frame.image) for frame in islice(media, count)]

    def feature_extraction(self) -> dict[str, NDArray[np.float64]]:
        """Return the columns of the C++ program's CSV for the whole video."""
        with gzip.open(self.folder / f"{self.name}_feature_extraction.csv.gz", "rt") as file:
            rows = list(csv.reader(file))
        values = np.array(rows[1:], dtype=np.float64)
        return {name.strip(): values[:, k] for k, name in enumerate(rows[0])}


@lru_cache
def ceclm_set(name: str) -> CeclmSet:
    """Return a set by its name."""
    return CeclmSet(name)
