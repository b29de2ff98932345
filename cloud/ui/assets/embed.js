// Shows a schedule within a page of the municipality's own:
//   <script src="https://…/embed.js" data-facility="sporthallen" async></script>
// with data-view (day, week, month), data-hall, data-resource, data-accent (#rrggbb), data-theme (light, dark),
// data-lang and data-title, if wanted. It makes one frame, and sets its height as the frame's page asks.
"use strict";

{
  const script = document.currentScript;
  const home = new URL(script.src).origin;
  const { facility, title } = script.dataset;
  const HEIGHT_MIN = 100;
  const HEIGHT_MAX = 6000;

  if (facility) {
    const url = new URL(`/embed/schedule/${encodeURIComponent(facility)}`, home);
    for (const name of ["view", "hall", "resource", "accent", "theme", "lang"]) {
      const value = script.dataset[name];
      if (value) url.searchParams.set(name, value.replace(/^#/, ""));
    }
    const frame = document.createElement("iframe");
    frame.src = url.href;
    frame.title = title || "Schema";
    frame.loading = "lazy";
    // Its links open the booking in the whole window, and only when somebody follows one.
    frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-top-navigation-by-user-activation");
    frame.style.cssText = "display:block;width:100%;height:640px;border:0";
    frame.addEventListener("load", () => frame.contentWindow.postMessage({ hallport: "hello" }, home));
    addEventListener("message", ({ origin, source, data }) => {
      if (origin !== home || source !== frame.contentWindow || data?.hallport !== "height") return;
      const height = Number(data.height);
      if (height > 0) frame.style.height = `${Math.min(HEIGHT_MAX, Math.max(HEIGHT_MIN, Math.ceil(height)))}px`;
    });
    script.after(frame);
  }
}
