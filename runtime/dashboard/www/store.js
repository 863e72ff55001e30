// What the page knows, and the figures that are made of it.

const RECENT_S = 5;
const REQUESTS_KEPT = 200;
const EVENTS_KEPT = 100;

export const store = {
  now: 0, token: null, seconds: 300,
  rules: [], groups: [], versions: [], sandboxes: [], tasks: [],
  canaries: [], // { lock, state }; those that have ended last
  guards: [], // { parameter, state, acts }, the oldest act first
  points: [], // { t, g: { NAME: { n, e, c, cold, p50, p95, p99, w } } }, a second each, oldest first
  requests: [], // newest first, as are the events
  events: [],
};

// Returns the events that are new since the page is there.
export function take(message) {
  const isFirst = Boolean(message.rig);
  if (isFirst) Object.assign(store, { points: [], requests: [], events: [], seconds: message.rig.seconds, token: message.rig.token });
  for (const name of ["now", "rules", "groups", "versions", "sandboxes", "tasks", "canaries", "guards"]) store[name] = message[name];
  store.points = store.points.concat(message.points).slice(-store.seconds);
  const byNumber = new Map(store.requests.concat(message.requests).map((request) => [request[0], request]));
  const all = [...byNumber.values()].sort((a, b) => b[0] - a[0]);
  // Failures stay where many good requests would push them out.
  const failures = all.filter((request) => request[4] >= 500).slice(0, REQUESTS_KEPT / 2);
  store.requests = [...new Set([...all.slice(0, REQUESTS_KEPT / 2), ...failures])];
  store.events = message.events.slice().reverse().concat(store.events).slice(0, EVENTS_KEPT);
  return isFirst ? [] : message.events;
}

export const production = () => store.rules.find((rule) => rule.production) || null;

export function weightOf(name) {
  const share = production() && production().shares.find(([group]) => group === name);
  return share ? share[1] : null;
}

// The part of the requests that the weights wish for; null: the rule does not name the group.
export function wishOf(name) {
  const weight = weightOf(name);
  if (weight === null) return null;
  const sum = production().shares.reduce((total, share) => total + share[1], 0);
  return sum ? weight / sum : 0;
}

const recent = () => store.points.slice(-RECENT_S);

function sumOf(points, name, figure) {
  return points.reduce((sum, point) => sum + ((point.g[name] || {})[figure] || 0), 0);
}

export const rateOf = (name, figure = "n") => sumOf(recent(), name, figure) / Math.max(1, recent().length);

export const totalRate = (figure = "n") => store.groups.reduce((sum, group) => sum + rateOf(group.name, figure), 0);

export function actualOf(name) {
  const total = totalRate();
  return total ? rateOf(name) / total : null;
}

export function latest(name, figure) {
  const point = recent().reverse().find((each) => each.g[name] && each.g[name][figure] !== undefined);
  return point ? point.g[name][figure] : null;
}

export const total = (figure) => store.groups.reduce((sum, group) => sum + sumOf(store.points, group.name, figure), 0);

// "duet-local:2"; null: not known.
export function versionOf(name) {
  const found = store.versions.find(([group]) => group === name);
  return found ? found[1] + ":" + found[2] : null;
}

export function sandboxesOf(name) {
  return store.sandboxes.filter((sandbox) => sandbox[1] === name);
}

// Those that the rule names, in its order, then others that have had requests.
export function shownGroups() {
  const named = production() ? production().shares.map(([name]) => name) : [];
  const find = (name) => store.groups.find((group) => group.name === name);
  const others = store.groups.filter((group) => !named.includes(group.name) && (group.requests || group.targets.length));
  return named.map(find).filter(Boolean).concat(others);
}

// The last `span` seconds summed up in steps of `step`: [{ t, NAME: SUM }], oldest first, steps that
// begin at whole multiples, so that a bar stays what it is.
export function buckets(figure, step, span) {
  const made = new Map();
  for (const point of store.points) {
    if (point.t < store.now / 1000 - span) continue;
    const t = Math.floor(point.t / step) * step;
    if (!made.has(t)) made.set(t, { t });
    for (const [name, figures] of Object.entries(point.g))
      made.get(t)[name] = (made.get(t)[name] || 0) + (figures[figure] || 0);
  }
  return [...made.values()];
}
