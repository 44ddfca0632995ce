// The palette is the search page in a dialog. The server answers what one may open; what can be done on
// this page is taken from its own controls, so that permissions are those of the page.
import { actions, caps, label } from "./keys.js";

const palette = document.getElementById("palette");
const items = () => [...palette.querySelectorAll(".results :is(a, button)")];

addEventListener("keydown", event => {
  if (event.key.toLowerCase() !== "k" || !(event.metaKey || event.ctrlKey) || event.shiftKey || event.altKey) return;
  event.preventDefault();
  palette.open ? palette.close() : document.querySelector("[data-palette]")?.click();
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
  const asked = palette.querySelector("input").value.trim().toLowerCase();
  const found = actions().filter(element => label(element).toLowerCase().includes(asked));
  group.querySelector("ul").replaceChildren(...found.map(item));
  group.hidden = found.length === 0;
  palette.querySelectorAll(".results li").forEach((row, index) => row.classList.toggle("first", index === 0));
}

function step(by) {
  const stops = [palette.querySelector("input"), ...items()];
  const at = stops.indexOf(document.activeElement);
  stops[(at + by + stops.length) % stops.length].focus();
}

palette?.addEventListener("keydown", event => {
  const typed = event.target.matches("input");
  if (event.key === "ArrowDown") step(typed && items().length > 1 ? 2 : 1);
  else if (event.key === "ArrowUp") step(-1);
  else if (event.key === "Enter" && typed && items().length) items()[0].click();
  else return void (!typed && event.key.length === 1 && palette.querySelector("input").focus());
  event.preventDefault();
});
palette?.addEventListener("input", here);
for (const name of ["htmx:after:swap", "htmx:afterSwap"]) document.addEventListener(name, () => palette?.childElementCount && here());
