// SPDX-License-Identifier: Apache-2.0
// The points of the sweep as columns, and how their names and values are shown. Everything here
// comes from a file that others may have made: it reaches the page as text alone.

const data = JSON.parse(document.getElementById("data").textContent);
const pointCount = data.ids.length;
const everyPoint = Array.from({length: pointCount}, (_, point) => point);
const pointOfId = new Map(data.ids.map((id, point) => [id, point]));
const failed = new Set(data.failed);
const onFront = new Set(data.front);

const UNITS = new Map([
  ["cycles", "cycles"], ["bytes", "bytes"], ["kib", "KiB"], ["mib", "MiB"], ["mhz", "MHz"], ["pj", "pJ"],
  ["seconds", "s"], ["pes", "PEs"], ["macs", "MACs"], ["utilization", "of 1"], ["top1", "of 1"],
]);

/** What the last word of a key says: "size_kib" is in KiB. */
function unitOf(key) {
  return UNITS.get(key.split(/[._]/).pop().toLowerCase());
}

/** A parameter or a figure. `numbers` are null where it has words. */
class Column {
  constructor(key, isParameter, levels, codes, numbers) {
    this.key = key;
    this.isParameter = isParameter;
    this.levels = levels;  // of a parameter: its values, numbers upwards, then words
    this.codes = codes;    // of a parameter: for each point a place in `levels`, or -1
    this.isNumeric = !isParameter || levels.every((level) => typeof level === "number");
    this.numbers = numbers ??
      (this.isNumeric ? codes.map((code) => (code < 0 ? null : levels[code])) : null);
    const unit = unitOf(key);
    this.label = unit ? `${key} (${unit})` : key;
    this.name = key;  // shortNames() makes it shorter
  }
  get varies() { return this.isParameter && this.levels.length > 1; }
  at(point) {
    if (!this.isParameter) return this.numbers[point];
    return this.codes[point] < 0 ? null : this.levels[this.codes[point]];
  }
}

const parameters = data.parameters.map((one) => new Column(one.key, true, one.values, one.codes));
const numericParameters = new Set(parameters.filter((one) => one.isNumeric).map((one) => one.key));
const figures = data.figures.filter((one) => !numericParameters.has(one.key))
  .map((one) => new Column(one.key, false, null, null, one.numbers));
const columns = [...parameters, ...figures];
const columnOfKey = new Map(columns.map((column) => [column.key, column]));
const objectives = data.objectives
  .map(([key, max]) => ({column: columnOfKey.get(key), key, max}));

/** The last parts of a key, as many as it takes to tell it from the others. */
function shortNames() {
  const tail = (key, parts) => key.split(".").slice(-parts).join(".");
  for (const column of columns) {
    const depth = column.key.split(".").length;
    for (let parts = 1; parts <= depth; ++parts) {
      column.name = tail(column.key, parts);
      if (columns.every((other) => other === column || tail(other.key, parts) !== column.name)) break;
    }
  }
}
shortNames();

const wholeFormat = new Intl.NumberFormat("en", {maximumFractionDigits: 0});
const fineFormat = new Intl.NumberFormat("en", {maximumSignificantDigits: 4});
const compactFormat = new Intl.NumberFormat("en", {notation: "compact", maximumSignificantDigits: 3});

/** A value as people read it. */
function shown(value) {
  if (value === null || value === undefined) return "-";
  if (typeof value !== "number") return String(value);
  if (Math.abs(value) >= 1e15 || (value !== 0 && Math.abs(value) < 1e-4)) return value.toPrecision(4);
  return (Number.isInteger(value) ? wholeFormat : fineFormat).format(value);
}
/** The same where there is little room. */
function compact(value) {
  if (Number.isInteger(value) && Math.abs(value) < 1e5) return wholeFormat.format(value);
  return typeof value === "number" && Math.abs(value) < 1e15 ? compactFormat.format(value) : shown(value);
}

/** Least and largest number of a column; null where it has none. */
function rangeOf(column) {
  let least = Infinity;
  let largest = -Infinity;
  for (const number of column.numbers) {
    if (number === null) continue;
    if (number < least) least = number;
    if (number > largest) largest = number;
  }
  return least <= largest ? {least, largest} : null;
}
/** Whether a logarithmic axis shows a range better. */
function isWide(range) {
  return range !== null && range.least > 0 && range.largest / range.least >= 20;
}

/** At most `count` of the points, evenly over the list. */
function evenly(points, count) {
  if (points.length <= count) return points;
  return Array.from({length: count}, (_, i) => points[Math.floor((i * points.length) / count)]);
}

/** An element with attributes and children; texts stay texts. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
function find(id) {
  return document.getElementById(id);
}

const PALETTE = ["#4878a8", "#e8883a", "#5aa469", "#c8504b", "#8a6fb0", "#8c6b5d", "#d98cb3", "#7f8c8d",
  "#b8b13f", "#3fa9b8", "#2f4b6e", "#d4b483", "#9bbf85", "#1b998b", "#e0b0d5", "#4b6043"];
const RAMP = [[68, 1, 84], [49, 104, 142], [53, 183, 121], [226, 180, 20]];

/** The colour of a parameter's value: a ramp for numbers, which have an order. */
function colourOf(column, code) {
  if (code < 0) return "#98a2a9";
  if (!column.isNumeric) return PALETTE[code % PALETTE.length];
  const place = (code / Math.max(column.levels.length - 1, 1)) * (RAMP.length - 1);
  const below = Math.min(Math.floor(place), RAMP.length - 2);
  const mixed = RAMP[below].map((c, i) => Math.round(c + (place - below) * (RAMP[below + 1][i] - c)));
  return "#" + mixed.map((c) => c.toString(16).padStart(2, "0")).join("");
}
