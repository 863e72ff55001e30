// Sliders for the weights of the production rule, where the rig allows that (duet local
// --control-ui). What somebody has moved stays until it is set or undone.

import { element, groupNode, percent, tag } from "./format.js";
import { production, store } from "./store.js";

let shares = ""; // of the rule, as the sliders show them
let isMoved = false;

function inputs() {
  return [...element("sliders").querySelectorAll("input[type=number]")];
}

function showParts() {
  const sum = inputs().reduce((total, input) => total + Number(input.value), 0);
  for (const input of inputs())
    input.parentElement.querySelector("output").textContent = percent(sum ? Number(input.value) / sum : 0);
}

function slider([name, weight]) {
  const number = tag("input", { type: "number", min: 0, max: 999, step: 1, value: weight, required: "", "data-group": name, "aria-label": "weight of " + name });
  const range = tag("input", { type: "range", min: 0, max: Math.max(100, weight), value: weight, "aria-label": "weight of " + name });
  const follow = (from, to) => () => {
    to.value = from.value;
    isMoved = true;
    showParts();
  };
  range.addEventListener("input", follow(range, number));
  number.addEventListener("input", follow(number, range));
  return tag("div", { class: "slider" }, groupNode(name, store.groups), range, number, tag("output"));
}

function build() {
  isMoved = false;
  shares = JSON.stringify(production().shares);
  element("sliders").replaceChildren(...production().shares.map(slider));
  showParts();
}

export function showControls() {
  const form = element("controls");
  form.hidden = !store.token || !production();
  if (!form.hidden && !isMoved && shares !== JSON.stringify(production().shares)) build();
}

function said(text, isBad) {
  element("controls-said").textContent = text;
  element("controls-said").className = isBad ? "bad" : "";
}

async function send(event) {
  event.preventDefault();
  const weights = Object.fromEntries(inputs().map((input) => [input.dataset.group, Number(input.value)]));
  try {
    const answer = await fetch("/dashboard/weights", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Duet-Token": store.token },
      body: JSON.stringify({ rule: production().arn, weights }),
    });
    if (!answer.ok) throw new Error((await answer.json()).detail);
    isMoved = false;
    said("The weights are set.", false);
  } catch (error) {
    said("Not set: " + error.message, true);
  }
}

export function startControls() {
  element("controls").addEventListener("submit", send);
  element("controls-undo").addEventListener("click", () => {
    build();
    said("", false);
  });
}
