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
// hit of each place, which leads to that hit; or one mark for the place that the page is about. Places whose marks would
// lie over each other share one, which comes closer until they do not.
const MARK = 44;
const CLOSEST = 14;
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
  const places = new Map();
  for (const hit of document.querySelectorAll("[data-place][data-latitude]")) {
    const point = L.latLng(Number(hit.dataset.latitude), Number(hit.dataset.longitude));
    if (!places.has(String(point))) places.set(String(point), { point, hit });
  }
  if (!places.size) return;
  const bounds = (some) => L.latLngBounds(some.map(({ point }) => point));
  map.fitBounds(bounds([...places.values()]), { padding: [36, 36], maxZoom: CLOSEST });
  const marks = L.layerGroup().addTo(map);
  const draw = () => {
    marks.clearLayers();
    for (const group of together(map, [...places.values()])) drawMark(map, marks, group, bounds);
  };
  draw();
  map.on("zoomend", draw);
}

// Places by the mark that they share, each with the first of its group.
function together(map, places) {
  const groups = [];
  for (const place of places) {
    const at = map.latLngToLayerPoint(place.point);
    const near = groups.find((one) => Math.max(Math.abs(one.at.x - at.x), Math.abs(one.at.y - at.y)) < MARK);
    if (near) near.places.push(place);
    else groups.push({ at, places: [place] });
  }
  return groups.map((group) => group.places);
}

function drawMark(map, marks, group, bounds) {
  const [first] = group;
  const icon = (text) => L.divIcon({ className: "map-mark", html: `<span aria-hidden="true">${text}</span>`, iconSize: [MARK, MARK] });
  if (!first.hit.id) {
    L.marker(first.point, { icon: icon(""), interactive: false, keyboard: false, alt: first.hit.dataset.place }).addTo(marks);
    return;
  }
  const number = ({ hit }) => hit.id.slice("hit-".length);
  const title = group.map((place) => `${number(place)}. ${place.hit.dataset.place}`).join(", ");
  first.mark = L.marker(first.point, { icon: icon(number(first) + (group.length > 1 ? "+" : "")), title }).addTo(marks);
  first.mark.on("click keypress", () => {
    const all = bounds(group);
    const closer = group.length > 1 ? Math.min(map.getBoundsZoom(all, false, [72, 72]), CLOSEST) : 0;
    if (closer > map.getZoom()) {
      map.once("zoomend", () => first.mark.getElement().focus());
      map.setView(all.getCenter(), closer);
    } else {
      first.hit.scrollIntoView({ block: "center" });
      first.hit.querySelector("a").focus({ preventScroll: true });
    }
  });
}
drawMap();
document.addEventListener("htmx:afterSettle", drawMap);
