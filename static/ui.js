// Dialogs, toasts, theme, time zone, badge. Everything here improves a page that already works without it.
import "./clock.js";
import "./keys.js";
import "./palette.js";

const root = document.documentElement;
const find = id => document.getElementById(id);
const keep = (name, value) => (document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax; secure`);

// The zone is a cookie, so that the server writes local times from the first byte of the next page.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.split("; ").some(one => one.startsWith("__Host-tz="))) keep("__Host-tz", zone);

document.addEventListener("submit", event => {
  const theme = event.target.closest("[data-theme-form]")?.elements.theme;
  if (!theme) return;
  event.preventDefault();
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  keep("__Host-theme", (root.dataset.theme = dark ? "light" : "dark"));
});

function toast({ text, level = "ok" }) {
  const item = Object.assign(document.createElement("p"), { className: "toast", textContent: text });
  item.dataset.level = level;
  if (level !== "ok") item.append(Object.assign(document.createElement("button"), { className: "btn small", type: "button", textContent: "Dismiss", onclick: () => item.remove() }));
  find("toasts").append(item);
  raise(find("toasts"));
  settle(item);
}
// Above an open dialog: the top layer stacks by the order of showing.
function raise(box) {
  box.popover = "manual";
  box.hidePopover();
  box.showPopover();
}
function settle(item) {
  if (item.dataset.level === "ok") setTimeout(() => item.remove(), 6000);
}
document.addEventListener("toast", event => toast(event.detail));
document.querySelectorAll(".toast").forEach(settle);

// A response that was meant for a dialog opens it. The server closes it when the command went through.
for (const name of ["htmx:after:swap", "htmx:afterSwap"])
  document.addEventListener(name, event => {
    const target = event.detail?.ctx?.target ?? event.detail?.target;
    if (target?.matches?.("dialog[data-filled]:not([open])")) target.showModal();
    badge();
  });
for (const one of document.querySelectorAll("dialog[data-filled]")) one.addEventListener("close", () => one.replaceChildren());
document.addEventListener("click", event => {
  const open = event.target.closest("[data-close]")?.closest("dialog") ?? (event.target.matches("dialog[open]") ? event.target : null);
  if (!open) return;
  event.preventDefault();
  open.close();
});
document.addEventListener("dialog:close", event => {
  const open = document.querySelector("dialog[open]");
  open ? open.close() : event.detail.href && location.assign(event.detail.href);
});

// A menu closes when something else is pressed, or by Escape, which gives the focus back.
function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.drop[open]")) if (!menu.contains(except)) menu.open = false;
}
document.addEventListener("click", event => closeMenus(event.target));
document.addEventListener("keydown", event => {
  const menu = event.key === "Escape" && event.target.closest?.("details.drop[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// The two spellings are those of htmx 4 and 2. 409 and 422 say themselves what is wrong; a live region that
// cannot be fetched shows "Reconnecting" instead.
const answer = event => event.detail?.ctx?.response?.status ?? event.detail?.xhr?.status;
function failed(event) {
  if (event.target.matches?.("[data-region]") || [409, 422].includes(answer(event))) return;
  toast({ level: "bad", text: answer(event) === 401 ? "You are signed out. What you typed is still here." : "That did not work. Nothing was changed." });
}
for (const name of ["htmx:response:error", "htmx:responseError", "htmx:error", "htmx:sendError"]) document.addEventListener(name, failed);

for (const name of ["htmx:after:request", "htmx:afterRequest"])
  document.addEventListener(name, event => event.target.matches?.("form[data-clear]") && answer(event) < 300 && event.target.reset());

document.addEventListener("click", async event => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  await navigator.clipboard.writeText(find(button.dataset.copy).textContent.trim());
  toast({ text: "Copied." });
});

// Tab title, icon and app badge say how many incidents are open and how bad the worst is.
function badge() {
  const count = document.querySelector("[data-open-count]");
  const icon = document.querySelector("link[rel=icon]");
  if (!count || !icon) return;
  const open = Number(count.dataset.openCount), href = icon.dataset[(count.dataset.sev ?? "").toLowerCase()] ?? icon.dataset.quiet;
  document.title = (open ? `(${open}) ` : "") + document.title.replace(/^\(\d+\) /, "");
  if (icon.getAttribute("href") !== href) icon.setAttribute("href", href);
  (open ? navigator.setAppBadge?.(open) : navigator.clearAppBadge?.())?.catch(() => {});
}
badge();
root.dataset.ready = "";
