// SPDX-License-Identifier: Apache-2.0
// Parallel coordinates: an axis for each parameter that varies and each objective, a line a point.

const MOST_LINES = 1000;
const MOST_AXES = 16;
const TOP = 70;
const BOTTOM = 340;

function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Where a column's values stand, from 0 at the bottom to 1, and which of them are written there. */
function scaleOf(column) {
  if (column.isParameter) {
    const last = Math.max(column.levels.length - 1, 1);
    const place = (code) => (column.levels.length === 1 ? 0.5 : code / last);
    return {
      at: (point) => (column.codes[point] < 0 ? null : place(column.codes[point])),
      ticks: evenly(column.levels.map((_, code) => code), 9).map((code) => [place(code), compact(column.levels[code]).split("/").pop()]),
    };
  }
  const range = rangeOf(column);
  if (range === null) return {at: () => null, ticks: []};
  const wide = isWide(range);
  const [low, high] = [range.least, range.largest].map((value) => (wide ? Math.log(value) : value));
  const value = (place) => (wide ? Math.exp(low + place * (high - low)) : low + place * (high - low));
  const at = (point) => {
    const number = column.numbers[point];
    if (number === null) return null;
    return high > low ? ((wide ? Math.log(number) : number) - low) / (high - low) : 0.5;
  };
  return {at, ticks: (high > low ? [0, 0.25, 0.5, 0.75, 1] : [0.5]).map((place) => [place, compact(value(place))])};
}

/** The name of an axis, its last three parts under each other. */
function axisName(column, x, note) {
  const parts = column.key.split(".").slice(-3);
  const lines = [...parts.map((part, i) => (i + 1 < parts.length ? part + "." : part)), note].filter(Boolean);
  const text = svg("text", {x, y: TOP - 20 - 14 * (lines.length - 1), "text-anchor": "middle"},
    svg("title", {}, column.label));
  lines.forEach((line, i) => {
    text.append(svg("tspan", {x, dy: i ? 14 : 0, ...(i + 1 === parts.length ? {"font-weight": "bold"} : {})},
      line.length > 16 ? line.slice(0, 15) + "…" : line));
  });
  return text;
}

function drawParallel(state, visible, open) {
  const axes = [...parameters.filter((column) => column.varies && !objectiveColumns.includes(column)),
    ...objectiveColumns].slice(-MOST_AXES);
  const area = find("parallel");
  if (axes.length < 2) {
    area.replaceChildren();
    find("parallel-what").textContent = "There are fewer than two axes.";
    return;
  }
  const width = Math.max(area.clientWidth, axes.length * 100);
  const x = axes.map((_, i) => 60 + (i * (width - 120)) / (axes.length - 1));
  const y = (place) => BOTTOM - place * (BOTTOM - TOP);
  const scales = axes.map(scaleOf);
  const done = visible.filter((point) => !failed.has(point));
  const front = done.filter((point) => onFront.has(point)).slice(0, MOST_LINES);
  const others = evenly(done.filter((point) => !onFront.has(point)), MOST_LINES);
  const picture = svg("svg", {width, height: BOTTOM + 16, viewBox: `0 0 ${width} ${BOTTOM + 16}`,
    role: "img", "aria-label": "Parameters and objectives of the points; the table has the same"});
  const line = (point, kind) => {
    const corners = scales.map((scale, i) => [x[i], scale.at(point)]).filter(([, place]) => place !== null)
      .map(([across, place]) => `${across.toFixed(1)},${y(place).toFixed(1)}`);
    const polyline = svg("polyline", {points: corners.join(" "), class: kind},
      svg("title", {}, tooltip(point).join("\n")));
    polyline.addEventListener("click", () => open(point));
    return polyline;
  };
  picture.append(...others.map((point) => line(point, "other")), ...front.map((point) => line(point, "front")));
  if (state.point !== null) picture.append(line(state.point, "open"));
  axes.forEach((column, i) => {
    const objective = objectives.find((one) => one.column === column);
    const note = objective && (objective.max ? "(large)" : "(small)");
    picture.append(svg("line", {x1: x[i], x2: x[i], y1: TOP, y2: BOTTOM}), axisName(column, x[i], note));
    for (const [place, text] of scales[i].ticks) {
      const left = i + 1 === axes.length;
      picture.append(svg("text", {x: x[i] + (left ? -5 : 5), y: y(place) - 4, class: "tick",
        "text-anchor": left ? "end" : "start"},
        text.length > 18 ? "…" + text.slice(-17) : text, svg("title", {}, text)));
    }
  });
  area.replaceChildren(picture);
  find("parallel-what").textContent = `A line is a point: ${shown(front.length)} of the front in red, ` +
    `${shown(others.length)} others${others.length + front.length < done.length ? `, evenly chosen of ${shown(done.length)}` : ""}. ` +
    "Axes of objectives are logarithmic where they span much.";
}
