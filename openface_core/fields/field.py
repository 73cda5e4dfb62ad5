"""What a field is: one measurement, with everything that is to be said of it."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from openface_core.action_units.models import ActionUnitModels
from openface_core.action_units.side_weights import SIDES
from openface_core.faces.face import Face
from openface_core.fields.column import Column
from openface_core.media import DecodedFrame
from openface_core.shape import Camera, PointDistributionModel

AnyArray = NDArray[Any]


class NetworkColumn(NamedTuple):
    """A number that a further network gives of a face."""

    name: str
    unit: str
    network: str


class Dimension(Enum):
    """Lengths that depend on the models."""

    MODES = auto()
    """Shape parameters m."""
    SCORES = auto()
    """Predictors of action units of all views s, of intensity and of presence."""
    INTENSITIES = auto()
    """Action units with an intensity r."""
    PRESENCES = auto()
    """Action units with a presence c."""
    SIDES = auto()
    """Sides of the face that are measured: 2 or none."""
    NETWORK_VALUES = auto()
    """Numbers that further networks give."""


@dataclass(frozen=True)
class Extent:
    """What the models measure, on which the shapes of fields and the columns depend.

    Parameters
    ----------
    mode_count : int
        Number of shape parameters.
    intensity_names, presence_names : tuple of str
        Action units with an intensity and with a presence, as ``AU01``.
    has_sides : bool
        Whether the left and the right side of the face are measured too.
    is_mirrored : bool
        Whether the person's left side is at the left in the picture.
    network_columns : tuple of NetworkColumn
        What further networks say of a face.
    """

    mode_count: int
    intensity_names: tuple[str, ...]
    presence_names: tuple[str, ...]
    has_sides: bool = False
    is_mirrored: bool = False
    network_columns: tuple[NetworkColumn, ...] = ()

    @classmethod
    def of_models(
        cls,
        pdm: PointDistributionModel,
        models: ActionUnitModels,
        network_columns: tuple[NetworkColumn, ...] = (),
    ) -> "Extent":
        """Return what a shape model, models of action units and further networks measure."""
        return cls(
            pdm.mode_count,
            models.intensity_names,
            models.presence_names,
            models.sides is not None,
            models.sides is not None and models.sides.is_mirrored,
            network_columns,
        )

    @property
    def side_count(self) -> int:
        """Sides of the face that are measured."""
        return len(SIDES) if self.has_sides else 0

    @property
    def score_count(self) -> int:
        """Predictors of action units, of the whole face and of the sides that are measured."""
        return (1 + self.side_count) * (len(self.intensity_names) + len(self.presence_names))

    def length(self, dimension: "int | Dimension") -> int:
        """Return the length of an axis."""
        if isinstance(dimension, int):
            return dimension
        return {
            Dimension.MODES: self.mode_count,
            Dimension.SCORES: self.score_count,
            Dimension.INTENSITIES: len(self.intensity_names),
            Dimension.PRESENCES: len(self.presence_names),
            Dimension.SIDES: self.side_count,
            Dimension.NETWORK_VALUES: len(self.network_columns),
        }[dimension]


class Known(Enum):
    """In which frames the columns of a field hold a value; elsewhere they are null."""

    ALWAYS = auto()
    WHERE_KNOWN = auto()
    """Wherever the value is a number."""
    WITH_ID = auto()
    """In the rows of a face, whether it was measured or not."""
    WITH_FACE = auto()
    """In frames whose face was measured."""
    WITH_EYES = auto()
    """In frames whose eyes were measured too."""
    WITH_MEDIANS = auto()
    """In frames whose face was measured, if its action units are relative to medians."""


@dataclass(frozen=True, eq=False)
class Observation:
    """What a value of one frame is taken from.

    Parameters
    ----------
    frame : DecodedFrame
        The frame.
    face : Face
        Its face.
    models : ActionUnitModels
        The predictors of action units.
    """

    frame: DecodedFrame
    face: Face
    models: ActionUnitModels


@dataclass(frozen=True, eq=False)
class Derivation:
    """What values are derived with, beside other fields of the same frames.

    Parameters
    ----------
    pdm : PointDistributionModel
        The shape model.
    first_number : int
        Number of the first of the frames in its video, counted from 1.
    face_id : int or None
        Number of the face in the video; None for frames that show nobody.
    camera : Camera or None
        The camera of the frames; None takes OpenFace's guess by their size.
    calibration_frames : int or None
        How many frames moved the medians of the face; None where it has none.
    """

    pdm: PointDistributionModel
    first_number: int = 1
    face_id: int | None = 0
    camera: Camera | None = None
    calibration_frames: int | None = None


Take = Callable[[Observation], ArrayLike]
Derive = Callable[[Mapping[str, AnyArray], Derivation], AnyArray]
Columns = Callable[[Extent], Iterable[tuple[tuple[int, ...], Column]]]


def _not_taken(_seen: Observation) -> ArrayLike:
    raise TypeError("this field is not taken from a face")


def _no_columns(_extent: Extent) -> tuple[()]:
    return ()


@dataclass(frozen=True, eq=False)
class Field:
    """One measurement of a face, in every frame of a video.

    Parameters
    ----------
    name : str
        Its name.
    description : str
        What it is, with its unit and coordinates.
    shape : tuple of int or Dimension
        Shape of the value of one frame; empty for a number.
    dtype : type
        NumPy type of its elements.
    missing : float, int or bool
        What stands for each element where there is no value.
    take : callable, optional
        Returns the value of one frame. What is taken is stored in the work folder.
    is_of_frame : bool
        Whether it is taken in frames without a face too.
    derive : callable, optional
        Returns the values of n frames from those of the stored fields, and of derived ones that
        come before it in the list. What is derived is not stored. A field that is neither taken
        nor derived is found last, from all frames together.
    columns : callable
        Returns the columns that show it, in order: the place of each in the value of a frame, and
        the column.
    known : Known
        In which frames they hold a value.
    """

    name: str
    description: str
    shape: tuple[int | Dimension, ...]
    dtype: type[np.generic]
    missing: float | int | bool
    take: Take = _not_taken
    is_of_frame: bool = False
    derive: Derive | None = None
    columns: Columns = _no_columns
    known: Known = Known.WITH_FACE

    def shape_of(self, extent: Extent) -> tuple[int, ...]:
        """Return the shape of the value of one frame."""
        return tuple(extent.length(axis) for axis in self.shape)

    @property
    def is_stored(self) -> bool:
        """Whether it is taken from every frame, and kept until all frames are measured."""
        return self.take is not _not_taken

    def columns_of(
        self, arrays: Mapping[str, AnyArray], extent: Extent
    ) -> Iterator[tuple[Column, AnyArray]]:
        """Yield the columns with their values, (n,) each.

        Parameters
        ----------
        arrays : mapping of str to ndarray
            Values of n frames, by the names of fields.
        extent : Extent
            What the models measure.
        """
        shape = self.shape_of(extent)
        placed = _placed_columns(self.columns, extent, shape)
        if not placed:
            return
        values = arrays[self.name]
        # A column is read as a whole, so its values had better lie side by side.
        by_column = np.ascontiguousarray(values.reshape(len(values), math.prod(shape)).T)
        for place, column in placed:
            yield column, by_column[place]


@lru_cache(maxsize=1024)
def _placed_columns(
    columns: Columns, extent: Extent, shape: tuple[int, ...]
) -> tuple[tuple[int, Column], ...]:
    """Return the columns of a field, each with its place among the elements of a frame's value.

    Hundreds of columns cost more than the values of a short clip, and are the same in the next one.
    """
    return tuple(
        (int(np.ravel_multi_index(place, shape)) if shape else 0, column)
        for place, column in columns(extent)
    )
