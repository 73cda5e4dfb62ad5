"""The file of a shard's features."""

from collections.abc import Sequence
from typing import IO

import numpy as np

from openface_core.descriptors import FHOG_SIZE, GEOMETRY_SIZE
from openface_core.errors import WorkFileError
from openface_core.fields import STORED_FIELDS, Extent, FaceSeries
from openface_core.running_medians import Descriptor
from openface_core.shards.features import ShardFeatures
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

_KIND = b"OFBSHRD3"
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
    firsts = features.first_descriptors
    arrays: list[AnyArray] = [features.series[field.name] for field in STORED_FIELDS]
    arrays += [values for first in firsts if first is not None for values in first]
    extent = features.extent
    has_first = (int(first is not None) for first in firsts)
    numbers = [n, extent.score_count, extent.mode_count, *has_first]
    write_work_file(file, _KIND, numbers, arrays)


def read_features(file: IO[bytes], extent: Extent) -> ShardFeatures:
    """Read the features of a shard.

    Parameters
    ----------
    file : file opened for reading
        What :func:`write_features` wrote.
    extent : Extent
        What the models measure that it must be of.

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
        if (models, modes) != (extent.score_count, extent.mode_count):
            raise DamagedError(
                f"it holds scores of {models} models and {modes} shape parameters, "
                f"{extent.score_count} and {extent.mode_count} are expected"
            )
        if any(flag not in (0, 1) for flag in has_first):
            raise DamagedError(f"it claims to hold {has_first} first descriptors")
        fields = [((n, *field.shape_of(extent)), np.dtype(field.dtype)) for field in STORED_FIELDS]
        return [*fields, *(_DESCRIPTOR * sum(has_first))]

    numbers, arrays = read_work_file(file, _KIND, 5, layout)
    names = [field.name for field in STORED_FIELDS]
    series = FaceSeries(dict(zip(names, arrays, strict=False)))
    rest = iter(arrays[len(names) :])
    firsts: list[Descriptor | None] = [None, None]
    for parity in (0, 1):
        if numbers[3 + parity]:
            firsts[parity] = (next(rest), next(rest))
    if series.success.view(np.uint8).max(initial=0) > 1:
        raise damaged(file, "success is neither true nor false")
    try:
        return ShardFeatures(series, extent, (firsts[0], firsts[1]))
    except ValueError as error:
        raise damaged(file, error) from None
