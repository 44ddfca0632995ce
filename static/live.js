// One event stream per browser, held by one of its visible tabs and passed on to the others, since a browser
// allows six connections per host over HTTP/1.1. Only names travel: a region that hears its name fetches itself.
// A missed event costs nothing: whoever (re)connects or becomes visible refreshes all its live regions.
const source = document.querySelector("[data-live]");
const topics = (source?.dataset.topics ?? "").split(" ").filter(Boolean);
const words = { live: "Live", lost: "Reconnecting", paused: "Paused" };
const others = new BroadcastChannel("opsbook-live");
const me = crypto.randomUUID();
let stream, giveUp, waiting, retry = 500;

function announce(topic) {
  const heard = topic === "*" ? topics : topics.filter(own => own === topic);
  for (const own of heard) document.body.dispatchEvent(new CustomEvent(`live:${own.split(":")[0]}`));
}

function show(state) {
  document.documentElement.dataset.link = state;
  const label = document.querySelector("[data-link-state]");
  if (label) label.textContent = words[state];
}

function tell(message) {
  if (message.state) show(message.state);
  if (message.topic) announce(message.topic);
}

function tellAll(message) {
  tell(message);
  others.postMessage(message);
}

// EventSource gives up for good on an error status, also on the first one, so it is always made anew.
function connect() {
  stream = new EventSource(source.dataset.live);
  stream.onopen = () => { retry = 500; tellAll({ state: "live", topic: "*" }); };
  stream.onmessage = event => tellAll({ topic: event.data });
  stream.onerror = () => {
    stream?.close();
    tellAll({ state: "lost" });
    waiting = setTimeout(connect, retry + Math.random() * retry);
    retry = Math.min(retry * 2, 30_000);
  };
}

// Whoever gets the lock holds the stream until it is hidden or gone; then the next visible tab gets it.
function join() {
  if (!source || document.hidden || giveUp) return;
  giveUp = new AbortController();
  others.postMessage({ asks: me });
  navigator.locks.request("opsbook-live", { signal: giveUp.signal }, () => new Promise(release => {
    giveUp?.signal.addEventListener("abort", release);
    connect();
  })).catch(() => undefined);
}

function leave() {
  giveUp?.abort();
  giveUp = undefined;
  clearTimeout(waiting);
  stream?.close();
  stream = undefined;
}

others.onmessage = ({ data }) => {
  if (data.asks) return stream?.readyState === EventSource.OPEN && others.postMessage({ state: "live", topic: "*", to: data.asks });
  if (giveUp && (data.to ?? me) === me) tell(data);
};
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) return join();
  leave();
  if (source) show("paused");
});
addEventListener("pagehide", leave);
addEventListener("pageshow", join);
join();
