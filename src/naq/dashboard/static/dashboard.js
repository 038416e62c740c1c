// Refreshes the page in place: what has changed is changed, and focus, selection and scrolling stay.
"use strict";

const seconds = Number(document.documentElement.dataset.refresh) || 5;
const main = document.getElementById("main");
const away = document.getElementById("away");
const pause = document.getElementById("pause");
const PAUSED = "naq-paused";
let paused = false;
try { paused = localStorage.getItem(PAUSED) === "yes"; } catch { /* storage is blocked: not kept */ }

// What a user has ticked or typed is a property, not an attribute, and stays.
function morph(have, want) {
  if (have.nodeType !== want.nodeType || have.nodeName !== want.nodeName || have.id !== want.id) {
    have.replaceWith(document.importNode(want, true));
    return;
  }
  if (have.nodeType !== Node.ELEMENT_NODE) {
    if (have.nodeValue !== want.nodeValue) have.nodeValue = want.nodeValue;
    return;
  }
  for (const { name } of [...have.attributes]) if (!want.hasAttribute(name)) have.removeAttribute(name);
  for (const { name, value } of want.attributes) if (have.getAttribute(name) !== value) have.setAttribute(name, value);
  morphChildren(have, want);
}

// Elements with an id are found again by it. They are moved only if their order has changed: moving an element takes the
// focus from it.
function morphChildren(have, want) {
  const wanted = new Set([...want.children].map((child) => child.id).filter(Boolean));
  const present = new Map([...have.children].filter((child) => child.id).map((child) => [child.id, child]));
  let at = have.firstChild;
  const dropWhile = (drop) => {
    while (at && drop(at)) {
      const gone = at;
      at = at.nextSibling;
      gone.remove();
    }
  };
  for (const next of [...want.childNodes]) {
    const same = next.id && present.get(next.id);
    if (same) {
      dropWhile((one) => one !== same && !(one.id && wanted.has(one.id)));
      if (at === same) at = at.nextSibling; else have.insertBefore(same, at);
      morph(same, next);
      continue;
    }
    dropWhile((one) => one.id && !wanted.has(one.id));
    if (!at || at.id || next.id) {
      have.insertBefore(document.importNode(next, true), at);
      continue;
    }
    const plain = at;
    at = at.nextSibling;
    morph(plain, next);
  }
  dropWhile(() => true);
}

// If the row with the focus is gone, the one that took its place has it.
function keepFocus(change) {
  const before = document.activeElement;
  const row = before && main.contains(before) ? before.closest("tbody tr") : null;
  const place = row ? [...row.parentNode.children].indexOf(row) : -1;
  const table = row && row.closest("table").id;
  change();
  if (!before || before === document.body || document.activeElement === before) return;
  const rows = table ? document.querySelectorAll(`#${table} tbody tr`) : [];
  const target = rows.length ? rows[Math.min(place, rows.length - 1)].querySelector("a, button, input") : null;
  (target || main).focus({ preventScroll: true });
}

function tell(text) {
  if (away.textContent !== text) away.textContent = text;
  away.hidden = !text;
}

async function refresh() {
  let answer;
  try {
    answer = await fetch(location.href, {
      cache: "no-store", redirect: "manual", headers: { "Naq-Refresh": "yes" }, signal: AbortSignal.timeout(15000),
    });
  } catch {
    tell("The dashboard does not answer. This page shows what it said last.");
    return;
  }
  if (answer.type === "opaqueredirect") {
    tell("The session is over: load the page again to sign in.");
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const problem = page.getElementById("problem");
  if (answer.status >= 500 && !document.getElementById("problem")) {
    tell(`${problem ? problem.textContent : "The dashboard has a fault."} This page shows what was there before.`);
    return;
  }
  const next = page.getElementById("main");
  if (!next || paused) return;
  tell("");
  document.title = page.title;
  keepFocus(() => {
    // What was said stays until the next page.
    const notice = document.getElementById("notice");
    if (notice && !page.getElementById("notice")) next.prepend(document.importNode(notice, true));
    morphChildren(main, next);
  });
  document.getElementById("read-at").textContent = page.getElementById("read-at").textContent;
}

function selecting() {
  const selection = getSelection();
  return selection && !selection.isCollapsed && main.contains(selection.anchorNode);
}

function show() {
  pause.textContent = paused ? "Resume refresh" : "Pause refresh";
  pause.setAttribute("aria-pressed", String(paused));
}

async function loop() {
  if (!paused && !document.hidden && !selecting()) await refresh();
  setTimeout(loop, seconds * 1000);
}

// A form waits for its user, and what does not exist does not change by itself: these are not refreshed.
if (!main.querySelector("#confirm, #token, .final")) {
  pause.hidden = false;
  show();
  pause.addEventListener("click", () => {
    paused = !paused;
    try { localStorage.setItem(PAUSED, paused ? "yes" : "no"); } catch { /* not kept */ }
    show();
    if (!paused) refresh();
  });
  setTimeout(loop, seconds * 1000);
}
