// What HTML and htmx cannot say by themselves. Everything here is a comfort; nothing needs it.
"use strict";

(() => {
  const POLL_MS = 15000;
  const QUIET_MS = 1500;
  let streamIsOpen = false;
  let touchedAt = 0;

  // The stream is public and may have another port: no cookies travel to it.
  htmx.createEventSource = (url) => new EventSource(url);

  // --- the live stream, and polling while it cannot be reached ---------------------------------
  addEventListener("htmx:sseOpen", () => { streamIsOpen = true; });
  addEventListener("htmx:sseError", () => { streamIsOpen = false; });
  addEventListener("htmx:sseClose", () => { streamIsOpen = false; });

  setInterval(() => {
    const poll = document.getElementById("poll");
    if (poll && !streamIsOpen && !document.hidden) htmx.trigger(poll, "poll");
  }, POLL_MS);

  // The server answers only with what this page shows.
  addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt.id !== "poll") return;
    const names = [...document.querySelectorAll("[sse-swap]:not([hidden])")].map((el) => el.getAttribute("sse-swap"));
    names.push(...[...document.querySelectorAll("article.deed, article.deed-page")].map((el) => el.id));
    event.detail.parameters.names = [...new Set(names)].slice(0, 200).join(",");
  });

  // A reconnected stream repeats what the page already shows. What was hidden meanwhile goes.
  addEventListener("htmx:sseBeforeMessage", (event) => {
    const [, id, gone] = /id="(deed-\d+)"( data-gone)?/.exec(event.detail.data) || [];
    const shown = id && document.getElementById(id);
    if (shown || gone) event.preventDefault();
    if (shown && gone) takeAway(shown);
  });

  // The page of one deed says itself what has become of it.
  function takeAway(deed) {
    if (deed.matches(".deed-page")) return location.reload();
    deed.remove();
    countNew();
  }
  addEventListener("htmx:oobBeforeSwap", ({ detail }) => {
    if (!detail.target.matches("article.deed, article.deed-page")) return;
    detail.shouldSwap = false;
    takeAway(detail.target);
  });

  // --- new deeds: shown at once to whoever is at the top and not tapping, else kept under "1 new" ---
  for (const kind of ["pointerdown", "keydown", "scroll"]) {
    addEventListener(kind, () => { touchedAt = Date.now(); }, { passive: true, capture: true });
  }

  const isQuiet = () => scrollY < 200 && Date.now() - touchedAt > QUIET_MS;

  // They lie above what was being read, and the button goes: the newest comes into view, and gets the focus.
  function showNew() {
    const kept = document.querySelectorAll("#arrivals > [hidden]");
    for (const el of kept) el.hidden = false;
    document.getElementById("new-deeds").hidden = true;
    kept[0].scrollIntoView({ block: "nearest" });
    kept[0].querySelector("a").focus({ preventScroll: true });
  }

  function countNew() {
    const bar = document.getElementById("new-deeds");
    if (!bar) return;
    const kept = document.querySelectorAll("#arrivals > [hidden]").length;
    const button = document.getElementById("show-new");
    button.textContent = kept === 1 ? button.dataset.one : `${button.dataset.many} ${kept}`;
    bar.hidden = !kept;
  }

  addEventListener("htmx:load", (event) => {
    const el = event.detail.elt;
    if (!el.parentElement || el.parentElement.id !== "arrivals" || isQuiet()) return;
    el.hidden = true;
    countNew();
  });

  addEventListener("click", (event) => {
    if (event.target.closest && event.target.closest("#show-new")) showNew();
  });

  // "Show" was pressed: the filters make room for what they found.
  addEventListener("submit", (event) => {
    if (event.target.id !== "filters") return;
    for (const filters of document.querySelectorAll("details.more[open]")) filters.open = false;
  });

  // A chip chooses for the form around it, at once: whatever the form asks next keeps that choice.
  addEventListener("htmx:configRequest", ({ detail: { elt } }) => {
    if (!elt.closest("#chips")) return;
    const chosen = new URL(elt.href).searchParams;
    for (const field of elt.closest("form").querySelectorAll(".more-body select")) {
      field.value = chosen.get(field.name) || field.options[0].value;
    }
    const fits = document.getElementById("fits");
    if (fits) fits.checked = chosen.has("fits");
  });

  // The language changes on the page as it is filtered now.
  addEventListener("htmx:pushedIntoHistory", ({ detail: { path } }) => {
    document.querySelector(".menu-body [name=next]").value = path;
  });

  // --- menus close like people expect -----------------------------------------------------------
  const MENUS = "details.menu[open], details.more[open], details.dialog[open]";
  addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll(MENUS)) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open], details.more[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  // --- no connection: say so, keep what was typed -------------------------------------------------
  addEventListener("htmx:sendError", () => {
    const notice = document.createElement("p");
    notice.className = "notice tone-apple";
    notice.textContent = document.body.dataset.offline;
    document.getElementById("messages").replaceChildren(notice);
  });

  // A notice that lies over the page goes when it is tapped.
  addEventListener("click", (event) => {
    const notice = event.target.closest && event.target.closest("#messages > .notice, #error-notice");
    if (notice && !event.target.closest("a")) notice.remove();
  });

  // --- the focus: to what is new, where it would be lost ---------------------------------------------
  // A button that was pressed is gone with its old card; the new one has the same id.
  addEventListener("htmx:afterSettle", ({ detail: { elt, target, requestConfig } }) => {
    if (!requestConfig || elt.id !== target.id || document.contains(requestConfig.elt)) return;
    if (document.activeElement !== document.body) return;
    const next = elt.querySelector("button, a.btn") || elt;
    if (next === elt) elt.tabIndex = -1;
    next.focus({ preventScroll: true });
  });

  // --- long lists: "Show more" brings a page; back in the list it brings them again, to where one stood ---
  const [visit] = performance.getEntriesByType("navigation");
  const left = (visit && visit.type === "back_forward" && history.state) || {};
  let missing = left.pages || 0;
  let isBack = missing > 0;
  let pages = 0;
  let lastShown = null;

  function bringBack() {
    const more = document.querySelector("#show-more a");
    if (missing-- > 0 && more) htmx.trigger(more, "click");
    else if (isBack) {
      isBack = false;
      scrollTo(0, left.top);
    }
  }

  addEventListener("DOMContentLoaded", bringBack);
  addEventListener("htmx:beforeRequest", ({ detail: { elt } }) => {
    const more = elt.closest("#show-more");
    lastShown = more && more.previousElementSibling.lastElementChild;
  });
  // The button is gone with the last page; one goes on from the first card that it brought.
  addEventListener("htmx:afterOnLoad", ({ detail: { requestConfig: { elt } } }) => {
    if (!elt.closest("#show-more")) return;
    pages += 1;
    if (document.getElementById("show-more")) return;
    const next = lastShown.nextElementSibling;
    if (next && !isBack && document.activeElement === document.body) next.querySelector("a").focus();
    bringBack();
  });
  // The next button can be pressed once it has settled.
  addEventListener("htmx:afterSettle", ({ detail: { elt } }) => { if (elt.id === "show-more") bringBack(); });
  addEventListener("htmx:pushedIntoHistory", () => { pages = 0; });
  addEventListener("pagehide", () => {
    if (pages) history.replaceState({ ...history.state, pages, top: scrollY }, "");
  });

  // An error summary is read first; some browsers heed its "autofocus" on fields only.
  const errors = document.getElementById("errors");
  if (errors) errors.focus();
})();
