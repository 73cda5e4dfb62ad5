"""Videos of few distinct descriptors, cut into shards, and the sequential tracker beside them."""

import io
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from openface_core.action_units.models import ActionUnitModels
from openface_core.action_units.static import weigh_descriptor
from openface_core.action_units.tracker import ActionUnitTracker
from openface_core.descriptors import FHOG_SIZE, GEOMETRY_SIZE
from openface_core.eyes import EyeMeasurement
from openface_core.faces import Face, FaceStatus
from openface_core.fields import Extent, FaceSeries
from openface_core.media import DecodedFrame
from openface_core.running_medians import (
    FHOG_RANGE,
    GEOMETRY_RANGE,
    Descriptor,
    DescriptorMedians,
    MedianState,
    quantise,
)
from openface_core.shape import HeadPose, ShapeFit
from openface_core.shards import (
    ShardFeatures,
    count_shard,
    read_median_state,
    replay_medians,
    write_median_state,
)
from tests.synthetic_models import synthetic_action_unit_models

MODES = 34
POOL = 7


@dataclass(frozen=True, eq=False)
class Pool:
    """Descriptors to draw from; the last place stands for a failed frame."""

    descriptors: list[Descriptor]
    fhog_bins: NDArray[np.uint16]
    geometry_bins: NDArray[np.uint16]
    weighted: NDArray[np.float64]


def pool_of(models: ActionUnitModels, descriptors: list[Descriptor]) -> Pool:
    """Return the bins and products of some descriptors."""
    count = len(descriptors)
    fhog_bins = np.zeros((count + 1, FHOG_SIZE), dtype=np.uint16)
    geometry_bins = np.zeros((count + 1, GEOMETRY_SIZE), dtype=np.uint16)
    weighted = np.zeros((count + 1, len(models.all_models)))
    for i, (fhog, geometry) in enumerate(descriptors):
        f, g = FHOG_RANGE, GEOMETRY_RANGE
        quantise(fhog, f.minimum, f.length, f.bins, fhog_bins[i])
        quantise(geometry, g.minimum, g.length, g.bins, geometry_bins[i])
        weighted[i] = weigh_descriptor(models, fhog, geometry)
    return Pool(descriptors, fhog_bins, geometry_bins, weighted)


@cache
def models_and_pool() -> tuple[ActionUnitModels, Pool]:
    """Return synthetic models and descriptors that also reach over their histograms' ends."""
    rng = np.random.default_rng(7)
    models = synthetic_action_unit_models()
    descriptors: list[Descriptor] = [
        (
            rng.uniform(-0.02, 1.02, FHOG_SIZE).astype(np.float32),
            rng.normal(0.0, 35.0, GEOMETRY_SIZE),
        )
        for _ in range(POOL)
    ]
    return models, pool_of(models, descriptors)


def extent_of_models() -> Extent:
    """Return what the synthetic models measure."""
    models, _ = models_and_pool()
    return Extent(MODES, models.intensity_names, models.presence_names)


def shard_of(pool: Pool, places: NDArray[np.int64], seed: int = 0) -> ShardFeatures:
    """Return the features of frames given by their places in the pool, -1 for failed ones."""
    rng = np.random.default_rng(seed)
    n, success = len(places), places >= 0
    firsts: list[Descriptor | None] = []
    for parity in (0, 1):
        found = [place for place in places[parity::2] if place >= 0]
        firsts.append(pool.descriptors[found[0]] if found else None)
    sizes = (2 * 68, 6, 6, MODES, 112, 56, 6)
    measured = rng.normal(size=(n, sum(sizes))).astype(np.float32)
    measured[~success] = np.nan
    measured[1::3, -174:] = np.nan  # faces whose eyes were not measured
    parts = np.split(measured, np.cumsum(sizes)[:-1], axis=1)
    arrays = {
        "pts_seconds": rng.choice([np.nan, 0.04, 1e3], n),
        "confidence": rng.choice([np.nan, 0.5, 1.0], n).astype(np.float32),
        "success": success,
        "frame_size_px": rng.integers(1, 4000, (n, 2), dtype=np.int32),
        "landmarks_px": parts[0].reshape(n, 68, 2),
        "pose": parts[1],
        "global_parameters": parts[2],
        "shape_parameters": parts[3],
        "eye_landmarks_px": parts[4].reshape(n, 2, 28, 2),
        "eye_depths_mm": parts[5].reshape(n, 2, 28),
        "gaze_directions": parts[6].reshape(n, 2, 3),
        "weighted": pool.weighted[places],
        "fhog_bins": pool.fhog_bins[places],
        "geometry_bins": pool.geometry_bins[places],
    }
    return ShardFeatures(FaceSeries(arrays), extent_of_models(), (firsts[0], firsts[1]))


