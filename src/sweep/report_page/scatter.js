// SPDX-License-Identifier: Apache-2.0
// Points over two figures, with Chart.js; those on the front are large and joined.

const MOST_OTHERS = 5000;
let scatter = null;

/** The front of two objectives alone, from the left: what a line can be drawn through. */
function frontOfTwo(x, y) {
  const cost = (objective, point) => objective.column.numbers[point] * (objective.max ? -1 : 1);
  const points = everyPoint.filter((point) => !failed.has(point) &&
    x.column.numbers[point] !== null && y.column.numbers[point] !== null);
  points.sort((a, b) => cost(x, a) - cost(x, b) || cost(y, a) - cost(y, b));
  let best = Infinity;
  return points.filter((point) => {
    const better = cost(y, point) < best;
    if (better) best = cost(y, point);
    return better;
  });
}

/** The tick of a logarithmic axis at or below a number: 1, 2 or 5 times a power of ten. */
function tickBelow(number) {
  const power = 10 ** Math.floor(Math.log10(number));
  return power * [5, 2, 1].find((factor) => factor * power <= number || factor === 1);
}

function axis(column) {
  const range = rangeOf(column);
  const wide = isWide(range);
  return {
    ...(wide ? {min: tickBelow(range.least)} : {}),
    type: wide ? "logarithmic" : "linear",
    title: {display: true, text: column.label + (wide ? ", logarithmic" : "")},
    grid: {color: "#e3e7ea"},
    ticks: {
      maxRotation: 0, autoSkipPadding: 12,
      callback: (value) => (!wide || [1, 2, 5].includes(Math.round(value / 10 ** Math.floor(Math.log10(value))))
        ? compact(value) : null),
    },
  };
}

function dataset(label, points, x, y, options) {
  return {
    label, points, order: 3,
    data: points.map((point) => ({x: x.numbers[point], y: y.numbers[point]})),
    ...options,
  };
}

/** What stands beside a point under the pointer. */
function tooltip(point) {
  const lines = [`point ${data.ids[point]}`];
  for (const {column} of objectives) lines.push(`${column.label}: ${shown(column.at(point))}`);
  for (const column of parameters.filter((one) => one.varies).slice(0, 12)) {
    lines.push(`${column.name}: ${shown(column.at(point)).slice(0, 60)}`);
  }
  return lines;
}

function drawScatter(state, visible, open) {
  const {x, y, colour} = state;
  scatter?.destroy();
  scatter = null;
  if (!x || !y) return;
  const drawable = visible.filter((point) => x.numbers[point] !== null && y.numbers[point] !== null);
  const front = drawable.filter((point) => onFront.has(point));
  const others = evenly(drawable.filter((point) => !onFront.has(point)), MOST_OTHERS);
  const colours = (points, alpha) =>
    points.map((point) => (colour ? colourOf(colour, colour.codes[point]) : "#4878a8") + alpha);
  const chosen = state.point !== null && x.numbers[state.point] !== null &&
    y.numbers[state.point] !== null ? [state.point] : [];
  const objectiveOf = (column) => objectives.find((one) => one.column === column);
  const line = x !== y && objectiveOf(x) && objectiveOf(y)
    ? frontOfTwo(objectiveOf(x), objectiveOf(y)) : [];
  scatter = new Chart(find("scatter"), {
    type: "scatter",
    data: {datasets: [
      dataset("open", chosen, x, y, {order: 0, pointRadius: 11, pointHoverRadius: 11, borderWidth: 3,
        borderColor: "#222", backgroundColor: "#0000"}),
      dataset("front", front, x, y, {order: 1, pointRadius: 6, pointHoverRadius: 8, borderColor: "#222",
        borderWidth: 1.5, backgroundColor: colours(front, "")}),
      dataset("line", line, x, y, {type: "line", order: 2, pointRadius: 0, pointHitRadius: 0, borderWidth: 1.5,
        borderColor: "#c8504b"}),
      dataset("others", others, x, y, {pointRadius: 3.5, pointHoverRadius: 6, borderWidth: 0,
        backgroundColor: colours(others, "99")}),
    ]},
    options: {
      animation: false, parsing: false, normalized: true, maintainAspectRatio: false,
      interaction: {mode: "nearest", intersect: true},
      scales: {x: axis(x), y: axis(y)},
      plugins: {
        legend: {display: false},
        tooltip: {displayColors: false, filter: (item, index) => index === 0,
          callbacks: {label: (item) => tooltip(item.dataset.points[item.dataIndex])}},
      },
      onClick: (event, hits) => {
        if (!hits.length) return;
        const point = scatter.data.datasets[hits[0].datasetIndex].points[hits[0].index];
        setTimeout(() => open(point));  // which destroys this chart, but it has not done with the click
      },
      onHover: (event, hits) => { event.native.target.style.cursor = hits.length ? "pointer" : ""; },
    },
  });
  drawLegend(colour);
  find("front-what").textContent = `${shown(front.length)} points on the front of ` +
    `${objectives.map((one) => `${one.key} (${one.max ? "large" : "small"})`).join(", ")}, ringed` +
    (line.length ? "; the line joins those of these two axes" : "") +
    `; ${shown(others.length)} others${others.length < drawable.length - front.length
      ? ` of ${shown(drawable.length - front.length)}, evenly chosen` : ""}. Click on one to open it.`;
}

function drawLegend(colour) {
  const entry = (code) => {
    const swatch = make("i");
    swatch.style.background = colourOf(colour, code);
    return make("span", {title: shown(colour.levels[code])}, swatch, shown(colour.levels[code]));
  };
  const codes = colour ? colour.levels.map((_, code) => code) : [];
  const shownCodes = evenly(codes, 12);
  find("legend").replaceChildren(...(colour ? [make("span", {}, `${colour.name}:`)] : []),
    ...shownCodes.map(entry),
    ...(shownCodes.length < codes.length ? [make("span", {}, `(12 of ${codes.length} values)`)] : []));
}
