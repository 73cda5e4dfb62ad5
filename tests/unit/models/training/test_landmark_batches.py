"""Batches: made of their seed and number alone, and true about what is in them."""

from dataclasses import replace

import numpy as np
import pytest

from models.training.landmarks.augmentation import CROP_PX
from models.training.landmarks.batches import BatchSource
from models.training.landmarks.labels import LabelledFaces


@pytest.fixture(scope="module")
def source(drawn_faces: LabelledFaces) -> BatchSource:
    return BatchSource(drawn_faces, size=24, count=10, seed=3)


def test_a_batch_depends_on_its_number_only(
    source: BatchSource, drawn_faces: LabelledFaces
) -> None:
    other = BatchSource(drawn_faces, size=24, count=5, seed=3)
    source[1]
    for name, value in vars(other[4]).items():
        np.testing.assert_array_equal(value, getattr(source[4], name), err_msg=name)
    assert not np.array_equal(source[0].crops, source[1].crops)


def test_only_points_inside_of_a_face_s_crop_count(source: BatchSource) -> None:
    for number in range(5):
        batch = source[number]
        assert batch.crops.shape == (24, CROP_PX, CROP_PX, 3)
        inside = (np.abs(batch.points) < 1.0).all(axis=2)
        counts = (batch.weights > 0.0) == (inside & (batch.presence > 0.0)[:, None])
        assert counts.all()


def test_most_crops_have_a_face(source: BatchSource) -> None:
    presence = np.concatenate([source[number].presence for number in range(10)])
    assert 0.8 < presence.mean() < 0.97


def test_annotated_faces_are_preferred(drawn_faces: LabelledFaces) -> None:
    weights = drawn_faces.weights.copy()
    weights[: drawn_faces.annotated] = 0.5
    marked = replace(drawn_faces, weights=weights)

    def share(preference: float) -> float:
        source = BatchSource(marked, 24, 20, seed=0, preference=preference)
        most = np.concatenate([source[number].weights.max(axis=1) for number in range(20)])
        return float((most == 0.5).sum() / (most > 0.0).sum())

    assert share(1.0) == pytest.approx(1.0 / 3.0, abs=0.08)
    assert share(4.0) == pytest.approx(4.0 / 6.0, abs=0.08)


def test_batches_end(source: BatchSource) -> None:
    assert len(source) == 10
    with pytest.raises(IndexError):
        source[10]
