// SPDX-License-Identifier: Apache-2.0
// The open point: how to run it again, its figures, where its time goes.

const RUN_OPTIONS = new Map([["config", "-c"], ["model", "-m"], ["weights", "-w"], ["input", "-i"]]);
const operatorsOf = new Map(data.breakdowns);

/** A word as a shell takes it. */
function quoted(text) {
  return /^[A-Za-z0-9_.,:=@%/+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** The command that simulates a point, a setting a line. */
function commandOf(point) {
  const options = [];
  const settings = [];
  for (const column of parameters) {
    const value = column.at(point);
    if (value === null) continue;
    if (RUN_OPTIONS.has(column.key)) {
      options.push(`${RUN_OPTIONS.get(column.key)} ${quoted(String(value))}`);
    } else {
      settings.push(`--set ${quoted(`${column.key}=${value}`)}`);
    }
  }
  return ["vitsim run", ...options, ...settings].join(" \\\n  ");
}

/** Bars of amounts under their names. */
function bars(rows) {
  const largest = Math.max(...rows.map(([, amount]) => amount), 1);
  const total = rows.reduce((sum, [, amount]) => sum + amount, 0) || 1;
  const body = make("tbody");
  for (const [name, amount] of rows) {
    const bar = make("i");
    bar.style.width = `${(100 * Math.max(amount, 0)) / largest}%`;
    body.append(make("tr", {}, make("td", {}, name), make("td", {class: "bar"}, bar),
      make("td", {}, shown(amount)), make("td", {}, `${((100 * amount) / total).toFixed(1)} %`)));
  }
  return make("table", {class: "breakdown"}, body);
}

function breakdownOf(point) {
  const amounts = operatorsOf.get(point);
  if (!amounts) {
    return make("p", {}, failed.has(point) ? "None: the point failed."
      : "Not in this page, which has those of the front and of some others. `vitsim sweep export --layers` has all.");
  }
  const rows = amounts.map(([operator, cycles]) => [data.operators[operator], cycles]);
  return bars(rows.sort((a, b) => b[1] - a[1]));
}

function drawPanel(point, close) {
  const panel = find("panel");
  if (point === null) {
    panel.replaceChildren(make("p", {}, "No point is open. Click on one in the picture or the table."));
    return;
  }
  const closing = make("button", {type: "button", "aria-label": "close the point"}, "×");
  closing.addEventListener("click", close);
  const heading = make("h3", {}, `Point ${data.ids[point]}`);
  if (onFront.has(point)) heading.append(make("span", {class: "badge"}, "on the front"));
  heading.append(closing);
  panel.replaceChildren(heading);
  if (failed.has(point)) {
    const message = new Map(data.messages).get(point);
    panel.append(make("p", {class: "bad"}, message ? `Failed: ${message}` : "Failed."));
  }
  const command = make("pre", {id: "command"}, commandOf(point));
  const copying = make("button", {type: "button"}, "copy");
  copying.addEventListener("click", () => {
    getSelection().selectAllChildren(command);
    document.execCommand("copy");  // navigator.clipboard is not there for file://
  });
  const body = make("tbody");
  for (const column of figures) {
    if (column.at(point) === null) continue;
    body.append(make("tr", {}, make("td", {}, column.label), make("td", {}, shown(column.at(point)))));
  }
  panel.append(make("h4", {}, "Run it ", copying), command);
  panel.append(make("h4", {}, "Cycles by operator, over all blocks"), breakdownOf(point));
  if (body.rows.length) panel.append(make("h4", {}, "Figures"), make("table", {}, body));
  panel.scrollTop = 0;
}
