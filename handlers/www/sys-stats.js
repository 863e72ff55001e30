// The page of the system's figures: asks /stats again and again, and draws what it learns.
//
// Behind a load balancer each answer may come from another process of either home. Rates are taken
// between two answers of the same process; those of a home are summed over its processes.
"use strict";

const HOMES = ["lambda", "fargate"];
const KEPT_POINTS = 180;
const STRIP_CELLS = 40;
const FORGOTTEN_AFTER_MS = 60000; // a process that has not answered for so long has no rate
const ANSWER_LIMIT_MS = 10000;
const MIB = 1024 * 1024;

const processes = new Map();
const strip = [];
const charts = {};
const started = performance.now();
let timer = 0;
let isPaused = false;

const element = (id) => document.getElementById(id);
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
const known = (value) => value !== null && value !== undefined;
const rounded = (value, digits) => (known(value) ? value.toFixed(digits) : "–");

function spanText(seconds) {
  if (seconds < 120) return Math.floor(seconds) + " s";
  if (seconds < 7200) return Math.floor(seconds / 60) + " min";
  if (seconds < 172800) return Math.floor(seconds / 3600) + " h";
  return Math.floor(seconds / 86400) + " days";
}

// --- what an answer says ---

function cpuShare(before, now) {
  const busy = now.cpu.busy_ms - before.cpu.busy_ms;
  const idle = now.cpu.idle_ms - before.cpu.idle_ms;
  return known(now.cpu.busy_ms) && busy + idle > 0 ? (100 * busy) / (busy + idle) : null;
}

function learn(stats, at) {
  const key = [stats.home, stats.pid, stats.started].join(" ");
  const process = processes.get(key) || { key, rate: null, cpu: null };
  if (process.stats) {
    const seconds = (at - process.seen) / 1000;
    // This very request is one of those served: it is not what the page wants to show.
    const served = stats.requests_served - process.stats.requests_served - 1;
    if (seconds > 0) process.rate = Math.max(0, served) / seconds;
    const share = cpuShare(process.stats, stats);
    if (share !== null) process.cpu = share;
  }
  process.stats = stats;
  process.seen = at;
  processes.set(key, process);
  return process;
}

// The rate of a home; null while none of its processes has answered twice.
function homeRate(home, at) {
  let sum = null;
  for (const process of processes.values())
    if (process.stats.home === home && process.rate !== null && at - process.seen < FORGOTTEN_AFTER_MS)
      sum = (sum || 0) + process.rate;
  return sum;
}

// --- drawing ---

function makeChart(name) {
  charts[name] = new Chart(element("chart-" + name), {
    type: "line",
    data: {
      datasets: HOMES.map((home) => ({ label: home, data: [], borderWidth: 2, pointRadius: 0, pointHitRadius: 8, tension: 0.25, spanGaps: true })),
    },
    options: {
      animation: false, parsing: false, normalized: true, maintainAspectRatio: false,
      interaction: { mode: "nearest", axis: "x", intersect: false },
      plugins: { legend: { display: false }, tooltip: { callbacks: { title: () => "" } } },
      scales: {
        x: { type: "linear", ticks: { maxTicksLimit: 6, callback: (value) => agoText(value) }, grid: { display: false } },
        y: { beginAtZero: true, ticks: { maxTicksLimit: 5 } },
      },
    },
  });
}

function agoText(value) {
  const ago = Math.round((performance.now() - started) / 1000 - value);
  return ago <= 0 ? "now" : "-" + spanText(ago);
}

function paint() {
  for (const chart of Object.values(charts)) {
    chart.data.datasets.forEach((set) => {
      set.borderColor = colour(set.label);
      set.backgroundColor = colour(set.label);
    });
    for (const axis of Object.values(chart.options.scales)) {
      axis.ticks.color = colour("faint");
      axis.grid.color = colour("line");
    }
    chart.update("none");
  }
}

function addPoint(name, home, at, value) {
  if (!known(value)) return;
  const chart = charts[name];
  const points = chart.data.datasets[HOMES.indexOf(home)].data;
  points.push({ x: (at - started) / 1000, y: value });
  if (points.length > KEPT_POINTS) points.shift();
}

function showCharts(process, took, at) {
  const { stats } = process;
  const memory = stats.memory_bytes;
  addPoint("time", stats.home, at, took);
  addPoint("cpu", stats.home, at, process.cpu);
  addPoint("load", stats.home, at, stats.cpu.load ? stats.cpu.load[0] : null);
  addPoint("process", stats.home, at, known(memory.process) ? memory.process / MIB : null);
  addPoint("memory", stats.home, at, known(memory.total) ? (memory.total - memory.available) / MIB : null);
  for (const home of HOMES) addPoint("rate", home, at, homeRate(home, at));
  const now = (at - started) / 1000;
  for (const [name, chart] of Object.entries(charts)) {
    const oldest = chart.data.datasets.map((set) => (set.data[0] ? set.data[0].x : now));
    chart.options.scales.x.min = Math.min(now - 10, ...oldest);
    chart.options.scales.x.max = now;
    chart.update("none");
    const said = chart.data.datasets.filter((set) => set.data.length)
      .map((set) => set.label + " " + set.data[set.data.length - 1].y.toFixed(1));
    element("chart-" + name).setAttribute("aria-label", said.join(", ") || "no data yet");
  }
}

