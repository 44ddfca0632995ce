// Durations and countdowns tick on the server's time: the page says when it was made, so a wrong clock on
// this machine shifts nothing. Each element names a moment; the text it came with is already right.
const root = document.documentElement;
const offset = root.dataset.now ? Date.parse(root.dataset.now) - Date.now() : 0;
const seconds = moment => (Date.parse(moment) - Date.now() - offset) / 1000;

export function spoken(total) {
  const whole = Math.max(0, Math.floor(total));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, index) => (index ? String(part).padStart(2, "0") : part)).join(":");
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function tick() {
  for (const element of document.querySelectorAll("[data-countdown]")) write(element, spoken(Math.ceil(seconds(element.dataset.countdown))));
  for (const element of document.querySelectorAll("[data-elapsed]")) write(element, spoken(-seconds(element.dataset.elapsed)));
  for (const bar of document.querySelectorAll("progress[data-from]")) bar.value = -seconds(bar.dataset.from);
  for (const bar of document.querySelectorAll("progress[data-until]")) bar.value = Math.max(0, seconds(bar.dataset.until));
}

setInterval(tick, 1000);
for (const name of ["htmx:after:swap", "htmx:afterSwap"]) document.addEventListener(name, tick);
