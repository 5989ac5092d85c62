/* The page around one map or several: how it starts, and what every map answers to. */
"use strict";
carecircles.around = (function () {
  const { page, SIDES, say, word, common, inEveryLanguage, setLanguage } = carecircles.words;
  const { element, button, control, foldable } = carecircles.kit, { addHatching } = carecircles.signs;
  const { addTitle, addPanel, legend, languageButton } = carecircles.panel, { makeRoom } = carecircles.names;
  const { fitToPaper } = carecircles.print;

  /** @param {L.Map} map  @param {MapConfig | LiveConfig} config */
  function start(map, config) {
    page.maps = [page.map = map];
    page.config = config;
    prepare(config);
    addTitle(config);
    addPanel(map, config);
    attend(map, config);
    if (config.swipe) addSwipe(map);
    map.invalidateSize();
    if (!followLink(map, config)) showWhole(map, config);
    fitToPaper([map]);
  }

  /** A map of others' layers with a title.
      @param {L.Map} map  @param {TitleConfig} config */
  function entitle(map, config) {
    setLanguage(config.lang);
    addTitle(config);
    map.invalidateSize({ animate: false });
  }

  /** @param {L.Map} map  @param {AroundConfig} config */
  function showWhole(map, config) {
    map.fitBounds(config.bounds, { padding: [12, 12], animate: false });
  }

  /** Several maps side by side that move together.
      @param {L.Map[]} maps  @param {CompareConfig} config */
  function compare(maps, config) {
    page.maps = maps;
    page.map = maps[0];
    page.config = config;
    prepare(config);
    document.body.classList.add("cc-compare");
    const across = maps.length === 4 ? 2 : Math.min(maps.length, 3);
    document.body.style.setProperty("--across", String(across));
    document.body.style.setProperty("--down", maps.length > 3 ? "2" : "1"); // on a printed sheet
    addTitle(config);
    const signs = foldable("cc-legend-row", () => word("legend"), () => [legend(config.legend)]);
    signs.open = window.matchMedia("(min-width: 761px)").matches;
    const tools = element("div", "cc-tools cc-corner");
    tools.append(languageButton(), button(() => word("print"), null, () => window.print()));
    document.querySelector(".cc-title").append(signs, tools);
    const main = document.querySelector("main");
    main.style.display = "";
    maps.forEach((map, n) => {
      const plan = element("figure", "cc-plan");
      plan.append(caption(config.maps[n]), map.getContainer());
      main.append(plan);
      attend(map, config);
    });
    maps.forEach((map) => map.invalidateSize());
    let isFollowing = false;
    const follow = (leader, reset = false) => { // `reset` for the exact place; without it Leaflet cuts pixels off
      if (isFollowing) return;
      isFollowing = true;
      maps.filter((map) => map !== leader)
        .forEach((map) => map.setView(leader.getCenter(), leader.getZoom(), { animate: false, reset }));
      isFollowing = false;
    };
    maps.forEach((map) => map.on("move zoomend", () => follow(map)).on("moveend", () => follow(map, true)));
    showWhole(maps[0], config);
    follow(maps[0]);
    fitToPaper(maps);
  }

  /** The switch between what changes and before beside after, with the slider that divides them. */
  function addSwipe(map) {
    document.body.classList.add("cc-changes");
    const choices = element("div", "cc-tools");
    const slider = element("input"), line = element("div", "cc-swipe-line");
    Object.assign(slider, { type: "range", min: 0, max: 100, value: 50 });
    let isSwiping = false;
    const splitAt = () => (map.getSize().x * slider.value) / 100;
    /** Centres and circles of one plan alone are cut at the border, as the cells are. */
    const cut = () => {
      const [left, top] = [-1, -1].map((n) => n * 1e5), [right, bottom] = [1e5, 1e5];
      const at = map.containerPointToLayerPoint([splitAt(), 0]).x;
      [[left, at], [at, right]].forEach(([from, to], n) => ["circles", "centres"].forEach((kind) => {
        map.getPane(`cc-${kind}-${SIDES[n]}`).style.clipPath = isSwiping
          ? `polygon(${from}px ${top}px, ${to}px ${top}px, ${to}px ${bottom}px, ${from}px ${bottom}px)` : "";
      }));
    };
    const show = () => {
      const split = splitAt();
      cut();
      document.body.classList.toggle("cc-swiping", isSwiping);
      line.style.left = split + "px";
      [change, both].forEach((made, n) => made.setAttribute("aria-pressed", String(isSwiping === Boolean(n))));
      if (page.grid.swipe) page.grid.ready.then(() => page.grid.swipe(isSwiping ? split : null), () => {});
    };
    const turn = (on) => () => { isSwiping = on; show(); };
    const change = button(() => word("showChange"), null, turn(false));
    const both = button(() => word("showBoth"), null, turn(true));
    inEveryLanguage(() => slider.setAttribute("aria-label", word("swipe")));
    slider.addEventListener("input", show);
    map.on("resize", show);
    map.on("move viewreset", cut);
    choices.append(change, both);
    control(map, "topright", choices);
    line.append(captioned("before"), captioned("after"));
    map.getContainer().append(line, slider);
    slider.className = "cc-swipe-slider";
    L.DomEvent.disableClickPropagation(slider);
    show();
  }

  function captioned(key) {
    const made = element("span", "cc-swipe-" + key);
    inEveryLanguage(() => (made.textContent = common("sides", key)));
    return made;
  }

  /** @param {CompareConfig["maps"][0]} config */
  function caption(config) {
    const box = element("figcaption", "cc-caption");
    inEveryLanguage(() => {
      box.replaceChildren(element("h2", "", say(config.title)), element("div", "cc-quiet", say(config.subtitle)));
      config.summary.forEach((row) => {
        const figure = element("span", "cc-figure", say(row.label) + " ");
        figure.append(element("b", "", say(row.value)));
        box.append(figure);
      });
    });
    return box;
  }

  function prepare(config) {
    setLanguage(config.lang);
    addHatching();
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") page.maps.forEach((map) => map.closePopup());
    });
  }

  /** What every map answers to: its cells under the pointer, and controls in the page's language.
      @param {L.Map} map  @param {AroundConfig} config */
  function attend(map, config) {
    map.attributionControl.setPrefix(false);
    config.credits.forEach((text) => map.attributionControl.addAttribution(element("span", "", text).innerHTML));
    addNotice(map);
    L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
    map.on("click", (event) => {
      const grid = map.carecirclesGrid;
      if (!grid || page.isAdding) return;
      map.eachLayer((layer) => layer.closeTooltip && layer.closeTooltip());
      const touched = touchedPin(map, event);
      if (touched) {
        touched.openPopup();
        return;
      }
      L.popup({ maxWidth: 320 }).setLatLng(event.latlng)
        .setContent(grid.facts(event.latlng) || element("span", "", word("outside"))).openOn(map);
    });
    hoverGrid(map);
    addWhole(map, config);
    map.on("moveend zoomend resize", () => makeRoom(map));
    inEveryLanguage(() => {
      makeRoom(map);
      map.getContainer().setAttribute("aria-label", say(config.title));
      map.getContainer().setAttribute("role", "application");
      nameControls(map, config);
    });
  }

  const FINGER_PX = 16;

  /** The centre nearest to where a finger touched the map, which is wider than a small sign. */
  function touchedPin(map, { containerPoint, originalEvent }) {
    if (!L.Browser.mobile && originalEvent.pointerType !== "touch") return null;
    const far = (layer) => map.latLngToContainerPoint(layer.getLatLng()).distanceTo(containerPoint);
    const near = page.pins.filter((layer) => layer._map === map && layer.getElement().getClientRects().length && far(layer) <= FINGER_PX);
    return near.sort((a, b) => far(a) - far(b))[0] || null;
  }

  function addWhole(map, config) {
    const box = element("div", "leaflet-bar"), whole = button(() => word("whole"), " ", () => showWhole(map, config));
    whole.className = "cc-whole";
    box.append(whole);
    control(map, "topleft", box);
  }

  function addNotice(map) {
    const box = element("div", "cc-notice");
    box.setAttribute("role", "status");
    control(map, "bottomleft", box);
    let timer;
    page.notice = (text) => {
      box.textContent = text;
      clearTimeout(timer);
      timer = setTimeout(() => (box.textContent = ""), 4000);
    };
  }

  function hoverGrid(map) {
    const tip = L.tooltip({ className: "cc-tip", direction: "right", offset: [14, 0] });
    let pending = null;
    map.on("mousemove", (event) => {
      const grid = map.carecirclesGrid;
      if (!grid) return;
      const target = event.originalEvent.target;
      const isOther = target !== map.getContainer() && target.closest && target.closest(".leaflet-interactive");
      cancelAnimationFrame(pending);
      pending = requestAnimationFrame(() => {
        const told = isOther ? null : grid.facts(event.latlng);
        if (told) tip.setLatLng(event.latlng).setContent(told).addTo(map);
        else tip.remove();
      });
    });
    map.on("mouseout", () => tip.remove());
  }

  /* A link to the present view: #zoom/latitude/longitude */

  const LEVELS_OUT = 3; // from where the whole district is seen, as a link from a larger screen may be

  /** Show what a link asks for; false where it asks for no view of this district. */
  function followLink(map, { bounds }) {
    const [zoom, lat, lng, ...more] = location.hash.slice(1).split("/").map((part) => (part.trim() ? Number(part) : NaN));
    if (more.length || ![zoom, lat, lng].every(Number.isFinite)) return false;
    const isNear = L.latLngBounds(bounds).pad(0.5).contains([lat, lng]);
    if (!isNear || zoom > map.getMaxZoom() || zoom < map.getBoundsZoom(bounds) - LEVELS_OUT) return false;
    map.setView([lat, lng], zoom);
    return true;
  }

  /** Leaflet's own controls in the page's language.
      @param {L.Map} map  @param {AroundConfig} config */
  function nameControls(map, config) {
    const box = map.getContainer();
    const named = [[".leaflet-control-zoom-in", "zoomIn"], [".leaflet-control-zoom-out", "zoomOut"],
      [".leaflet-control-layers-toggle", "layers"]];
    named.forEach(([selector, key]) => {
      const found = /** @type {HTMLElement} */ (box.querySelector(selector));
      if (!found) return;
      found.title = word(key);
      found.setAttribute("aria-label", word(key));
    });
    box.querySelectorAll(".cc-group").forEach((heading) => heading.remove());
    const labels = [...box.querySelectorAll(".leaflet-control-layers-overlays label")];
    config.layers.forEach((group) => {
      const members = labels.filter((label) => group.layers.some((names) => isNamed(label, names)));
      if (members.length) members[0].before(element("div", "cc-group", say(group.name)));
    });
  }

  /** Whether a label of the layer control is the layer of that name; if so it is written anew. */
  function isNamed(label, names) {
    const text = label.querySelector("span span");
    const name = text.dataset.name || text.textContent.trim();
    if (names.en !== name && names.zh !== name) return false;
    text.dataset.name = name;
    text.textContent = " " + say(names);
    return true;
  }

  Object.assign(carecircles, { start, compare, entitle });
  return { start };
})();
