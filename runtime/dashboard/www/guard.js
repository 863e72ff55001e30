// The guards of this rig: which home's share is away, since when, why and until when; and what each has done, as a
// table beside a small picture of the shares.

import { age, clock, count, element, fillRows, percent, row, say, tag } from "./format.js";
import { store } from "./store.js";

const NAMES = { lambda: "Lambda", fargate: "Fargate" };
const WIDTH = 240, HEIGHT = 64, LEAST_SPAN_MS = 2 * 60 * 1000;
const shown = new Map(); // by parameter: the parts of its article, which stay, so that a summary keeps the focus

const other = (home) => (home === "lambda" ? "fargate" : "lambda");
const isOf = (home) => ({ name }) => name.startsWith(home) || name.includes("-" + home);
const sum = (groups, figure) => groups.reduce((all, group) => all + group[figure], 0);

// The part that the weights `figure` of a guard's state give a home.
export function part(state, home, figure) {
  return sum(state.groups.filter(isOf(home)), figure) / (sum(state.groups, figure) || 1);
}

const whole = (share) => Math.round(100 * share) + " %";
const isSilent = (state) => store.now > state.expiry_ms;
const lastOf = (acts, ...names) => acts.filter(({ act }) => names.includes(act)).pop();
const failing = (state) => Object.keys(NAMES).filter((home) => state[home].is_down);

// { kind, title, since (epoch or null), why, next }
function story(state, acts) {
  const home = state.away, name = NAMES[home], carrier = NAMES[other(home)];
  const alarm = state.is_alarmed || state.is_held ? lastOf(acts, "alarm") : null;
  const why = alarm ? alarm.why : state[home].why;
  if (state.phase === "away")
    return { kind: alarm ? "bad" : "away", title: `${name}'s share of ${whole(part(state, home, "normal"))} is away: ${carrier} carries it`,
      since: state[home].moved_ms, why,
      next: state.next_ms > store.now ? `It comes back in steps from ${clock(state.next_ms)} on, if ${name} is well until then.` : `It comes back in steps once ${name} is well.` };
  if (state.phase === "back")
    return { kind: "back", title: `${name}'s share comes back: ${whole(part(state, home, "wished"))} of ${whole(part(state, home, "normal"))}`,
      since: state[home].moved_ms, why, next: `The next step is at ${clock(state.next_ms)}, if ${name} is well until then.` };
  if (state.phase === "foreign") {
    const yielded = lastOf(acts, "yield");
    return { kind: alarm ? "bad" : "foreign", title: "Somebody else has set the weights: they stay", since: yielded ? Date.parse(yielded.at) : null,
      why: alarm ? alarm.why : yielded ? yielded.why : "", next: "The guard goes on after duet guard clear." };
  }
  const [ill] = failing(state);
  return ill ? { kind: alarm ? "bad" : "away", title: `${NAMES[ill]} fails`, since: state[ill].bad_ms, why: alarm ? alarm.why : state[ill].why, next: "" }
    : { kind: "well", title: "Both homes have their share", since: null, why: "", next: "" };
}

function build(parameter) {
  const parts = { text: "" };
  for (const name of ["title", "when", "why", "next"]) parts[name] = tag(name === "title" ? "h3" : "p", { class: name });
  parts.plot = tag("div", { class: "shares" });
  const heads = ["When", "Act", "Lambda", "Fargate", "Why"].map((text) => tag("th", { scope: "col", ...(NAMES[text.toLowerCase()] ? { class: "number" } : {}) }, text));
  parts.table = tag("table", {}, tag("thead", {}, tag("tr", {}, ...heads)), tag("tbody", {}));
  parts.details = tag("details", {}, tag("summary", {}, "What it did"),
    tag("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": "What the guard did" }, parts.table));
  parts.article = tag("article", {}, tag("div", { class: "said" }, parts.title, parts.when, parts.why, parts.next), parts.plot, parts.details);
  parts.article.dataset.parameter = parameter;
  return parts;
}

function svg(name, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// Fargate's share as steps from each act to the next, Lambda's above it.
function drawShares(plot, acts, now) {
  plot.hidden = acts.length === 0;
  if (!acts.length) return;
  const times = acts.map(({ at }) => Date.parse(at));
  const first = Math.min(times[0], now - LEAST_SPAN_MS), span = Math.max(1, now - first);
  const x = (ms) => (WIDTH * (Math.min(ms, now) - first)) / span, y = (share) => HEIGHT * (1 - share / 100);
  const area = acts.map(({ fargate }, i) => `V${y(fargate).toFixed(1)}H${(i + 1 < acts.length ? x(times[i + 1]) : WIDTH).toFixed(1)}`).join("");
  const from = x(times[0]).toFixed(1), last = acts[acts.length - 1];
  const said = `Shares over ${age(span)}: ${acts.length} acts; now Lambda ${Math.round(last.lambda)} %, Fargate ${Math.round(last.fargate)} %`;
  plot.replaceChildren(
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img", "aria-label": said },
      svg("rect", { class: "lambda", x: from, y: 0, width: Math.max(0, WIDTH - from), height: HEIGHT }),
      svg("path", { class: "fargate", d: `M${from} ${HEIGHT}${area}V${HEIGHT}Z` }),
      ...times.map((ms) => svg("path", { class: "act", d: `M${x(ms).toFixed(1)} 0V${HEIGHT}` }))),
    tag("small", {}, tag("span", { class: "key g0" }, "Lambda"), " ", tag("span", { class: "key g2" }, "Fargate"), ` over ${age(span)}`));
}

function actRow({ at, act, home, lambda, fargate, why }) {
  return row([[clock(Date.parse(at)), "once"], [home ? act + " " + home : act, "once"], [percent(lambda / 100), "number"], [percent(fargate / 100), "number"], [why]]);
}

function showOne(parts, { state, acts }) {
  const told = story(state, acts), silent = isSilent(state);
  parts.article.dataset.kind = silent ? "silent" : told.kind;
  say(parts.title, told.title);
  say(parts.when, silent ? "its process is silent since " + clock(state.expiry_ms) + ": duet guard run goes on" : told.since ? `since ${clock(told.since)}, ${age(store.now - told.since)}` : "");
  say(parts.why, told.why ? "because: " + told.why : "");
  say(parts.next, silent ? "" : told.next);
  for (const name of ["when", "why", "next"]) parts[name].hidden = !parts[name].textContent;
  drawShares(parts.plot, acts, store.now);
  const text = JSON.stringify(acts);
  if (parts.text !== text) {
    say(parts.details.firstChild, `What it did (${count(acts.length)})`);
    fillRows(parts.table, acts.slice().reverse().map(actRow), "It has done nothing yet.");
  }
  parts.text = text;
}

export function showGuards() {
  element("guards").hidden = store.guards.length === 0;
  for (const parameter of [...shown.keys()].filter((each) => !store.guards.some((guard) => guard.parameter === each))) {
    shown.get(parameter).article.remove();
    shown.delete(parameter);
  }
  for (const guard of store.guards) {
    if (!shown.has(guard.parameter)) {
      shown.set(guard.parameter, build(guard.parameter));
      element("guard-list").append(shown.get(guard.parameter).article);
    }
    showOne(shown.get(guard.parameter), guard);
  }
}
