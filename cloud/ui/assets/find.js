// What places gain from script: the reader's position when asked for, and a map of what the page names.
"use strict";

// A button that puts the reader's position into its form: to about a hundred metres into one field, and sends the form;
// or, for the place itself, to a metre into two fields, and lets the reader go on.
for (const button of document.querySelectorAll("[data-locate]")) {
  if (!navigator.geolocation) continue;
  const form = button.form;
  const told = form.querySelector("[data-located]");
  button.hidden = false;
  button.addEventListener("click", () => {
    told.textContent = "";
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const [latitude, longitude] = button.dataset.locate.split(" ");
        if (longitude) {
          form.elements[latitude].value = coords.latitude.toFixed(5);
          form.elements[longitude].value = coords.longitude.toFixed(5);
          told.textContent = `${button.dataset.done} ${Math.ceil(coords.accuracy)} m.`;
        } else {
          form.elements[latitude].value = `${coords.latitude.toFixed(3)},${coords.longitude.toFixed(3)}`;
          form.requestSubmit();
        }
      },
      () => { told.textContent = button.dataset.failed; },
      button.dataset.done ? { enableHighAccuracy: true, timeout: 20000 } : { maximumAge: 600000, timeout: 20000 },
    );
  });
}

// The map is drawn from the page, so that both say the same in the same order: a mark with the number of the first
// hit of each place, which leads to that hit; or one mark for the place that the page is about.
function drawMap() {
  const box = document.querySelector("[data-map]");
  if (!box || !window.L || box.dataset.drawn) return;
  box.dataset.drawn = "yes";
  box.hidden = false;
  const link = document.querySelector("[data-map-link]");
  if (link) link.hidden = false;
  const map = L.map(box, { zoomControl: false, scrollWheelZoom: false, attributionControl: Boolean(box.dataset.tiles) });
  L.control.zoom({ zoomInTitle: box.dataset.closer, zoomOutTitle: box.dataset.farther }).addTo(map);
  if (box.dataset.tiles) {
    map.attributionControl.setPrefix(false);
    const text = document.createElement("span");
    text.textContent = box.dataset.attribution;
    L.tileLayer(box.dataset.tiles, { maxZoom: 19, attribution: text.innerHTML }).addTo(map);
  }
  const seen = new Set();
  const points = [];
  for (const hit of document.querySelectorAll("[data-place][data-latitude]")) {
    const point = [Number(hit.dataset.latitude), Number(hit.dataset.longitude)];
    if (seen.has(String(point))) continue;
    seen.add(String(point));
    points.push(point);
    if (!hit.id) {
      const icon = L.divIcon({ className: "map-mark", html: '<span aria-hidden="true"></span>', iconSize: [44, 44] });
      L.marker(point, { icon, interactive: false, keyboard: false, alt: hit.dataset.place }).addTo(map);
      continue;
    }
    const number = hit.id.slice("hit-".length);
    const icon = L.divIcon({ className: "map-mark", html: `<span aria-hidden="true">${number}</span>`, iconSize: [44, 44] });
    const mark = L.marker(point, { icon, title: `${number}. ${hit.dataset.place}` }).addTo(map);
    mark.on("click keypress", () => {
      hit.scrollIntoView({ block: "center" });
      hit.querySelector("a").focus({ preventScroll: true });
    });
  }
  if (points.length) map.fitBounds(points, { padding: [36, 36], maxZoom: 14 });
}
drawMap();
document.addEventListener("htmx:afterSettle", drawMap);
