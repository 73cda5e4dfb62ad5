"""The linear action-unit models: what one holds, and a set of them ready for prediction."""

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from openface_core.action_units.side_weights import SIDES, SideWeights

Float64Array = NDArray[np.float64]


class Target(Enum):
    """What a model predicts of an action unit."""

    INTENSITY = "intensity"
    PRESENCE = "presence"


@dataclass(frozen=True, eq=False)
class ActionUnitModel:
    """One linear predictor, SVR for intensity or SVM for presence.

    The score of a descriptor ``x`` is ``(x - means - median) @ weights + bias``, where the person's
    running median takes part in dynamic models only.

    Parameters
    ----------
    name : str
        Action unit, as ``AU01``.
    target : Target
        Intensity or presence.
    is_dynamic : bool
        Whether the running median is subtracted.
    means, weights : (4702,) ndarray of float64
        Training means and weights.
    bias : float
        Constant term.
    cutoff : float or None
        Dynamic intensity models only: the quantile of the person's own values that becomes zero.
    presence_if_positive : bool
        Presence models only: whether a positive score means that the action unit is present. In
        OpenFace's files that holds for some models, and the opposite for most.
    """

    name: str
    target: Target
    is_dynamic: bool
    means: Float64Array
    weights: Float64Array
    bias: float
    cutoff: float | None = None
    presence_if_positive: bool = True


@dataclass(frozen=True, eq=False)
class ActionUnitModels:
    """All predictors of a run, sorted by action unit as OpenFace writes its columns.

    Parameters
    ----------
    intensity, presence : tuple of ActionUnitModel
        The models of each target; at least one in all, names unique within a target.
    sides : SideWeights or None
        Weights by which they predict both sides of the face too.

    Raises
    ------
    ValueError
        If there are no models or a name occurs twice.
    """

    intensity: tuple[ActionUnitModel, ...]
    presence: tuple[ActionUnitModel, ...]
    sides: SideWeights | None = None

    def __post_init__(self) -> None:
        for target in ("intensity", "presence"):
            models = sorted(getattr(self, target), key=lambda model: model.name)
            names = [model.name for model in models]
            if len(set(names)) != len(names):
                raise ValueError(f"an action unit occurs twice among the {target} models: {names}")
            object.__setattr__(self, target, tuple(models))
        if not self.all_models:
            raise ValueError("at least one action-unit model is expected")

    @property
    def all_models(self) -> tuple[ActionUnitModel, ...]:
        """The intensity models, then the presence models: the order of every view's scores."""
        return self.intensity + self.presence

    @property
    def has_sides(self) -> bool:
        """Whether both sides of the face are predicted too."""
        return self.sides is not None

    @property
    def views(self) -> tuple[slice, ...]:
        """Which columns of a score array are of the whole face, and of its left and right side.

        The whole face alone where sides are not predicted. In each, the order is that of
        :attr:`all_models`.
        """
        count = len(self.all_models)
        views = 1 if self.sides is None else 1 + len(SIDES)
        return tuple(slice(count * view, count * (view + 1)) for view in range(views))

    @property
    def score_count(self) -> int:
        """Columns of a score array: the predictors of all views."""
        return len(self.views) * len(self.all_models)

    @property
    def intensity_columns(self) -> NDArray[np.intp]:
        """Which columns of a score array are intensities, view by view."""
        own = np.arange(len(self.intensity))
        return np.concatenate([view.start + own for view in self.views])

    @property
    def intensity_names(self) -> tuple[str, ...]:
        """Action units with an intensity."""
        return tuple(model.name for model in self.intensity)

    @property
    def presence_names(self) -> tuple[str, ...]:
        """Action units with a presence."""
        return tuple(model.name for model in self.presence)

    @cached_property
    def is_dynamic(self) -> NDArray[np.bool_]:
        """Which models subtract the running median, in the order of :attr:`all_models`."""
        return np.array([model.is_dynamic for model in self.all_models])

    @property
    def relative_columns(self) -> dict[str, bool]:
        """Whether the values of a column of the tables are relative to the person, by its name.

        Those of static models are not, whatever they are calibrated on.
        """
        endings = ("", *(f"_{side}" for side in SIDES)) if self.has_sides else ("",)
        kinds = (("_r", self.intensity), ("_c", self.presence))
        return {
            f"{model.name}{kind}{ending}": model.is_dynamic
            for kind, models in kinds
            for model in models
            for ending in endings
        }

    @property
    def relative_to_person(self) -> tuple[str, ...]:
        """Columns of the whole face whose values are relative to the person."""
        relative = self.relative_columns
        return tuple(name for name in relative if relative[name] and name.endswith(("_r", "_c")))

    def withheld_columns(self, calibration_frames: int, least_frames: int) -> frozenset[str]:
        """Return the columns of the tables that too few frames calibrate.

        Parameters
        ----------
        calibration_frames : int
            How many frames moved the medians.
        least_frames : int
            How many must; with fewer, the values of dynamic models are not given.
        """
        if calibration_frames >= least_frames:
            return frozenset()
        return frozenset(name for name, is_dynamic in self.relative_columns.items() if is_dynamic)

    @cached_property
    def weights(self) -> Float64Array:
        """Weights of all models, (4702, k): one descriptor element's weights lie side by side."""
        return np.ascontiguousarray(np.stack([m.weights for m in self.all_models], axis=1))

    @cached_property
    def constants(self) -> Float64Array:
        """What is added to the products of all views: ``bias - means @ weights``, for sides more.

        See :attr:`SideWeights.constants`.
        """
        whole = np.array([m.bias - float(m.means @ m.weights) for m in self.all_models])
        if self.sides is None:
            return whole
        of_sides = self.sides.constants[list(self.sides.picture_sides)]
        return np.concatenate([whole, *(whole + of_sides)])
