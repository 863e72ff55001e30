// A shared worker: one stream of /events for all tabs, since a browser opens only six connections to
// a server. A tab that comes has the stream begun anew, so that all get all that is known.
"use strict";

const AGAIN_MS = 3000;
const ports = new Set();
let source = null;
let timer = 0;

function tell(message) {
  for (const port of ports) port.postMessage(message);
}

function open() {
  clearTimeout(timer);
  if (source) source.close();
  source = new EventSource("/events");
  source.onmessage = (event) => tell({ data: event.data });
  source.onerror = () => {
    tell({ isLost: true });
    if (source.readyState === EventSource.CLOSED) timer = setTimeout(open, AGAIN_MS);
  };
}

function leave(port) {
  ports.delete(port);
  if (ports.size === 0 && source) source.close();
}

self.onconnect = (event) => {
  const port = event.ports[0];
  port.onmessage = (message) => {
    if (message.data === "leave") {
      leave(port);
    } else {
      ports.add(port);
      open();
    }
  };
};
