"""The features of a shard, as they are gathered and as they are checked."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from openface_core.action_units.sides import with_sides
from openface_core.face_sides import eye_openings
from openface_core.faces import Face, FaceStatus
from openface_core.fields import FaceSeries
from openface_core.shards import ShardFeatures, ShardRecorder
from tests.fixtures.faces.shape import synthetic_pdm
from tests.fixtures.shards.shard_videos import (
    decoded_frame,
    extent_of_models,
    measured_face,
    models_and_pool,
    shard_of,
)


def _record(places: list[int]) -> ShardFeatures:
    models, pool = models_and_pool()
    recorder = ShardRecorder(models, extent_of_models())
    for i, place in enumerate(places):
        confidence = None if i == 1 else 0.75
        face = Face(FaceStatus.NOT_TRUSTED, confidence=confidence)
        if place >= 0:
            landmarks = np.full((68, 2), i, dtype=np.float32)
            face = measured_face(
                pool.descriptors[place], i, landmarks=landmarks, confidence=confidence
            )
        recorder.add(decoded_frame(i, i / 25.0, (640 + i, 480)), face)
        assert len(recorder) == i + 1
    return recorder.features()


@pytest.mark.parametrize("places", [[], [-1], [0], [-1, 3, 2, -1, 1, 1], [2, 2, 2, 5, -1]])
def test_recorder_keeps_bins_products_and_first_descriptors(places: list[int]) -> None:
    _, pool = models_and_pool()
    found, expected = _record(places), shard_of(pool, np.array(places, dtype=np.int64))
    assert len(found) == len(places)
    for name in ("success", "weighted", "fhog_bins", "geometry_bins"):
        np.testing.assert_array_equal(found.series[name], expected.series[name])
    for one, other in zip(found.first_descriptors, expected.first_descriptors, strict=True):
        assert (one is None) == (other is None)
        if one is not None and other is not None:
            np.testing.assert_array_equal(one[0], other[0])
            np.testing.assert_array_equal(one[1], other[1])


def test_recorder_keeps_the_measurements() -> None:
    _, pool = models_and_pool()
    features = _record([-1, 3, 2]).series
    measurement = measured_face(pool.descriptors[2], 2)
    assert measurement.fit is not None
    assert features.pts_seconds.tolist() == [0.0, 0.04, 0.08]
    assert features.confidence.tolist() == pytest.approx([0.75, np.nan, 0.75], nan_ok=True)
    assert features["frame_size_px"].tolist() == [[640, 480], [641, 480], [642, 480]]
    assert (features["landmarks_px"][2] == 2.0).all()
    np.testing.assert_array_equal(
        features["pose"][2, :3], measurement.pose.translation_mm.astype(np.float32)
    )
    np.testing.assert_array_equal(
        features["global_parameters"][2],
        [1.5, *measurement.fit.rotation_radians, *measurement.fit.translation_px],
    )
    np.testing.assert_array_equal(features["shape_parameters"][2], measurement.fit.shape_parameters)
    assert measurement.eyes is not None
    eyes = measurement.eyes
    np.testing.assert_array_equal(features["eye_landmarks_px"][2], eyes.landmarks_px)
    np.testing.assert_array_equal(features["eye_depths_mm"][2], eyes.landmarks_3d_mm[..., 2])
    np.testing.assert_array_equal(features["gaze_directions"][2], eyes.gaze_directions)
    for name in ("landmarks_px", "pose", "global_parameters", "shape_parameters",
                 "eye_landmarks_px", "eye_depths_mm", "gaze_directions"):  # fmt: skip
        assert np.isnan(features[name][0]).all()


def test_eyes_that_were_not_measured_are_nan() -> None:
    models, pool = models_and_pool()
    recorder = ShardRecorder(models, extent_of_models())
    recorder.add(decoded_frame(0), measured_face(pool.descriptors[0], with_eyes=False))
    features = recorder.features().series
    for name in ("eye_landmarks_px", "eye_depths_mm", "gaze_directions"):
        assert np.isnan(features[name]).all()
    assert np.isfinite(features["pose"]).all()


def test_recorder_keeps_first_descriptors_that_the_caller_overwrites() -> None:
    models, pool = models_and_pool()
    fhog, geometry = pool.descriptors[0][0].copy(), pool.descriptors[0][1].copy()
    recorder = ShardRecorder(models, extent_of_models())
    recorder.add(decoded_frame(0), measured_face((fhog, geometry)))
    fhog[:], geometry[:] = 0.0, 0.0
    first = recorder.features().first_descriptors[0]
    assert first is not None
    np.testing.assert_array_equal(first[0], pool.descriptors[0][0])
    np.testing.assert_array_equal(first[1], pool.descriptors[0][1])


def test_contradictions_are_refused() -> None:
    _, pool = models_and_pool()
    shard = shard_of(pool, np.array([0, 1, 2]))
    series = shard.series
    for field, value in (
        ("success", np.array([True, False, True])),
        ("success", np.ones(4, dtype=np.bool_)),
        ("fhog_bins", np.full_like(series["fhog_bins"], 1000)),
        ("geometry_bins", np.full_like(series["geometry_bins"], 10000)),
        ("weighted", series["weighted"].astype(np.float32)),
        ("landmarks_px", series["landmarks_px"][:2]),
    ):
        with pytest.raises(ValueError, match=field if field != "success" else "."):
            replace(shard, series=series.with_arrays(**{field: value}))
    without = {name: values for name, values in series.arrays.items() if name != "pose"}
    with pytest.raises(ValueError, match="pose"):
        replace(shard, series=FaceSeries(without))
    wrong: tuple[Any, ...] = (
        (None, pool.descriptors[1]),
        (pool.descriptors[0], pool.descriptors[1][::-1]),
    )
    for first in wrong:
        with pytest.raises(ValueError, match="first_descriptors"):
            replace(shard, first_descriptors=first)


@pytest.mark.parametrize("is_mirrored", [False, True])
def test_eye_openings_are_of_what_was_seen(is_mirrored: bool) -> None:
    models, pool = models_and_pool()
    both = with_sides(models, synthetic_pdm(), is_mirrored=is_mirrored)
    extent = replace(extent_of_models(), has_sides=True, is_mirrored=is_mirrored)
    rng = np.random.default_rng(3)
    fitted, seen = rng.normal(100, 20, (2, 68, 2)).astype(np.float32)
    recorder = ShardRecorder(both, extent)
    residual = np.zeros(136)
    for unfitted in (seen, None):
        face = measured_face(pool.descriptors[0], landmarks=fitted)
        face = replace(face, unfitted=unfitted, residual_mm=residual)
        recorder.add(decoded_frame(0), face)
    recorder.add(decoded_frame(2), Face(FaceStatus.NOT_DETECTED))
    found = recorder.features().series["eye_openings"]
    expected = eye_openings(np.stack([seen, fitted]), is_mirrored=is_mirrored)
    np.testing.assert_array_equal(found[:2], expected)
    assert np.isnan(found[2]).all()
