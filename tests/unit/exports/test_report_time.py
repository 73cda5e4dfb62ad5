"""Timelines of reports are drawn by time, and break where nothing is known."""

import base64
import json
import re
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from openface_core.exports import Rows
from openface_core.exports.report import svg
from openface_core.exports.report.assets import asset
from openface_core.exports.report.page import page
from openface_core.exports.report.page_data import PageData
from openface_core.exports.report.time_axis import TimeAxis
from tests.fixtures.exports.tables import exported_video, frame_rows

FRAME_S = 0.04


def axis_of(times: list[float] | np.ndarray) -> TimeAxis:
    return TimeAxis.of_times(np.asarray(times, dtype=float), FRAME_S)


def bars(text: str) -> list[tuple[float, float]]:
    found = re.findall(r'<rect x="([\d.]+)" y="2" width="([\d.]+)"', text)
    return [(float(x), float(x) + float(width)) for x, width in found]


def with_times(table: pa.Table, times: np.ndarray) -> pa.Table:
    place = table.column_names.index("timestamp")
    return table.set_column(place, "timestamp", pa.array(times, pa.float64()))


LONG_GAP = np.concatenate([np.arange(30), np.arange(1500, 1530)]) * FRAME_S


class TestAxis:
    def test_even_times(self) -> None:
        axis = axis_of(np.arange(50) * FRAME_S)
        assert not axis.is_broken.any()
        np.testing.assert_array_equal(axis.ends[:-1], axis.begins[1:])
        assert axis.ends[-1] == pytest.approx(2.0)

    def test_a_long_gap(self) -> None:
        axis = axis_of(LONG_GAP)
        assert np.flatnonzero(axis.is_broken).tolist() == [29]
        assert axis.ends[29] == pytest.approx(30 * FRAME_S)

    def test_gaps_on_either_side_of_a_frame(self) -> None:
        axis = axis_of([*(np.arange(20) * FRAME_S), 30.0, *(60 + np.arange(20) * FRAME_S)])
        assert np.flatnonzero(axis.is_broken).tolist() == [19, 20]

    def test_another_frame_rate_is_no_gap(self) -> None:
        slow = 5.0 + 0.2 * np.arange(30)
        axis = axis_of([*(np.arange(30) * FRAME_S), *slow])
        assert np.flatnonzero(axis.is_broken).tolist() == [29]
        axis = axis_of([*(np.arange(30) * FRAME_S), *(slow - 5.0 + 30 * FRAME_S)])
        assert not axis.is_broken.any()

    def test_times_that_stand_still(self) -> None:
        assert not axis_of(np.repeat(np.arange(20) * FRAME_S, 2)).is_broken.any()
        assert not axis_of([1.0] * 5).is_broken.any()

    @pytest.mark.parametrize("times", [[], [3.0], [3.0, 3.04]])
    def test_few_times(self, times: list[float]) -> None:
        axis = axis_of(times)
        begins, ends = axis.places()
        assert len(begins) == len(ends) == len(axis.is_broken) == len(times)
        if times:
            assert (begins[0], ends[-1]) == (0.0, 1.0)


class TestStillPictures:
    def test_a_lane_is_drawn_by_time(self) -> None:
        found = bars(svg.lane(axis_of(LONG_GAP), np.ones(60, dtype=bool), "found"))
        share = 30 / 1530 * svg.WIDTH
        assert found == [pytest.approx((0, share), abs=1), pytest.approx((588, 600), abs=1)]

    def test_what_is_short_is_seen(self) -> None:
        found = np.zeros(3000, dtype=bool)
        found[1500] = True
        (bar,) = bars(svg.lane(axis_of(np.arange(3000) * FRAME_S), found, "found"))
        assert bar == (300.0, 301.0)

    @pytest.mark.parametrize("frames", [60, 2000])
    def test_a_curve_breaks_in_a_gap(self, frames: int) -> None:
        half = frames // 2
        times = np.concatenate([np.arange(half), 50 * half + np.arange(half)]) * FRAME_S
        values = np.full(frames, 2.0)
        text = svg.line(axis_of(times), values, values, (0.0, 5.0), "AU12")
        polygons = re.findall(r'points="(.*?)"', text)
        assert len(polygons) == 2
        spans = [[float(point.split(",")[0]) for point in points.split()] for points in polygons]
        assert max(spans[0]) == pytest.approx(svg.WIDTH / 51, abs=0.5)
        assert min(spans[1]) == pytest.approx(svg.WIDTH * 50 / 51, abs=0.5)

    def test_nothing_to_draw(self) -> None:
        empty = np.zeros(0)
        assert "polygon" not in svg.line(axis_of([]), empty, empty, (0.0, 5.0), "AU12")
        assert bars(svg.lane(axis_of([]), empty > 0, "found")) == []


RECORDER = """
const elements = {};
const element = (id) => elements[id] ??= {
  dataset: {}, style: {}, classList: { add() {} }, addEventListener() {}, hidden: false,
  getAttribute: () => "", setAttribute() {}, querySelector: () => null, clientWidth: 600,
};
const figure = Object.assign(element("figure"), {
  dataset: { chart: "CHART" }, querySelector: (name) => (name === "svg" ? element("svg") : null),
});
globalThis.document = {
  documentElement: {},
  getElementById: (id) => (id === "data" ? { textContent: CONTENT } : element(id)),
  querySelectorAll: () => [figure],
};
globalThis.getComputedStyle = () => ({ getPropertyValue: () => "" });
globalThis.addEventListener = () => {};
globalThis.devicePixelRatio = 1;
globalThis.IntersectionObserver = class {
  constructor(seen) { this.seen = seen; }
  observe(target) { this.seen([{ isIntersecting: true, target }]); }
  unobserve() {}
};
globalThis.uPlot = class {
  constructor(options, data) {
    const marks = [];
    this.ctx = { save() {}, beginPath() {}, rect() {}, clip() {}, restore() {},
      fillRect: (x, y, width) => marks.push([x, x + width]) };
    this.bbox = { left: 0, top: 0, width: 600, height: 88 };
    this.over = element("over");
    this.valToPos = (value) => value * 1000;
    options.hooks.draw[0](this);
    console.log(JSON.stringify({ data, marks }));
  }
  setScale() {}
};
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_the_script_marks_and_draws_by_time(tmp_path: Path) -> None:
    table = with_times(frame_rows([[0]] * 60), LONG_GAP)  # AU12 is present throughout
    data = PageData(exported_video(table))
    data.add(Rows(table))
    text = page(data, (), {})
    content = re.search(r'id="data">(.*?)</script>', text, re.DOTALL)[1]  # type: ignore[index]
    titles = [chart["title"] for chart in json.loads(content)["charts"]]
    number = next(k for k, title in enumerate(titles) if title.startswith("AU12"))
    script = RECORDER.replace("CONTENT", json.dumps(content)).replace("CHART", str(number))
    (tmp_path / "page.js").write_text(script + asset("page.js"), encoding="utf-8")
    done = subprocess.run(
        ["node", str(tmp_path / "page.js")], capture_output=True, text=True, check=True
    )
    shown = json.loads(done.stdout)
    assert shown["marks"] == [
        pytest.approx((0, 1200), abs=0.1),
        pytest.approx((60_000, 61_200), abs=0.1),
    ]
    times, low, _ = shown["data"]
    assert times == sorted(times)
    (gap,) = [time for time, value in zip(times, low, strict=True) if value is None]
    assert 1.2 < gap < 60.0
    packed = base64.b64decode(json.loads(content)["ends"])
    np.testing.assert_allclose(np.frombuffer(packed, "<f4")[29], 1.2, atol=1e-6)
