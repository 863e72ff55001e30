// How figures, times and names are written, and the small tools to write them with.

export const element = (id) => document.getElementById(id);

export function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
}

export function say(target, text) { // a text that is the same is not told again
  if (target.textContent !== text) target.textContent = text;
}

export function tag(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export function fillRows(table, rows, emptyText) {
  const columns = table.tHead.rows[0].cells.length;
  const empty = tag("tr", {}, tag("td", { class: "empty", colspan: columns }, emptyText));
  table.tBodies[0].replaceChildren(...(rows.length ? rows : [empty]));
}

export function row(cells) { // [TEXT OR NODE, CLASS]
  return tag("tr", {}, ...cells.map(([content, kind]) => tag("td", kind ? { class: kind } : {}, content)));
}

export function count(value) {
  if (value >= 1e6) return (value / 1e6).toFixed(1) + " M";
  if (value >= 1e4) return (value / 1e3).toFixed(1) + " k";
  return String(Math.round(value));
}

export function rate(value) {
  if (value === 0) return "0";
  return value < 10 ? value.toFixed(1) : count(value);
}

export function percent(part) {
  if (part === null) return "–";
  const value = 100 * part;
  return (value > 0 && value < 10 ? value.toFixed(1) : value.toFixed(0)) + " %";
}

export function milliseconds(value) {
  if (value === null || value === undefined) return "–";
  if (value >= 10000) return (value / 1000).toFixed(0) + " s";
  if (value >= 1000) return (value / 1000).toFixed(1) + " s";
  return (value < 1 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0)) + " ms";
}

export function age(ms) {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 120) return seconds + " s";
  return seconds < 7200 ? Math.floor(seconds / 60) + " min" : Math.floor(seconds / 3600) + " h";
}

export function clock(epochMs) {
  const date = new Date(epochMs);
  const two = (value) => String(value).padStart(2, "0");
  return two(date.getHours()) + ":" + two(date.getMinutes()) + ":" + two(date.getSeconds());
}

const SLOTS = ["lambda-a", "lambda-b", "fargate-a", "fargate-b"];

// The slots have colours of their own, other target groups one by the order in which they are.
export function groupClass(name, groups) {
  const slot = SLOTS.indexOf(name);
  if (slot >= 0) return "g" + slot;
  const others = groups.map((group) => group.name).filter((other) => !SLOTS.includes(other));
  return "g" + (4 + Math.max(0, others.indexOf(name)) % 4);
}

const KINDS = {
  healthy: "good", idle: "good", ready: "good",
  busy: "busy",
  initial: "wait", init: "wait", starting: "wait",
  unavailable: "cold", unused: "cold", frozen: "cold", ending: "cold", draining: "cold", retiring: "cold",
  unhealthy: "bad",
};
export const stateKind = (state) => KINDS[state] || "cold";

export function stateNode(state) {
  return tag("span", { class: "state " + stateKind(state) }, state);
}

export function groupNode(name, groups) {
  return tag("span", { class: "key " + groupClass(name, groups) }, name || "load balancer");
}
