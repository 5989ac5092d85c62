/* Streets, borders, circles, zones and places. */
"use strict";
carecircles.layers = (function () {
  const { page, say, word, common, inEveryLanguage, count } = carecircles.words;
  const { named } = carecircles.names, { element, facts, figures } = carecircles.kit;
  const { UNCOVERED, CLAIM_SIGNS, ISOCHRONES, shareColour } = carecircles.signs;

  function geometryLayer(geometry, style) {
    return L.geoJSON(geometry, { style: () => style }).getLayers()[0];
  }

  function pane(name, zIndex) {
    return { name, zIndex };
  }
  const PANES = [
    pane("cc-grid", 340), pane("cc-fill", 350), pane("cc-zones", 360), pane("cc-claims", 365),
    pane("cc-circles", 370), pane("cc-circles-before", 371), pane("cc-circles-after", 371),
    pane("cc-lines", 380), pane("cc-names", 610), pane("cc-centres", 620),
    pane("cc-centres-before", 621), pane("cc-centres-after", 621),
  ];
  /** Streets filled by the share of people who are covered.
      @param {StreetsData} data */
  function streets(data) {
    const group = L.featureGroup([], { pane: "cc-fill" });
    marked(group, "cc-shares");
    data.streets.forEach((street) => {
      const share = street.covered;
      const layer = geometryLayer(street.geometry, {
        pane: "cc-fill", color: "#475569", weight: 1, fillOpacity: 1,
        fillColor: share === null ? "#e5e7eb" : shareColour(share),
      });
      layer.bindTooltip(() => streetFacts(street, data), { sticky: true, className: "cc-tip" });
      group.addLayer(layer);
    });
    return group;
  }

  /** While a layer is shown, the page has a class by which its legend goes. */
  function marked(group, name) {
    group.on("add", () => document.body.classList.add(name));
    group.on("remove", () => document.body.classList.remove(name));
  }

  /** @param {StreetData} street  @param {StreetsData} data */
  function streetFacts(street, { told }) {
    return facts(say(street.name), figures(told, street.figures));
  }

  const extent = ([[south, west], [north, east]]) => (north - south) * (east - west);

  /** Street borders and names; always readable above the other layers.
      @param {BordersData} data */
  function borders(data) {
    const group = L.featureGroup(), labels = [];
    data.streets.forEach((street) => {
      const text = element("span");
      inEveryLanguage(() => (text.textContent = say(street.short_name)));
      const marker = L.marker(street.label_at, {
        pane: "cc-names", interactive: false, keyboard: false,
        icon: L.divIcon({ className: "cc-name", html: text, iconSize: [0, 0] }),
      });
      group.addLayer(marker);
      labels.push({ marker, text, bounds: street.bounds, wide: street.bounds[1][1] - street.bounds[0][1] });
      page.searchable.push({ text: street.name, show: (map) =>
        map.fitBounds(street.bounds) });
    });
    named(group, labels.sort((a, b) => extent(b.bounds) - extent(a.bounds)));
    group.addLayer(geometryLayer(data.lines, {
      pane: "cc-lines", interactive: false, fill: false, color: "#334155", weight: 1.2,
      dashArray: data.schematic ? "5 4" : null,
    }));
    group.addLayer(geometryLayer(data.boundary, {
      pane: "cc-lines", interactive: false, fill: false, color: "#0f172a", weight: 2.5,
    }));
    return group;
  }

  const CIRCLES = {
    same: { color: "#1e3a8a", weight: 1, opacity: 0.75 },
    new: { color: "#004b75", weight: 2.5, opacity: 1 },
    gone: { color: "#9a3412", weight: 2, opacity: 1, dashArray: "6 5" },
    claimed: { color: CLAIM_SIGNS.circle.ink, weight: 1.5, opacity: 1, dashArray: "5 4" },
  };

  /** Care circles; half-axes in degrees, so that they are circles in the CRS the figures use.
      @param {CircleData[]} data */
  function circles(data) {
    const turns = Array.from({ length: 96 }, (_, k) => (k * Math.PI) / 48);
    return L.featureGroup(data.map((circle) => L.polygon(
      turns.map((t) => [circle.lat + circle.half_lat * Math.sin(t),
        circle.lon + circle.half_lon * Math.cos(t)]),
      { pane: { gone: "cc-circles-before", new: "cc-circles-after" }[circle.change] || "cc-circles",
        interactive: false, fill: false, ...CIRCLES[circle.change || "same"] },
    )));
  }

  /** Uncovered zones, ranked by the people in them.
      @param {ZonesData} data */
  function zones(data) {
    return drawnZones(data, () => word("zone"), { pane: "cc-zones", className: "cc-zone", color: UNCOVERED });
  }

  /** Zones that the circle claims and the walk does not reach.
      @param {ClaimsData} data */
  function claims(data) {
    const style = { pane: "cc-claims", className: "cc-claimed", color: CLAIM_SIGNS.circle.ink };
    return drawnZones(data, () => say(data.name), style);
  }

  /** @param {ZonesData} data */
  function drawnZones({ zones: list, told }, what, style) {
    const [people] = told;
    return L.featureGroup(list.map((zone) => {
      const name = () => what() + " " + zone.zone, all = () => zoneFacts(name(), zone, told);
      const layer = geometryLayer(zone.geometry, { weight: 1.5, fillOpacity: 1, ...style });
      layer.bindTooltip(all, { sticky: true, className: "cc-tip" });
      layer.on("mousemove", ({ latlng, target }) => { // the cell under the pointer as well
        const box = all(), cell = target._map.carecirclesGrid?.facts(latlng);
        if (cell) box.append(cell);
        layer.setTooltipContent(box);
      });
      nameForReaders(layer, () => name() + ": " + count(zone.figures[people.key]) + " " + say(people.label));
      return layer;
    }));
  }

  /** @param {string} name  @param {ZoneData} zone  @param {ToldFigure[]} told */
  function zoneFacts(name, zone, told) {
    const [people, ...others] = figures(told.filter(({ key }) => zone.figures[key] !== null), zone.figures);
    const streets = zone.streets.map(say).join(page.lang === "zh" ? "、" : ", ");
    return facts(name, [people, [common("columns", "street"), streets], ...others]);
  }

  /** From where a centre is within some minutes, those with fewer above those with more.
      @param {IsochronesData} data */
  function isochrones({ isochrones: list, told }) {
    const group = L.featureGroup();
    marked(group, "cc-isochrones");
    [...list.entries()].reverse().forEach(([n, one]) => { // what holds others comes below them
      const layer = geometryLayer(one.geometry, {
        pane: "cc-fill", color: "#14532d", weight: 1, fillOpacity: 1, fillColor: ISOCHRONES[n],
      });
      layer.bindTooltip(() => facts(say(one.name), figures(told, one.figures)), { sticky: true, className: "cc-tip" });
      group.addLayer(layer);
    });
    return group;
  }

  /** Stations and other places to find one's way by; places without a point are only found.
      @param {PlaceData[]} data */
  function places(data) {
    const group = L.featureGroup(), labels = [];
    data.forEach((place) => {
      if ("bounds" in place) {
        page.searchable.push({ text: place.name, show: (map) => {
          map.fitBounds(place.bounds);
          page.notice(say(place.name) + ": " + word("inStreet"));
        } });
        return;
      }
      const sign = element("span", "cc-place");
      inEveryLanguage(() => (sign.textContent = say(place.name)));
      const marker = L.marker([place.lat, place.lon], { pane: "cc-names", interactive: false,
        keyboard: false, icon: L.divIcon({ className: "cc-station", html: sign, iconSize: [0, 0] }) });
      group.addLayer(marker);
      labels.push({ marker, text: sign });
      page.searchable.push({ text: place.name, show: (map) => map.setView([place.lat, place.lon], 16) });
    });
    named(group, labels, { rank: 1, left: true });
    return group;
  }

  /** A drawn shape as a button with a name, also after it was switched off and on again. */
  function nameForReaders(layer, name) {
    const act = (event) => {
      if (event.key === "Enter" || event.key === " ") layer.openPopup();
    };
    const describe = () => {
      const path = layer.getElement();
      if (!path) return;
      path.setAttribute("aria-label", name());
      path.setAttribute("tabindex", "0");
      path.setAttribute("role", "button");
      path.onkeydown = act;
    };
    layer.on("add", describe);
    inEveryLanguage(describe);
  }

  function makePanes(map) {
    PANES.forEach((p) => (map.createPane(p.name).style.zIndex = p.zIndex));
    ["cc-grid", "cc-names"].forEach((name) => (map.getPane(name).style.pointerEvents = "none"));
    keepItsSize(map);
  }

  const LEAST_PX = 60;

  /** A map in a frame that is not shown yet has no size, or only that of its margins: what it is to show is
      fitted in when it gets one. */
  function keepItsSize(map) {
    const fit = map.fitBounds;
    let wanted = null;
    map.fitBounds = (bounds, options) => {
      const { x, y } = map.getSize();
      wanted = Math.min(x, y) > LEAST_PX ? null : [bounds, options];
      return wanted ? map : fit.call(map, bounds, options);
    };
    map.on("resize", () => wanted && map.fitBounds(...wanted));
    if (typeof ResizeObserver === "undefined") return;
    new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(map.getContainer());
  }

  carecircles.makePanes = makePanes;
  Object.assign(carecircles.draw, { streets, borders, circles, zones, claims, isochrones, places });
  return { nameForReaders };
})();
