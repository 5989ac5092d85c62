/* Centres, and what closing one would lose. */
"use strict";
carecircles.centres = (function () {
  const { page, say, word, common, count } = carecircles.words, { element, facts } = carecircles.kit;
  const { CHANGED, TINTS, CLOSED, POSITIONS, NEIGHBOUR, positionOf } = carecircles.signs;
  const { nameForReaders } = carecircles.layers;

  /** A disc with a cross in it. */
  const Crossed = L.CircleMarker.extend({
    _updatePath() {
      L.CircleMarker.prototype._updatePath.call(this);
      if (!this._path || this._empty()) return;
      const { x, y } = this._point, r = 0.45 * this._radius;
      this._path.setAttribute("d", this._path.getAttribute("d") +
        `M${x - r} ${y - r}l${2 * r} ${2 * r}m0 ${-2 * r}l${-2 * r} ${2 * r}`);
    },
  });

  /** Pixels of a centre's radius: smaller where the map shows so much that centres would hide it. */
  function pinRadius(map) {
    return Math.max(1, Math.min(L.Browser.mobile ? 9 : 6, 6 + 1.5 * (map.getZoom() - 12.75)));
  }
  function resized(group, set) {
    let map = null;
    const resize = () => set(pinRadius(map));
    group.on("add", () => { map = group._map; resize(); map.on("zoomend", resize); });
    group.on("remove", () => map && map.off("zoomend", resize));
  }

  /** Centres, drawn by what their position rests on, dotted beyond the border; those that change are marked, and beside that
      drawn as they are before and after, for the view of both beside each other.
      @param {CentreData[]} data */
  function centres(data) {
    const group = L.featureGroup(), pins = [];
    data.forEach((centre) => {
      const { change } = centre;
      const main = pin(centre, "cc-centres", change);
      pins.push([main, change ? 2 : 0]);
      if (change) {
        const was = centre.was || centre;
        const sides = [change !== "opened" && pin({ ...was, change: null }, "cc-centres-before"),
          change !== "closed" && pin(centre, "cc-centres-after", change)].filter(Boolean);
        sides.forEach((side) => {
          pins.push([side, 2]);
          group.addLayer(side);
        });
      }
      if (centre.from) {
        group.addLayer(L.polyline([centre.from, [centre.lat, centre.lon]], { pane: "cc-centres",
          interactive: false, color: CHANGED.moved, weight: 2.5, className: "cc-move" }));
      }
      page.searchable.push({ text: centre.name, show: (map) => {
        group.addTo(map);
        map.setView([centre.lat, centre.lon], Math.max(map.getZoom(), 15));
        main.openPopup();
      } });
      group.addLayer(main);
    });
    resized(group, (radius) => pins.forEach(([made, more]) => made.setRadius(radius + more)));
    return group;
  }

  /** @param {CentreData} centre  @param {string} where  @param {CentreData["change"]} [change] */
  function pin(centre, where, change) {
    const isClosed = change === "closed";
    let [color, fillColor] = centre.neighbour ? [NEIGHBOUR, "#ffffff"] : POSITIONS[positionOf(centre.basis)];
    if (change) {
      color = centre.basis === "known" || isClosed ? "#ffffff" : CHANGED[change];
      fillColor = isClosed ? CLOSED : centre.basis === "known" ? CHANGED[change] : TINTS[change];
    }
    const layer = new (isClosed ? Crossed : L.CircleMarker)([centre.lat, centre.lon], {
      pane: where, radius: 6, weight: isClosed ? 2 : 2.5, color, fillColor, fillOpacity: 1,
      dashArray: centre.neighbour ? "0 4" : null,
      className: "cc-centre" + (change && where === "cc-centres" ? " cc-marked" : ""),
    });
    const name = () => say(centre.name) + (centre.neighbour ? ` (${common("marks", "neighbour")})` : "") +
      (change ? ` (${common("changes", change)})` : "");
    layer.bindPopup(() => centreFacts(centre), { maxWidth: 320 });
    layer.bindTooltip(() => element("span", "", name()), { className: "cc-tip" });
    nameForReaders(layer, name);
    page.pins.push(layer);
    return layer;
  }

  /** What closing each centre would lose, as circles whose area is the people.
      @param {LossesData} data */
  function losses(data) {
    const most = Math.max(1, ...data.centres.map((centre) => centre.people));
    return L.featureGroup([...data.centres].sort((a, b) => b.people - a.people).map((centre) => {
      const layer = L.circleMarker([centre.lat, centre.lon], {
        pane: "cc-centres", className: "cc-centre", weight: 2, color: centre.neighbour ? NEIGHBOUR : "#5f1d00",
        dashArray: centre.neighbour ? "0 4" : null, fillColor: "#e8702a", fillOpacity: 0.8, radius: 4 + 22 * Math.sqrt(centre.people / most),
      });
      const told = () => facts(say(centre.name), centre.figures.map(([label, n]) => [say(label), count(n)]));
      layer.bindTooltip(told, { className: "cc-tip" });
      layer.bindPopup(told);
      nameForReaders(layer, () => say(centre.name) + ": " + count(centre.people));
      page.searchable.push({ text: centre.name, show: (map) => {
        map.setView([centre.lat, centre.lon], Math.max(map.getZoom(), 15));
        layer.openPopup();
      } });
      return layer;
    }));
  }

  /** The services of a centre and on what they rest.
      @param {Service} centre */
  function servicesOf({ services, services_basis: rests }) {
    if (!services.length) return word("notKnown");
    const named = services.map((service) => common("services", service)).join(page.lang === "zh" ? "、" : ", ");
    return rests === "not stated" ? named : `${named} (${basis(rests)})`;
  }
  const basis = (name) => common("bases", name);

  /** How much it holds: whom it can serve, known or not, and what else is known.
      @param {CentreData | PlanCentre} centre */
  function holds({ holds: told }) {
    const known = { capacity: null, ...told };
    return Object.entries(known).map(([kind, n]) => [common("kinds", kind), n === null ? word("notKnown")
      : kind === "capacity" ? `${count(n)} ${word("persons")}` : count(n)]);
  }

  /** @param {CentreData | PlanCentre} centre */
  function centreFacts(centre) {
    const rows = [
      ["ID", centre.id],
      [common("columns", "street"), centre.neighbour ? word("neighbourHere") : say(centre.street)],
      [word("services"), servicesOf(centre)],
      [word("opened"), centre.opened || word("notKnown")],
      ...holds(centre),
      ...[["state", common("states", centre.state)], ["term", common("terms", centre.term)],
        ["floorArea", centre.area_m2 === null ? "" : `${count(centre.area_m2)} m²`], ["floor", centre.floor]]
        .flatMap(([key, told]) => (told ? [[word(key), told]] : [])),
      [word("position"), basis(centre.basis), "cc-basis"],
    ];
    if (centre.closed) rows.splice(4, 0, [word("closed"), centre.closed]);
    if (centre.source) rows.push([word("source"), centre.source]);
    return facts(say(centre.name), rows);
  }

  Object.assign(carecircles.draw, { centres, losses });
  return { centreFacts, servicesOf, basis, pinRadius };
})();
