// The desk by keyboard, and the number of what is ticked. The page works fully without it.
"use strict";

(() => {
  const KEPT = "desk-keys-off";
  const keys = document.getElementById("keys");
  const list = document.getElementById("keys-list");
  const keysOn = document.getElementById("keys-on");
  const rows = () => [...document.querySelectorAll("[data-row]")];
  let isOn = true;
  try { isOn = localStorage.getItem(KEPT) === null; } catch { /* storage may be closed to us */ }

  if (keys) keys.hidden = false;
  if (keysOn) {
    keysOn.checked = isOn;
    keysOn.addEventListener("change", () => {
      isOn = keysOn.checked;
      try { isOn ? localStorage.removeItem(KEPT) : localStorage.setItem(KEPT, "1"); } catch { /* only for this page then */ }
    });
  }

  // Rows that scroll sideways on a phone begin with where we are.
  for (const here of document.querySelectorAll("#desk-tabs [aria-current], .counts [aria-current]")) {
    const row = here.closest("ul");
    row.scrollLeft = here.offsetLeft - row.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;
  }

  // Whoever comes for one act finds it open, and goes on from there by keyboard.
  const wanted = location.hash.length > 1 && document.getElementById(location.hash.slice(1));
  if (wanted && wanted.matches("details")) {
    wanted.open = true;
    // the browser goes to the address's mark by itself, and takes the focus along, until then
    addEventListener("load", () => wanted.querySelector("summary").focus({ preventScroll: true }));
  }

  // --- where we are: the row that holds the focus ------------------------------------------------
  const current = () => document.activeElement && document.activeElement.closest("[data-row]");

  function go(step) {
    const all = rows();
    const at = all.indexOf(current());
    const row = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1)];
    if (!row) return;
    row.querySelector("[data-open]").focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  // In the queue a key means the row that holds the focus; on a case it means the page.
  function press(key) {
    const row = current();
    const place = row || (rows().length ? null : document.querySelector("[data-desk]"));
    const button = place && place.querySelector(`[data-key="${key}"]`);
    if (!button) return false;
    button.focus(); // what it opens is read on from here
    button.click();
    return true;
  }

  function tick() {
    const box = current() && current().querySelector("[data-tick]");
    if (!box) return false;
    box.click();
    return true;
  }

  function search() {
    const field = document.querySelector("[data-search]");
    if (!field) return false;
    if (list) list.open = false; // it would lie over what is typed
    field.focus();
    field.select();
    return true;
  }

  function showKeys() {
    if (!list) return false;
    list.open = !list.open;
    list.querySelector("summary").focus();
    return true;
  }

  const ACTS = {
    j: () => (go(1), true),
    k: () => (go(-1), true),
    ArrowDown: () => current() !== null && (go(1), true),
    ArrowUp: () => current() !== null && (go(-1), true),
    c: () => press("c"),
    v: () => press("v"),
    p: () => press("p"),
    x: tick,
    "/": search,
    "?": showKeys,
  };
  // Who writes in Cyrillic presses the same places of the keyboard.
  const PLACES = { KeyJ: "j", KeyK: "k", KeyC: "c", KeyV: "v", KeyP: "p", KeyX: "x" };
  const FIELDS = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

  addEventListener("keydown", (event) => {
    if (!isOn || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat && event.key.length === 1 && !"jk".includes(event.key)) return;
    if (event.target.closest && event.target.closest(FIELDS)) return;
    const key = event.key.length === 1 && /\p{Script=Cyrillic}/u.test(event.key) ? PLACES[event.code] : event.key;
    const act = ACTS[key];
    if (act && act()) event.preventDefault();
  });

  // --- how many are ticked -----------------------------------------------------------------------
  const button = document.querySelector("[data-ticked]");
  function count() {
    const ticked = document.querySelectorAll("[data-tick]:checked").length;
    button.disabled = ticked === 0;
    button.lastChild.textContent = button.dataset.ticked.replace("#", ticked);
  }
  if (button) {
    addEventListener("change", (event) => { if (event.target.matches("[data-tick]")) count(); });
    addEventListener("pageshow", count); // ticks survive going back
    count();
  }
})();
