// SPDX-License-Identifier: Apache-2.0
// Which points the text of the filter leaves: "rows>=64 size_kib<512 vitality". All words must hold.

const COMPARISONS = {
  "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b,
  "=": (a, b) => a === b, "!=": (a, b) => a !== b,
};

/** The column that a name means: a whole key, or its last parts; parameters first. */
function columnNamed(name) {
  return columnOfKey.get(name) ?? columns.find((column) => column.key.endsWith("." + name));
}

/** A test of a point, or a text that says why there is none. */
function comparison(name, operator, text) {
  const holds = COMPARISONS[operator];
  const number = text.trim() === "" ? NaN : Number(text);
  if (operator.match(/[<>]/) && Number.isNaN(number)) return `${name}${operator}: a number is missing`;
  // Whole numbers come back as such, words as they are.
  const wanted = (value) => (typeof value === "number" ? number : text);
  const test = (value) => value !== null && (typeof value === "number" || !operator.match(/[<>]/)) &&
    holds(value, wanted(value));
  if (name === "id") return (point) => test(data.ids[point]);
  if (name === "status") return (point) => test(failed.has(point) ? "failed" : "done");
  const column = columnNamed(name);
  return column ? (point) => test(column.at(point)) : `no parameter or figure is called ${name}`;
}

/** Points that have the word in a parameter, or in why they failed. */
function mention(word) {
  const wanted = word.toLowerCase();
  const hits = parameters.map((column) =>
    column.levels.map((level) => String(level).toLowerCase().includes(wanted)));
  const messages = new Map(data.messages);
  return (point) => parameters.some((column, i) => hits[i][column.codes[point]]) ||
    (messages.get(point) ?? "").toLowerCase().includes(wanted);
}

/** The points that fit, and what could not be understood (then no point fits). */
function filtered(text) {
  const tests = text.split(/\s+/).filter((word) => word !== "").map((word) => {
    const parts = word.match(/^([^<>=!]+)(<=|>=|!=|<|>|=)(.*)$/);
    return parts ? comparison(parts[1], parts[2], parts[3]) : mention(word);
  });
  const problem = tests.find((test) => typeof test === "string");
  const points = problem ? [] : everyPoint.filter((point) => tests.every((test) => test(point)));
  return {points, problem};
}
