// SPDX-License-Identifier: Apache-2.0
// What each value of a parameter, and each step of size, does to the objectives.

const MOST_VALUES = 24;
const MOST_STEPS = 60;

function barCell(share, kind) {
  const bar = make("i", kind ? {class: kind} : {});
  bar.style.width = `${Math.max(Math.min(100 * Math.abs(share), 100), 0.5)}%`;
  return make("td", {class: "bar"}, bar);
}

function headOf(...names) {
  return make("thead", {}, make("tr", {}, ...names.map((name) => make("th", {scope: "col", ...(name === "why" ? {class: "word"} : {})}, name))));
}

/** A parameter's values with the mean of an objective. */
function effectCard(column, objective, effects) {
  const largest = Math.max(...effects.map(([mean]) => Math.abs(mean)), Number.MIN_VALUE);
  const body = make("tbody");
  evenly(effects.map((_, i) => i), MOST_VALUES).forEach((i) => {
    const [mean, points] = effects[i];
    body.append(make("tr", {}, make("td", {class: "word", title: shown(column.levels[i])},
        String(shown(column.levels[i])).split("/").pop()),
      ...(points ? [barCell(mean / largest), make("td", {}, shown(Number(mean.toPrecision(4))))]
        : [make("td"), make("td", {}, "-")]),
      make("td", {}, shown(points))));
  });
  const card = make("div", {class: "card", title: `${objective.column.label} over ${column.label}`},
    make("h3", {}, `${objective.column.name} over ${column.name}`),
    make("table", {}, headOf(column.name, "", "mean", "points"), body));
  if (effects.length > MOST_VALUES) card.append(make("p", {class: "what"}, `${MOST_VALUES} of ${effects.length} values`));
  return card;
}

function drawEffects() {
  const cards = [];
  data.effects.forEach((ofParameter, i) => {
    if (!parameters[i].varies) return;
    ofParameter.forEach((effects, j) => {
      // What is the same for every value says nothing, nor does a parameter over itself.
      const differs = effects.some(([mean]) => mean !== effects[0][0]);
      if (differs && objectives[j].column !== parameters[i]) {
        cards.push(effectCard(parameters[i], objectives[j], effects));
      }
    });
  });
  find("effects").replaceChildren(...(cards.length ? cards
    : [make("p", {class: "what"}, "No parameter makes a difference, or no point is done.")]));
}

function marginalCard(group) {
  const objective = objectives[0];
  const card = make("div", {class: "card"}, make("h3", {}, `Each ${group.unit} more: ${group.of}`));
  if (!group.steps.length) {
    card.append(make("p", {class: "what"}, "No two points differ in nothing else."));
    return card;
  }
  const largest = Math.max(...group.steps.map((step) => Math.abs(step[3])), Number.MIN_VALUE);
  const body = make("tbody");
  for (const [from, to, pairs, mean, least, most] of evenly(group.steps, MOST_STEPS)) {
    const better = mean === 0 ? null : (mean < 0) !== objective.max;
    body.append(make("tr", {}, make("td", {}, `${shown(from)} to ${shown(to)}`),
      barCell(mean / largest, better === null ? null : better ? "good" : "bad"),
      ...[mean, least, most].map((cost) => make("td", {}, shown(Number(cost.toPrecision(4))))),
      make("td", {}, shown(pairs))));
  }
  card.append(make("table", {}, headOf(`step in ${group.unit}`, "", "mean", "least", "largest", "pairs"), body));
  return card;
}

function drawMarginal() {
  find("marginal-what").textContent = objectives.length
    ? `The change of ${objectives[0].column.label} for each unit more, between points that differ in ` +
      "nothing but the size and have no size between theirs: the mean over such pairs, the least and the " +
      "largest. Green is better, orange is worse."
    : "There is no objective.";
  find("marginal").replaceChildren(...(data.marginal.length ? data.marginal.map(marginalCard)
    : [make("p", {class: "what"}, "The sweep varies neither the scratchpad's size nor the array's.")]));
}
