// The charts, by Chart.js, and the same figures as tables.

import { clock, colour, element, fillRows, groupClass, milliseconds, percent, rate, tag } from "./format.js";
import { buckets, shownGroups, store } from "./store.js";

const BAR_S = 5, TABLE_STEP_S = 10, TABLE_SPAN_S = 120, LEAST_SPAN_S = 60;
const SHARE_OVER_S = 5;
const charts = {};

const percentile = () => document.querySelector("input[name=percentile]:checked").value;
const kindOf = (name) => groupClass(name, store.groups);

function ago(seconds) { // -90
  if (seconds >= 0) return "now";
  return seconds > -120 ? Math.round(seconds) + " s" : Math.round(seconds / 60) + " min";
}

function options(name, isBar, suffix) {
  return {
    animation: false, parsing: false, normalized: true, maintainAspectRatio: false,
    interaction: { mode: "nearest", axis: "x", intersect: false },
    plugins: {
      legend: { display: false },
      tooltip: { callbacks: { title: (items) => (items.length ? ago(items[0].parsed.x) : ""), label: (item) => item.dataset.label + ": " + rate(item.parsed.y) + suffix } },
    },
    scales: {
      x: { type: "linear", stacked: isBar, offset: false, ticks: { maxTicksLimit: 6, callback: ago, maxRotation: 0 }, grid: { display: false } },
      y: { beginAtZero: true, stacked: isBar || name === "share", suggestedMax: name === "share" ? 100 : 1, max: name === "share" ? 100 : undefined, ticks: { maxTicksLimit: 5, precision: isBar ? 0 : undefined } },
    },
  };
}

function make(name, type, suffix) {
  charts[name] = new Chart(element("chart-" + name), { type, data: { datasets: [] }, options: options(name, type === "bar", suffix) });
}

// --- what the lines are of ---

// A group's count over the last few seconds of each second, and that of all groups.
function shareLines(names) {
  const { points } = store;
  const part = (i, name) => {
    let own = 0, all = 0;
    for (const point of points.slice(Math.max(0, i - SHARE_OVER_S + 1), i + 1))
      for (const [group, figures] of Object.entries(point.g)) {
        all += figures.n || 0;
        if (group === name) own += figures.n || 0;
      }
    return all ? (100 * own) / all : null;
  };
  return names.map((name, i) => ({ name, label: name, fill: i ? "-1" : "origin", stack: "actual", data: points.map((point, i) => ({ x: point.t, y: part(i, name) })) }));
}

// The borders between the groups as the weights wish for them, from the bottom up.
function wishLines(names) {
  return names.slice(0, -1).map((_, last) => ({
    name: "", label: "wished border", stack: "wish " + last, borderDash: [5, 4], stepped: true,
    data: store.points.map((point) => {
      const weights = names.map((name) => (point.g[name] || {}).w || 0);
      const sum = weights.reduce((a, b) => a + b, 0);
      return { x: point.t, y: sum ? (100 * weights.slice(0, last + 1).reduce((a, b) => a + b, 0)) / sum : null };
    }),
  }));
}

function lines(names, figure, missing) {
  return names.map((name) => ({
    name, label: name,
    data: store.points.map((point) => ({ x: point.t, y: (point.g[name] || {})[figure] ?? missing })),
  }));
}

function bars(names, figure) {
  const made = buckets(figure, BAR_S, store.seconds);
  return names.map((name) => ({ name, label: name, data: made.map((each) => ({ x: each.t + BAR_S / 2, y: each[name] || 0 })) }));
}

function paint(set, isBar) {
  const ink = set.name ? colour(kindOf(set.name)) : colour("ink");
  return {
    ...set, borderColor: ink, backgroundColor: set.fill ? ink + "99" : ink, borderWidth: isBar ? 0 : set.name ? 2 : 1.2,
    borderDash: set.borderDash || (set.name.endsWith("-b") && !isBar ? [6, 3] : []),
    pointRadius: 0, pointHitRadius: 6, tension: 0, spanGaps: 10, barThickness: "flex", categoryPercentage: 0.95, barPercentage: 0.95,
  };
}

