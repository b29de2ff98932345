// A screen on a wall: what it shows is fetched anew, and it says so when that has not worked for a while.
"use strict";

{
  const EVERY_MS = 30_000;
  // Three that failed: one may be lost, and nobody stands there to see it.
  const STALE_MS = 3 * EVERY_MS;
  let renewed = Date.now();
  const renew = async () => {
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (!answer.ok) throw new Error(answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-screen]");
      if (!fresh) throw new Error("no screen");
      document.querySelector("[data-screen]").replaceChildren(...fresh.childNodes);
      renewed = Date.now();
    } catch {
      // Said below, once it lasts.
    }
    document.querySelector("[data-stale]").hidden = Date.now() - renewed < STALE_MS;
  };
  setInterval(renew, EVERY_MS);
}
