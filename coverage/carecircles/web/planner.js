/* The map on which people plan: centres are added, dragged and removed, the radius changes, and cells, circles
   and people follow. */
"use strict";
carecircles.planner = (function () {
  const { page, WORDS, say, word, common, count, cost } = carecircles.words, { element, facts, passingButton } = carecircles.kit;
  const { DEPTH_SIGNS, CHANGE_SIGNS, CLAIM_SIGNS, positionOf } = carecircles.signs, { centreFacts, pinRadius } = carecircles.centres;
  const { Coverage } = carecircles.grid, { scenario } = carecircles, { Counting, circle } = carecircles.counting;
  const { outline } = carecircles.reached, { told } = carecircles.limits;
  const { makeWorld, slopes } = carecircles.ground;
  const { History, asItIs, withCentre, without, placed, fresh, stateOf, takenBack } = carecircles.plan;
  const STEP_M = 50, FINE_STEP_M = 10; // of an arrow key, and with Shift

  /* Cells with their depths, which change, and the people in them */

  const DEPTHS_LOOK = [1, 2, 3, 4, 5], CLAIMS = Object.keys(CLAIM_SIGNS);
  const FIRST_CLAIM = 1 + DEPTH_SIGNS.length + Object.keys(CHANGE_SIGNS).length;

  const Live = Coverage.extend({
    prepare(ways) {
      const { people, walk, world } = /** @type {LiveData} */ (this.data);
      const names = new Set(Object.values(people).map((group) => group.weights).filter(Boolean));
      const weights = Object.fromEntries([...names].map((name) => [name, this[name]]));
      this.counting = new Counting(this.street, weights);
      ["depth", "wasCovered"].forEach((name) => (this[name] = this.counting[name]));
      if (walk) { // circles are counted beside what people walk
        this.walks = carecircles.walk.read(walk, ways, world.centres);
        this.circles = new Counting(this.street, weights);
        this.claims = Uint8Array.from(this.street, (code) => (code ? FIRST_CLAIM + CLAIMS.indexOf("neither") : 0));
      }
      this.colourBy("depth");
    },

    /** Colour cells by depth, by change, or by what circles claim. */
    colourBy(what) {
      if (what === "depth") this.counting.lookAs(DEPTHS_LOOK, DEPTHS_LOOK);
      else if (what === "change") this.counting.lookAs([9, 7, 7, 7, 7], [8, 6, 6, 6, 6]);
      this.shade = what === "claims" ? this.claims : this.counting.shade;
    },
    setBaseline() { this.counting.setBaseline(); },

    /** What counts in the cost table's unit: metres, or minutes. */
    limitOf({ metres, minutes }) { return this.data.unit === "min" ? told(minutes, "min") : told(metres, "m"); },
    /** How many metres away a cell may be that is within reach. */
    widest(plan) { return this.walks ? Math.max(plan.metres, this.limitOf(plan) / this.data.walk.per_metre) : plan.metres; },
    /** The cells that a centre reaches, and those in its circle.
        @param {PlanCentre} centre  @param {Plan} plan */
    cellsOf(centre, plan) {
      const inCircle = circle(this.data, centre, told(plan.metres, "m"));
      return { inCircle, reached: this.walks ? this.walks.runs(centre, this.limitOf(plan)) : inCircle };
    },
    /** Add (1) or take away (-1) a centre by its cells. */
    reach({ reached, inCircle }, sign) {
      this.counting.reach(reached, sign);
      if (!this.circles) return;
      this.circles.reach(inCircle, sign);
      const { street, depth, claims, circles: { depth: circles } } = this;
      eachCell([reached, inCircle], (k) => {
        const claim = circles[k] ? (depth[k] ? "both" : "circle") : depth[k] ? "walk" : "neither";
        if (street[k]) claims[k] = FIRST_CLAIM + CLAIMS.indexOf(claim);
      });
    },
    people(group) { return this.counting.people(this.data.people[group]); },
    /** Of the people of a group, those whom circles claim. */
    claimed(group) { return this.circles.people(this.data.people[group]).area.covered; },
    /** People of a group in runs of cells. */
    peopleIn(runs, group) {
      let people = 0;
      eachCell([runs], (k) => { if (this.street[k]) people += this.peopleAt(k, group); });
      return people;
    },
    nearestAt(cell, centres) {
      if (!this.walks) return Coverage.prototype.nearestAt.call(this, cell, centres);
      const found = this.walks.nearest(cell.index, centres);
      return { nearest: found && found.nearest, distance: found && found.cost };
    },
  });

  /** Each cell of several lists of runs. */
  function eachCell(lists, act) {
    lists.forEach((runs) => {
      for (let n = 0; n < runs.length; n += 2) for (let k = runs[n]; k <= runs[n + 1]; k++) act(k);
    });
  }

  /** @param {LiveData} data */
  carecircles.draw.live = (data) =>
    new Live(data, [...DEPTH_SIGNS, ...Object.values(CHANGE_SIGNS), ...Object.values(CLAIM_SIGNS)]);

  class Planner {
    /** @param {L.Map} map  @param {LiveConfig} config */
    constructor(map, grid, config) {
      this.map = map;
      this.grid = grid;
      this.config = config;
      this.drawn = new Map(); // by id: circle, marker, arrow, and the centre they show
      this.isAdding = false;
      this.colours = "depth";
      /** @type {Plan} */
      this.plan = null;
      this.world = makeWorld(grid.data);
      this.baseline = asItIs(this.world, WORDS.myPlan);
      this.service = this.world.counting || ""; // that alone counts; none where every centre does
      this.history = new History(this.baseline);
      this.ghosts = L.layerGroup().addTo(map);
      this.lit = null; // id of the centre whose reach on foot is shown
      this.light = L.layerGroup().addTo(map);
      this.panel = new carecircles.live.Panel(this);
      this.listen();
      const resize = () => map.getContainer().style.setProperty("--pin", 2 * pinRadius(map) + 3 + "px");
      map.on("zoomend", resize);
      resize();
      this.begin();
      this.panel.tell(true);
    }

    /** Count the plan one starts from, to hold others against. */
    begin() {
      const { grid } = this;
      this.show(this.baseline);
      grid.setBaseline();
      this.before = Object.fromEntries(this.world.groups.map((group) => [group, grid.people(group)]));
    }

    /** Count only the centres with a service, or all of them; by the service's own standard if it has one. */
    filter(key) {
      const { plan } = this;
      this.settle();
      this.map.closePopup();
      this.service = key;
      this.isStale = true;
      this.begin();
      this.show(plan);
      this.grid.colourBy(this.colours);
      this.grid.paint();
      this.panel.tell(true);
    }
    /** @param {PlanCentre} centre */
    counts(centre) { return !this.service || centre.services.includes(this.service); }
    /** The plan with the standard that what counts is held to.
        @param {Plan} plan */
    heldTo(plan) {
      const service = this.world.services.find(({ key }) => key === this.service);
      return service && service.own ? { ...plan, ...service.own } : plan;
    }

    /* Plans */

    /** Take a plan as the present one, to be undone. */
    commit(plan) {
      this.history.commit(plan);
      this.shown(true);
    }
    /** Show a plan that is still changing, as while dragging; the next commit is undone to what was before. */
    preview(plan) {
      this.history.preview(plan);
      this.shown();
    }
    undo() {
      this.history.undo();
      this.shown(true);
    }
    redo() {
      this.history.redo();
      this.shown(true);
    }
    shown(isSettled = false) {
      this.show(this.history.present);
      this.panel.tell(isSettled);
    }
    get past() { return this.history.past; }

    add(latlng) {
      const services = this.service ? [this.service] : []; // or it would not count
      const made = { ...fresh(this.plan, this.baseline, WORDS.newCentre), services };
      const centre = placed(made, latlng, this.world, this.baseline);
      if (!centre) return this.warn();
      this.commit(withCentre(this.plan, centre));
      this.drawn.get(centre.id).marker.getElement().focus();
    }
    move(id, latlng) {
      const centre = placed(this.plan.centres.get(id), latlng, this.world, this.baseline);
      if (centre) this.preview(withCentre(this.plan, centre));
      return Boolean(centre);
    }
    settle() {
      if (this.history.before) this.commit(this.plan);
    }
    remove(id) { this.change((plan) => without(plan, id)); }
    restore(id) { this.change((plan) => withCentre(plan, this.baseline.centres.get(id))); }
    takeBack(act, id) {
      if (["standard", "equip", "enlarge"].includes(act)) this.commit(takenBack(this.plan, this.baseline, act, id));
      else this.change((plan) => takenBack(plan, this.baseline, act, id));
    }
    change(act) {
      this.settle();
      this.map.closePopup();
      this.commit(act(this.plan));
    }
    /** Another limit, in metres or minutes as they count; the pace stays. */
    setLimit(limit) {
      const isMinutes = this.grid.data.unit === "min";
      const { metres, minutes } = scenario.withStandard(this.history.settled, ...(isMinutes ? [null, limit] : [limit, null]));
      this.preview({ ...this.plan, metres, minutes });
    }
    /** The largest limit that the page can measure. */
    get farthest() { return this.grid.walks ? this.grid.walks.farthest : 999999; }
    warn() { page.notice(word("outsideArea")); }

    /** Draw a plan: only what differs from the one that is shown. */
    show(plan) {
      const { grid, drawn } = this, held = this.heldTo(plan);
      const isOther = !this.plan || this.isStale || this.plan.metres !== plan.metres || grid.limitOf(this.plan) !== grid.limitOf(plan);
      this.isStale = false;
      const touched = L.latLngBounds([]);
      drawn.forEach((shape, id) => {
        const centre = plan.centres.get(id);
        if (centre === shape.centre && !isOther) return;
        grid.reach(shape.cells, -1);
        touched.extend(this.around(shape.centre, shape.widest));
        if (!centre) this.erase(id);
      });
      plan.centres.forEach((centre, id) => {
        const shape = drawn.get(id);
        if (shape && shape.centre === centre && !isOther) return;
        const cells = this.counts(centre) ? grid.cellsOf(centre, held) : { inCircle: [], reached: [] }, widest = grid.widest(held);
        grid.reach(cells, 1);
        touched.extend(this.around(centre, widest));
        Object.assign(this.draw(centre, held), { cells, widest });
      });
      this.plan = plan;
      grid.data.standard = { metres: held.metres, minutes: held.minutes };
      grid.data.centres = [...plan.centres.values()].filter((centre) => this.counts(centre));
      if (touched.isValid()) grid.repaint(touched);
      this.showReach();
    }

    /** Show what a centre reaches on foot, and its circle beside it; of the one shown if none is named. */
    showReach(id = this.lit) {
      const shape = this.grid.walks && this.drawn.get(id), pane = "cc-circles", interactive = false;
      this.light.clearLayers();
      this.lit = shape ? id : null;
      if (!shape) return;
      const { centre, cells } = shape, { cell, x0, y0, cols } = this.grid.data, place = slopes(centre, this.world.project);
      const corner = (col, row) => place(x0 + col * cell - centre.x, y0 + row * cell - centre.y);
      const border = outline(cells.reached, cols).map(([a, b, c, d]) => [corner(a, b), corner(c, d)]);
      const add = (layer) => { this.light.addLayer(layer); return layer; };
      add(L.polyline(border, { pane, interactive, color: "#ffffff", weight: 5, opacity: 0.9 }));
      add(L.polyline(border, { pane, interactive, color: "#0f172a", weight: 2, className: "cc-reached" }));
      const { metres } = this.heldTo(this.plan);
      const ring = add(L.polygon(this.ring(centre, metres), { pane, interactive, fill: false, color: "#86198f",
        weight: 1.5, dashArray: "5 5", className: "cc-circle-beside" }));
      const top = ring.getBounds().getNorth(), label = `${word("circle")} ${cost(metres, "m")}`;
      add(L.tooltip({ permanent: true, direction: "top", className: "cc-circle-name", offset: [0, 2] })
        .setLatLng([top, centre.lon]).setContent(element("span", "", label)));
    }
    hideReach(id) {
      if (this.lit !== id) return;
      this.lit = null;
      this.showReach();
    }
    /** What a centre reaches on foot and what its circle claims, in people of the group that is shown. */
    reachFacts(id) {
      const { group } = this.panel, { cells } = this.drawn.get(id), name = say(this.config.groups[group]);
      const [reached, claimed] = [cells.reached, cells.inCircle].map((runs) => this.grid.peopleIn(runs, group));
      return [[`${word("onFoot")} (${name})`, count(reached)], [`${word("inCircle")} (${name})`, count(claimed)]];
    }

    ring(centre, metres) {
      const place = slopes(centre, this.world.project);
      return Array.from({ length: 64 }, (_, k) => (k * Math.PI) / 32)
        .map((t) => place(metres * Math.cos(t), metres * Math.sin(t)));
    }

    around(centre, metres) {
      const place = slopes(centre, this.world.project), out = metres * 1.02;
      return L.latLngBounds([place(-out, -out), place(out, out), place(-out, out), place(out, -out)]);
    }

    draw(centre, { metres }) {
      const old = this.baseline.centres.get(centre.id), place = [centre.lat, centre.lon];
      const state = stateOf(centre, this.baseline);
      let shape = this.drawn.get(centre.id);
      if (!shape) {
        // those beyond the border count, and are not ours to move or to close
        const isFixed = Boolean(centre.neighbour);
        shape = { circle: this.grid.walks ? null : L.polygon([], { pane: "cc-circles", interactive: false, fill: false,
          color: "#1e3a8a", weight: 1, opacity: 0.75 }).addTo(this.map), marker: this.marker(centre.id, place, isFixed) };
        this.drawn.set(centre.id, shape);
      }
      shape.centre = centre;
      if (shape.circle) shape.circle.setLatLngs(this.ring(centre, metres));
      if (shape.circle && shape.state !== state) shape.circle.setStyle({ color: state === "same" ? "#1e3a8a" : "#004b75",
        weight: state === "same" ? 1 : 2.5 });
      shape.state = state;
      shape.marker.setLatLng(place);
      const pin = shape.marker.getElement(), isCounted = this.counts(centre);
      pin.classList.toggle("cc-uncounted", !isCounted);
      if (shape.circle) shape.circle.getElement()?.classList.toggle("cc-hidden", !isCounted);
      pin.className = pin.className.replace(/ cc-pin-\w+/g, "") + " cc-pin-" + state +
        (centre.neighbour ? " cc-pin-neighbour"
          : state === "same" || centre.basis === "known" ? " cc-pin-" + positionOf(centre.basis) : "");
      shape.name = () => say(centre.name) + (centre.neighbour ? ` (${common("marks", "neighbour")})` : "") +
        (state === "same" ? "" : ` (${common("changes", state === "new" ? "opened" : "moved")})`);
      pin.setAttribute("aria-label", shape.name());
      if (state === "moved") {
        shape.arrow = shape.arrow || L.polyline([], { pane: "cc-lines", interactive: false,
          color: "#7e22ce", weight: 2.5, className: "cc-move" }).addTo(this.map);
        shape.arrow.setLatLngs([[old.lat, old.lon], place]);
      } else if (shape.arrow) {
        shape.arrow.remove();
        shape.arrow = null;
      }
      return shape;
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
      marker.on("drag", (/** @type {any} */ event) => { isAstray = !this.move(id, event.latlng); });
      marker.on("dragend", () => {
        if (isAstray) this.goBack(id);
        else this.settle();
        isAstray = false;
      });
      marker.bindPopup(() => this.centreBox(id), { maxWidth: 320 });
      marker.bindTooltip(() => (this.grid.walks ? facts(this.drawn.get(id).name(), this.reachFacts(id))
        : element("span", "", this.drawn.get(id).name())), { className: "cc-tip" });
      marker.on("mouseover popupopen drag", () => this.showReach(id)).on("mouseout popupclose", () => this.hideReach(id));
      marker.addTo(this.map);
      L.DomEvent.on(marker.getElement(), "focus", () => this.showReach(id));
      L.DomEvent.on(marker.getElement(), "blur", () => this.hideReach(id));
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
      this.history.giveUp();
      this.show(this.history.present);
      const { marker, centre } = this.drawn.get(id);
      marker.setLatLng([centre.lat, centre.lon]);
      this.panel.tell();
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
        const [lat, lng] = slopes(this.plan.centres.get(id), this.world.project)(dx, dy);
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
      const box = centreFacts({ ...centre, street: this.streetAt(centre) }), tools = element("div", "cc-tools");
      if (this.grid.walks) box.append(facts("", this.reachFacts(id)));
      if (!old) {
        const input = element("input", "cc-name-input");
        input.value = say(centre.name);
        input.setAttribute("aria-label", word("name"));
        input.addEventListener("change", () => {
          const name = input.value.trim() || id, now = this.plan.centres.get(id);
          if (now) this.commit(withCentre(this.plan, { ...now, name: { en: name, zh: name } }));
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

    /** Crosses where centres of the baseline were removed; they can be put back. */
    markClosed() {
      this.ghosts.clearLayers();
      this.baseline.centres.forEach((centre, id) => {
        if (this.plan.centres.has(id)) return;
        const ghost = L.marker([centre.lat, centre.lon], { pane: "cc-centres", keyboard: true,
          icon: L.divIcon({ className: "cc-pin cc-pin-closed", iconSize: [16, 16] }) });
        ghost.bindPopup(() => {
          const box = facts(say(centre.name), [["ID", centre.id]]), tools = element("div", "cc-tools");
          tools.append(passingButton(() => word("restore"), null, () => this.restore(id)));
          box.append(tools);
          return box;
        });
        ghost.addTo(this.ghosts);
        ghost.getElement().setAttribute("aria-label", `${say(centre.name)} (${common("changes", "closed")})`);
      });
    }

    colour(what) {
      this.colours = what;
      document.body.classList.toggle("cc-changes", what === "change");
      document.body.classList.toggle("cc-claims", what === "claims");
      this.grid.colourBy(what);
      this.grid.paint();
    }

    setAdding(on) {
      this.isAdding = page.isAdding = on;
      this.panel.tellAdding(on);
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
      document.addEventListener("keydown", (/** @type {any} */ event) => {
        if (event.key === "Escape" && this.isAdding) this.setAdding(false);
        const isText = ["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName) && event.target.type !== "range";
        if (!(event.ctrlKey || event.metaKey) || isText) return;
        const key = event.key.toLowerCase();
        if (key === "z" && !event.shiftKey) { event.preventDefault(); this.undo(); }
        if (key === "y" || key === "z" && event.shiftKey) { event.preventDefault(); this.redo(); }
      });
    }

    /** What to say of a limit beyond what the page can measure. */
    tooFar(plan) {
      const { unit } = this.grid.data, tell = (limit) => cost(limit, unit);
      return { en: `${tell(this.grid.limitOf(plan))}: this page measures walks up to ${tell(this.farthest)}`,
        zh: `${tell(this.grid.limitOf(plan))}：本页只量算不超过 ${tell(this.farthest)} 的步行` };
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
          throw new scenario.Problems([WORDS.tooLarge]);
        }
        const texts = await Promise.all(files.map(async (file) =>
          ({ name: file.name, ...scenario.decode(new Uint8Array(await file.arrayBuffer()), file.name) })));
        if (texts.length) this.open(texts);
      } catch (error) {
        this.panel.complain(error.problems || [{ en: String(error.message), zh: String(error.message) }]);
      }
    }

    /** Take the plan of a scenario, or say what is wrong with it and leave the plan as it is. */
    open(texts) {
      try {
        const plan = scenario.read(texts, this.world);
        if (this.grid.limitOf(plan) > this.farthest) throw new scenario.Problems([this.tooFar(plan)]);
        this.settle();
        this.map.closePopup();
        this.panel.complain([]);
        this.commit(plan);
        const others = texts.map((text) => text.encoding).filter((name) => name && name !== "UTF-8");
        page.notice([`${word("loaded")}: ${say(plan.name)}`, ...new Set(others)].join(", "));
        return true;
      } catch (error) {
        if (!error.problems) throw error;
        this.panel.complain(error.problems);
        return false;
      }
    }
  }

  return { Planner };
})();
