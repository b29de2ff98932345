// What pages gain from script; without it every link and form works the same.
"use strict";

// A form that comes back with errors puts its summary under the reader's eyes.
document.querySelector("[data-focus]")?.focus();

for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => print());
}

// The schedule: one stop for the tab key, arrow keys between the cells that can be opened, Page Up and Page Down (or a
// finger across it) for the days before and after. What is read anew keeps the focus where it was.
{
  const MOVED_ON = "hallport-moved-on";
  const cellsOf = (schedule) => [...schedule.querySelectorAll("[data-cell]")];
  const shown = (cell) => cell.getClientRects().length > 0;
  const place = (cell) => {
    const box = cell.closest("td");
    return { row: box.parentElement.rowIndex, column: box.cellIndex };
  };
  const rest = (cells, cell) => {
    for (const other of cells) other.tabIndex = other === cell ? 0 : -1;
  };
  const prepare = (schedule) => {
    const cells = cellsOf(schedule);
    if (cells.length > 1) rest(cells, cells.find((cell) => cell === document.activeElement) ?? cells.find(shown) ?? cells[0]);
    const hint = schedule.querySelector(".keys-hint");
    if (hint && cells.length > 1 && matchMedia("(hover: hover)").matches) hint.hidden = false;
  };

  // How far a cell lies ahead of another in a key's direction; null beside or behind it.
  const ahead = {
    ArrowUp: (from, to) => (to.column === from.column && to.row < from.row ? from.row - to.row : null),
    ArrowDown: (from, to) => (to.column === from.column && to.row > from.row ? to.row - from.row : null),
    ArrowLeft: (from, to) => (to.row === from.row && to.column < from.column ? from.column - to.column : null),
    ArrowRight: (from, to) => (to.row === from.row && to.column > from.column ? to.column - from.column : null),
    Home: (from, to) => (to.row === from.row && to.column < from.column ? to.column : null),
    End: (from, to) => (to.row === from.row && to.column > from.column ? -to.column : null),
  };
  const nearest = (cells, measure) => {
    let best = null;
    for (const cell of cells) {
      const distance = shown(cell) ? measure(place(cell)) : null;
      if (distance !== null && (best === null || distance < best.distance)) best = { cell, distance };
    }
    return best?.cell;
  };
  const turn = (schedule, rel) => {
    const link = schedule.querySelector(`.strip a[rel="${rel}"]`);
    if (link) link.click();
    return Boolean(link);
  };

  document.addEventListener("focusin", ({ target }) => {
    const schedule = target.matches("[data-cell]") && target.closest("[data-schedule]");
    if (schedule) rest(cellsOf(schedule), target);
  });
  document.addEventListener("keydown", (event) => {
    const schedule = event.target.matches("[data-cell]") && event.target.closest("[data-schedule]");
    if (!schedule || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    if (event.key === "PageUp" || event.key === "PageDown") {
      event.preventDefault();
      if (turn(schedule, event.key === "PageUp" ? "prev" : "next")) sessionStorage.setItem(MOVED_ON, location.pathname);
      return;
    }
    const measure = ahead[event.key];
    if (!measure) return;
    event.preventDefault();
    const from = place(event.target);
    nearest(cellsOf(schedule), (to) => measure(from, to))?.focus();
  });
  // A turned phone or a narrowed window may hide the cell that takes the tab key.
  addEventListener("resize", () => {
    for (const schedule of document.querySelectorAll("[data-schedule]")) {
      const current = cellsOf(schedule).find((cell) => cell.tabIndex === 0);
      if (!current || !shown(current)) prepare(schedule);
    }
  });

  // A finger across the table: the day beside the chosen one in the strip, or the days before or after.
  const SWIPE_PX = 60;
  let touch = null;
  document.addEventListener("touchstart", (event) => {
    const schedule = event.target.closest?.("[data-schedule]");
    const scrolls = event.target.closest?.(".grid-frame[tabindex]");
    const [finger, second] = event.touches;
    touch = schedule && !scrolls && !second ? { schedule, x: finger.clientX, y: finger.clientY } : null;
  }, { passive: true });
  document.addEventListener("touchend", (event) => {
    if (!touch) return;
    const [finger] = event.changedTouches;
    const [across, down] = [finger.clientX - touch.x, finger.clientY - touch.y];
    const { schedule } = touch;
    touch = null;
    if (Math.abs(across) < SWIPE_PX || Math.abs(across) < 2 * Math.abs(down)) return;
    const on = across < 0 !== (document.dir === "rtl");
    const { dayBefore, dayAfter } = schedule.querySelector(".strip")?.dataset ?? {};
    const beside = on ? dayAfter : dayBefore;
    if (beside) location.assign(beside);
    else turn(schedule, on ? "next" : "prev");
  }, { passive: true });

  // Before the schedule is read anew: where the focus is, in words that hold afterwards too.
  let kept = null;
  const rowName = (cell) => cell.closest("tr").querySelector("th").textContent;
  const before = ({ detail }) => {
    const { activeElement } = document;
    kept = null;
    if (detail.target.id !== "schedule" || !detail.target.contains(activeElement)) return;
    kept = activeElement.matches("[data-cell]")
      ? { row: rowName(activeElement), at: place(activeElement) }
      : { href: activeElement.getAttribute("href") };
  };
  const after = ({ detail }) => {
    const schedule = detail.target.id === "schedule" && detail.target.querySelector("[data-schedule]");
    if (!schedule) return;
    prepare(schedule);
    if (!kept) return;
    const { row, at, href } = kept;
    kept = null;
    if (href !== undefined) {
      [...schedule.querySelectorAll("a")].find((link) => link.getAttribute("href") === href)?.focus();
      return;
    }
    // The same cell; if it can no longer be opened, the one nearest to it.
    const cells = cellsOf(schedule);
    const same = cells.find((cell) => rowName(cell) === row && place(cell).column === at.column);
    const near = (to) => Math.abs(to.row - at.row) + 100 * Math.abs(to.column - at.column);
    (same ?? nearest(cells, near))?.focus({ preventScroll: true });
  };
  for (const name of ["htmx:beforeSwap", "schedule:before"]) document.addEventListener(name, before);
  for (const name of ["htmx:afterSettle", "schedule:after"]) document.addEventListener(name, after);

  for (const schedule of document.querySelectorAll("[data-schedule]")) prepare(schedule);
  if (sessionStorage.getItem(MOVED_ON) === location.pathname) {
    cellsOf(document).find(shown)?.focus();
  }
  sessionStorage.removeItem(MOVED_ON);
}

// A time that is held: how much of the moment is left, beside the time of the clock. When it is over the page says so.
// Counted from the moment when the page came, by no clock of this device, which may be wrong.
{
  const line = document.querySelector("[data-hold-seconds]");
  if (line) {
    const ends = performance.now() + 1000 * Number(line.dataset.holdSeconds);
    const left = document.createElement("span");
    // Screen readers have the time of the clock; a number that changes each second would only disturb.
    left.setAttribute("aria-hidden", "true");
    line.append(left);
    const tick = () => {
      const seconds = Math.ceil((ends - performance.now()) / 1000);
      if (seconds < 0) {
        location.reload();
        return;
      }
      left.textContent = ` (${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} ${line.dataset.holdLeft})`;
      setTimeout(tick, 1000);
    };
    tick();
  }
}