function showCards(process, at) {
  const { stats } = process;
  const memory = stats.memory_bytes;
  const rates = HOMES.map((home) => homeRate(home, at));
  const isRated = rates.some(known);
  element("rate").textContent = isRated ? rates.reduce((sum, rate) => sum + (rate || 0), 0).toFixed(1) : "–";
  element("rate-note").textContent = isRated ? "besides this page's own" : "after the second answer";
  element("cpu").textContent = known(process.cpu) ? process.cpu.toFixed(0) + " %" : "–";
  element("cpu-note").textContent = known(stats.cpu.count) ? "of " + stats.cpu.count + " cores" : "";
  element("memory").textContent = known(memory.total)
    ? ((100 * (memory.total - memory.available)) / memory.total).toFixed(0) + " %" : "–";
  element("memory-note").textContent = known(memory.total) ? "of " + (memory.total / MIB).toFixed(0) + " MiB" : "";
  element("load").textContent = stats.cpu.load ? stats.cpu.load[0].toFixed(2) : "–";
  element("load-note").textContent = stats.cpu.load ? "5 and 15 min: " + stats.cpu.load.slice(1).map((l) => l.toFixed(2)).join(", ") : "";
}

function showStrip(kind) {
  strip.push(kind);
  if (strip.length > STRIP_CELLS) strip.shift();
  const cells = element("strip");
  cells.replaceChildren(...Array.from({ length: STRIP_CELLS }, (_, i) => {
    const cell = document.createElement("i");
    const filled = strip[i - STRIP_CELLS + strip.length];
    if (filled) cell.className = filled;
    return cell;
  }));
  const answered = strip.filter((home) => HOMES.includes(home));
  const ofLambda = answered.filter((home) => home === "lambda").length;
  const percent = Math.round((100 * ofLambda) / (answered.length || 1));
  element("share").textContent = answered.length ? percent + " : " + (100 - percent) : "–";
  element("share").title = "Lambda : Fargate, of the last " + answered.length + " answers";
}

function row(process, at) {
  const { stats } = process;
  const memory = stats.memory_bytes;
  const cells = [
    stats.home === "lambda" ? "Lambda" : "Fargate", stats.pid, stats.version, spanText(stats.uptime_s.process),
    stats.requests_served, rounded(process.rate, 1),
    known(memory.process) ? (memory.process / MIB).toFixed(1) + " MiB" : "–",
    known(stats.cpu.process_ms) ? (stats.cpu.process_ms / 1000).toFixed(2) + " s" : "–",
    at - process.seen < 1000 ? "now" : spanText((at - process.seen) / 1000) + " ago",
  ];
  const line = document.createElement("tr");
  cells.forEach((text, i) => {
    const cell = document.createElement("td");
    cell.textContent = text;
    if (i === 0) cell.className = "key " + stats.home;
    line.append(cell);
  });
  return line;
}

function showProcesses(at) {
  const latest = [...processes.values()].sort((a, b) => b.seen - a.seen);
  latest.slice(20).forEach((process) => processes.delete(process.key));
  const shown = latest.slice(0, 20).sort((a, b) => a.key.localeCompare(b.key));
  element("processes").replaceChildren(...shown.map((process) => row(process, at)));
}

function say(text, isBad) {
  const status = element("status");
  if (status.textContent !== text) status.textContent = text;
  status.className = isBad ? "bad" : "";
}

// --- asking ---

async function ask() {
  const from = performance.now();
  try {
    const answer = await fetch("/stats", { cache: "no-store", signal: AbortSignal.timeout(ANSWER_LIMIT_MS) });
    if (!answer.ok) throw new Error("/stats answered " + answer.status);
    const stats = await answer.json();
    const at = performance.now();
    const process = learn(stats, at);
    showCards(process, at);
    showCharts(process, at - from, at);
    showStrip(stats.home);
    showProcesses(at);
    say("Live. The machine has been up for " + spanText(stats.uptime_s.system) + ".", false);
  } catch (error) {
    showStrip("bad");
    say("No answer: " + error.message + ". Trying again.", true);
  }
  schedule();
}

function schedule() {
  clearTimeout(timer);
  if (!isPaused && !document.hidden) timer = setTimeout(ask, Number(element("period").value));
}

function start() {
  ["rate", "cpu", "memory", "load", "time", "process"].forEach(makeChart);
  paint();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  element("period").addEventListener("change", schedule);
  document.addEventListener("visibilitychange", schedule);
  element("pause").addEventListener("click", () => {
    isPaused = !isPaused;
    element("pause").setAttribute("aria-pressed", String(isPaused));
    element("pause").textContent = isPaused ? "Go on" : "Pause";
    if (isPaused) say("Paused.", false);
    schedule();
  });
  ask();
}

start();
