(() => {
"use strict";
const content = JSON.parse(document.getElementById("data").textContent);
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const times = Array.from(new Float32Array(bytes(content.times).buffer));
const ends = Array.from(new Float32Array(bytes(content.ends).buffer));
// Where nothing is known until much later, curves are drawn to the end of what is known and break.
const moments = [];
const shown = [];
times.forEach((time, k) => {
  moments.push(time);
  shown.push(k);
  if (k + 1 < times.length && ends[k] < times[k + 1]) {
    moments.push(ends[k], (ends[k] + times[k + 1]) / 2);
    shown.push(k, -1);
  }
});
const placed = (values) => shown.map((k) => (k < 0 ? null : values[k]));
const levels = (text, scale) => Array.from(bytes(text), (level) =>
  level === 255 ? null : scale[0] + (level / 254) * (scale[1] - scale[0]));
const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const first = times[0] || 0;
const step = times.length > 1 ? (times[times.length - 1] - first) / (times.length - 1) : 1;
const last = times.length ? ends[ends.length - 1] : step;
const plots = [];
let range = [first, last];
let isMoving = false;

const clock = (seconds) => {
  const hundredths = Math.round(100 * seconds);
  const whole = Math.floor(hundredths / 6000);
  return `${whole}:${((hundredths - 6000 * whole) / 100).toFixed(2).padStart(5, "0")}`;
};

function show(from, to) {
  const width = Math.min(last - first, Math.max(to - from, 4 * step));
  const begin = Math.min(Math.max(from, first), last - width);
  range = [begin, begin + width];
  isMoving = true;
  for (const plot of plots) plot.setScale("x", { min: range[0], max: range[1] });
  isMoving = false;
  document.getElementById("range").textContent = `${clock(range[0])} to ${clock(range[1])}`;
}

function markPresence(plot, present) {
  if (!present) return;
  const context = plot.ctx;
  const { left, top, width, height } = plot.bbox;
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.fillStyle = style("--mark");
  for (let k = 0; k < times.length; k++) {
    if (!(present[k >> 3] >> (k & 7) & 1)) continue;
    let end = k;
    while (end + 1 < times.length && ends[end] >= times[end + 1]
      && present[(end + 1) >> 3] >> ((end + 1) & 7) & 1) end++;
    const x0 = plot.valToPos(times[k], "x", true);
    const x1 = plot.valToPos(ends[end], "x", true);
    context.fillRect(x0, top + height - 4 * devicePixelRatio, Math.max(1, x1 - x0), 4 * devicePixelRatio);
    k = end;
  }
  context.restore();
}

function draw(figure) {
  const chart = content.charts[Number(figure.dataset.chart)];
  const still = figure.querySelector("svg");
  const high = placed(levels(chart.high, chart.scale));
  const low = chart.low ? placed(levels(chart.low, chart.scale)) : high;
  const present = chart.present ? bytes(chart.present) : null;
  const line = { stroke: style("--fill"), width: 1, points: { show: false } };
  const number = (value) => (value === null || value === undefined ? "none" : value.toFixed(2));
  const plot = new uPlot({
    width: Math.max(200, figure.clientWidth),
    height: 88,
    scales: { x: { time: false }, y: { range: chart.scale } },
    padding: [8, 12, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: "all" }, drag: { x: true, y: false, setScale: true }, points: { show: false } },
    axes: [
      { size: 26, gap: 3, ticks: { size: 3 }, stroke: style("--soft"), grid: { stroke: style("--line"), width: 0.5 },
        values: (_, splits) => splits.map((s) => clock(s).replace(/\.00$/, "")) },
      { size: 38, gap: 3, ticks: { size: 3 }, stroke: style("--soft"), grid: { stroke: style("--line"), width: 0.5 }, space: 24 },
    ],
    series: [{}, line, line],
    bands: [{ series: [2, 1], fill: style("--fill") }],
    hooks: {
      draw: [(self) => markPresence(self, present)],
      setScale: [(self, key) => {
        if (key === "x" && !isMoving) show(self.scales.x.min, self.scales.x.max);
      }],
      setCursor: [(self) => {
        const k = self.cursor.idx;
        const value = figure.querySelector(".unit");
        if (value) value.textContent = k === null || k === undefined ? value.dataset.range
          : `${clock(moments[k])}: ${number(low[k])} to ${number(high[k])}${chart.unit ? " " + chart.unit : ""}`;
      }],
    },
  }, [moments, low, high], figure);
  const unit = figure.querySelector(".unit");
  if (unit) unit.dataset.range = unit.textContent;
  still.classList.add("still");
  still.style.display = "none";
  plot.over.setAttribute("role", "img");
  plot.over.setAttribute("aria-label", still.getAttribute("aria-label"));
  plots.push(plot);
  figure.dataset.drawn = "yes";
}

const figures = [...document.querySelectorAll("figure.chart")];
if (times.length > 1 && figures.length) {
  isMoving = true;
  // Those in sight first: the page is there at once, however many there are.
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      watcher.unobserve(entry.target);
      isMoving = true;
      draw(entry.target);
      plots[plots.length - 1].setScale("x", { min: range[0], max: range[1] });
      isMoving = false;
    }
  }, { rootMargin: "600px" });
  figures.forEach((figure) => watcher.observe(figure));
  isMoving = false;
  document.getElementById("tools").hidden = false;
  show(first, last);
}

const moves = {
  earlier: () => show(range[0] - (range[1] - range[0]) / 2, range[1] - (range[1] - range[0]) / 2),
  later: () => show(range[0] + (range[1] - range[0]) / 2, range[1] + (range[1] - range[0]) / 2),
  in: () => show(range[0] + (range[1] - range[0]) / 4, range[1] - (range[1] - range[0]) / 4),
  out: () => show(range[0] - (range[1] - range[0]) / 2, range[1] + (range[1] - range[0]) / 2),
  all: () => show(first, last),
};
document.getElementById("tools").addEventListener("click", (event) => {
  const move = moves[event.target.dataset.do];
  if (move) move();
});

let waiting = 0;
addEventListener("resize", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    for (const plot of plots) {
      plot.setSize({ width: Math.max(200, plot.root.parentElement.clientWidth), height: 88 });
    }
  }, 100);
});

const copy = document.getElementById("copy");
copy.hidden = false;
copy.addEventListener("click", async () => {
  const text = document.getElementById("methods-text").innerText;
  try {
    await navigator.clipboard.writeText(text);
    copy.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(document.getElementById("methods-text"));
    copy.textContent = "Selected: press Ctrl+C";
  }
});
})();