def track(models: ActionUnitModels, pool: Pool, places: NDArray[np.int64]) -> ActionUnitTracker:
    """Return the sequential tracker after the same frames."""
    tracker = ActionUnitTracker(models)
    for place in places:
        if place < 0:
            tracker.add_failure()
        else:
            tracker.add(*pool.descriptors[place])
    return tracker


def measured_face(
    descriptor: Descriptor,
    seed: int = 0,
    *,
    with_eyes: bool = True,
    landmarks: NDArray[np.float32] | None = None,
    confidence: float | None = 1.0,
) -> Face:
    """Return a measured face with this descriptor and otherwise random numbers."""
    rng = np.random.default_rng(seed)
    eyes = None
    if with_eyes:
        sizes = (2, 28, 2), (2, 28, 3), (2, 3)
        eyes = EyeMeasurement(*(rng.normal(size=size).astype(np.float32) for size in sizes))
    return Face(
        FaceStatus.FOUND,
        landmarks=np.zeros((68, 2), dtype=np.float32) if landmarks is None else landmarks,
        confidence=confidence,
        fit=ShapeFit(
            scale_px_per_mm=1.5,
            rotation_radians=rng.normal(size=3).astype(np.float32),
            translation_px=rng.normal(size=2).astype(np.float32),
            shape_parameters=rng.normal(size=MODES).astype(np.float32),
            iterations=3,
        ),
        pose=HeadPose(rng.normal(size=3), rng.normal(size=3)),
        landmarks_3d_mm=rng.normal(size=(68, 3)).astype(np.float32),
        aligned=None,  # type: ignore[arg-type]
        fhog=descriptor[0],
        geometry=descriptor[1],
        eyes=eyes,
    )


def decoded_frame(
    index: int, pts_seconds: float | None = None, size_px: tuple[int, int] = (4, 3)
) -> DecodedFrame:
    """Return a black frame of some width and height."""
    return DecodedFrame(index, pts_seconds, np.zeros((*size_px[::-1], 3), dtype=np.uint8))


def bits(array: NDArray[np.floating]) -> bytes:
    """Return the bits of an array: -0.0 and 0.0 differ, equal NaNs do not."""
    return np.ascontiguousarray(array).tobytes()


def assert_same_state(found: MedianState, expected: MedianState) -> None:
    """Assert that two states are equal in every bit."""
    assert (found.frames, found.total) == (expected.frames, expected.total)
    assert np.array_equal(found.fhog_counts, expected.fhog_counts)
    assert np.array_equal(found.geometry_counts, expected.geometry_counts)
    assert (found.single is None) == (expected.single is None)
    if found.single is not None and expected.single is not None:
        assert [bits(m) for m in found.single] == [bits(m) for m in expected.single]


def through_a_file(state: MedianState) -> MedianState:
    """Write a state and read it back."""
    file = io.BytesIO()
    write_median_state(file, state)
    file.seek(0)
    return read_median_state(file)


def assert_shards_equal_the_tracker(
    models: ActionUnitModels, shards: list[ShardFeatures], tracker: ActionUnitTracker
) -> None:
    """Replay every shard from a saved state, and compare all bits with the sequential tracker."""
    counting = DescriptorMedians()
    online = []
    for shard in shards:
        state = counting.state()
        medians = DescriptorMedians.from_state(through_a_file(state))
        assert bits(medians.fhog) == bits(counting.fhog)
        assert bits(medians.geometry) == bits(counting.geometry)
        online.append(replay_medians(models, medians, shard))
        count_shard(counting, shard)
        assert_same_state(medians.state(), counting.state())
        assert bits(medians.fhog) == bits(counting.fhog)
        assert bits(medians.geometry) == bits(counting.geometry)
    assert tracker.medians is not None
    assert_same_state(counting.state(), tracker.medians.state())
    assert bits(counting.fhog) == bits(tracker.medians.fhog)
    assert bits(counting.geometry) == bits(tracker.medians.geometry)
    expected = tracker.finish().online_scores
    found = np.concatenate([*online, np.empty((0, expected.shape[1]))])
    assert bits(found) == bits(expected)
