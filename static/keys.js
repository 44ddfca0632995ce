// Keys click real, visible controls: nothing exists by keyboard only. Written without htmx's trigger
// filters, which need eval and, where the policy forbids it, fire on every key.
const typing = target => target.closest?.("input, textarea, select, [contenteditable], dialog");
const shifted = event => event.shiftKey && /^[a-z]$/i.test(event.key);
const bare = event => !(event.defaultPrevented || event.repeat || event.metaKey || event.ctrlKey || event.altKey || shifted(event) || event.isComposing);
const shown = element => element.offsetParent !== null || getComputedStyle(element).position === "fixed";
const isOpening = () => document.querySelector('[data-hx-target="#dialog"].htmx-request');
const bound = () => [...document.querySelectorAll("[data-key]")].filter(element => !element.disabled && shown(element));
let pending = "", timer;

function press(element) {
  element.matches("input, textarea, select") ? element.focus() : element.click();
}

function sequence(key) {
  const keys = pending ? `${pending} ${key}` : key;
  clearTimeout(timer);
  pending = bound().some(element => element.dataset.key.startsWith(`${keys} `)) ? keys : "";
  if (pending) timer = setTimeout(() => (pending = ""), 1500);
  return bound().find(element => element.dataset.key === keys);
}

function move(step) {
  const rows = [...document.querySelectorAll("[data-row]")].filter(shown);
  const at = rows.indexOf(document.activeElement);
  rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step))]?.focus();
}

addEventListener("keydown", event => {
  if (!bare(event) || typing(event.target) || isOpening() || event.key.length > 1) return;
  const key = event.key.toLowerCase();
  const element = sequence(key);
  if (element) press(element);
  else if (key === "j" || key === "k") move(key === "j" ? 1 : -1);
  else return;
  event.preventDefault();
});

// A post written in a field is sent with the platform's own chord.
addEventListener("keydown", event => {
  if (event.key !== "Enter" || !(event.metaKey || event.ctrlKey) || !event.target.matches?.("textarea")) return;
  event.preventDefault();
  event.target.form?.requestSubmit();
});

export function label(element) {
  const copy = element.cloneNode(true);
  copy.querySelectorAll("kbd, .busy, .count, .icon").forEach(part => part.remove());
  return element.dataset.keyLabel ?? element.getAttribute("aria-label") ?? copy.textContent.trim();
}

export function caps(keys) {
  return keys.split(" ").map(key => Object.assign(document.createElement("kbd"), { textContent: key.toUpperCase() }));
}

export function actions() {
  return bound().filter(element => !element.matches("[data-row], input, textarea") && element.closest("main"));
}

function entry(text, keys) {
  const term = Object.assign(document.createElement("dt"), { textContent: text });
  const key = document.createElement("dd");
  key.append(...caps(keys));
  return [term, key];
}

document.addEventListener("click", event => {
  if (!event.target.closest("[data-keys]")) return;
  const list = document.querySelector("#keys dl");
  list.replaceChildren(...bound().flatMap(element => entry(label(element), element.dataset.key)));
  if (document.querySelector("[data-row]")) list.append(...entry("Next row", "j"), ...entry("Row before", "k"), ...entry("Open the row", "enter"));
  document.getElementById("keys").showModal();
});
