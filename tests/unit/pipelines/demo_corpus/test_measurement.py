"""What was measured, against the script."""

import numpy as np
import pyarrow as pa
import pytest

from pipelines.demo_corpus.face_actions import BLINK, BROW_RAISE
from pipelines.demo_corpus.measurement import describe, measure_clip
from pipelines.demo_corpus.script import HEAD_ROLL, Action, Clip, ScriptedFace, Sway

ACTION = Action(BLINK, 1.0, 0.2, 0.4, 0.2)


def table_of(clip: Clip, **columns: np.ndarray) -> pa.Table:
    time_s = np.array(clip.frame_times_s())
    values = {"timestamp": time_s, "success": np.ones(len(time_s), bool), **columns}
    return pa.table({name: pa.array(column, from_pandas=True) for name, column in values.items()})


def blinking(rise: float, noise: float) -> tuple[Clip, pa.Table]:
    clip = Clip("a.mp4", (ScriptedFace((ACTION,)),), seconds=3.0, frame_rate=50)
    time_s = np.array(clip.frame_times_s())
    alternating = noise * (-1.0) ** np.arange(len(time_s))
    intensity = 0.5 + alternating + rise * np.array([ACTION.level(t) for t in time_s])
    return clip, table_of(clip, AU45_r=intensity)


class TestRise:
    def test_figures(self) -> None:
        (rise,) = measure_clip(*blinking(1.0, 0.1)).rises
        assert rise.action_unit == "AU45"
        assert rise.rest == pytest.approx(0.5, abs=0.01)
        assert rise.noise == pytest.approx(0.1, abs=0.001)
        assert rise.apex == pytest.approx(1.5, abs=0.01)
        assert rise.is_clear

    @pytest.mark.parametrize(
        ("rise", "noise", "clear"),
        [(1.0, 0.6, False), (1.0, 0.4, True), (0.1, 0.0, False), (0.3, 0.0, True), (-1, 0, False)],
    )
    def test_what_is_clear(self, rise: float, noise: float, clear: bool) -> None:
        (measured,) = measure_clip(*blinking(rise, noise)).rises
        assert measured.is_clear == clear

    def test_sides(self) -> None:
        clip, table = blinking(1.0, 0.1)
        on_left = np.array([ACTION.level(t) for t in clip.frame_times_s()])
        table = table.append_column("AU45_r_left", pa.array(2.0 * on_left))
        table = table.append_column("AU45_r_right", pa.array(0.1 * on_left))
        (rise,) = measure_clip(clip, table).rises
        assert [side.height for side in rise.sides] == pytest.approx([2.0, 0.1], abs=0.01)

    def test_frames_without_a_face_do_not_count(self) -> None:
        clip, table = blinking(1.0, 0.1)
        time_s = np.array(clip.frame_times_s())
        first, last = ACTION.apex_s
        intensity = table["AU45_r"].to_numpy().copy()
        intensity[(time_s >= first) & (time_s <= last)] = np.nan
        (rise,) = measure_clip(clip, table_of(clip, AU45_r=intensity)).rises
        assert np.isnan(rise.apex)
        assert not rise.is_clear


def test_the_largest_face_counts() -> None:
    small = ScriptedFace((Action(BROW_RAISE, 1.0, 0.2, 0.4, 0.2),), zoom=1.0)
    large = ScriptedFace((ACTION,), zoom=2.0)
    clip = Clip("a.mp4", (small, large), seconds=3.0)
    flat = np.zeros(len(clip.frame_times_s()))
    measured = measure_clip(clip, table_of(clip, AU45_r=flat))
    assert [rise.action_unit for rise in measured.rises] == ["AU45"]


def test_a_clip_without_a_face() -> None:
    clip = Clip("a.mp4", (), seconds=1.0)
    measured = measure_clip(clip, table_of(clip, success=np.zeros(25, bool)))
    assert not measured.success.any()
    assert measured.rises == ()
    assert measured.roll_deviation_rad is None


def test_the_roll_of_the_head() -> None:
    face = ScriptedFace((Action(HEAD_ROLL, 1.0, 0.2, 0.4, 0.2, 0.3),), sway=Sway(1.0))
    clip = Clip("a.mp4", (face,), seconds=3.0)
    scripted = [face.level(HEAD_ROLL, t) + face.sway.at(t)[0] for t in clip.frame_times_s()]
    measured_rad = np.array(scripted) + 0.05  # the photograph's own
    measured_rad[40] += 0.02
    measured_rad[0] = np.nan
    measured = measure_clip(clip, table_of(clip, pose_Rz=measured_rad))
    assert measured.roll_deviation_rad == pytest.approx(0.02)


def test_the_table_has_a_line_for_every_rise() -> None:
    good, bad = measure_clip(*blinking(1.0, 0.1)), measure_clip(*blinking(0.0, 0.1))
    empty = Clip("b.mp4", (), seconds=1.0)
    nobody = measure_clip(empty, table_of(empty, success=np.zeros(25, bool)))
    lines = list(describe([good, bad, nobody]))
    assert len(lines) == 4
    assert lines[1].split() == ["a.mp4", "150", "100%", "blink", "AU45", "0.50", "0.100", "1.50"]
    assert lines[2].endswith("does not rise")
    assert lines[3].split() == ["b.mp4", "25", "0%"]
