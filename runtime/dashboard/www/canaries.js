// The canaries of this rig: how far each is, its verdicts and why; words for it where the rig allows
// that (duet local --control-ui). A button says what `duet canary WORD PLAN` says.

import { age, clock, count, element, fillRows, groupNode, percent, row, say, tag } from "./format.js";
import { store } from "./store.js";

const PHASES = {
  prepare: "the slot gets what it needs", smoke: "smoke at 0 %", shift: "the weights are being written", bake: "baking",
  promote: "about to be promoted", hold: "held: nobody runs it until duet canary says so", back: "on its way back",
  retire: "promoted; the old slot is still warm", end: "ended",
};
const VERDICTS = { p: "pass", f: "fail", i: "inconclusive", n: "no data" };
const shown = new Map(); // by lock: the parts of its article, which stay, so that a button keeps the focus

const groupOf = (state, index) => state.groups[index].split("/")[1] || state.groups[index];
const share = (state, weights) => weights[state.canary] / (weights.reduce((sum, weight) => sum + weight, 0) || 1);
const isOver = (state) => state.phase === "hold" || state.phase === "end";
const isSilent = (state) => !isOver(state) && store.now > state.expiry;

async function leave(parts, word) {
  try {
    const answer = await fetch("/dashboard/canary", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Duet-Token": store.token },
      body: JSON.stringify({ lock: parts.lock, run: parts.run, word }),
    });
    if (!answer.ok) throw new Error((await answer.json()).detail);
    say(parts.said, "Said: " + word + ". It is obeyed at the next look.");
  } catch (error) {
    say(parts.said, "Not said: " + error.message);
  }
}

function build(lock) {
  const parts = { lock, run: "", text: "" };
  for (const name of ["slots", "steps", "verdicts"]) parts[name] = tag("div", { class: name });
  for (const name of ["title", "phase", "seen", "why"]) parts[name] = tag(name === "title" ? "h3" : "p", { class: name });
  parts.bar = tag("progress", { "aria-label": "requests to the canary in this step" });
  parts.said = tag("output", {});
  parts.buttons = ["pause", "resume", "promote", "rollback"].map((word) => {
    const button = tag("button", { type: "button" }, word[0].toUpperCase() + word.slice(1));
    button.dataset.word = word;
    button.addEventListener("click", () => leave(parts, word));
    return button;
  });
  parts.words = tag("p", { class: "words" }, ...parts.buttons.flatMap((button) => [button, " "]), parts.said);
  parts.article = tag("article", {}, parts.title, parts.phase, parts.slots, parts.steps, parts.bar, parts.seen, parts.verdicts, parts.why, parts.words);
  parts.article.dataset.lock = lock;
  return parts;
}

function stepNode(state, permille, index) {
  const kind = state.outcome === "promoted" || index < state.step || state.phase === "retire" ? "done" : index === state.step ? "now" : "next";
  const node = tag("span", { class: kind }, percent(permille / 1000));
  if (kind === "now") node.setAttribute("aria-current", "step");
  return node;
}

function showVerdicts(parts, state) {
  const letters = [...(state.strip || "")];
  const counts = Object.entries(VERDICTS).map(([letter, name]) => [letters.filter((each) => each === letter).length, name]);
  parts.verdicts.setAttribute("role", "img");
  parts.verdicts.setAttribute("aria-label", "verdicts: " + (counts.filter(([many]) => many).map((each) => each.join(" ")).join(", ") || "none yet"));
  parts.verdicts.replaceChildren(...letters.map((letter) => tag("i", { class: "v" + letter, title: VERDICTS[letter] || "" })));
}

function showRequests(parts, state) {
  const isBaking = state.phase === "bake";
  parts.bar.hidden = parts.seen.hidden = !isBaking;
  parts.bar.max = state.requests + state.needed || 1;
  parts.bar.value = state.requests;
  say(parts.seen, count(state.requests) + " requests in this step" + (state.needed ? ", " + count(state.needed) + " more needed" : ", which is enough"));
}

function showOne(parts, state) {
  const isMute = isOver(state) || isSilent(state);
  say(parts.title, state.name);
  say(parts.phase, (state.paused ? "paused; " : "") + (PHASES[state.phase] || state.phase) + (isSilent(state) ? "; its process is silent: duet canary resume or rollback takes it up" : ""));
  parts.article.dataset.phase = isSilent(state) ? "silent" : state.phase;
  parts.slots.replaceChildren(groupNode(groupOf(state, state.stable), store.groups), " to ", groupNode(groupOf(state, state.canary), store.groups),
    ", which has " + percent(share(state, state.was)) + " of all");
  parts.steps.replaceChildren(...state.steps.map((permille, index) => stepNode(state, permille, index)));
  showRequests(parts, state);
  showVerdicts(parts, state);
  say(parts.why, state.why || state.verdict || "no verdict yet");
  parts.words.hidden = !store.token;
  for (const button of parts.buttons)
    button.disabled = isMute || button.dataset.word === (state.paused ? "pause" : "resume");
  parts.run = state.run;
}

function pastRow({ state }) {
  return row([[clock(state.expiry), "once"], [state.name], [state.outcome, state.outcome === "promoted" ? "once" : "once status4"],
    [age(state.expiry - state.started), "number"], [state.step + 1 + " of " + state.steps.length, "number"], [state.why || ""]]);
}

const isPast = ({ lock }) => lock.includes("/history/");

export function showCanaries() {
  const live = store.canaries.filter((each) => !isPast(each)), past = store.canaries.filter(isPast);
  element("canaries").hidden = store.canaries.length === 0;
  for (const lock of [...shown.keys()].filter((each) => !live.some(({ lock: other }) => other === each))) {
    shown.get(lock).article.remove();
    shown.delete(lock);
  }
  for (const { lock, state } of live) {
    if (!shown.has(lock)) {
      shown.set(lock, build(lock));
      element("canary-list").append(shown.get(lock).article);
    }
    const parts = shown.get(lock), text = JSON.stringify([state, isSilent(state), store.token]);
    if (parts.text !== text) showOne(parts, state);
    parts.text = text;
  }
  element("canary-none").hidden = live.length > 0;
  fillRows(element("canary-past"), past.map(pastRow), "None has ended yet.");
}
