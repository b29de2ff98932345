// Forms without leaving the page, and the hall as it changes. Without this file everything works by reloads.
"use strict";

(() => {
  const main = document.getElementById("hall");
  const note = document.getElementById("live");

  const show = (state) => {
    if (note.dataset.state === state) return;
    note.dataset.state = state;
    note.textContent = note.dataset[state];
  };

  // Makes `from` what `to` is and keeps its elements, so that focus stays and doors swing instead of jumping.
  const become = (from, to) => {
    if (from.nodeType === Node.TEXT_NODE) {
      if (from.data !== to.data) from.data = to.data;
      return;
    }
    for (const { name, value } of to.attributes) {
      if (from.getAttribute(name) !== value) from.setAttribute(name, value);
    }
    for (const { name } of [...from.attributes]) {
      // Whether a drawer is open is the reader's choice.
      if (name !== "open" && !to.hasAttribute(name)) from.removeAttribute(name);
    }
    children(from, to);
  };

  const children = (from, to) => {
    const [have, want] = [[...from.childNodes], [...to.childNodes]];
    want.forEach((node, place) => {
      const there = have[place];
      if (!there) from.append(node);
      else if (there.nodeName === node.nodeName) become(there, node);
      else there.replaceWith(node);
    });
    have.slice(want.length).forEach((node) => node.remove());
  };

  // Keys must arrive in the order in which they were pressed: one request at a time.
  let last = Promise.resolve();
  const send = (url, body) => {
    last = last
      .then(() => fetch(url, { method: "POST", body, headers: { Accept: "application/json" } }))
      .catch(() => show("off"));
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post") return;
    event.preventDefault();
    send(form.action, new URLSearchParams(new FormData(form, event.submitter)));
  });

  // With focus in a keypad, its digits can be typed.
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !/^[0-9*#]$/.test(event.key)) return;
    const key = event.target.closest(".keypad")?.querySelector(`[data-key="${event.key}"]`);
    if (!key) return;
    event.preventDefault();
    key.focus();
    key.click();
  });

  const events = new EventSource("/events");
  events.addEventListener("message", (event) => {
    const template = document.createElement("template");
    template.innerHTML = event.data;
    children(main, template.content);
    show("on");
  });
  events.addEventListener("error", () => show("off"));
})();
