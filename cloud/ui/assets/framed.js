// A page that another site shows in a frame: tells that site how high it is, if it is one that may show it.
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
