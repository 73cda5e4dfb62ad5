"""Decoding of RetinaFace's output, against plain NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openface_core.detection.decoding import anchor_count, decode_faces, suppress_overlaps

DECODE_TOLERANCE_PX = 1e-3


def anchors(height: int, width: int) -> np.ndarray:
    """Twin of the anchors: every centre x, y and side, in order."""
    rows = []
    for stride, sides in ((8, (16, 32)), (16, (64, 128)), (32, (256, 512))):
        for i in range(int(np.ceil(height / stride))):
            for j in range(int(np.ceil(width / stride))):
                rows += [((j + 0.5) * stride, (i + 0.5) * stride, side) for side in sides]
    return np.array(rows)


def decode_all(loc: np.ndarray, landms: np.ndarray, prior: np.ndarray) -> np.ndarray:
    """Twin of the decoding, of all anchors."""
    centre = prior[:, :2] + 0.1 * loc[:, :2] * prior[:, 2:]
    size = prior[:, 2:] * np.exp(0.2 * loc[:, 2:].astype(float))
    points = prior[:, None, :2] + 0.1 * landms.reshape(-1, 5, 2) * prior[:, None, 2:]
    return np.concatenate([centre - size / 2, centre + size / 2, points.reshape(-1, 10)], axis=1)


def random_output(height: int, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    n = anchor_count(height, width)
    face = rng.random(n)
    conf = np.stack([1 - face, face], axis=1).astype(np.float32)
    loc = rng.standard_normal((n, 4)).astype(np.float32)
    return loc, conf, rng.standard_normal((n, 10)).astype(np.float32)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (16, 16), (33, 47), (96, 128), (250, 301)])
def test_decoding_equals_its_plain_twin(height: int, width: int) -> None:
    loc, conf, landms = random_output(height, width)
    prior = anchors(height, width)
    assert anchor_count(height, width) == len(prior)
    faces = np.empty((len(prior), 15), dtype=np.float32)
    count = decode_faces(loc, conf, landms, height, width, 0.6, faces)
    chosen = conf[:, 1] >= np.float64(0.6)
    assert count == chosen.sum()
    expected = decode_all(loc, landms, prior)[chosen]
    found = np.delete(faces[:count], 4, axis=1)
    np.testing.assert_allclose(found, expected, atol=DECODE_TOLERANCE_PX, rtol=1e-6)
    np.testing.assert_array_equal(faces[:count, 4], conf[chosen, 1])


def test_values_that_are_not_finite_give_no_face() -> None:
    loc, conf, landms = random_output(32, 32)
    conf[:, 1] = 0.9
    conf[0, 1] = np.nan
    loc[1, 0] = np.nan
    loc[2, 2] = 1e6  # its exponential overflows
    landms[3, 9] = np.inf
    faces = np.empty((len(conf), 15), dtype=np.float32)
    assert decode_faces(loc, conf, landms, 32, 32, 0.5, faces) == len(conf) - 4


def test_more_faces_than_room_are_counted_but_not_written() -> None:
    loc, conf, landms = random_output(32, 32)
    conf[:, 1] = 0.9
    faces = np.zeros((5, 15), dtype=np.float32)
    assert decode_faces(loc, conf, landms, 32, 32, 0.5, faces[:3]) == len(conf)
    assert not faces[3:].any()


def overlap(a: np.ndarray, b: np.ndarray) -> float:
    size = np.clip(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0, None)
    both = float(size[0] * size[1])
    area = [float((r[2] - r[0]) * (r[3] - r[1])) for r in (a, b)]
    return both / (sum(area) - both)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 30), st.integers(0, 2**32 - 1))
def test_suppression_equals_its_plain_twin(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    corner = rng.integers(0, 40, (count, 2))
    boxes = np.concatenate([corner, corner + rng.integers(1, 40, (count, 2))], axis=1)
    boxes = boxes.astype(np.float32)
    kept: list[int] = []
    for i in range(count):
        if all(overlap(boxes[i], boxes[k]) <= 0.37 for k in kept):
            kept.append(i)
    keep = np.empty(count, dtype=np.bool_)
    suppress_overlaps(boxes, 0.37, keep)
    assert np.flatnonzero(keep).tolist() == kept
