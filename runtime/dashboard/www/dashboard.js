// The dashboard's beginning: takes what /events says, and shows it.

import { showCanaries } from "./canaries.js";
import { showCharts, startCharts } from "./charts.js";
import { showControls, startControls } from "./controls.js";
import { count, element, milliseconds, percent, rate, say } from "./format.js";
import { showGuards } from "./guard.js";
import { drawPicture } from "./picture.js";
import { latest, production, shownGroups, store, take, total, totalRate } from "./store.js";
import { listen } from "./stream.js";
import { showEvents, showInstances, showRequests, showShares, showTargets } from "./tables.js";

let isPaused = false;
let isLost = false;

function tile(name, text, note, isBad = false) {
  say(element("tile-" + name), text);
  element("tile-" + name).parentElement.classList.toggle("bad", isBad);
  if (note !== undefined) say(element("tile-" + name + "-note"), note);
}

function states(list) { // "3 busy, 2 idle"
  const counts = new Map();
  for (const [, , state] of list) counts.set(state, (counts.get(state) || 0) + 1);
  return [...counts].map(([state, many]) => many + " " + state).join(", ");
}

function showTiles() {
  const requests = totalRate(), errors = totalRate("e");
  tile("rate", rate(requests));
  tile("errors", requests ? percent(errors / requests) : "–", errors ? rate(errors) + " a second" : "answers with 5xx", errors > 0);
  const times = store.groups.map(({ name }) => [latest(name, "p99"), name]).filter(([time]) => time !== null);
  const [slowest] = times.sort((a, b) => b[0] - a[0]);
  tile("time", slowest ? milliseconds(slowest[0]) : "–", slowest ? "of " + slowest[1] : "of the slowest group");
  tile("sandboxes", String(store.sandboxes.length), states(store.sandboxes) || "none has started");
  tile("tasks", String(store.tasks.length), states(store.tasks) || "others start the servers");
  tile("cold", count(total("cold")));
}

function showStatus() {
  const kind = isLost ? "lost" : isPaused ? "paused" : store.now ? "live" : "wait";
  const texts = { lost: "No connection to the rig", paused: "Paused", live: "Live", wait: "Connecting" };
  element("status").dataset.kind = kind;
  say(element("status"), texts[kind]);
  const rule = production();
  say(element("address"), rule ? "load balancer on port " + rule.port + ", " + shownGroups().length + " target groups" : "");
  document.title = isLost ? "Duet: no connection" : store.now ? "Duet: " + rate(totalRate()) + " requests a second" : "Duet";
}

function show() {
  showStatus();
  if (isPaused || !store.now) return;
  for (const part of [showTiles, showGuards, drawPicture, showShares, showControls, showCanaries, showCharts, showTargets, showRequests, showInstances, showEvents]) part();
}

// A screen reader hears of what changed in the load balancer, not of each figure.
function announce(events) {
  const texts = events.filter(([, , source]) => ["alb", "duet", "guard"].includes(source)).map(([, , , text]) => text);
  if (texts.length) say(element("announcer"), texts.slice(-3).join(". "));
}

function onMessage(message) {
  isLost = false;
  announce(take(message));
  show();
}

function onLost() {
  isLost = true;
  showStatus();
}

function start() {
  startCharts();
  startControls();
  element("only-failures").addEventListener("change", showRequests);
  element("pause").addEventListener("click", () => {
    isPaused = !isPaused;
    element("pause").setAttribute("aria-pressed", String(isPaused));
    show();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  new ResizeObserver(() => store.now && drawPicture()).observe(element("picture"));
  listen(onMessage, onLost);
}

start();
