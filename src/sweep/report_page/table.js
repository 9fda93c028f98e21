// SPDX-License-Identifier: Apache-2.0
// The points in rows: those that the filter leaves, sorted, a page at a time.

const ROWS_A_PAGE = 200;
const idColumn = {key: "id", name: "id", label: "id", isNumeric: true, at: (point) => data.ids[point]};
const statusColumn = {key: "status", name: "status", label: "status", isNumeric: false,
  at: (point) => (failed.has(point) ? "failed" : "done")};
const objectiveColumns = objectives.map((one) => one.column);
const tableColumns = [
  idColumn, ...(failed.size ? [statusColumn] : []), ...objectiveColumns,
  ...parameters.filter((column) => column.varies && !objectiveColumns.includes(column)),
  ...figures.filter((column) => !objectiveColumns.includes(column)),
];
const order = {column: idColumn, down: false, page: 0};

/** Numbers before words, what is absent last, equal ones as they were. */
function compare(a, b) {
  if (a === null || b === null) return (a === null) - (b === null);
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  const direction = order.down ? -1 : 1;
  return direction * (typeof a === "number" ? a - b : a < b ? -1 : a > b ? 1 : 0);
}

function drawHead(redraw) {
  const row = make("tr");
  for (const column of tableColumns) {
    const sorted = order.column === column;
    const button = make("button", {type: "button", title: column.label},
      column.name + (sorted ? (order.down ? " ▾" : " ▴") : ""));
    button.addEventListener("click", () => {
      order.down = sorted && !order.down;
      order.column = column;
      order.page = 0;
      redraw();
    });
    row.append(make("th", {scope: "col", ...(column.isNumeric ? {} : {class: "word"}),
      "aria-sort": sorted ? (order.down ? "descending" : "ascending") : "none"}, button));
  }
  find("table").tHead.replaceChildren(row);
}

/** A row that opens its point by click and by key. */
function openingRow(point, chosen, open) {
  const row = make("tr", {tabindex: "0", "data-point": String(data.ids[point])});
  row.classList.toggle("front", onFront.has(point));
  row.classList.toggle("open", point === chosen);
  row.addEventListener("click", () => open(point));
  row.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      open(point);
    }
  });
  return row;
}

/** Gives the keyboard back to the row or the head that had it, once they are made anew. */
function keepFocus(table, redraw) {
  const active = table.contains(document.activeElement) ? document.activeElement : null;
  const point = active?.dataset.point;
  const head = active?.closest("th")?.cellIndex;
  redraw();
  const next = point !== undefined ? table.querySelector(`[data-point="${point}"]`)
    : head !== undefined ? table.tHead.rows[0].cells[head].firstChild : null;
  next?.focus({preventScroll: true});
}

function drawTable(state, visible, open, redraw) {
  keepFocus(find("table"), () => fillTable(state, visible, open, redraw));
}

function fillTable(state, visible, open, redraw) {
  drawHead(redraw);
  const sorted = [...visible].sort((a, b) => compare(order.column.at(a), order.column.at(b)));
  const pages = Math.max(Math.ceil(sorted.length / ROWS_A_PAGE), 1);
  order.page = Math.min(Math.max(order.page, 0), pages - 1);
  const first = order.page * ROWS_A_PAGE;
  const shownPoints = sorted.slice(first, first + ROWS_A_PAGE);
  find("table").tBodies[0].replaceChildren(...shownPoints.map((point) => {
    const row = openingRow(point, state.point, open);
    for (const column of tableColumns) {
      row.append(make("td", column.isNumeric ? {} : {class: "word"}, shown(column.at(point))));
    }
    return row;
  }));
  find("range").textContent = shownPoints.length
    ? `${shown(first + 1)} to ${shown(first + shownPoints.length)} of ${shown(sorted.length)}` : "no points";
  find("previous").disabled = order.page === 0;
  find("next").disabled = order.page === pages - 1;
}
