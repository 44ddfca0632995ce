// The palette is the search page in a dialog. The server answers what one may open; what can be done on
// this page is taken from its own controls, so that permissions are those of the page.
import { actions, caps, label } from "./keys.js";

const palette = document.getElementById("palette");
const input = palette?.querySelector("input");
const items = () => [...palette.querySelectorAll(".results :is(a, button)")];
const isFresh = () => document.getElementById("palette-results").dataset.q === input.value.trim();
let isWanted = false;

// It opens at once, so that whoever types on writes into it; what the server knows comes a moment later.
function open() {
  input.value = "";
  isWanted = false;
  palette.showModal();
  input.focus();
  here();
  input.form.dispatchEvent(new CustomEvent("palette:open"));
}

document.addEventListener("click", event => {
  if (!palette || !event.target.closest("[data-palette]") || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  open();
});
addEventListener("keydown", event => {
  if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey) || event.shiftKey || event.altKey) return;
  event.preventDefault();
  if (!palette) document.getElementById("q")?.focus();
  else palette.open ? palette.close() : open();
});

function run(element) {
  palette.close();
  element.matches("input, textarea") ? element.focus() : element.click();
}

function item(element) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: label(element) });
  button.append(...caps(element.dataset.key));
  button.addEventListener("click", () => run(element));
  const row = document.createElement("li");
  row.append(button);
  return row;
}

function here() {
  const group = palette.querySelector("[data-here]");
  const asked = input.value.trim().toLowerCase();
  const found = actions().filter(element => label(element).toLowerCase().includes(asked));
  group.querySelector("ul").replaceChildren(...found.map(item));
  group.hidden = found.length === 0;
  palette.querySelectorAll(".results li").forEach((row, index) => row.classList.toggle("first", index === 0));
}

function step(by) {
  const stops = [input, ...items()];
  const at = stops.indexOf(document.activeElement);
  stops[(at + by + stops.length) % stops.length].focus();
}

// Enter takes the first answer to what is written now, not to what was written before.
function enter() {
  isWanted = !isFresh();
  if (!isWanted) items()[0]?.click();
}

palette?.addEventListener("keydown", event => {
  const typed = event.target === input;
  if (event.key === "ArrowDown") step(typed && items().length > 1 ? 2 : 1);
  else if (event.key === "ArrowUp") step(-1);
  else if (event.key === "Enter" && typed) enter();
  else return void (!typed && event.key.length === 1 && input.focus());
  event.preventDefault();
});
palette?.addEventListener("input", here);
for (const name of ["htmx:after:swap", "htmx:afterSwap"])
  document.addEventListener(name, () => {
    if (!palette?.open) return;
    here();
    if (isWanted) enter();
  });
