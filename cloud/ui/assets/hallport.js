// What pages gain from script; without it every link and form works the same.
"use strict";

// A form that comes back with errors puts its summary under the reader's eyes.
document.querySelector("[data-focus]")?.focus();

// The schedule: one stop for the tab key, arrow keys between the cells that can be opened.
for (const schedule of document.querySelectorAll("[data-schedule]")) {
  const cells = [...schedule.querySelectorAll("[data-cell]")];
  if (cells.length < 2) continue;

  const place = (cell) => {
    const box = cell.closest("td");
    return { row: box.parentElement.rowIndex, column: box.cellIndex };
  };
  const shown = (cell) => cell.getClientRects().length > 0;
  const rest = (cell) => {
    for (const other of cells) other.tabIndex = other === cell ? 0 : -1;
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

  rest(cells.find(shown) ?? cells[0]);
  schedule.addEventListener("focusin", ({ target }) => {
    if (target.matches("[data-cell]")) rest(target);
  });
  schedule.addEventListener("keydown", (event) => {
    const measure = ahead[event.key];
    if (!measure || event.ctrlKey || event.altKey || event.metaKey || !event.target.matches("[data-cell]")) return;
    const from = place(event.target);
    let nearest = null;
    for (const cell of cells) {
      const distance = shown(cell) ? measure(from, place(cell)) : null;
      if (distance !== null && (nearest === null || distance < nearest.distance)) nearest = { cell, distance };
    }
    event.preventDefault();
    nearest?.cell.focus();
  });
  // A turned phone or a narrowed window may hide the cell that takes the tab key.
  addEventListener("resize", () => {
    const current = cells.find((cell) => cell.tabIndex === 0);
    if (!current || !shown(current)) rest(cells.find(shown) ?? cells[0]);
  });
  const hint = schedule.querySelector(".keys-hint");
  if (hint && matchMedia("(hover: hover)").matches) hint.hidden = false;
}