function update(name, sets, said) {
  const chart = charts[name];
  const now = Math.floor(store.now / 1000);
  const isBar = chart.config.type === "bar";
  const move = (each) => ({ x: each.x - now, y: each.y });
  chart.data.datasets = sets.map((set) => paint({ ...set, data: set.data.map(move) }, isBar));
  const first = store.points.length ? store.points[0].t : now;
  const span = now - first > LEAST_SPAN_S ? store.seconds : LEAST_SPAN_S;
  chart.options.scales.x.min = -span;
  chart.options.scales.x.max = 0;
  chart.options.scales.x.ticks.stepSize = span / 5;
  for (const axis of Object.values(chart.options.scales)) {
    axis.ticks.color = colour("faint");
    axis.grid.color = colour("line");
  }
  chart.update("none");
  element("chart-" + name).setAttribute("aria-label", said);
}

// "lambda-a 12.0, fargate-a 11.5", of each line's last value.
function said(sets, write) {
  const told = sets.map((set) => {
    const last = set.data.filter((each) => each.y !== null).pop();
    return last ? set.label + " " + write(last.y) : null;
  });
  return told.filter(Boolean).join(", ") || "no data yet";
}

// --- tables ---

function showTable(name, names, rows, write) {
  const details = document.querySelector(`details[data-chart=${name}]`);
  if (!details.open) return;
  const head = tag("tr", {}, ...["Until", ...names].map((text) => tag("th", { scope: "col" }, text)));
  const table = tag("table", {}, tag("thead", {}, head), tag("tbody"));
  const filled = rows.slice().reverse().map((each) =>
    tag("tr", {}, tag("td", {}, clock((each.t + TABLE_STEP_S) * 1000)), ...names.map((group) => tag("td", {}, write(each[group])))));
  fillRows(table, filled, "No data yet.");
  details.replaceChildren(details.firstElementChild, tag("div", { class: "scroll" }, table));
}

// The worst of each step: percentiles cannot be added up.
function worst(figure) {
  const made = new Map();
  for (const point of store.points.slice(-TABLE_SPAN_S)) {
    const t = Math.floor(point.t / TABLE_STEP_S) * TABLE_STEP_S;
    if (!made.has(t)) made.set(t, { t });
    for (const [name, figures] of Object.entries(point.g))
      if (figures[figure] !== undefined) made.get(t)[name] = Math.max(made.get(t)[name] || 0, figures[figure]);
  }
  return [...made.values()];
}

function shareRow(each, names) {
  const sum = names.reduce((total, name) => total + (each[name] || 0), 0);
  return { t: each.t, ...Object.fromEntries(names.map((name) => [name, sum ? (each[name] || 0) / sum : null])) };
}

export function showCharts() {
  const names = shownGroups().map((group) => group.name);
  const share = shareLines(names), counts = lines(names, "n", 0), errors = bars(names, "e"), cold = bars(names, "cold");
  const times = lines(names, percentile(), null);
  update("share", share.concat(wishLines(names)), said(share, (y) => y.toFixed(0) + " %"));
  update("rate", counts, said(counts, rate));
  update("time", times, percentile() + ": " + said(times, milliseconds));
  update("errors", errors, said(errors, rate));
  update("cold", cold, said(cold, rate));
  const steps = (figure) => buckets(figure, TABLE_STEP_S, TABLE_SPAN_S);
  showTable("share", names, steps("n").map((each) => shareRow(each, names)), (part) => percent(part ?? null));
  showTable("rate", names, steps("n"), (sum) => rate((sum || 0) / TABLE_STEP_S));
  showTable("time", names, worst(percentile()), milliseconds);
  showTable("errors", names, steps("e"), (sum) => String(sum || 0));
  showTable("cold", names, steps("cold"), (sum) => String(sum || 0));
}

export function startCharts() {
  make("share", "line", " %");
  make("rate", "line", " a second");
  make("time", "line", " ms");
  make("errors", "bar", "");
  make("cold", "bar", "");
  for (const details of document.querySelectorAll("details[data-chart]")) details.addEventListener("toggle", showCharts);
  for (const input of document.querySelectorAll("input[name=percentile]")) input.addEventListener("change", showCharts);
}
