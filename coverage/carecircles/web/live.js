/* The live what-if map: centres are added, dragged and removed, the radius changes, and cells,
   people and the table by street follow. A plan is a value {name, centres (by id), metres, minutes,
   group}; undo and redo go from one to another. Loaded after map.js, toml.js and scenario.js. */
"use strict";
(function () {
  const { kit, page, scenario } = carecircles;
  const { element, button, passingButton, say, count, percent, inEveryLanguage, section } = kit;
  const STEP_M = 50, FINE_STEP_M = 10; // of an arrow key, and with Shift
  const DECIMALS = 7; // of a degree: 1 cm, as the scenario file has it
  const NEAREST_RADIUS_M = 100, FARTHEST_RADIUS_M = 2000;

  kit.addWords({
    addCentre: { en: "Add a centre", zh: "新增中心" },
    adding: { en: "Click on the map, or press Enter to add at the cross", zh: "点击地图，或按回车键在十字处新增" },
    undo: { en: "Undo", zh: "撤销" },
    redo: { en: "Redo", zh: "重做" },
    reset: { en: "Back to as it is", zh: "恢复现状" },
    save: { en: "Save scenario", zh: "保存方案" },
    load: { en: "Load scenario", zh: "载入方案" },
    radius: { en: "Radius", zh: "半径" },
    group: { en: "People", zh: "人群" },
    colours: { en: "Colours", zh: "着色" },
    byDepth: { en: "centres within reach", zh: "可达中心数" },
    byChange: { en: "what changes", zh: "变化" },
    planName: { en: "Name of the plan", zh: "方案名称" },
    myPlan: { en: "My plan", zh: "我的方案" },
    peopleCovered: { en: "covered", zh: "已覆盖" },
    against: { en: "against as it is", zh: "与现状相比" },
    net: { en: "net", zh: "净变化" },
    twoOrMore: { en: "with two centres or more", zh: "两处以上" },
    centresNow: { en: "Centres", zh: "中心" },
    remove: { en: "Remove", zh: "移除" },
    restore: { en: "Put back", zh: "恢复" },
    name: { en: "Name", zh: "名称" },
    newCentre: { en: "New centre", zh: "新增中心" },
    changes: { en: "Changes", zh: "变化清单" },
    noChanges: { en: "none yet", zh: "暂无" },
    everyCentre: {
      en: "Other services change no figure here: on this page every centre counts, whatever it offers. For one " +
        "service alone: carecircles whatif, with --service and the saved scenario.",
      zh: "服务调整不影响本页数字：本页计入所有中心，不论其服务内容。如需只计某项服务，请对保存的方案运行 " +
        "carecircles whatif 并加 --service。",
    },
    standard: { en: "standard", zh: "标准" },
    slider: { en: "Radius, slider", zh: "半径滑块" },
    outsideArea: { en: "That is outside the study area; nothing was changed.", zh: "位于研究区之外，未作更改。" },
    notLoaded: { en: "The scenario was not loaded; the plan is as it was.", zh: "方案未载入，当前方案保持不变。" },
    loaded: { en: "Loaded", zh: "已载入" },
    tooLarge: { en: "The file is too large for a scenario.", zh: "文件过大，不是方案文件。" },
    howTo: {
      en: "Drag a centre, or select it and use the arrow keys (Shift for small steps); Delete removes it.",
      zh: "拖动中心，或选中后用方向键移动（按住 Shift 为小步）；Delete 键移除。",
    },
  });
  const word = kit.word;

  /* The world: what does not change while people plan */

  /** Metres of the study area's CRS from degrees, by Chebyshev polynomials that carecircles fitted. */
  function projector({ bounds, degree, x, y, x0, y0 }) {
    const [west, south, east, north] = bounds, n = degree + 1;
    const terms = (t) => {
      const made = [1, t];
      for (let k = 2; k < n; k++) made.push(2 * t * made[k - 1] - made[k - 2]);
      return made;
    };
    return (lon, lat) => {
      const u = (2 * lon - west - east) / (east - west), v = (2 * lat - south - north) / (north - south);
      if (!(Math.abs(u) <= 1 && Math.abs(v) <= 1)) return null;
      const tu = terms(u), tv = terms(v);
      let px = 0, py = 0;
      for (let i = 0, k = 0; i < n; i++) {
        for (let j = 0; j < n; j++, k++) {
          px += x[k] * tu[i] * tv[j];
          py += y[k] * tu[i] * tv[j];
        }
      }
      return { x: x0 + px, y: y0 + py };
    };
  }

  /** Whether a point lies in rings of metres, or within `rim` of them. */
  function insider(rings, rim) {
    return ({ x, y }) => {
      let isInside = false, nearest = Infinity;
      rings.forEach((ring) => {
        for (let k = 0, j = ring.length - 1; k < ring.length; j = k++) {
          const [ax, ay] = ring[j], [bx, by] = ring[k];
          if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) isInside = !isInside;
          const dx = bx - ax, dy = by - ay, length = dx * dx + dy * dy;
          const t = length ? Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
          nearest = Math.min(nearest, Math.hypot(x - ax - t * dx, y - ay - t * dy));
        }
      });
      return isInside || nearest <= rim;
    };
  }

  function makeWorld(data) {
    const spelled = new Map(data.spellings), short = (key) => key.replace(/街道$/, "");
    return {
      ...data.world,
      project: projector(data.projection),
      isInside: insider(data.outline, data.rim_m),
      street: (written) => {
        const key = scenario.plain(written).replace(/办事处$/, "");
        return data.codes.includes(written.trim()) ? written.trim()
          : [key, short(key), key.replace(/街$/, "")].map((k) => spelled.get(k)).find(Boolean) || null;
      },
    };
  }

  /* Cells: how many centres reach each, and how many cells of each kind are covered. A kind is a
     street with a number of people in each group, so that people follow from counts exactly. */

  const Live = kit.Coverage.extend({
    prepare() {
      const { kind, data } = this, size = kind.length, kinds = data.kinds.street.length + 1;
      this.street = new Uint16Array(size);
      for (let k = 0; k < size; k++) this.street[k] = kind[k] ? data.kinds.street[kind[k] - 1] + 1 : 0;
      this.depth = new Uint16Array(size);
      this.wasCovered = new Uint8Array(size);
      this.shade = new Uint8Array(size);
      this.tally = Object.fromEntries(["all", "covered", "backup", "gained", "lost"]
        .map((name) => [name, new Int32Array(kinds)]));
      for (let k = 0; k < size; k++) this.tally.all[kind[k]]++;
      this.colourBy("depth");
    },

    /** Colour cells by depth or by change; `look` gives the sign from what was covered and the depth. */
    colourBy(what) {
      const depths = [1, 2, 3, 4, 5], changes = { false: [9, 7, 7, 7, 7], true: [8, 6, 6, 6, 6] };
      this.look = Uint8Array.from(what === "depth" ? [...depths, 0, 0, 0, ...depths]
        : [...changes.false, 0, 0, 0, ...changes.true]);
      for (let k = 0; k < this.kind.length; k++) this.shade[k] = this.kind[k] ? this.signOf(k) : 0;
    },
    signOf(k) {
      return this.look[8 * this.wasCovered[k] + Math.min(this.depth[k], 4)];
    },

    /** Keep what is covered now as what plans are compared with. */
    setBaseline() {
      const { gained, lost } = this.tally;
      for (let k = 0; k < this.kind.length; k++) this.wasCovered[k] = this.depth[k] > 0 ? 1 : 0;
      gained.fill(0);
      lost.fill(0);
    },

    /** Add (1) or take away (-1) a centre: every cell whose centre lies within reach, the limit included. */
    reach({ x, y }, metres, sign) {
      const { cell, x0, y0, rows, cols } = this.data;
      const { kind, depth, wasCovered, shade, look } = this;
      const { covered, backup, gained, lost } = this.tally;
      const v = (y - y0) / cell - 0.5, u = (x - x0) / cell - 0.5, wide = metres / cell;
      const from = Math.max(0, Math.floor(v - wide)), to = Math.min(rows - 1, Math.ceil(v + wide));
      for (let row = from; row <= to; row++) {
        const dy = y0 + (row + 0.5) * cell - y, half = Math.sqrt(Math.max(0, metres * metres - dy * dy)) / cell;
        const isWithin = (col) => {
          const dx = x0 + (col + 0.5) * cell - x;
          return Math.sqrt(dx * dx + dy * dy) <= metres;
        };
        let first = Math.max(0, Math.floor(u - half) - 1), last = Math.min(cols - 1, Math.ceil(u + half) + 1);
        while (first <= last && !isWithin(first)) first++;
        while (last >= first && !isWithin(last)) last--;
        for (let k = row * cols + first, end = row * cols + last; k <= end; k++) {
          const group = kind[k];
          if (!group) continue;
          const now = (depth[k] += sign), crossed = sign > 0 ? now : now + 1;
          if (crossed === 1) {
            covered[group] += sign;
            if (wasCovered[k]) lost[group] -= sign;
            else gained[group] += sign;
          } else if (crossed === 2) {
            backup[group] += sign;
          }
          shade[k] = look[8 * wasCovered[k] + (now > 4 ? 4 : now)];
        }
      }
    },

    /** People of a group by what happens to them: for the area, and for each street. */
    people(group) {
      const { street, people } = this.data.kinds, of = people[group];
      const made = { area: {}, streets: this.data.streets.map(() => ({})) };
      Object.entries(this.tally).forEach(([name, cells]) => {
        made.area[name] = 0;
        made.streets.forEach((row) => (row[name] = 0));
        for (let k = 0; k < street.length; k++) {
          const persons = cells[k + 1] * of[k];
          made.area[name] += persons;
          made.streets[street[k]][name] += persons;
        }
      });
      return made;
    },
    cellAt(latlng) {
      const cell = kit.Coverage.prototype.cellAt.call(this, latlng);
      const { group, label } = this.shown;
      return cell && { ...cell, label, people: this.data.kinds.people[group][this.kind[cell.index] - 1] };
    },
  });

  carecircles.live = function (data) {
    return new Live(data, [...kit.DEPTH_SIGNS, ...Object.values(kit.CHANGE_SIGNS)]);
  };

  /* The page */

  carecircles.startLive = function (map, config) {
    carecircles.start(map, config);
    document.body.classList.add("cc-live");
    page.grid.ready.then(() => { page.live = new Planner(map, page.grid, config); }, () => {});
  };

  class Planner {
    constructor(map, grid, config) {
      Object.assign(this, { map, grid, config, drawn: new Map(), past: [], future: [], isAdding: false });
      this.world = makeWorld(grid.data);
      this.wanted = config.group; // the group the reader chose; shown if the plan's standard is for it
      this.baseline = { name: { ...kit.WORDS.myPlan }, note: { en: "", zh: "" }, ...this.world.standard,
        centres: new Map(this.world.centres.map((centre) => [centre.id, centre])) };
      this.ghosts = L.layerGroup().addTo(map);
      this.buildPanel();
      this.listen();
      const resize = () => map.getContainer().style.setProperty("--pin", 2 * kit.pinRadius(map) + 3 + "px");
      map.on("zoomend", resize);
      resize();
      this.show(this.baseline);
      grid.setBaseline();
      this.before = Object.fromEntries(this.world.groups.map((group) => [group, grid.people(group)]));
      this.tell(true);
    }

    /* Plans */

    /** Take a plan as the present one, to be undone. */
    commit(plan) {
      this.past.push(this.plan0 || this.plan);
      this.plan0 = null;
      this.future = [];
      this.show(plan);
      this.tell(true);
    }
    /** Show a plan that is still changing, as while dragging; the next commit is undone to what was before. */
    preview(plan) {
      this.plan0 = this.plan0 || this.plan;
      this.show(plan);
      this.tell();
    }
    undo() { this.turn(this.past, this.future); }
    redo() { this.turn(this.future, this.past); }
    turn(from, to) {
      if (this.plan0) this.commit(this.plan);
      if (!from.length) return;
      to.push(this.plan);
      this.show(from.pop());
      this.tell(true);
    }
    withCentre(centre) {
      return { ...this.plan, centres: new Map(this.plan.centres).set(centre.id, centre) };
    }
    without(id) {
      const centres = new Map(this.plan.centres);
      centres.delete(id);
      return { ...this.plan, centres };
    }
    /** A centre at a place, rounded as a file has it; null outside the study area. */
    at(centre, { lat, lng }) {
      const lon = Number(lng.toFixed(DECIMALS)), north = Number(lat.toFixed(DECIMALS));
      const metres = this.world.project(lon, north);
      if (!metres || !this.world.isInside(metres)) return null;
      const isHome = this.isAtHome(centre, lon, north);
      return isHome || { ...centre, lon, lat: north, x: metres.x, y: metres.y,
        basis: "proposed", source: "" };
    }
    isAtHome(centre, lon, lat) {
      const old = this.baseline.centres.get(centre.id);
      if (!old || old.lon !== lon || old.lat !== lat) return null;
      const { services, services_basis } = centre;
      return services === old.services ? old : { ...old, services, services_basis };
    }
    add(latlng) {
      let number = 1;
      while (this.plan.centres.has("N" + number) || this.baseline.centres.has("N" + number)) number++;
      const name = Object.fromEntries(["en", "zh"].map((lang) => [lang, kit.WORDS.newCentre[lang] + " " + number]));
      const centre = this.at({ id: "N" + number, name, services: [], services_basis: "proposed",
        capacity: null, opened: "", closed: "" }, latlng);
      if (!centre) return this.warn();
      this.commit(this.withCentre(centre));
      this.drawn.get(centre.id).marker.getElement().focus();
    }
    move(id, latlng) {
      const centre = this.at(this.plan.centres.get(id), latlng);
      if (centre) this.preview(this.withCentre(centre));
      return Boolean(centre);
    }
    settle() {
      if (this.plan0) this.commit(this.plan);
    }
    remove(id) {
      this.settle();
      this.map.closePopup();
      this.commit(this.without(id));
    }
    restore(id) {
      this.settle();
      this.map.closePopup();
      this.commit(this.withCentre(this.baseline.centres.get(id)));
    }
    setRadius(metres) {
      const { minutes } = scenario.withStandard((this.plan0 || this.plan), metres, null);
      this.preview({ ...this.plan, metres, minutes });
    }
    warn() { page.notice(word("outsideArea")); }

    /** Draw a plan: only what differs from the one that is shown. */
    show(plan) {
      const { grid, drawn } = this;
      const isOther = !this.plan || this.plan.metres !== plan.metres;
      const touched = L.latLngBounds([]);
      const reach = (centre, metres, sign) => {
        grid.reach(centre, metres, sign);
        touched.extend(this.around(centre, metres));
      };
      drawn.forEach((shape, id) => {
        const centre = plan.centres.get(id);
        if (centre === shape.centre && !isOther) return;
        reach(shape.centre, shape.metres, -1);
        if (!centre) this.erase(id);
      });
      plan.centres.forEach((centre, id) => {
        const shape = drawn.get(id);
        if (shape && shape.centre === centre && !isOther) return;
        reach(centre, plan.metres, 1);
        this.draw(centre, plan.metres);
      });
      this.plan = plan;
      grid.data.standard = { metres: plan.metres, minutes: plan.minutes };
      grid.data.centres = [...plan.centres.values()];
      if (touched.isValid()) grid.repaint(touched);
    }

    /** West, south, east and north of a circle in degrees, from the projection's slopes at its centre. */
    slopes({ lon, lat, x, y }) {
      const d = 1e-4, east = this.world.project(lon + d, lat), north = this.world.project(lon, lat + d);
      const [a, c] = [(east.x - x) / d, (east.y - y) / d], [b, e] = [(north.x - x) / d, (north.y - y) / d];
      const det = a * e - b * c;
      return (dx, dy) => [lat + (a * dy - c * dx) / det, lon + (e * dx - b * dy) / det];
    }
    ring(centre, metres) {
      const place = this.slopes(centre);
      return Array.from({ length: 64 }, (_, k) => (k * Math.PI) / 32)
        .map((t) => place(metres * Math.cos(t), metres * Math.sin(t)));
    }
    around(centre, metres) {
      const place = this.slopes(centre), out = metres * 1.02;
      return L.latLngBounds([place(-out, -out), place(out, out), place(-out, out), place(out, -out)]);
    }

    draw(centre, metres) {
      const old = this.baseline.centres.get(centre.id), place = [centre.lat, centre.lon];
      const state = !old ? "new" : old.lon !== centre.lon || old.lat !== centre.lat ? "moved" : "same";
      let shape = this.drawn.get(centre.id);
      if (!shape) {
        // those beyond the border count, and are not ours to move or to close
        const isFixed = Boolean(centre.neighbour);
        shape = { circle: L.polygon([], { pane: "cc-circles", interactive: false, fill: false, color: "#1e3a8a",
          weight: 1, opacity: 0.75 }).addTo(this.map), marker: this.marker(centre.id, place, isFixed) };
        this.drawn.set(centre.id, shape);
      }
      Object.assign(shape, { centre, metres });
      shape.circle.setLatLngs(this.ring(centre, metres));
      if (shape.state !== state) shape.circle.setStyle({ color: state === "same" ? "#1e3a8a" : "#004b75",
        weight: state === "same" ? 1 : 2.5 });
      shape.state = state;
      shape.marker.setLatLng(place);
      const pin = shape.marker.getElement();
      pin.className = pin.className.replace(/ cc-pin-\w+/g, "") + " cc-pin-" + state +
        (centre.neighbour ? " cc-pin-neighbour"
          : state === "same" || centre.basis === "known" ? " cc-pin-" + kit.positionOf(centre.basis) : "");
      shape.name = () => say(centre.name) + (centre.neighbour ? ` (${word("neighbour")})` : "") + ({ new: ` (${word("opened_here")})`, moved: ` (${word("moved_here")})` }[state] || "");
      pin.setAttribute("aria-label", shape.name());
      if (state === "moved") {
        shape.arrow = shape.arrow || L.polyline([], { pane: "cc-lines", interactive: false,
          color: "#7e22ce", weight: 2.5, className: "cc-move" }).addTo(this.map);
        shape.arrow.setLatLngs([[old.lat, old.lon], place]);
      } else if (shape.arrow) {
        shape.arrow.remove();
        shape.arrow = null;
      }
    }
    erase(id) {
      const { circle, marker, arrow } = this.drawn.get(id);
      [circle, marker, arrow].forEach((layer) => layer && layer.remove());
      this.drawn.delete(id);
    }

    marker(id, place, isFixed) {
      const marker = L.marker(place, { pane: "cc-centres", draggable: !isFixed, autoPan: false, keyboard: true,
        icon: L.divIcon({ className: "cc-pin", iconSize: L.Browser.mobile ? [24, 24] : [16, 16] }) });
      let isAstray = false;
      marker.on("drag", (event) => { isAstray = !this.move(id, event.latlng); });
      marker.on("dragend", () => {
        if (isAstray) this.goBack(id);
        else this.settle();
        isAstray = false;
      });
      marker.bindPopup(() => this.centreBox(id), { maxWidth: 320 });
      marker.bindTooltip(() => element("span", "", this.drawn.get(id).name()), { className: "cc-tip" });
      marker.addTo(this.map);
      L.DomEvent.on(marker.getElement(), "keyup blur", () => this.settle());
      if (!isFixed) L.DomEvent.on(marker.getElement(), "keydown", (event) => this.key(id, event));
      return marker;
    }
    searchable() {
      return [...this.plan.centres.values()].map((centre) => ({ text: centre.name, show: (map) => {
        const { marker } = this.drawn.get(centre.id);
        map.setView(marker.getLatLng(), Math.max(map.getZoom(), 15));
        marker.openPopup();
      } }));
    }
    /** A centre that was let go of outside the study area stands where it stood. */
    goBack(id) {
      this.warn();
      if (this.plan0) this.show(this.plan0);
      this.plan0 = null;
      const { marker, centre } = this.drawn.get(id);
      marker.setLatLng([centre.lat, centre.lon]);
      this.tell();
    }
    nameOf(id) {
      const centre = (this.plan && this.plan.centres.get(id)) || this.baseline.centres.get(id);
      return centre ? centre.name : { en: id, zh: id };
    }
    key(id, event) {
      const far = event.shiftKey ? FINE_STEP_M : STEP_M;
      const [dx, dy] = { ArrowUp: [0, far], ArrowDown: [0, -far], ArrowLeft: [-far, 0], ArrowRight: [far, 0] }[event.key] || [0, 0];
      if (dx || dy) {
        L.DomEvent.stop(event);
        const [lat, lng] = this.slopes(this.plan.centres.get(id))(dx, dy);
        if (!this.move(id, { lat, lng })) this.warn();
      } else if (event.key === "Delete" || event.key === "Backspace") {
        L.DomEvent.stop(event);
        this.remove(id);
        this.map.getContainer().focus();
      }
    }

    /** What is known of a centre, with what can be done to it. */
    centreBox(id) {
      const centre = this.plan.centres.get(id), old = this.baseline.centres.get(id);
      const box = kit.centreFacts({ ...centre, street: this.streetAt(centre) }), tools = element("div", "cc-tools");
      if (!old) {
        const input = element("input", "cc-name-input");
        input.value = say(centre.name);
        input.setAttribute("aria-label", word("name"));
        input.addEventListener("change", () => {
          const name = input.value.trim() || id, now = this.plan.centres.get(id);
          if (now) this.commit(this.withCentre({ ...now, name: { en: name, zh: name } }));
        });
        box.prepend(input);
      }
      if (!centre.neighbour) tools.append(passingButton(() => word("remove"), null, () => this.remove(id)));
      if (old && old !== centre) tools.append(passingButton(() => word("restore"), null, () => this.restore(id)));
      box.append(tools);
      return box;
    }
    streetAt(centre) {
      const cell = this.grid.cellAt(L.latLng(centre.lat, centre.lon));
      return cell ? cell.street : "";
    }

    /* What the panel says */

    tell(isSettled = false) {
      const group = this.fitGroup();
      const { area, streets } = this.grid.people(group), was = this.before[group];
      const share = (row) => (row.all > 0 ? row.covered / row.all : null);
      const net = area.covered - was.area.covered;
      this.figures = { area, streets };
      const put = (name, text) => { if (this.texts[name].textContent !== text) this.texts[name].textContent = text; };
      put("covered", count(area.covered));
      put("share", `/ ${count(area.all)} · ${percent(share(area))}`);
      put("net", kit.FORMATS.signed(net));
      put("gained", count(area.gained));
      put("lost", count(area.lost));
      put("backup", percent(area.all > 0 ? area.backup / area.all : null));
      const beyond = [...this.plan.centres.values()].filter((centre) => centre.neighbour).length;
      put("centres", `${this.plan.centres.size - beyond}` + (beyond ? ` + ${beyond} (${word("neighbour")})` : ""));
      this.tableCells.forEach((row, n) => {
        const texts = [count(streets[n].all), percent(share(streets[n])),
          kit.FORMATS.signed(streets[n].covered - was.streets[n].covered), count(streets[n].all - streets[n].covered)];
        row.forEach((cell, k) => { if (cell.textContent !== texts[k]) cell.textContent = texts[k]; });
      });
      this.radius.value = this.plan.metres;
      this.radius.setAttribute("aria-valuetext", count(this.plan.metres) + " m");
      if (isSettled || document.activeElement !== this.metres) this.metres.value = Number(this.plan.metres.toFixed(1));
      put("minutes", kit.minutes(this.plan.minutes));
      if (isSettled) this.tellChanges();
    }
    tellChanges() {
      const { area } = this.figures, label = say(this.config.groups[this.group]);
      this.spoken.textContent = `${label}: ${count(area.covered)} ${word("peopleCovered")}`;
      this.undoButton.disabled = !this.past.length;
      this.redoButton.disabled = !this.future.length;
      this.planName.value = say(this.plan.name);
      this.planLine.textContent = `${say(this.plan.name)} · ${count(this.plan.metres)} m · ${kit.minutes(this.plan.minutes)}`;
      this.drawn.forEach(({ marker }) => { if (marker.isPopupOpen()) marker.getPopup().update(); });
      this.listChanges();
      this.markClosed();
    }
    /** The steps that lead from the baseline to the plan, each of which can be taken back. */
    listChanges() {
      const words = { open: "opened_here", close: "closed_here", move: "moved_here", equip: "equipped_here",
        standard: "standard" };
      const steps = scenario.steps(this.plan, this.world);
      const isEquipped = steps.some(([[act]]) => act === "equip");
      this.everyCentre.textContent = isEquipped ? word("everyCentre") : "";
      const rows = steps.map(([[act, id]]) => {
        const item = element("li"), name = act === "standard"
          ? `${count(this.plan.metres)} m, ${kit.minutes(this.plan.minutes)}` +
            (this.plan.group ? ", " + say(this.config.groups[this.plan.group]) : "") : say(this.nameOf(id));
        item.append(element("span", "", `${word(words[act])}: ${name} `));
        const back = passingButton(() => word("undo") + ": " + name, "✕", () => this.takeBack(act, id));
        item.append(back);
        return item;
      });
      this.changeList.replaceChildren(...(rows.length ? rows : [element("li", "", word("noChanges"))]));
    }
    takeBack(act, id) {
      if (act === "standard") return this.commit({ ...this.plan, ...this.world.standard });
      if (act === "open") return this.remove(id);
      const old = this.baseline.centres.get(id), now = this.plan.centres.get(id);
      if (act === "equip") return this.commit(this.withCentre({ ...now, services: old.services, services_basis: old.services_basis }));
      if (act === "move" && now.services !== old.services) {
        const { services, services_basis } = now;
        return this.commit(this.withCentre({ ...old, services, services_basis }));
      }
      return this.restore(id);
    }
    /** Crosses where centres of the baseline were removed; they can be put back. */
    markClosed() {
      this.ghosts.clearLayers();
      this.baseline.centres.forEach((centre, id) => {
        if (this.plan.centres.has(id)) return;
        const ghost = L.marker([centre.lat, centre.lon], { pane: "cc-centres", keyboard: true,
          icon: L.divIcon({ className: "cc-pin cc-pin-closed", iconSize: [16, 16] }) });
        ghost.bindPopup(() => {
          const box = kit.facts(say(centre.name), [["ID", centre.id]]), tools = element("div", "cc-tools");
          tools.append(passingButton(() => word("restore"), null, () => this.restore(id)));
          box.append(tools);
          return box;
        });
        ghost.addTo(this.ghosts);
        ghost.getElement().setAttribute("aria-label", `${say(centre.name)} (${word("closed_here")})`);
      });
    }

    /* The panel */

    buildPanel() {
      const panel = document.querySelector(".cc-live-panel");
      this.texts = {};
      const text = (name, className) => (this.texts[name] = element("span", className || ""));
      const big = element("p", "cc-big");
      big.append(text("covered", "cc-covered"), " ", text("share"));
      const net = element("p", "cc-net"), netWord = element("span"), against = element("span", "cc-quiet");
      net.append(netWord, " ", text("net", "cc-covered"), " ", against);
      const more = element("dl", "cc-figures");
      const labels = [["gained", "gained"], ["lost", "lost"], ["backup", "twoOrMore"], ["centres", "centresNow"]]
        .map(([name, key]) => {
          const label = element("dt"), value = element("dd");
          value.append(text(name));
          more.append(label, value);
          return [label, key];
        });
      this.planLine = element("p", "cc-plan-line");
      this.spoken = element("p", "cc-spoken");
      this.spoken.setAttribute("aria-live", "polite");
      this.changeList = element("ul", "cc-change-list");
      const changes = section(""), howTo = element("p", "cc-quiet");
      this.everyCentre = element("p", "cc-remark");
      this.everyCentre.setAttribute("role", "status");
      changes.append(this.changeList, this.everyCentre);
      howTo.classList.add("cc-how-to");
      panel.append(this.planLine, big, net, this.buildTools(), this.buildControls(), more, this.spoken, howTo, changes, this.buildTable());
      inEveryLanguage(() => {
        this.group = null; // so that it is named anew
        netWord.textContent = word("net");
        against.textContent = word("against");
        labels.forEach(([label, key]) => (label.textContent = word(key)));
        howTo.textContent = word("howTo");
        changes.querySelector("h2").textContent = word("changes");
        if (this.plan) {
          this.tell(true);
          this.drawn.forEach(({ marker, name }) => marker.getElement().setAttribute("aria-label", name()));
        }
      });
    }

    buildTools() {
      const tools = element("div", "cc-tools");
      this.addButton = button(() => word("addCentre"), null, () => this.setAdding(!this.isAdding));
      this.addButton.classList.add("cc-add");
      this.addButton.setAttribute("aria-pressed", "false");
      this.undoButton = button(() => word("undo"), "↶", () => this.undo());
      this.redoButton = button(() => word("redo"), "↷", () => this.redo());
      this.undoButton.disabled = this.redoButton.disabled = true;
      const reset = button(() => word("reset"), null, () => this.commit({ ...this.baseline, name: this.plan.name }));
      const save = button(() => word("save"), null, () => this.save());
      const load = button(() => word("load"), null, () => this.file.click());
      this.file = element("input", "cc-file");
      Object.assign(this.file, { type: "file", accept: ".toml,text/plain", multiple: true, tabIndex: -1 });
      this.file.setAttribute("aria-hidden", "true");
      this.file.addEventListener("change", () => {
        const files = [...this.file.files];
        this.load(files).finally(() => (this.file.value = ""));
      });
      this.problems = element("div", "cc-problems");
      this.problems.setAttribute("role", "alert");
      tools.append(this.addButton, this.undoButton, this.redoButton, reset, save, load, this.file);
      const box = element("div");
      box.append(tools, this.problems);
      return box;
    }

    buildControls() {
      const box = element("div", "cc-controls");
      const labelled = (key, ...inputs) => {
        const label = element("label"), name = element("span");
        inEveryLanguage(() => {
          name.textContent = word(key);
          inputs.forEach((input) => input.setAttribute && input.setAttribute("aria-label", word(key)));
        });
        label.append(name, ...inputs);
        box.append(label);
      };
      this.radius = element("input");
      Object.assign(this.radius, { type: "range", min: NEAREST_RADIUS_M, max: FARTHEST_RADIUS_M, step: 10 });
      this.metres = element("input", "cc-metres");
      Object.assign(this.metres, { type: "number", min: 1, max: 999999, step: "any" });
      [[this.radius, "input"], [this.metres, "change"]].forEach(([input, change]) => {
        input.addEventListener(change, () => {
          const metres = Number(input.value);
          if (metres > 0.001 && metres < 1e6) this.setRadius(metres);
          if (change !== "change") return;
          this.settle();
          this.tell(true); // what cannot be a radius gives way to the one that holds
        });
      });
      this.radius.addEventListener("change", () => this.settle());
      this.texts.minutes = element("span", "cc-quiet");
      labelled("radius", this.radius, this.metres, "m", this.texts.minutes);
      inEveryLanguage(() => this.radius.setAttribute("aria-label", word("slider")));
      const choice = (entries, chosen, act) => {
        const select = element("select");
        entries.forEach(([value, label]) => {
          const option = element("option");
          option.value = value;
          inEveryLanguage(() => (option.textContent = label()));
          select.append(option);
        });
        select.value = chosen;
        select.addEventListener("change", () => act(select.value));
        return select;
      };
      this.groupChoice = choice(this.world.groups.map((g) => [g, () => say(this.config.groups[g])]),
        this.wanted, (group) => { this.wanted = group; this.tell(true); });
      labelled("group", this.groupChoice);
      labelled("colours", choice([["depth", () => word("byDepth")], ["change", () => word("byChange")]],
        "depth", (what) => this.colour(what)));
      this.planName = element("input");
      this.planName.addEventListener("change", () => {
        const name = this.planName.value.trim();
        if (name) this.commit({ ...this.plan, name: { en: name, zh: name } });
        else this.tell(true);
      });
      labelled("planName", this.planName);
      return box;
    }

    buildTable() {
      const box = element("div");
      const rows = this.config.table.rows;
      inEveryLanguage(() => {
        box.replaceChildren(kit.placeTable(this.map, { ...this.config.table,
          rows: rows.map((row) => ({ ...row, all: 0, share: null, net: 0, left: 0 })) }));
        this.tableCells = [...box.querySelectorAll("tbody tr")].map((row) => [...row.querySelectorAll("td")]);
        this.tableHead = [...box.querySelectorAll("thead th")];
        this.group = null;
        if (this.plan) this.tell();
      });
      return box;
    }

    /** The group that is shown: the one wanted, unless the plan's standard is for others. */
    fitGroup() {
      const { groups } = this.world, { group: of } = this.plan;
      const told = of ? this.world.parts[of] : groups;
      const group = told.includes(this.wanted) ? this.wanted : told[0];
      if (group === this.group && this.plan.group === this.groupOf) return group;
      [this.group, this.groupOf] = [group, this.plan.group];
      const name = this.config.groups[group];
      [...this.groupChoice.options].forEach((option) => (option.disabled = !told.includes(option.value)));
      this.groupChoice.value = group;
      document.querySelector(".cc-big").dataset.label = say(name) + " " + word("peopleCovered");
      this.tableHead[1].textContent = say(name);
      const label = { en: `People ${name.en} in this cell`, zh: `本网格${name.zh}人口` };
      this.grid.shown = { group, label };
      return group;
    }
    colour(what) {
      document.body.classList.toggle("cc-changes", what === "change");
      this.grid.colourBy(what);
      this.grid.paint();
    }
    setAdding(on) {
      this.isAdding = page.isAdding = on;
      this.addButton.setAttribute("aria-pressed", String(on));
      document.body.classList.toggle("cc-adding", on);
      if (on) {
        page.notice(word("adding"));
        this.map.getContainer().focus();
      }
    }

    listen() {
      page.searchable.push(() => this.searchable());
      this.map.on("click", (event) => { if (this.isAdding) this.add(event.latlng); });
      this.map.getContainer().append(element("div", "cc-cross"));
      this.map.getContainer().addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || !this.isAdding || event.target !== this.map.getContainer()) return;
        event.preventDefault();
        this.add(this.map.getCenter());
      });
      document.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && this.isAdding) this.setAdding(false);
        const isText = ["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName) && event.target.type !== "range";
        if (!(event.ctrlKey || event.metaKey) || isText) return;
        const key = event.key.toLowerCase();
        if (key === "z" && !event.shiftKey) { event.preventDefault(); this.undo(); }
        if (key === "y" || key === "z" && event.shiftKey) { event.preventDefault(); this.redo(); }
      });
    }

    /* Files */

    toml() { return scenario.write(this.plan, this.world); }
    save() {
      this.settle();
      const link = element("a"), file = new Blob([this.toml()], { type: "application/toml" });
      link.href = URL.createObjectURL(file);
      link.download = (say(this.plan.name).normalize("NFKC").replace(/[^\p{L}\p{N}]+/gu, "-")
        .replace(/^-|-$/g, "").slice(0, 60) || "scenario") + ".toml";
      document.body.append(link);
      link.click();
      link.remove();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    }
    async load(files) {
      try {
        if (files.some((file) => file.size > 1e6)) {
          throw new scenario.Problems([kit.WORDS.tooLarge]);
        }
        const texts = await Promise.all(files.map(async (file) =>
          ({ name: file.name, ...scenario.decode(new Uint8Array(await file.arrayBuffer()), file.name) })));
        if (texts.length) this.open(texts);
      } catch (error) {
        this.complain(error.problems || [{ en: String(error.message), zh: String(error.message) }]);
      }
    }
    /** Take the plan of a scenario, or say what is wrong with it and leave the plan as it is. */
    open(texts) {
      try {
        const plan = scenario.read(texts, this.world);
        this.settle();
        this.map.closePopup();
        this.problems.replaceChildren();
        this.commit(plan);
        const others = texts.map((text) => text.encoding).filter((name) => name && name !== "UTF-8");
        page.notice([`${word("loaded")}: ${say(plan.name)}`, ...new Set(others)].join(", "));
        return true;
      } catch (error) {
        if (!error.problems) throw error;
        this.complain(error.problems);
        return false;
      }
    }
    complain(problems) {
      const list = element("ul"), shown = problems.slice(0, 20);
      shown.forEach((problem) => list.append(element("li", "", say(problem))));
      if (problems.length > shown.length) list.append(element("li", "", `+ ${problems.length - shown.length}`));
      const close = passingButton(() => "✕", null, () => this.problems.replaceChildren());
      this.problems.replaceChildren(element("b", "", word("notLoaded")), close, list);
    }
  }
})();
