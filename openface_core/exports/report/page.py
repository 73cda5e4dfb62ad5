"""The page of one input, put together."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape

from openface_core.action_units.meanings import AU_MEANINGS
from openface_core.exports.report import svg
from openface_core.exports.report.assets import asset
from openface_core.exports.report.charts import (
    Chart,
    confidence_chart,
    movement_charts,
    packed_times,
    unit_charts,
)
from openface_core.exports.report.face_crops import CROP_PX
from openface_core.exports.report.face_trace import FULL_INTENSITY, HISTOGRAM_BINS, FaceTrace
from openface_core.exports.report.flags import Flag
from openface_core.exports.report.page_data import MAX_FACES, PageData
from openface_core.exports.report.picture_choice import Choice
from openface_core.exports.report.time_axis import TimeAxis
from openface_core.exports.report.words import facts, methods

_LANES = 40
_HISTOGRAM_BARS = 20

# Nothing is loaded from anywhere, and no text of an input is ever taken for a script's.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"

_NO_GAZE = (
    '<p class="note">Gaze was not measured, for want of models of the eyes or of larger faces.</p>'
)


@dataclass(frozen=True)
class Sheet:
    """The contact sheet of a face.

    Parameters
    ----------
    choices : tuple of Choice
        What is shown.
    pictures : mapping of int to str
        Pictures as data URLs by the number of their frame.
    """

    choices: tuple[Choice, ...]
    pictures: Mapping[int, str]


class _Charts:
    """Numbers the charts of a page, and collects their data."""

    def __init__(self, axis: TimeAxis) -> None:
        self._axis = axis
        self.data: list[dict[str, object]] = []

    def figure(self, chart: Chart) -> str:
        """Return a chart as HTML: a still picture that the script replaces."""
        number = len(self.data)
        self.data.append(chart.as_data())
        low, high = chart.scale
        unit = f", {escape(chart.unit)}" if chart.unit else ""
        return (
            f'<figure class="chart" data-chart="{number}"><figcaption>{escape(chart.title)}'
            f' <span class="unit">{low:.3g} to {high:.3g}{unit}</span></figcaption>'
            f"{chart.as_svg(self._axis)}</figure>"
        )


def page(data: PageData, flags: tuple[Flag, ...], sheets: Mapping[int, Sheet]) -> str:
    """Return the page of an input.

    Parameters
    ----------
    data : PageData
        What is known of it.
    flags : tuple of Flag
        What must be looked at.
    sheets : mapping of int to Sheet
        Contact sheets by face.

    Returns
    -------
    str
        HTML that needs nothing else.
    """
    axis = data.axis
    charts = _Charts(axis)
    name = escape(data.video.name)
    faces = "".join(_face(data, trace, sheets.get(trace.face_id), charts) for trace in data.shown)
    sections = [
        _section("look", "Look at this first", _flags(flags)),
        _section("found", "When faces were found", _found(data, charts)),
        faces,
        _section("done", "What was done", _facts(data)),
        _section("methods", "Text for a methods section", _methods(data)),
    ]
    body = "".join(sections)
    times = {"times": packed_times(axis.begins), "ends": packed_times(axis.ends)}
    content = json.dumps(times | {"charts": charts.data})
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{name}: report</title>"
        f"<style>{asset('uPlot.min.css')}{asset('page.css')}</style></head><body>"
        f'<a class="skip" href="#main">Skip to the content</a>'
        f"<header><h1>{name}</h1><p>{_headline(data)}</p>{_contents(data)}</header>"
        f'<main id="main">{body}</main>{_TOOLS}'
        f'<script type="application/json" id="data">{_harmless(content)}</script>'
        f"<script>{asset('uPlot.iife.min.js')}</script><script>{asset('page.js')}</script>"
        "</body></html>\n"
    )


_TOOLS = """
<div id="tools" role="toolbar" aria-label="Timelines" hidden>
<button type="button" data-do="earlier">&#9664; Earlier</button>
<button type="button" data-do="later">Later &#9654;</button>
<button type="button" data-do="in">Zoom in</button>
<button type="button" data-do="out">Zoom out</button>
<button type="button" data-do="all">Show all</button>
<output id="range" aria-live="polite"></output>
</div>
"""


def _harmless(text: str) -> str:
    return text.replace("<", "\\u003c")


def _section(key: str, title: str, content: str) -> str:
    return f'<section id="{key}"><h2>{escape(title)}</h2>{content}</section>'


def _headline(data: PageData) -> str:
    faces = data.face_count
    return (
        f"{data.seconds:.1f} s, {data.frames} frames, {faces} face{'s' * (faces != 1)}; "
        f"a face was found in {data.success_rate:.1%} of the frames."
    )


def _contents(data: PageData) -> str:
    places = [("look", "Look at this first"), ("found", "When faces were found")]
    places += [(f"face-{t.face_id}", data.video.person(t.face_id)) for t in data.shown]
    places += [("done", "What was done"), ("methods", "Methods")]
    links = "".join(f'<li><a href="#{key}">{escape(text)}</a></li>' for key, text in places)
    return f'<nav aria-label="Contents"><ul>{links}</ul></nav>'


def _flags(flags: tuple[Flag, ...]) -> str:
    if not flags:
        return "<p>Nothing stands out. Look at some of the pictures below all the same.</p>"
    rows = "".join(
        f"<li><strong>{escape(flag.name)}</strong> {escape(flag.text)}</li>" for flag in flags
    )
    return f'<ul class="flags">{rows}</ul>'


def _found(data: PageData, charts: _Charts) -> str:
    traces = sorted(data.traces.values(), key=lambda trace: trace.face_id)[:_LANES]
    lanes, axis = [], data.axis
    for trace in traces:
        who = escape(data.video.person(trace.face_id))
        share = trace.frames_with_face / max(1, data.frames)
        label = f"{who}: found in {share:.1%} of the frames"
        lane = svg.lane(axis, trace.found, label)
        lanes.append(
            f'<tr><th scope="row">{who}</th><td class="wide">{lane}</td>'
            f"<td>{share:.1%}</td><td>{trace.mean_confidence:.2f}</td></tr>"
        )
    if not lanes:
        return "<p>No face was found.</p>"
    rest = len(data.traces) - len(traces)
    more = f"<p>{rest} further faces are not shown.</p>" if rest > 0 else ""
    confidence = "".join(
        charts.figure(confidence_chart(t, f"confidence in {data.video.person(t.face_id)}"))
        for t in data.shown
    )
    return (
        '<table class="lanes"><thead><tr><th scope="col">Who</th><th scope="col">When, over '
        f"{data.seconds:.1f} s</th><th scope='col'>Frames</th><th scope='col'>Confidence</th></tr>"
        f"</thead><tbody>{''.join(lanes)}</tbody></table>{more}{confidence}"
    )


def _face(data: PageData, trace: FaceTrace, sheet: Sheet | None, charts: _Charts) -> str:
    who = data.video.person(trace.face_id)
    units = "".join(charts.figure(chart) for chart in unit_charts(trace))
    of_head = list(movement_charts(trace))
    movement = "".join(charts.figure(chart) for chart in of_head)
    if not any(chart.title.startswith("gaze") for chart in of_head):
        movement += _NO_GAZE
    more = ""
    if trace is data.shown[-1] and len(data.traces) > MAX_FACES:
        more = f"<p>The other {len(data.traces) - MAX_FACES} faces were seen for less time.</p>"
    content = (
        f"<h3>Pictures: do they show what the numbers say?</h3>{_contact_sheet(sheet)}"
        '<h3>Action units over time</h3><p class="note">Filled: from the lowest to the highest '
        f"intensity. The line below marks where a unit is present.</p>{units}"
        f"<h3>Head and gaze over time</h3>{movement}"
        f"<h3>How often, and how strongly</h3>{_distributions(trace)}{more}"
    )
    return _section(f"face-{trace.face_id}", who, content)


def _contact_sheet(sheet: Sheet | None) -> str:
    if sheet is None or not sheet.choices:
        return "<p>There are no pictures.</p>"
    groups: dict[str, list[str]] = {}
    for choice in sheet.choices:
        url = sheet.pictures.get(choice.frame)
        if url is None:
            continue
        text = f"{choice.caption}, frame {choice.frame}"
        groups.setdefault(choice.group, []).append(
            f'<figure><img src="{url}" width="{CROP_PX}" height="{CROP_PX}" loading="lazy" '
            f'alt="{escape(text)}"><figcaption>{escape(choice.caption)}<br>'
            f"frame {choice.frame}</figcaption></figure>"
        )
    return "".join(
        f'<h4>{escape(group)}</h4><div class="sheet">{"".join(figures)}</div>'
        for group, figures in groups.items()
    )


def _distributions(trace: FaceTrace) -> str:
    rows = "".join(_distribution(trace, name) for name in sorted(trace.units))
    return (
        '<div class="scroll" tabindex="0" role="region" aria-label="Distributions"><table><thead>'
        '<tr><th scope="col">Unit</th><th scope="col">Distribution, 0 to 5</th>'
        '<th scope="col">Median</th><th scope="col">90 % below</th><th scope="col">Peak</th>'
        '<th scope="col">Above own median</th><th scope="col">Present</th>'
        f'<th scope="col">Times</th></tr></thead><tbody>{rows}</tbody></table></div>'
        '<p class="note">Above own median: in so many of the frames it is more than 0.5 above the '
        "person’s median in this video, whatever intensities are relative to. Heights are square "
        "roots, so that rare strong expressions can be seen.</p>"
    )


def _distribution(trace: FaceTrace, name: str) -> str:
    unit = trace.units[name]
    title = f"{name} {AU_MEANINGS.get(name, '')}".strip()
    cells = ["", "", "", "", ""]
    known = int(unit.counts.sum())
    if known:
        median = unit.quantile(0.5)
        bars = unit.counts.reshape(_HISTOGRAM_BARS, -1).sum(axis=1).tolist()
        above = int((median + 0.5) * HISTOGRAM_BINS / FULL_INTENSITY)
        cells = [
            svg.histogram(bars, median / FULL_INTENSITY, escape(f"distribution of {name}")),
            f"{median:.2f}",
            f"{unit.quantile(0.9):.2f}",
            f"{max(0.0, unit.peak):.2f}",
            f"{int(unit.counts[above:].sum()) / known:.0%}",
        ]
    if unit.judged_frames:
        cells += [f"{unit.present_frames / unit.judged_frames:.0%}", str(unit.episodes)]
    else:
        cells += ["", ""]
    return f'<tr><th scope="row">{escape(title)}</th>{"".join(f"<td>{c}</td>" for c in cells)}</tr>'


def _facts(data: PageData) -> str:
    rows: Iterator[str] = (
        f'<tr><th scope="row">{escape(name)}</th><td>{escape(text)}</td></tr>'
        for name, text in facts(data)
    )
    return f'<table class="facts"><tbody>{"".join(rows)}</tbody></table>'


def _methods(data: PageData) -> str:
    text, references = methods(data)
    items = "".join(f"<li>{escape(reference)}</li>" for reference in references)
    return (
        f'<div id="methods-text"><p>{escape(text)}</p><ol>{items}</ol></div>'
        '<button type="button" id="copy" hidden>Copy the text</button>'
        '<p class="note">Timelines are drawn by uPlot, © Leon Sorokin, MIT licence.</p>'
    )
