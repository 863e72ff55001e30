// The tables and the list of events. Each is written anew only when what it shows is another.

import { age, clock, element, fillRows, groupNode, milliseconds, percent, rate, row, stateNode, tag } from "./format.js";
import { actualOf, latest, rateOf, shownGroups, store, weightOf, wishOf } from "./store.js";

const shown = new Map();

function isNew(name, value) {
  const text = JSON.stringify(value);
  if (shown.get(name) === text) return false;
  shown.set(name, text);
  return true;
}

export function showShares() {
  const rows = shownGroups().map(({ name }) => row([
    [groupNode(name, store.groups)], [weightOf(name) === null ? "–" : String(weightOf(name)), "number"],
    [percent(wishOf(name)), "number"], [percent(actualOf(name)), "number"],
    [rate(rateOf(name)), "number"], [rate(rateOf(name, "e")), "number"],
    ...["p50", "p95", "p99"].map((figure) => [milliseconds(latest(name, figure)), "number"]),
  ]));
  fillRows(element("shares"), rows, "No rule forwards to a target group.");
}

// An address with its port, or a function with its alias.
function targetName(target) {
  return target.port ? target.id + ":" + target.port : target.id.split(":").slice(6).join(":");
}

function underGroup(name, text, title) {
  return tag("span", { title }, name ? groupNode(name, store.groups) : "", tag("small", {}, text));
}

function stateWithReason(target) {
  const node = tag("span", {}, stateNode(target.state));
  if (target.state !== "healthy" && target.reason)
    node.append(tag("small", {}, target.text ? target.reason + ": " + target.text : target.reason));
  return node;
}

export function showTargets() {
  if (!isNew("targets", store.groups)) return;
  const rows = store.groups.flatMap((group) => group.targets.map((target) => row([
    [underGroup(group.name, targetName(target), target.id)], [stateWithReason(target)],
    [String(target.inFlight), "number"], [String(target.requests), "number"],
  ])));
  fillRows(element("targets"), rows, "No target is registered.");
}

function requestRow([, at, method, path, status, took, group, reason]) {
  return row([
    [clock(at), "once"], [method + " " + path, "path"], [String(status), "number status" + Math.floor(status / 100)],
    [groupNode(group, store.groups)], [milliseconds(took), "number"], [reason],
  ]);
}

export function showRequests() {
  const isFiltered = element("only-failures").checked;
  const list = store.requests.filter((request) => !isFiltered || request[4] >= 500).slice(0, 100);
  if (!isNew("requests", [isFiltered, list.map((request) => request[0])])) return;
  fillRows(element("requests"), list.map(requestRow), isFiltered ? "No request has failed." : "No request yet.");
}

function detail(text, more) {
  return tag("span", {}, text, tag("small", {}, more.filter(Boolean).join(", ")));
}

export function showInstances() {
  const sandboxes = store.sandboxes.map(([id, group, state, ms, init, calls, memory, name]) => row([
    [underGroup(group, "sandbox " + id, name)], [stateNode(state)], [age(ms), "number"],
    [detail(calls + (calls === 1 ? " call" : " calls"), [name, init && "init " + milliseconds(init), memory && memory + " MB"])],
  ]));
  const tasks = store.tasks.map(([id, group, state, ms, port, name]) => row([
    [underGroup(group, "task " + id, name)], [stateNode(state)], [age(ms), "number"], [detail("port " + port, [name])],
  ]));
  fillRows(element("instances"), tasks.concat(sandboxes), "Nothing runs. A sandbox starts with the first request for it.");
}

export function showEvents() {
  if (!isNew("events", store.events.map((event) => event[0]))) return;
  element("events").replaceChildren(...store.events.map(([, at, source, text]) =>
    tag("li", {}, tag("time", { datetime: new Date(at).toISOString() }, clock(at)), tag("b", {}, source), text)));
}
