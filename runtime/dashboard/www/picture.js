// The picture: clients -> rule -> target groups -> sandboxes and targets. A band is as wide as the
// weights wish, the line in it as wide as what really flows; beads run faster the more there is.

import { element, groupClass, milliseconds, percent, rate, stateKind } from "./format.js";
import { actualOf, latest, production, rateOf, sandboxesOf, shownGroups, store, totalRate, versionOf, weightOf, wishOf } from "./store.js";

const WHOLE_PX = 30; // the width of all requests
const HALO_PX = 8; // so that a wish is seen around a flow that fulfils it
const ROW_PX = 88;
const NARROW_PX = 720;
const parts = new Map(); // elements by key: one that stays moves, and is not made anew
let used = new Set();
let svg = null;

function part(key, name, attributes, text) {
  let node = parts.get(key);
  if (!node) {
    node = document.createElementNS("http://www.w3.org/2000/svg", name);
    parts.set(key, node);
    svg.append(node);
  }
  used.add(key);
  for (const [attribute, value] of Object.entries(attributes))
    if (node.getAttribute(attribute) !== String(value)) node.setAttribute(attribute, value);
  if (text !== undefined && node.textContent !== text) node.textContent = text;
  return node;
}

function box(key, { x, y, w, h }, kind = "") {
  part(key, "rect", { x, y, width: w, height: h, rx: 10, class: "box " + kind });
}

function label(key, x, y, text, kind = "", anchor = "start") {
  part(key, "text", { x, y, class: kind, "text-anchor": anchor }, text);
}

// A circle with its state as the text that a pointer sees.
function dot(key, x, y, state, text) {
  const isHollow = ["init", "initial", "starting", "frozen", "unavailable"].includes(state);
  const node = part(key, "circle", { cx: x, cy: y, r: 6.5, class: stateKind(state) + (isHollow ? " hollow" : "") });
  let title = node.firstChild;
  if (!title) title = node.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "title"));
  if (title.textContent !== text) title.textContent = text;
}

const curve = (a, b) => {
  const middle = (a.x + b.x) / 2;
  return `M${a.x} ${a.y}C${middle} ${a.y} ${middle} ${b.y} ${b.x} ${b.y}`;
};

function edge(key, path, group, wish, actual, perSecond) {
  if (wish) part(key + " wish", "path", { d: path, class: "wish " + group, "stroke-width": wish * WHOLE_PX + HALO_PX });
  if (!actual) return;
  part(key + " flow", "path", { d: path, class: "flow " + group, "stroke-width": Math.max(1.5, actual * WHOLE_PX) });
  if (!perSecond) return;
  const beads = part(key + " beads", "path", { d: path, class: "beads" });
  beads.style.animationDuration = (perSecond >= 1000 ? 0.3 : perSecond >= 100 ? 0.6 : perSecond >= 10 ? 1.2 : 2.4) + "s";
}

// --- where things stand, by the width that there is ---

// Beside each other. Ways leave the rule as they lie there, the first at the top.
function wideLayout(width, count) {
  const height = Math.max(count, 1) * ROW_PX;
  const middle = height / 2;
  const rule = { x: Math.max(136, Math.round(width * 0.16)), y: middle - 34, w: 132, h: 68 };
  const groupX = Math.max(rule.x + rule.w + 90, Math.round(width * 0.36));
  const groupW = Math.min(400, width - groupX - 190);
  return {
    height, rule,
    client: { x: 0, y: middle - 34, w: 106, h: 68 },
    trunk: null,
    group: (i) => ({ x: groupX, y: i * ROW_PX + 8, w: groupW, h: ROW_PX - 16 }),
    dots: (at) => ({ x: at.x + at.w + 48, y: at.y + 25, w: width - at.x - at.w - 52, rows: 2 }),
    way: (at, offset) => curve({ x: rule.x + rule.w, y: middle + offset }, { x: at.x, y: at.y + at.h / 2 }),
  };
}

// Below each other, along a trunk at the left.
function narrowLayout(width, count) {
  const rowPx = ROW_PX + 38, x = 20;
  const rule = { x: width - 132, y: 2, w: 132, h: 60 };
  const first = 92;
  const end = first + (count - 1) * rowPx + (rowPx - 12) / 2;
  return {
    height: first + count * rowPx,
    client: { x: 0, y: 2, w: 104, h: 60 },
    rule,
    trunk: `M${rule.x + 66} ${rule.y + rule.h}V76H${x}V${end}`,
    group: (i) => ({ x: 52, y: first + i * rowPx, w: width - 52, h: rowPx - 12 }),
    dots: (at) => ({ x: at.x + 16, y: at.y + 84, w: at.w - 24, rows: 1 }),
    way: (at) => `M${x} ${at.y + at.h / 2}H${at.x}`,
  };
}

// --- what stands there ---

// Sandboxes of a function, targets of any other group.
function instances(group) {
  if (group.type !== "lambda")
    return group.targets.map((target) => {
      const state = target.state === "healthy" && target.inFlight ? "busy" : target.state;
      return { key: target.id + ":" + target.port, state, text: `${target.id}:${target.port}: ${target.state}, ${target.inFlight} in flight` };
    });
  const order = { busy: 0, idle: 1, init: 2 };
  return sandboxesOf(group.name).map(([id, , state]) => ({ key: String(id), state, text: `sandbox ${id}: ${state}` }))
    .sort((a, b) => (order[a.state] ?? 3) - (order[b.state] ?? 3) || a.key - b.key);
}

