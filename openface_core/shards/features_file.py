"""The file of a shard's features."""

from collections.abc import Sequence
from typing import IO, Any

import numpy as np

from openface_core.action_units.models import FHOG_SIZE, GEOMETRY_SIZE
from openface_core.errors import WorkFileError
from openface_core.running_medians import Descriptor
from openface_core.shards.features import ShardFeatures, features_layout
from openface_core.shards.work_file import (
    AnyArray,
    ArrayLayout,
    DamagedError,
    damaged,
    read_work_file,
    write_work_file,
)

MAX_FRAMES = 100_000
"""The most frames a shard may have; bounds what reading a file allocates, about 1 GB."""

_KIND = b"OFBSHRD2"
_DESCRIPTOR: list[tuple[tuple[int, ...], np.dtype[np.generic]]] = [
    ((FHOG_SIZE,), np.dtype(np.float32)),
    ((GEOMETRY_SIZE,), np.dtype(np.float64)),
]


def write_features(file: IO[bytes], features: ShardFeatures) -> None:
    """Write the features of a shard, about 6 kB per frame; the same ones give the same bytes.

    Parameters
    ----------
    file : file opened for writing
        Where to.
    features : ShardFeatures
        What to write.

    Raises
    ------
    WorkFileError
        If the shard has more than 100,000 frames.
    """
    n = len(features)
    if n > MAX_FRAMES:
        raise WorkFileError(
            str(getattr(file, "name", None) or "a work file"),
            f"a shard of {n} frames is too long to be kept, at most {MAX_FRAMES} are possible",
            "Ask for shorter shards.",
        )
    models, modes = features.weighted.shape[1], features.shape_parameters.shape[1]
    firsts = features.first_descriptors
    arrays: list[AnyArray] = [getattr(features, name) for name in features_layout(n, models, modes)]
    arrays += [values for first in firsts if first is not None for values in first]
    write_work_file(
        file, _KIND, [n, models, modes, *(int(first is not None) for first in firsts)], arrays
    )


def read_features(file: IO[bytes], model_count: int, mode_count: int) -> ShardFeatures:
    """Read the features of a shard.

    Parameters
    ----------
    file : file opened for reading
        What :func:`write_features` wrote.
    model_count : int
        Number of action-unit models k that are expected.
    mode_count : int
        Number of shape parameters m that are expected.

    Returns
    -------
    ShardFeatures
        The features.

    Raises
    ------
    WorkFileError
        If the file is truncated, damaged, of another kind or of other sizes.
    """

    def layout(numbers: Sequence[int]) -> ArrayLayout:
        n, models, modes, *has_first = numbers
        if not 0 <= n <= MAX_FRAMES:
            raise DamagedError(f"it claims to hold {n} frames")
        if (models, modes) != (model_count, mode_count):
            raise DamagedError(
                f"it holds scores of {models} models and {modes} shape parameters, "
                f"{model_count} and {mode_count} are expected"
            )
        if any(flag not in (0, 1) for flag in has_first):
            raise DamagedError(f"it claims to hold {has_first} first descriptors")
        return [*features_layout(n, models, modes).values(), *(_DESCRIPTOR * sum(has_first))]

    numbers, arrays = read_work_file(file, _KIND, 5, layout)
    names = list(features_layout(numbers[0], model_count, mode_count))
    fields: dict[str, Any] = dict(zip(names, arrays, strict=False))
    rest = iter(arrays[len(names) :])
    firsts: list[Descriptor | None] = [None, None]
    for parity in (0, 1):
        if numbers[3 + parity]:
            firsts[parity] = (next(rest), next(rest))
    if fields["success"].view(np.uint8).max(initial=0) > 1:
        raise damaged(file, "success is neither true nor false")
    try:
        return ShardFeatures(**fields, first_descriptors=(firsts[0], firsts[1]))
    except ValueError as error:
        raise damaged(file, error) from None
