// Looks every second whether a phone rings; the server answers 304 while nothing has changed.
// Without this script the page reloads itself.
"use strict";

let seen = null;

async function look() {
  if (document.hidden) return;
  const answer = await fetch("/", { headers: seen ? { "If-None-Match": seen } : {}, cache: "no-store" });
  if (!answer.ok) return;
  seen = answer.headers.get("ETag");
  show(new DOMParser().parseFromString(await answer.text(), "text/html"));
}

function show(fresh) {
  const focused = document.activeElement?.id;
  for (const part of ["phones", "trouble"]) {
    document.querySelector(`.${part}`).replaceChildren(...fresh.querySelector(`.${part}`).childNodes);
  }
  document.title = fresh.title;
  if (focused) document.getElementById(focused)?.focus();
}

async function lookAgain() {
  try {
    await look();
  } catch {
    // The stand-in was stopped or is starting: the next look tells.
  }
  setTimeout(lookAgain, 1000);
}

document.addEventListener("visibilitychange", () => look().catch(() => {}));
lookAgain();
