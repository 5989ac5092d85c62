/* Seats on the way to centres. */
"use strict";
(function () {
  const { page, say, count } = carecircles.words, { element, facts } = carecircles.kit;

  /** New benches by their numbers, and the seats that are there.
      @param {SeatsData} data */
  function seats({ seats, benches }) {
    const there = seats.map(([lat, lon]) => L.circleMarker([lat, lon], {
      pane: "cc-centres", interactive: false, className: "cc-seat", radius: 2.5, weight: 1, color: "#ffffff", fillColor: "#365314", fillOpacity: 1 }));
    const built = benches.map((bench) => {
      const icon = L.divIcon({ className: "cc-bench", html: element("span", "", count(bench.number)), iconSize: [22, 22] });
      const layer = L.marker([bench.lat, bench.lon], { pane: "cc-centres", icon, alt: say(bench.name), riseOnHover: true });
      const told = () => facts(say(bench.name), bench.figures.map(([label, n]) => [say(label), count(n)]));
      layer.bindTooltip(told, { className: "cc-tip" });
      layer.bindPopup(told);
      page.searchable.push({ text: bench.name, show: (map) => {
        map.setView([bench.lat, bench.lon], Math.max(map.getZoom(), 16));
        layer.openPopup();
      } });
      return layer;
    });
    return L.featureGroup([...there, ...built.reverse()]);
  }

  carecircles.draw.seats = seats;
})();
