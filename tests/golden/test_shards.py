"""Real descriptors in shards: the bits of the sequential tracker, and the size of the files."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray

from openface_core.action_units.models import ActionUnitModels
from openface_core.action_units.tracker import ActionUnitTracker
from openface_core.faces import Face, FaceStatus
from openface_core.fields import Extent
from openface_core.shards import ShardRecorder, read_features, write_features
from tests.fixtures.golden_sets import golden_set
from tests.fixtures.shards.shard_videos import (
    MODES,
    Pool,
    assert_shards_equal_the_tracker,
    decoded_frame,
    measured_face,
    pool_of,
    shard_of,
    track,
)

NAMES = ["subj01", "glasses", "expressive", "subj01_failures", "expressive_x8"]
MAX_BYTES_PER_FRAME = 8000


Tracked = tuple[ActionUnitModels, Pool, NDArray[np.int64], ActionUnitTracker]


@pytest.fixture(scope="module", params=NAMES)
def video(request: pytest.FixtureRequest, video_models: ActionUnitModels) -> Tracked:
    """Return models, descriptors, the place of each frame's descriptor, and the tracker."""
    golden = golden_set(request.param)
    success = golden.arrays("au_raw.npz")["success"].astype(bool)
    pool = pool_of(video_models, list(zip(*golden.descriptors, strict=True)))
    places = np.where(success, np.arange(len(success)), -1)
    return video_models, pool, places, track(video_models, pool, places)


@pytest.mark.parametrize("seed", range(3))
def test_random_shards_equal_the_tracker(video: Tracked, seed: int) -> None:
    models, pool, places, tracker = video
    rng = np.random.default_rng(seed)
    cuts = np.sort(rng.integers(0, len(places) + 1, rng.integers(1, 7)))
    shards = [shard_of(pool, piece) for piece in np.split(places, cuts)]
    assert_shards_equal_the_tracker(models, shards, tracker)


def test_beginning_frame_by_frame_equals_the_tracker(video: Tracked) -> None:
    models, pool, places, _ = video
    start = places[:12]
    shards = [shard_of(pool, place[None]) for place in start]
    assert_shards_equal_the_tracker(models, shards, track(models, pool, start))


def test_recorded_shards_pass_through_small_files(video: Tracked) -> None:
    models, pool, places, tracker = video
    extent = Extent(MODES, models.intensity_names, models.presence_names)
    shards, size = [], 0
    for piece in np.split(places, [len(places) // 3]):
        recorder = ShardRecorder(models, extent)
        for i, place in enumerate(piece):
            face = Face(FaceStatus.NOT_TRUSTED, confidence=0.9)
            if place >= 0:
                landmarks = np.random.default_rng(i).normal(size=(68, 2)).astype(np.float32)
                face = measured_face(
                    pool.descriptors[place], i, landmarks=landmarks, confidence=0.9
                )
            recorder.add(decoded_frame(i, i / 25.0), face)
        file = io.BytesIO()
        write_features(file, recorder.features())
        size += file.tell()
        file.seek(0)
        shards.append(read_features(file, extent))
    assert size <= MAX_BYTES_PER_FRAME * len(places)
    assert_shards_equal_the_tracker(models, shards, tracker)
