// Pages of people in need: what was typed is not lost without a network, and is sent once when it is back.
"use strict";

(() => {
  const RETRY_MS = 4000;

  // --- a form that waits for the network ----------------------------------------------------------
  function say(form, sentence) {
    let line = form.querySelector(".keep-line");
    if (!line) {
      line = document.createElement("p");
      line.className = "notice tone-sun keep-line";
      line.setAttribute("role", "status");
      form.append(line);
    }
    line.textContent = sentence;
    line.hidden = !sentence;
    if (sentence) line.scrollIntoView({ block: "center" }); // not behind the bar at the bottom
  }

  // As the browser would do it without us: errors and questions come back as whole pages.
  function sendPlainly(form, submitter) {
    const chosen = document.createElement("input");
    chosen.type = "hidden";
    if (submitter) [chosen.name, chosen.value] = [submitter.name, submitter.value]; // without a name it is not sent
    form.append(chosen);
    HTMLFormElement.prototype.submit.call(form);
    chosen.remove(); // whoever comes back to this page may press another button
  }

  async function send(form, submitter) {
    const body = new URLSearchParams(new FormData(form));
    if (submitter && submitter.name) body.set(submitter.name, submitter.value);
    const answer = await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } });
    const next = answer.headers.get("HX-Redirect");
    if (next) location.assign(next);
    else sendPlainly(form, submitter);
  }

  function waitForNetwork() {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, RETRY_MS);
      addEventListener("online", () => { clearTimeout(timer); resolve(); }, { once: true });
    });
  }

  const pressed = new WeakMap(); // while it waits for the network, the last button counts

  async function keepSending(form) {
    for (;;) {
      try {
        say(form, form.dataset.waiting ? form.dataset.sending : "");
        return await send(form, pressed.get(form));
      } catch {
        form.dataset.waiting = "1";
        say(form, form.dataset.offline);
        await waitForNetwork();
      }
    }
  }

  addEventListener("submit", (event) => {
    const form = event.target;
    if (!("keep" in form.dataset)) return;
    event.preventDefault();
    pressed.set(form, event.submitter);
    if (form.dataset.busy) return;
    form.dataset.busy = "1";
    keepSending(form);
  });

  // Back from the next page: the form can be sent again.
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-busy]")) {
      delete form.dataset.busy;
      delete form.dataset.waiting;
      say(form, "");
    }
  });

  // --- what needs a script to be of use --------------------------------------------------------------
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => print());
  }
})();