// Another group runs the same version: its sandboxes are shown there.
function isShared(group) {
  const version = versionOf(group.name);
  return version !== null && store.groups.some((other) => other !== group && versionOf(other.name) === version);
}

// "duet-local:1: 3 busy, 2 idle"
function stateText(group, list) {
  const version = versionOf(group.name);
  return (version && group.targets.length ? version + ": " : "") + summary(group, list);
}

// "3 busy, 2 idle"
function summary(group, list) {
  if (group.targets.length === 0) return "empty";
  if (list.length === 0 && rateOf(group.name)) return isShared(group) ? "served by sandboxes of another slot" : "no sandbox lives";
  if (list.length === 0) return "no sandbox yet";
  const counts = new Map();
  for (const { state } of list) counts.set(state, (counts.get(state) || 0) + 1);
  return [...counts].map(([state, many]) => many + " " + state).join(", ");
}

// Returns how many rows there are.
function drawDots(key, list, area) {
  const perRow = Math.max(1, Math.floor(area.w / 18));
  const shown = list.slice(0, perRow * area.rows);
  shown.forEach((each, i) =>
    dot(key + " dot " + each.key, area.x + 7 + (i % perRow) * 18, area.y + Math.floor(i / perRow) * 18, each.state, each.text));
  return Math.ceil(shown.length / perRow);
}

function drawGroup(group, i, layout) {
  const { name } = group;
  const kind = groupClass(name, store.groups);
  const at = layout.group(i);
  const weight = weightOf(name), actual = actualOf(name);
  const list = instances(group);
  const area = layout.dots(at);
  const perSecond = rateOf(name), errors = rateOf(name, "e");
  const time = latest(name, "p50");
  box(name + " box", at, (group.targets.length ? "" : "dim") + (errors ? " failing" : ""));
  part(name + " bar", "rect", { x: at.x, y: at.y, width: 5, height: at.h, rx: 2.5, class: "bar " + kind });
  label(name + " name", at.x + 18, at.y + 23, name, "big");
  label(name + " rate", at.x + at.w - 12, at.y + 23, rate(perSecond) + " /s", "", "end");
  label(name + " weight", at.x + 18, at.y + 43, weight === null ? "not in this rule"
    : `weight ${weight}: ${percent(wishOf(name))} wished, ${percent(actual)} actual`, "faint");
  if (time !== null) label(name + " time", at.x + 18, at.y + 61, `p50 ${milliseconds(time)}, p99 ${milliseconds(latest(name, "p99"))}`, "faint");
  if (errors) label(name + " errors", at.x + at.w - 12, at.y + 61, rate(errors) + " errors/s", "warn", "end");
  if (list.length && !layout.trunk)
    edge(name + " to dots", `M${at.x + at.w} ${area.y}H${area.x - 4}`, kind, 0, actual ? Math.max(0.06, Math.min(0.25, actual / 3)) : 0, perSecond);
  const rows = drawDots(name, list, area);
  label(name + " state", area.x, area.y + 6 + rows * 18, stateText(group, list), "faint");
}

// What a screen reader hears instead.
function describe(groups) {
  const told = groups.map((group) =>
    `${group.name}: weight ${weightOf(group.name) ?? "none"}, ${percent(actualOf(group.name))} of the requests, ${stateText(group, instances(group))}`);
  return `${rate(totalRate())} requests a second. ${told.join(". ")}.`;
}

// From the clients by the rule to the groups.
function drawWays(groups, layout) {
  const { client, rule } = layout;
  const all = totalRate();
  const widths = groups.map(({ name }) => Math.max(wishOf(name) || 0, actualOf(name) || 0) * WHOLE_PX);
  let offset = -widths.reduce((sum, width) => sum + width, 0) / 2;
  edge("in", `M${client.x + client.w} ${rule.y + rule.h / 2}H${rule.x}`, "", 0, all ? 1 : 0, all);
  if (layout.trunk) edge("trunk", layout.trunk, "", 0, all ? 0.6 : 0.06, all);
  groups.forEach((group, i) => {
    const way = layout.way(layout.group(i), offset + widths[i] / 2);
    edge(group.name, way, groupClass(group.name, store.groups), wishOf(group.name), actualOf(group.name), rateOf(group.name));
    offset += widths[i];
  });
}

export function drawPicture() {
  const place = element("picture");
  const width = Math.max(300, place.clientWidth);
  const groups = shownGroups();
  const rule = production();
  if (!svg) svg = place.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "svg"));
  used = new Set();
  const layout = (width < NARROW_PX ? narrowLayout : wideLayout)(width, groups.length);
  svg.setAttribute("viewBox", `0 0 ${width} ${layout.height}`);
  svg.setAttribute("height", layout.height);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", describe(groups));
  const { client, rule: ruleAt } = layout;
  drawWays(groups, layout);
  box("client", client);
  label("client name", client.x + client.w / 2, client.y + 28, "clients", "big", "middle");
  label("client rate", client.x + client.w / 2, client.y + 48, rate(totalRate()) + " /s", "faint", "middle");
  box("rule", ruleAt);
  label("rule name", ruleAt.x + ruleAt.w / 2, ruleAt.y + 28, !rule ? "no rule" : rule.priority ? "rule " + rule.priority : "default rule", "big", "middle");
  label("rule port", ruleAt.x + ruleAt.w / 2, ruleAt.y + 48, rule ? "port " + rule.port : "", "faint", "middle");
  groups.forEach((group, i) => drawGroup(group, i, layout));
  for (const [key, node] of parts) {
    if (used.has(key)) continue;
    node.remove();
    parts.delete(key);
  }
}
