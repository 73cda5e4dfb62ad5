"""What happens in the clips, and when."""

from itertools import pairwise

import numpy as np
import pytest

from pipelines.demo_corpus.face_actions import BLINK, BROW_RAISE, CLOSED_SMILE, SMILE
from pipelines.demo_corpus.face_sides import BOTH, LEFT, RIGHT, SIDES
from pipelines.demo_corpus.script import (
    ACTION_UNITS,
    CLIPS,
    TRUNCATED_NAME,
    Action,
    Clip,
    ScriptedFace,
)

ACTION = Action(SMILE, begin_s=1.0, rise_s=0.5, hold_s=1.0, fall_s=0.25, amplitude=0.8)


class TestAction:
    def test_times(self) -> None:
        assert ACTION.apex_s == (1.5, 2.5)
        assert ACTION.end_s == 2.75

    @pytest.mark.parametrize(
        ("time_s", "level"),
        [(0.0, 0.0), (1.0, 0.0), (1.25, 0.4), (1.5, 0.8), (2.0, 0.8), (2.625, 0.4), (3.0, 0.0)],
    )
    def test_level(self, time_s: float, level: float) -> None:
        assert ACTION.level(time_s) == pytest.approx(level, abs=1e-12)

    def test_it_sets_in_and_goes_away_smoothly(self) -> None:
        times = np.linspace(0.5, 3.5, 3001)
        steps = np.diff([ACTION.level(t) for t in times]) / np.diff(times)
        # The slope of a raised cosine is at most half of pi times the mean slope, and has no jumps.
        assert np.abs(steps).max() <= np.pi / 2 * 0.8 / 0.25 + 1e-6
        assert np.abs(np.diff(steps)).max() < 0.1


def test_a_level_is_that_of_its_kind() -> None:
    face = ScriptedFace((ACTION, Action(BLINK, 2.0, 0.1, 0.1, 0.1)))
    assert face.level(SMILE, 2.15) == pytest.approx(0.8)
    assert face.level(BLINK, 2.15) == pytest.approx(1.0)
    assert face.level(BLINK, 1.0) == 0.0


def test_a_side_has_a_level_of_its_own() -> None:
    face = ScriptedFace((ACTION, Action(SMILE, 3.0, 0.1, 0.1, 0.1, side=LEFT)))
    assert face.level(SMILE, 2.0) == pytest.approx(0.8)
    assert face.level(SMILE, 2.0, LEFT) == 0.0
    assert face.level(SMILE, 3.15, LEFT) == pytest.approx(1.0)
    assert face.level(SMILE, 3.15) == face.level(SMILE, 3.15, RIGHT) == 0.0


class TestFrameTimes:
    def test_a_constant_rate(self) -> None:
        times = Clip("a.mp4", (), seconds=2.0, frame_rate=24).frame_times_s()
        assert times == tuple(k / 24 for k in range(48))

    def test_a_varying_rate(self) -> None:
        times = Clip("a.mp4", (), seconds=2.0, frame_rate=30, varying=True).frame_times_s()
        steps = {round((b - a) * 30) for a, b in pairwise(times)}
        assert steps == {1, 2, 3}
        assert times[0] == 0.0
        assert times[-1] < 2.0


class TestCorpus:
    def test_names_differ(self) -> None:
        names = [clip.name for clip in CLIPS] + [TRUNCATED_NAME]
        stems = {name.rsplit(".", 1)[0] for name in names}
        assert len(stems) == len(names)

    @pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.name)
    def test_actions_fit_into_their_clip(self, clip: Clip) -> None:
        assert 2.0 <= clip.seconds <= 6.0
        for face in clip.faces:
            for action in face.actions:
                assert action.kind in ACTION_UNITS
                assert action.begin_s >= 0.5  # rest first
                assert action.end_s <= clip.seconds
            for kind in {action.kind for action in face.actions}:
                same = [action for action in face.actions if action.kind == kind]
                assert all(a.end_s <= b.begin_s for a, b in pairwise(same))

    @pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.name)
    def test_an_apex_is_seen(self, clip: Clip) -> None:
        times = np.array(clip.frame_times_s())
        for face in clip.faces:
            for action in face.actions:
                first, last = action.apex_s
                assert ((times >= first) & (times <= last)).sum() >= 3

    def test_every_action_unit_rises_somewhere(self) -> None:
        kinds = {a.kind for clip in CLIPS for face in clip.faces for a in face.actions}
        assert kinds == set(ACTION_UNITS)

    def test_actions_happen_on_every_side(self) -> None:
        actions = [a for clip in CLIPS for face in clip.faces for a in face.actions]
        assert {a.side for a in actions} == set(SIDES)
        one_sided = {a.kind for a in actions if a.side != BOTH}
        assert one_sided == {BROW_RAISE, CLOSED_SMILE, BLINK}

    def test_containers_and_rates_differ(self) -> None:
        assert {clip.name.rsplit(".", 1)[1] for clip in CLIPS} == {"mp4", "mkv", "webm", "mov"}
        assert len({clip.frame_rate for clip in CLIPS}) == 3
        assert any(clip.varying for clip in CLIPS)
        assert any(clip.turned for clip in CLIPS)
        assert {len(clip.faces) for clip in CLIPS} == {0, 1, 2}
