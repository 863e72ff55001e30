// Where the messages come from: the worker that all tabs share, or where the browser has none, a
// stream of this tab's own.

const AGAIN_MS = 3000;

function listenAlone(onMessage, onLost) {
  const source = new EventSource("/events");
  source.onmessage = (event) => onMessage(JSON.parse(event.data));
  source.onerror = () => {
    onLost();
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listenAlone(onMessage, onLost), AGAIN_MS);
  };
}

export function listen(onMessage, onLost) {
  if (!window.SharedWorker) {
    listenAlone(onMessage, onLost);
    return;
  }
  const worker = new SharedWorker("/dashboard/feed.js");
  worker.port.onmessage = (event) => {
    if (event.data.isLost) onLost();
    else onMessage(JSON.parse(event.data.data));
  };
  worker.port.postMessage("join");
  window.addEventListener("pagehide", () => worker.port.postMessage("leave"));
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) worker.port.postMessage("join");
  });
}
