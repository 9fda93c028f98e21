// SPDX-License-Identifier: Apache-2.0
// The page: what is open and chosen, which the address keeps (#point=12&filter=rows>=64).

const numericColumns = columns.filter((column) => column.isNumeric);
const state = {point: null, filter: "", x: null, y: null, colour: null};
let visible = everyPoint;

function defaults() {
  const [first, second] = objectiveColumns;
  return {
    x: second ?? numericColumns.find((column) => column !== first && !column.isParameter) ?? numericColumns[0] ?? null,
    y: first ?? numericColumns[0] ?? null,
    colour: parameters.find((column) => column.varies) ?? null,
  };
}

/** Takes from the address what it has; what makes no sense is left out. */
function readAddress() {
  const address = new URLSearchParams(location.hash.slice(1));
  const preset = defaults();
  const numeric = (key) => numericColumns.find((column) => column.key === key);
  state.point = pointOfId.get(Number(address.get("point") ?? NaN)) ?? null;
  state.filter = address.get("filter") ?? "";
  state.x = numeric(address.get("x")) ?? preset.x;
  state.y = numeric(address.get("y")) ?? preset.y;
  state.colour = parameters.find((column) => column.key === address.get("colour")) ?? preset.colour;
}

function writeAddress() {
  const address = new URLSearchParams();
  const preset = defaults();
  if (state.point !== null) address.set("point", data.ids[state.point]);
  if (state.filter) address.set("filter", state.filter);
  for (const name of ["x", "y", "colour"]) {
    if (state[name] !== preset[name]) address.set(name, state[name].key);
  }
  history.replaceState(null, "", "#" + address);
}

function open(point) {
  state.point = point;
  writeAddress();
  draw();
}

function draw() {
  const result = filtered(state.filter);
  visible = result.points;
  const output = find("filter-result");
  output.textContent = result.problem ?? `${shown(visible.length)} of ${shown(pointCount)}`;
  output.classList.toggle("bad", Boolean(result.problem));
  drawPanel(state.point, () => open(null));
  drawScatter(state, visible, open);
  drawTable(state, visible, open, draw);
  drawParallel(state, visible, open);
  for (const row of find("failures").querySelectorAll("tr")) {
    row.classList.toggle("open", state.point !== null && row.dataset.point === String(data.ids[state.point]));
  }
}

function fact(value, name, bad) {
  return make("div", bad ? {class: "bad"} : {}, make("b", {}, value), name);
}

function drawFacts() {
  find("title").textContent = data.name || data.file;
  find("subtitle").textContent = [data.file, data.version && `vitsim ${data.version}`].filter(Boolean).join(", ");
  const facts = [fact(shown(pointCount - failed.size), "points done"), fact(shown(onFront.size), "on the front")];
  if (failed.size) facts.push(fact(shown(failed.size), "failed", true));
  for (const {column, max} of objectives) {
    const numbers = everyPoint.filter((point) => !failed.has(point) && column.numbers?.[point] != null)
      .map((point) => column.numbers[point]);
    const best = numbers.reduce((a, b) => (max ? Math.max(a, b) : Math.min(a, b)), max ? -Infinity : Infinity);
    if (numbers.length) facts.push(fact(shown(best), `${max ? "most" : "least"} ${column.key}`));
  }
  find("facts").replaceChildren(...facts);
}

function drawFailures() {
  find("failures-section").hidden = failed.size === 0;
  if (failed.size === 0) return;
  const body = make("tbody");
  for (const [point, message] of data.messages.slice(0, 200)) {
    const row = openingRow(point, state.point, open);
    row.append(make("td", {}, String(data.ids[point])), make("td", {class: "word"}, message || "(no message)"));
    body.append(row);
  }
  const more = failed.size - Math.min(data.messages.length, 200);
  find("failures").replaceChildren(make("table", {}, headOf("id", "why"), body),
    ...(more > 0 ? [make("p", {class: "what"}, `And ${shown(more)} more; filter for status=failed.`)] : []));
}

function fillChoice(id, choices, name) {
  const choice = find(id);
  const option = (column) => {
    const one = make("option", {value: column.key}, column.label);
    one.selected = column === state[name];
    return one;
  };
  choice.replaceChildren(...choices.map(option));
  choice.onchange = () => {
    state[name] = choices[choice.selectedIndex];
    writeAddress();
    draw();
  };
}

/** Where the address may have changed what is chosen. */
function start() {
  readAddress();
  find("filter").value = state.filter;
  fillChoice("x-axis", numericColumns, "x");
  fillChoice("y-axis", numericColumns, "y");
  fillChoice("colour", parameters, "colour");
  draw();
}

drawFacts();
drawEffects();
drawMarginal();
drawFailures();
if (data.spec) find("spec").textContent = data.spec;
else find("spec-section").remove();
for (const form of document.querySelectorAll("form")) form.addEventListener("submit", (event) => event.preventDefault());
let typing = 0;
find("filter").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    state.filter = find("filter").value;
    order.page = 0;
    writeAddress();
    draw();
  }, 200);
});
for (const [id, step] of [["previous", -1], ["next", 1]]) {
  find(id).addEventListener("click", () => {
    order.page += step;
    drawTable(state, visible, open, draw);
  });
}
addEventListener("hashchange", start);
start();
document.body.dataset.ready = "yes";
