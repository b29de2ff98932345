// A page that another site shows in a frame: tells that site how high it is, if it is one that may show it, and follows
// what others book.
"use strict";

{
  const allowed = (document.documentElement.dataset.origins ?? "").split(" ").filter(Boolean);
  // The site that asked, once it has; nobody else is told anything.
  let site = null;
  const tell = () => {
    if (site) parent.postMessage({ hallport: "height", height: document.body.scrollHeight }, site);
  };
  addEventListener("message", ({ origin, source, data }) => {
    if (source !== parent || !allowed.includes(origin) || data?.hallport !== "hello") return;
    site = origin;
    tell();
  });
  new ResizeObserver(tell).observe(document.body);
}

{
  const shown = document.querySelector("[data-live]");
  const told = document.querySelector("[data-changed]");
  let stream = null;
  const listen = (events) => {
    stream = new EventSource(events);
    stream.addEventListener("schedule", changed);
  };
  const changed = async ({ data }) => {
    const answer = await fetch(location.href, { credentials: "omit" });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-live]");
    if (!fresh) return;
    const detail = { target: shown };
    document.dispatchEvent(new CustomEvent("schedule:before", { detail }));
    shown.replaceChildren(...fresh.childNodes);
    document.dispatchEvent(new CustomEvent("schedule:after", { detail }));
    told.textContent = data;
    // From what is shown now, so that an ended stream does not tell the same again.
    stream.close();
    listen(fresh.dataset.live);
  };
  if (shown) listen(shown.dataset.live);
}
