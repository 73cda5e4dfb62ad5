"""Views: choosing, joining, keeping."""

from pathlib import Path

import numpy as np

from models.training.detector.views import VIEW_SIDE_PX, Views, _view_matrix
from models.training.origins import kept


def test_views_are_chosen_by_photograph(views: Views) -> None:
    chosen = views.chosen(np.array([False, True, True]), first_number=10)
    assert chosen.photograph.tolist() == [10, 11]
    assert chosen.first_face.tolist() == [0, 2, 3]
    np.testing.assert_array_equal(chosen.boxes, views.boxes[1:])
    assert chosen.is_certain().tolist() == [True, False, True]


def test_views_that_are_parted_and_joined_are_the_same(views: Views) -> None:
    first = np.array([True, False, False])
    joined = Views.joined([views.chosen(first, 0), views.chosen(~first, 1)])
    for name, values in vars(views).items():
        np.testing.assert_array_equal(getattr(joined, name), values)


def test_views_are_kept_in_a_file(views: Views, tmp_path: Path) -> None:
    for _ in range(2):  # made, and read
        found = Views(**kept(tmp_path / "views.npz", "the same", lambda: vars(views)))
        for name, values in vars(found).items():
            np.testing.assert_array_equal(getattr(views, name), values)


def test_a_view_has_the_face_in_its_middle() -> None:
    box = np.array([30, 50, 90, 130], np.float32)
    middle = np.array([60, 90, 1.0])
    rng = np.random.default_rng(0)
    for source in [None, *[rng] * 20]:
        there = _view_matrix(box, source) @ middle
        np.testing.assert_allclose(there[:2] / there[2], VIEW_SIDE_PX / 2)
