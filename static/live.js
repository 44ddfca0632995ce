// One event stream per visible page. The server sends names, regions fetch what they show:
// a missed event costs nothing, because every reconnection refreshes all live regions.
const source = document.querySelector("[data-live]");
const events = (source?.dataset.events ?? "").split(" ").filter(Boolean);
const words = { live: "Live", lost: "Reconnecting", paused: "Paused" };
let stream, waiting, retry = 500, connected = false;

function announce(name) {
  document.body.dispatchEvent(new CustomEvent(`live:${name}`));
}

function show(state) {
  document.documentElement.dataset.link = state;
  const label = document.querySelector("[data-link-state]");
  if (label) label.textContent = words[state];
}

function open() {
  if (!source || document.hidden || stream) return;
  clearTimeout(waiting);
  stream = new EventSource(source.dataset.live);
  stream.onopen = opened;
  stream.onerror = failed;
  for (const name of events) stream.addEventListener(name, () => announce(name));
}

function opened() {
  retry = 500;
  show("live");
  if (connected) events.forEach(announce);
  connected = true;
}

// EventSource gives up for good on an error status, also on the first one, so it is always made anew.
function failed() {
  close();
  if (document.hidden) return;
  show("lost");
  waiting = setTimeout(open, retry + Math.random() * retry);
  retry = Math.min(retry * 2, 30_000);
}

function close() {
  clearTimeout(waiting);
  stream?.close();
  stream = undefined;
}

// A hidden tab holds no connection: browsers allow six per host over HTTP/1.1.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) return open();
  close();
  if (source) show("paused");
});
addEventListener("pagehide", close);
addEventListener("pageshow", open);
open();
