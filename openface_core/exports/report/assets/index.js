(() => {
"use strict";
const place = document.getElementById("table");
if (!window.reports) return;
const { flags, rows } = window.reports;
const PAGE = 100;
const columns = [
  { title: "Input", show: (row) => row[0] },
  { title: "Length", show: (row) => `${Math.floor(Math.round(row[1]) / 60)}:${String(Math.round(row[1]) % 60).padStart(2, "0")}` },
  { title: "Frames", show: (row) => row[2] },
  { title: "Faces", show: (row) => row[3] },
  { title: "Face found", show: (row) => `${(100 * row[4]).toFixed(1)} %` },
  { title: "Confidence", show: (row) => row[5].toFixed(2) },
  { title: "Flags", show: (row) => row[6].map((k) => flags[k]).join(", ") },
];
const keys = rows.map((row) => row[0].toLowerCase());
const order = rows.map((_, k) => k);
let sorted = { column: 0, down: false };
let page = 0;
let shown = order;

place.innerHTML = `
<form role="search" onsubmit="return false">
<p><label>Name contains <input type="search" id="name"></label>
<label>Flag <select id="flag"><option value="">any or none</option><option value="some">some flag</option><option value="none">no flag</option></select></label>
<output id="count" aria-live="polite"></output></p></form>
<div class="scroll" tabindex="0" role="region" aria-label="Inputs"><table><thead><tr></tr></thead><tbody></tbody></table></div>
<p><button type="button" id="before">&#9664; Before</button> <span id="page"></span> <button type="button" id="next">Next &#9654;</button></p>`;
const find = (id) => document.getElementById(id);
flags.forEach((flag, k) => {
  const option = document.createElement("option");
  option.value = k;
  option.textContent = flag;
  find("flag").append(option);
});

const head = place.querySelector("thead tr");
columns.forEach((column, k) => {
  const cell = document.createElement("th");
  cell.scope = "col";
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = column.title;
  button.addEventListener("click", () => {
    sorted = { column: k, down: sorted.column === k ? !sorted.down : k > 0 && k !== 6 };
    sort();
  });
  cell.append(button);
  head.append(cell);
});

function sort() {
  const { column, down } = sorted;
  const value = column === 0 ? (k) => keys[k] : column === 6 ? (k) => -rows[k][6].length : (k) => rows[k][column];
  const sign = down ? -1 : 1;
  order.sort((a, b) => {
    const x = value(a), y = value(b);
    return x < y ? -sign : x > y ? sign : a - b;
  });
  [...head.children].forEach((cell, k) => {
    if (k === column) cell.setAttribute("aria-sort", down ? "descending" : "ascending");
    else cell.removeAttribute("aria-sort");
  });
  filter();
}

function filter() {
  const name = find("name").value.toLowerCase();
  const flag = find("flag").value;
  shown = order.filter((k) => {
    const of = rows[k][6];
    const fits = flag === "" || (flag === "some" ? of.length > 0 : flag === "none" ? !of.length : of.includes(Number(flag)));
    return fits && keys[k].includes(name);
  });
  page = 0;
  draw();
}

function draw() {
  const body = document.createElement("tbody");
  for (const k of shown.slice(page * PAGE, (page + 1) * PAGE)) {
    const line = document.createElement("tr");
    columns.forEach((column, c) => {
      const cell = document.createElement(c ? "td" : "th");
      if (c) cell.textContent = column.show(rows[k]);
      else {
        cell.scope = "row";
        const link = document.createElement("a");
        link.href = `report/${encodeURIComponent(rows[k][0])}.html`;
        link.textContent = rows[k][0];
        cell.append(link);
      }
      line.append(cell);
    });
    body.append(line);
  }
  place.querySelector("tbody").replaceWith(body);
  const pages = Math.max(1, Math.ceil(shown.length / PAGE));
  find("count").textContent = `${shown.length} of ${rows.length} inputs`;
  find("page").textContent = `page ${page + 1} of ${pages}`;
  find("before").disabled = page === 0;
  find("next").disabled = page + 1 >= pages;
}

find("name").addEventListener("input", filter);
find("flag").addEventListener("change", filter);
find("before").addEventListener("click", () => { page -= 1; draw(); });
find("next").addEventListener("click", () => { page += 1; draw(); });
sort();
document.documentElement.dataset.ready = "yes";
})();
