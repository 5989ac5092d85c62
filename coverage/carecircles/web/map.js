/* The script of carecircles' maps. Every text from a data file reaches the page through
   `textContent` or an attribute value, never as HTML. Units: metres, minutes, persons. */
"use strict";
window.carecircles = (function () {
  const page = { lang: "en", maps: [], grid: null, searchable: [], pins: [] };
  const translated = [];

  /* Words */

  const WORDS = {
    street: { en: "Street", zh: "街道" },
    nearest: { en: "Nearest centre", zh: "最近的中心" },
    nearestForMost: { en: "Nearest centre for most", zh: "多数人最近的中心" },
    servicesThere: { en: "Services there", zh: "该中心服务" },
    inStreet: { en: "somewhere in the street shown; its position is not known", zh: "位于所示街道内，具体位置不详" },
    distance: { en: "Distance", zh: "距离" },
    within: { en: "Centres within reach", zh: "可达中心数" },
    covered: { en: "Covered", zh: "已覆盖" },
    uncovered: { en: "Not covered", zh: "未覆盖" },
    gained: { en: "Gained", zh: "新增覆盖" },
    lost: { en: "Lost", zh: "失去覆盖" },
    before: { en: "Before", zh: "原方案" },
    after: { en: "After", zh: "新方案" },
    openHere: { en: "A new centre here", zh: "在此新开中心" },
    neighbour: { en: "neighbour", zh: "区外" },
    neighbourHere: { en: "beyond the border; it counts, and stays where it is", zh: "位于边界之外，计入覆盖，位置不变" },
    opened_here: { en: "opened", zh: "新开" },
    closed_here: { en: "closed", zh: "关闭" },
    moved_here: { en: "moved", zh: "迁移" },
    equipped_here: { en: "other services", zh: "服务调整" },
    showChange: { en: "What changes", zh: "变化" },
    showBoth: { en: "Before | after", zh: "前后对比" },
    swipe: { en: "Border between before and after", zh: "前后方案分界线" },
    outside: { en: "Outside the study area", zh: "不在研究区内" },
    services: { en: "Services", zh: "服务" },
    opened: { en: "Opened", zh: "开业" },
    closed: { en: "Closed", zh: "关闭" },
    capacity: { en: "Capacity", zh: "容量" },
    persons: { en: "persons", zh: "人" },
    beds: { en: "Beds", zh: "床位" },
    position: { en: "Position", zh: "位置" },
    source: { en: "Source", zh: "来源" },
    notKnown: { en: "not known", zh: "不详" },
    noCentre: { en: "no centre", zh: "没有中心" },
    legend: { en: "Legend", zh: "图例" },
    summary: { en: "Summary", zh: "汇总" },
    backup: { en: "two or more", zh: "两处以上" },
    search: { en: "Find a centre, street or community", zh: "查找中心、街道或社区" },
    nothing: { en: "nothing found", zh: "没有找到" },
    switchLanguage: { en: "中文", zh: "English" },
    fullscreen: { en: "Full screen", zh: "全屏" },
    print: { en: "Print", zh: "打印" },
    link: { en: "Copy link", zh: "复制链接" },
    copied: { en: "Link copied", zh: "链接已复制" },
    panel: { en: "Show or hide the panel", zh: "显示或隐藏面板" },
    layers: { en: "Layers", zh: "图层" },
    zoomIn: { en: "Zoom in", zh: "放大" },
    zoomOut: { en: "Zoom out", zh: "缩小" },
    whole: { en: "Whole district", zh: "显示全区" },
    unstated: { en: "What some of this rests on is not stated", zh: "部分数据未说明依据" },
    notes: { en: "Notes", zh: "说明" },
    tooFar: { en: "too far", zh: "超出" },
    area: { en: "Area", zh: "面积" },
    zone: { en: "Uncovered zone", zh: "未覆盖区" },
    meanDistance: { en: "Mean distance", zh: "平均距离" },
    noTiles: {
      en: "The base map could not be loaded; everything else is shown.",
      zh: "底图无法加载；其他内容照常显示。",
    },
    oldBrowser: {
      en: "This browser is too old to draw the grid; the other layers are shown.",
      zh: "浏览器版本过旧，无法绘制网格；其他图层照常显示。",
    },
  };
  const BASIS = {
    assumed: { en: "assumed", zh: "假定" },
    known: { en: "known", zh: "已知" },
    schematic: { en: "schematic", zh: "示意" },
    proposed: { en: "proposed", zh: "拟建" },
    "not stated": { en: "not stated", zh: "未说明" },
  };
  const SERVICES = {
    meals: { en: "meals", zh: "就餐" },
    medical: { en: "medical help", zh: "助医" },
    culture: { en: "culture and leisure", zh: "文化休闲" },
    health_post: { en: "health post", zh: "健康驿站" },
  };

  /** A text of ours or from data in the page's language. */
  function say(text) {
    return typeof text === "object" && text !== null ? text[page.lang] || text.en || text.zh : text;
  }
  const word = (key) => say(WORDS[key]);

  /** Keep `update` to run now and whenever the language changes. */
  function inEveryLanguage(update) {
    translated.push(update);
    update();
  }
  function setLanguage(lang) {
    page.lang = lang;
    if (page.config) document.title = say(page.config.title);
    page.maps.forEach((map) => map.closePopup());
    document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
    translated.forEach((update) => update());
  }

  /** Rounded as the tables and files of carecircles are: to three decimals, then halves to even. */
  function whole(n) {
    const near = Math.round(n * 1000) / 1000, below = Math.floor(near);
    return near - below === 0.5 ? below + (below % 2 ? 1 : 0) : Math.round(near);
  }
  const grouped = new Intl.NumberFormat("en-US");
  const count = (n) => grouped.format(whole(n) + 0);
  const metres = (n) => count(n) + " m";
  const percent = (n) => (n === null ? "–" : (whole(1000 * n) / 10).toFixed(1) + " %");
  const minutes = (n) => n.toFixed(1) + (page.lang === "zh" ? " 分钟" : " min");

  /* Elements */

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function facts(title, rows) {
    const box = element("div", "cc-facts");
    if (title) box.append(element("div", "cc-facts-title", title));
    const table = element("table");
    rows.forEach(([label, value, className]) => {
      const row = table.insertRow();
      row.append(element("th", "", label), element("td", className || "", value));
    });
    box.append(table);
    return box;
  }

  /** A button that stays on the page. */
  function button(label, shown, act) {
    const [made, name] = namedButton(label, shown, act);
    inEveryLanguage(name);
    return made;
  }
  /** A button in what is made anew whenever it is shown, in the language of that moment. */
  function passingButton(label, shown, act) {
    const [made, name] = namedButton(label, shown, act);
    name();
    return made;
  }
  function namedButton(label, shown, act) {
    const made = element("button", "cc-button");
    made.type = "button";
    made.addEventListener("click", act);
    return [made, () => {
      made.textContent = shown || label();
      made.title = label();
      made.setAttribute("aria-label", label());
    }];
  }

  /* Layers */

  const UNCOVERED = "#c2410c";
  const DEPTHS = ["#fed7aa", "#c7dcf5", "#85b4ea", "#4f86d6", "#2f5bab"];
  const SHARES = [
    [0.95, "#08519c"],
    [0.85, "#3182bd"],
    [0.7, "#6baed6"],
    [0.5, "#bdd7e7"],
    [0, "#eff3ff"],
  ];
  const shareColour = (share) => (SHARES.find(([least]) => share >= least) || SHARES[4])[1];

  function geometryLayer(geometry, style) {
    return L.geoJSON(geometry, { style: () => style }).getLayers()[0];
  }

  function pane(name, zIndex) {
    return { name, zIndex };
  }
  const PANES = [
    pane("cc-grid", 340), pane("cc-fill", 350), pane("cc-zones", 360),
    pane("cc-circles", 370), pane("cc-circles-before", 371), pane("cc-circles-after", 371),
    pane("cc-lines", 380), pane("cc-names", 610), pane("cc-centres", 620),
    pane("cc-centres-before", 621), pane("cc-centres-after", 621),
  ];
  const SIDES = ["before", "after"];

  /** Streets filled by the share of people who are covered. */
  function streets(data) {
    const group = L.featureGroup([], { pane: "cc-fill" });
    group.on("add", () => document.body.classList.add("cc-shares"));
    group.on("remove", () => document.body.classList.remove("cc-shares"));
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

  function streetFacts(street, { people, left }) {
    return facts(say(street.name), [
      [say(people), count(street.people)],
      [word("covered"), percent(street.covered)],
      [word("backup"), percent(street.backup)],
      [say(left), count(street.left)],
      [word("meanDistance"), street.mean_distance_m === null ? "–" : metres(street.mean_distance_m)],
    ]);
  }

  /* Names that make room for each other: of those that would lie upon one another the first stays */

  /** Names of a layer, the larger thing first; `left` says that they stand beside their point. */
  function named(group, labels, { rank = 0, left = false } = {}) {
    const made = labels.map((label) => ({ wide: Infinity, ...label, rank, left, width: 0 }));
    inEveryLanguage(() => made.forEach((name) => (name.width = 0)));
    group.on("add", ({ target }) => {
      const map = target._map;
      map.carecirclesNames = [...(map.carecirclesNames || []), ...made].sort((a, b) => a.rank - b.rank);
      makeRoom(map);
    });
    group.on("remove", ({ target }) => {
      const map = target._map || target._mapToAdd;
      if (map) map.carecirclesNames = map.carecirclesNames.filter((name) => !made.includes(name));
      if (map) makeRoom(map);
    });
  }

  const NAME_HEIGHT = 15, NAME_GAP = 3;
  const WIDEST_NAME = 3; // times as wide as what it names

  function makeRoom(map) {
    const names = map.carecirclesNames, size = map.getSize();
    if (!names || !size.x || !size.y) return;
    names.forEach((name) => { name.width = name.width || name.text.offsetWidth; });
    const taken = [];
    const degree = (256 * Math.pow(2, map.getZoom())) / 360;
    names.forEach(({ marker, text, width, left, wide }) => {
      const { x, y } = map.latLngToContainerPoint(marker.getLatLng());
      const from = left ? x - 5 : x - width / 2, box = [from - NAME_GAP, y - NAME_HEIGHT / 2, from + width + NAME_GAP, y + NAME_HEIGHT / 2];
      const isNear = box[2] > -size.x / 2 && box[0] < 1.5 * size.x && box[3] > -size.y / 2 && box[1] < 1.5 * size.y;
      const isFree = isNear && width <= WIDEST_NAME * wide * degree && !taken.some((other) =>
        box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3]);
      if (isFree) taken.push(box);
      text.classList.toggle("cc-crowded", !isFree);
    });
  }

  const extent = ([[south, west], [north, east]]) => (north - south) * (east - west);

  /** Street borders and names; always readable above the other layers. */
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
  };

  /** Care circles; half-axes in degrees, so that they are circles in the CRS the figures use. */
  function circles(data) {
    const turns = Array.from({ length: 96 }, (_, k) => (k * Math.PI) / 48);
    return L.featureGroup(data.map((circle) => L.polygon(
      turns.map((t) => [circle.lat + circle.half_lat * Math.sin(t),
        circle.lon + circle.half_lon * Math.cos(t)]),
      { pane: { gone: "cc-circles-before", new: "cc-circles-after" }[circle.change] || "cc-circles",
        interactive: false, fill: false, ...CIRCLES[circle.change || "same"] },
    )));
  }

  /** Uncovered zones, ranked by the people in them. */
  function zones({ zones: list, people }) {
    return L.featureGroup(list.map((zone) => {
      const layer = geometryLayer(zone.geometry, {
        pane: "cc-zones", className: "cc-zone", color: UNCOVERED, weight: 1.5, fillOpacity: 1,
      });
      layer.bindTooltip(() => zoneFacts(zone, people), { sticky: true, className: "cc-tip" });
      nameForReaders(layer, () => word("zone") + " " + zone.zone + ": " + count(zone.people) + " " + say(people));
      return layer;
    }));
  }

  function zoneFacts(zone, people) {
    const rows = [
      [say(people), count(zone.people)],
      [word("street"), zone.streets.map(say).join(page.lang === "zh" ? "、" : ", ")],
      [word("area"), zone.area_km2.toFixed(2) + " km²"],
    ];
    if (zone.nearest !== null) {
      rows.push(
        [word("nearestForMost"), say(zone.nearest)],
        [word("meanDistance"), metres(zone.distance_m)],
        [word("tooFar"), metres(zone.too_far_m)],
      );
    }
    return facts(word("zone") + " " + zone.zone, rows);
  }

  const CHANGED = { opened: "#004b75", closed: "#9a3412", moved: "#7e22ce", equipped: "#047857" };

  const TINTS = { opened: "#bfe3f5", moved: "#ead6fb", equipped: "#d1fae5" };
  const CLOSED = "#5f1d00";
  const CENTRE = "#be123c";
  /** Ink and fill of a centre by what its position rests on; what is not stated is not assumed. */
  const POSITIONS = {
    known: ["#ffffff", CENTRE], assumed: [CENTRE, "#ffffff"], proposed: [CHANGED.opened, TINTS.opened],
    unstated: [CENTRE, "#f0a3b4"],
  };
  const positionOf = (basis) => (Object.hasOwn(POSITIONS, basis) ? basis : "unstated");

  const NEIGHBOUR = "#475569";

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
    return Math.max(3, Math.min(L.Browser.mobile ? 9 : 6, 6 + 1.5 * (map.getZoom() - 12.75)));
  }
  function resized(group, set) {
    let map = null;
    const resize = () => set(pinRadius(map));
    group.on("add", () => { map = group._map; resize(); map.on("zoomend", resize); });
    group.on("remove", () => map && map.off("zoomend", resize));
  }

  /** Centres, drawn by what their position rests on, dotted beyond the border; those that change are marked, and beside that
      drawn as they are before and after, for the view of both beside each other. */
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
    const marks = [...(centre.neighbour ? ["neighbour"] : []), ...(change ? [change + "_here"] : [])];
    const name = () => say(centre.name) + marks.map((mark) => ` (${word(mark)})`).join("");
    layer.bindPopup(() => centreFacts(centre), { maxWidth: 320 });
    layer.bindTooltip(() => element("span", "", name()), { className: "cc-tip" });
    nameForReaders(layer, name);
    page.pins.push(layer);
    return layer;
  }

  /** What closing each centre would lose, as circles whose area is the people. */
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

  /** The services of a centre and on what they rest. */
  function servicesOf({ services, services_basis: rests }) {
    if (!services.length) return word("notKnown");
    const named = services.map((s) => (Object.hasOwn(SERVICES, s) ? say(SERVICES[s]) : s))
      .join(page.lang === "zh" ? "、" : ", ");
    return rests === "not stated" ? named : `${named} (${basis(rests)})`;
  }
  const basis = (name) => (Object.hasOwn(BASIS, name) ? say(BASIS[name]) : name);

  function centreFacts(centre) {
    const rows = [
      ["ID", centre.id],
      [word("street"), centre.neighbour ? word("neighbourHere") : say(centre.street)],
      [word("services"), servicesOf(centre)],
      [word("opened"), centre.opened || word("notKnown")],
      [word("capacity"), centre.capacity === null ? word("notKnown")
        : count(centre.capacity) + " " + word("persons")],
      ...(typeof centre.beds === "number" ? [[word("beds"), count(centre.beds)]] : []),
      [word("position"), basis(centre.basis), "cc-basis"],
    ];
    if (centre.closed) rows.splice(4, 0, [word("closed"), centre.closed]);
    if (centre.source) rows.push([word("source"), centre.source]);
    return facts(say(centre.name), rows);
  }

  /* The grid: cells painted pixel by pixel on one canvas.

     `lattice` gives the grid column and row of nodes regular in Web Mercator; between them both are
     interpolated. Painting, hover and click ask the same function, so they cannot disagree. */

  const mercatorX = (lon) => lon / 360 + 0.5;
  const mercatorY = (lat) =>
    0.5 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI);

  async function unpack({ packed: text, bytes }) {
    const packed = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    const buffer = await new Response(stream).arrayBuffer();
    return new { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array }[bytes](buffer);
  }

  /** Cells painted in `signs`: `shade` holds for each cell the number of its sign, 0 for none.
      Left of `split` (pixels of the map) `shadeBefore` is painted instead. */
  const Grid = L.Layer.extend({
    options: { pane: "cc-grid", padding: 0.2 },

    initialize(data, signs) {
      this.data = data;
      this.split = 0;
      const every = [{ paper: "#000000" }, ...signs];
      this.papers = Uint32Array.from(every.map((sign) => rgba(sign.paper, 255)));
      this.inks = Uint32Array.from(every.map((sign) => rgba(sign.ink || sign.paper, 255)));
      this.slants = Int8Array.from(every.map((sign) => sign.slant || 0));
      const names = Object.keys(data.arrays);
      this.ready = typeof DecompressionStream === "undefined" ? Promise.reject(new Error("old"))
        : Promise.all(names.map((name) => unpack(data.arrays[name])))
          .then((arrays) => {
            arrays.forEach((array, n) => (this[names[n]] = array));
            this.prepare();
          });
      page.grid = page.grid || this;
    },

    onAdd(map) {
      map.carecirclesGrid = this;
      this.canvas = element("canvas", "cc-grid leaflet-zoom-animated");
      this.getPane().append(this.canvas);
      map.on("moveend resize", this.paint, this);
      map.on("zoomanim", this.follow, this);
      this.ready.then(() => this.paint(), () => page.notice && page.notice(word("oldBrowser")));
    },

    onRemove(map) {
      map.off("moveend resize", this.paint, this);
      map.off("zoomanim", this.follow, this);
      map.carecirclesGrid = null;
      this.canvas.remove();
      this.canvas = this.image = null;
    },

    /** Column and row of the grid at a point of Web Mercator (0..1), as fractions. */
    locate(x, y) {
      const t = this.data.lattice, n = t.n;
      const i = ((x - t.x0) / (t.x1 - t.x0)) * n, j = ((y - t.y0) / (t.y1 - t.y0)) * n;
      const a = Math.min(Math.max(Math.floor(i), 0), n - 1), b = Math.min(Math.max(Math.floor(j), 0), n - 1);
      const p = i - a, q = j - b, k = b * (n + 1) + a;
      const mix = (v) => (1 - q) * ((1 - p) * v[k] + p * v[k + 1]) + q * ((1 - p) * v[k + n + 1] + p * v[k + n + 2]);
      return [mix(t.col), mix(t.row)];
    },

    /** Number, row, column and centre (metres) of the cell at a place, or null where there is none. */
    at(latlng) {
      if (!this.shade) return null;
      const [u, v] = this.locate(mercatorX(latlng.lng), mercatorY(latlng.lat));
      const col = Math.floor(u), row = Math.floor(v), data = this.data;
      if (col < 0 || row < 0 || col >= data.cols || row >= data.rows) return null;
      const index = row * data.cols + col;
      if (!this.shade[index]) return null;
      return { index, row, col, x: data.x0 + (col + 0.5) * data.cell, y: data.y0 + (row + 0.5) * data.cell };
    },

    follow(event) {
      if (!this.corner) return;
      const map = this._map;
      const scale = map.getZoomScale(event.zoom, this.zoom);
      const offset = map._latLngToNewLayerPoint(this.corner, event.zoom, event.center);
      L.DomUtil.setTransform(this.canvas, offset, scale);
    },

    paint() {
      if (!this.canvas || !this.shade) return;
      const map = this._map, size = map.getSize(), ratio = Math.min(window.devicePixelRatio || 1, 2);
      const pad = size.multiplyBy(this.options.padding).floor();
      const topLeft = map.containerPointToLayerPoint(pad.multiplyBy(-1));
      const width = size.x + 2 * pad.x, height = size.y + 2 * pad.y;
      if (!width || !height) return; // a frame that is not shown yet; painted when it gets a size
      this.zoom = map.getZoom();
      this.corner = map.layerPointToLatLng(topLeft);
      const canvas = this.canvas;
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.width = width + "px";
      canvas.style.height = height + "px";
      L.DomUtil.setTransform(canvas, topLeft, 1);
      this.context = canvas.getContext("2d");
      this.image = this.context.createImageData(canvas.width, canvas.height);
      this.view = { ratio, topLeft, pad: pad.x, world: 256 * Math.pow(2, this.zoom) * ratio,
        origin: map.getPixelOrigin().add(topLeft).multiplyBy(ratio) };
      this.fill(0, 0, canvas.width, canvas.height);
      this.painted = this.painted || performance.now();
      this.fire("painted");
    },

    /** Paint anew what lies within bounds (degrees), after cells there have changed. */
    repaint(bounds) {
      if (!this.image || this._map._animatingZoom) return;
      const { ratio, topLeft } = this.view, { width, height } = this.image;
      const corner = (place) => this._map.latLngToLayerPoint(place).subtract(topLeft).multiplyBy(ratio);
      const from = corner(bounds.getNorthWest()), to = corner(bounds.getSouthEast());
      this.fill(Math.max(0, Math.floor(from.x) - 2), Math.max(0, Math.floor(from.y) - 2),
        Math.min(width, Math.ceil(to.x) + 2), Math.min(height, Math.ceil(to.y) + 2));
    },

    /** The pixels of a part of the canvas. */
    fill(left, top, right, bottom) {
      if (left >= right || top >= bottom) return;
      const pixels = new Uint32Array(this.image.data.buffer), { width } = this.image;
      const { origin, world, ratio, pad } = this.view;
      const t = this.data.lattice, n = t.n, { rows, cols } = this.data;
      const { shade, papers, inks, slants } = this, shadeBefore = this.shadeBefore || shade;
      const split = Math.round((this.split + pad) * ratio);
      const step = ((t.x1 - t.x0) / n) * world, start = t.x0 * world - origin.x;
      const from = Math.max(left, Math.ceil(start)), to = Math.min(right, Math.floor(start + n * step));
      for (let py = top; py < bottom; py++) {
        const j = (((origin.y + py + 0.5) / world - t.y0) / (t.y1 - t.y0)) * n;
        if (j < 0 || j > n) continue;
        const b = Math.min(Math.floor(j), n - 1), q = j - b, k = b * (n + 1);
        const node = (v, a) => (1 - q) * v[k + a] + q * v[k + n + 1 + a];
        const down = origin.y + py;
        for (let a = 0; a < n; a++) {
          const first = Math.max(from, Math.round(start + a * step));
          const last = Math.min(to, Math.round(start + (a + 1) * step));
          if (first >= last) continue;
          const du = (node(t.col, a + 1) - node(t.col, a)) / step;
          const dv = (node(t.row, a + 1) - node(t.row, a)) / step;
          const lead = first + 0.5 - (start + a * step);
          let u = node(t.col, a) + lead * du, v = node(t.row, a) + lead * dv;
          for (let px = first, run; px < last; px += run, u += run * du, v += run * dv) {
            // The pixels up to where the line leaves this cell are all of one sign.
            const col = Math.floor(u), line = Math.floor(v);
            const across = (col + 1 - u) / du, along = dv > 0 ? (line + 1 - v) / dv : dv < 0 ? (line - v) / dv : Infinity;
            const end = px < split ? Math.min(last, split) : last;
            run = Math.max(1, Math.min(Math.ceil(Math.min(across, along)), end - px));
            if (col < 0 || line < 0 || col >= cols || line >= rows) continue;
            const sign = (px < split ? shadeBefore : shade)[line * cols + col];
            if (!sign) continue;
            const slant = slants[sign], paper = papers[sign], ink = inks[sign];
            const low = py * width + px, high = low + run;
            if (!slant) {
              for (let k = low; k < high; k++) pixels[k] = paper;
            } else {
              const phase = px - low + origin.x + slant * down;
              for (let k = low; k < high; k++) pixels[k] = ((k + phase) & 7) < 2 ? ink : paper;
            }
          }
        }
      }
      this.context.putImageData(this.image, 0, 0, left, top, right - left, bottom - top);
    },
  });

  function rgba(hex, alpha) {
    const n = parseInt(hex.slice(1), 16);
    return ((alpha << 24) | ((n & 255) << 16) | (((n >> 8) & 255) << 8) | (n >> 16)) >>> 0;
  }

  /* Signs of cells: paper, and where hatched the ink and which way it slants */

  const UNCOVERED_SIGN = { paper: DEPTHS[0], ink: UNCOVERED, slant: 1 };
  const DEPTH_SIGNS = [UNCOVERED_SIGN, ...DEPTHS.slice(1).map((paper) => ({ paper }))];
  const CHANGE_SIGNS = {
    covered: { paper: "#dbe7f3" },
    gained: { paper: "#0072b2" },
    lost: { paper: "#e8702a", ink: "#5f1d00", slant: -1 },
    uncovered: { paper: "#ffe9cf", ink: "#c9a27c", slant: 1 },
  };
  const GAIN_SIGNS = ["#f1f5f9", "#d9f0d3", "#a6dba0", "#5aae61", "#1b7837", "#00441b"]
    .map((paper) => ({ paper }));

  /** The sign of each cell by depth: 1 uncovered, then one, two, three, four centres or more. */
  function shadeByDepth(street, depth) {
    const most = DEPTHS.length - 1;
    return Uint8Array.from(street, (code, k) => (code ? Math.min(depth[k], most) + 1 : 0));
  }

  function nearestTo(centres, x, y) {
    let nearest = null, distance = Infinity;
    centres.forEach((centre) => {
      const d = Math.hypot(centre.x - x, centre.y - y);
      if (d < distance) { distance = d; nearest = centre; }
    });
    return { nearest, distance: nearest ? distance : null };
  }

  const Coverage = Grid.extend({
    prepare() {
      this.shade = shadeByDepth(this.street, this.depth);
    },
    /** The cell at a place with what is known of it, or null where there is none. */
    cellAt(latlng) {
      const cell = this.at(latlng);
      if (!cell) return null;
      const street = this.data.streets[this.street[cell.index] - 1];
      return { ...cell, depth: this.depth[cell.index], street: street.name,
        label: this.data.people, people: street.people_a_cell, ...nearestTo(this.data.centres, cell.x, cell.y) };
    },
    facts(latlng) {
      const cell = this.cellAt(latlng);
      return cell && cellFacts(cell, this.data.standard);
    },
  });

  /** The grid's cells by depth. */
  function grid(data) {
    return new Coverage(data, DEPTH_SIGNS);
  }

  function cellFacts(cell, standard) {
    const rows = [
      [word("street"), say(cell.street)],
      [word("within"), String(cell.depth)],
      [word("nearest"), cell.nearest ? say(cell.nearest.name) : word("noCentre")],
    ];
    if (cell.nearest) {
      rows.push(
        [word("distance"), metres(cell.distance) + " · " +
          minutes((cell.distance / standard.metres) * standard.minutes)],
        [word("position"), basis(cell.nearest.basis)],
        [word("servicesThere"), servicesOf(cell.nearest)],
      );
    }
    rows.push([say(cell.label), cell.people.toFixed(1)]);
    return facts(word(cell.depth > 0 ? "covered" : "uncovered"), rows);
  }

  /** What changes from one plan to another; or, with `swipe`, the depths of both beside each other. */
  const Change = Grid.extend({
    prepare() {
      const { street, before, after } = this;
      this.changed = Uint8Array.from(street, (code, k) =>
        (code ? 1 + (before[k] ? (after[k] ? 0 : 2) : after[k] ? 1 : 3) : 0));
      this.depths = [before, after].map((depth) =>
        shadeByDepth(street, depth).map((sign) => (sign ? sign + 4 : 0)));
      this.shade = this.changed;
    },
    /** Show the plan before left of a pixel of the map and the plan after right of it; null for changes. */
    swipe(split) {
      const isOff = split === null;
      [this.shadeBefore, this.shade] = isOff ? [null, this.changed] : this.depths;
      this.split = isOff ? 0 : split;
      if (this.image) this.fill(0, 0, this.image.width, this.image.height);
    },
    facts(latlng) {
      const cell = this.at(latlng);
      if (!cell) return null;
      const street = this.data.streets[this.street[cell.index] - 1];
      const both = [this.before, this.after].map((depth, n) => {
        const { nearest, distance } = nearestTo(this.data.centres[n], cell.x, cell.y);
        return { depth: depth[cell.index], nearest, distance };
      });
      const status = ["covered", "gained", "lost", "uncovered"][this.changed[cell.index] - 1];
      const tell = ({ depth, nearest, distance }) => nearest
        ? `${depth} · ${say(nearest.name)}, ${metres(distance)}` : word("noCentre");
      return facts(word(status), [
        [word("street"), say(street.name)],
        [word("before"), tell(both[0])],
        [word("after"), tell(both[1])],
        [say(this.data.people), street.people_a_cell.toFixed(1)],
      ]);
    },
  });

  function change(data) {
    return new Change(data, [...Object.values(CHANGE_SIGNS), ...DEPTH_SIGNS]);
  }

  /** How many people a centre at each cell would gain, in classes. */
  const Gain = Grid.extend({
    prepare() {
      const { classes } = this.data;
      this.shade = Uint8Array.from(this.street, (code, k) =>
        (code ? 1 + classes.filter((least) => this.gain[k] >= least).length : 0));
    },
    facts(latlng) {
      const cell = this.at(latlng);
      if (!cell) return null;
      return facts(word("openHere"), [
        [word("street"), say(this.data.streets[this.street[cell.index] - 1].name)],
        [say(this.data.label), count(this.gain[cell.index])],
      ]);
    },
  });

  function gain(data) {
    return new Gain(data, GAIN_SIGNS);
  }

  /* Base maps from the network, each in its own datum

     `toPixels` and `fromPixels` lead between WGS84 and the provider's own pixels; every tile is put
     where its corners belong on the ground. */

  const SEMI_MAJOR = 6378245.0, ECCENTRICITY = 0.00669342162296594323, WAVE = (Math.PI * 3000) / 180;

  function wgs84ToGcj02({ lat, lng }) {
    if (lng < 72.004 || lng > 137.8347 || lat < 0.8293 || lat > 55.8271) return L.latLng(lat, lng);
    const x = lng - 105, y = lat - 35, pi = Math.PI, sin = Math.sin;
    const ripple = 20 * sin(6 * pi * x) + 20 * sin(2 * pi * x);
    const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) +
      (ripple + 20 * sin(pi * y) + 40 * sin((pi * y) / 3) + 160 * sin((pi * y) / 12) + 320 * sin((pi * y) / 30)) * 2 / 3;
    const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) +
      (ripple + 20 * sin(pi * x) + 40 * sin((pi * x) / 3) + 150 * sin((pi * x) / 12) + 300 * sin((pi * x) / 30)) * 2 / 3;
    const phi = (lat * pi) / 180, squared = 1 - ECCENTRICITY * sin(phi) ** 2, w = Math.sqrt(squared);
    return L.latLng(
      lat + (north * 180) / (((SEMI_MAJOR * (1 - ECCENTRICITY)) / (squared * w)) * pi),
      lng + (east * 180) / ((SEMI_MAJOR / w) * Math.cos(phi) * pi),
    );
  }

  function gcj02ToBd09({ lat, lng }) {
    const radius = Math.hypot(lng, lat) + 2e-5 * Math.sin(lat * WAVE);
    const angle = Math.atan2(lat, lng) + 3e-6 * Math.cos(lng * WAVE);
    return L.latLng(radius * Math.sin(angle) + 0.006, radius * Math.cos(angle) + 0.0065);
  }

  const DATUMS = {
    wgs84: (place) => place,
    cgcs2000: (place) => place,
    gcj02: wgs84ToGcj02,
    bd09: (place) => gcj02ToBd09(wgs84ToGcj02(place)),
  };

  /** Where `forward` lands on `target`; the shifts change little from step to step. */
  function invert(forward, target) {
    let place = target;
    for (let round = 0; round < 8; round++) {
      const there = forward(place);
      place = L.latLng(place.lat - there.lat + target.lat, place.lng - there.lng + target.lng);
    }
    return place;
  }

  const Tiles = L.TileLayer.extend({
    options: { noWrap: true, updateWhenZooming: false },

    initialize(url, options) {
      L.TileLayer.prototype.initialize.call(this, url, options);
      this.on("tileloadstart", ({ tile, coords }) => {
        const size = this.getTileSize(), origin = this._getTilePos(coords);
        const east = this.place(coords, 1, 0).subtract(this.place(coords, 0, 0)).unscaleBy(size);
        const south = this.place(coords, 0, 1).subtract(this.place(coords, 0, 0)).unscaleBy(size);
        tile.style.transformOrigin = "0 0";
        tile.style.transform =
          `matrix(${east.x}, ${(east.y * size.y) / size.x}, ${(south.x * size.x) / size.y}, ${south.y}, ` +
          `${origin.x}, ${origin.y})`; // BD-09 turns and shears by up to 2 %
      });
    },
    /** Where a corner of a tile belongs on the map; (0, 0) is its north-west. */
    place(coords, east, south) {
      const pixels = L.point(coords.x + east, coords.y + south).scaleBy(this.getTileSize());
      return this._map.project(this.fromPixels(pixels, coords.z), coords.z);
    },
    toPixels(place, zoom) {
      return this._map.project(DATUMS[this.options.datum](place), zoom);
    },
    fromPixels(pixels, zoom) {
      return invert(DATUMS[this.options.datum], this._map.unproject(pixels, zoom));
    },
    _getTiledPixelBounds(centre) {
      const map = this._map;
      const zoom = map._animatingZoom ? Math.max(map._animateToZoom, map.getZoom()) : map.getZoom();
      const scale = map.getZoomScale(zoom, this._tileZoom);
      const middle = this.toPixels(centre, this._tileZoom).floor();
      const half = map.getSize().divideBy(scale * 2);
      return L.bounds(middle.subtract(half), middle.add(half));
    },
    _getTilePos(coords) {
      return this.place(coords, 0, 0).subtract(this._level.origin);
    },
    _isValidTile: () => true,
    /** As Leaflet's own, but not rounded to whole pixels, which are 30 m at zoom 12. */
    _setZoomTransform(level, centre, zoom) {
      const scale = this._map.getZoomScale(zoom, level.zoom);
      const offset = level.origin.multiplyBy(scale).subtract(this._map._getNewPixelOrigin(centre, zoom));
      L.DomUtil.setTransform(level.el, offset, scale);
    },
  });

  /* Baidu counts its tiles northwards from the equator on a Mercator of its own: by bands of
     latitude, a polynomial of degree six. The coefficients are those of Baidu's public script. */
  const BAIDU_BANDS = [
    [60, [0.0008277824516172526, 111320.7020463578, 647795574.6671607, -4082003173.641316, 10774905663.51142, -15171875531.51559, 12053065338.62167, -5124939663.577472, 913311935.9512032, 67.5]],
    [45, [0.00337398766765, 111320.7020202162, 4481351.045890365, -23393751.19931662, 79682215.47186455, -115964993.2797253, 97236711.15602145, -43661946.33752821, 8477230.501135234, 52.5]],
    [30, [0.00220636496208, 111320.7020209128, 51751.86112841131, 3796837.749470245, 992013.7397791013, -1221952.21711287, 1340652.697009075, -620943.6990984312, 144416.9293806241, 37.5]],
    [15, [-0.0003441963504368392, 111320.7020576856, 278.2353980772752, 2485758.690035394, 6070.750963243378, 54821.18345352118, 9540.606633304236, -2710.55326746645, 1405.483844121726, 22.5]],
    [0, [-0.0003218135878613132, 111320.7020701615, 0.00369383431289, 823725.6402795718, 0.46104986909093, 2351.343141331292, 1.58060784298199, 8.77738589078284, 0.37238884252424, 7.45]],
  ];
  const BAIDU_METRES_A_DEGREE = 111320.7;

  function baiduMercator({ lat, lng }) {
    const [, c] = BAIDU_BANDS.find(([least]) => Math.abs(lat) >= least) || BAIDU_BANDS[0];
    const t = Math.abs(lat) / c[9];
    const y = c[2] + t * (c[3] + t * (c[4] + t * (c[5] + t * (c[6] + t * (c[7] + t * c[8])))));
    return L.point((c[0] + c[1] * Math.abs(lng)) * Math.sign(lng), y * Math.sign(lat));
  }

  const BaiduTiles = Tiles.extend({
    /** Baidu's zoom 18 has a metre a pixel; ours is the next coarser one, shown a little smaller. */
    scaleAt: (zoom) => (256 * 2 ** zoom) / 360 / BAIDU_METRES_A_DEGREE, // pixels a metre
    getTileSize() {
      const side = 256 * 2 ** (18 - (this._tileZoom + 1)) * this.scaleAt(this._tileZoom);
      return L.point(side, side);
    },
    toPixels(place, zoom) {
      const there = baiduMercator(DATUMS.bd09(place)), scale = this.scaleAt(zoom);
      return L.point(there.x * scale, -there.y * scale);
    },
    fromPixels(pixels, zoom) {
      const scale = this.scaleAt(zoom), wanted = L.point(pixels.x / scale, -pixels.y / scale);
      let place = L.latLng(wanted.y / BAIDU_METRES_A_DEGREE / 1.2, wanted.x / BAIDU_METRES_A_DEGREE);
      for (let round = 0; round < 12; round++) {
        const there = baiduMercator(place);
        const steep = (baiduMercator(L.latLng(place.lat + 1e-4, place.lng)).y - there.y) / 1e-4;
        place = L.latLng(place.lat - (there.y - wanted.y) / steep,
          place.lng - (there.x - wanted.x) / BAIDU_METRES_A_DEGREE);
      }
      return invert(DATUMS.bd09, place);
    },
    getTileUrl(coords) {
      return L.Util.template(this._url, { s: this._getSubdomain(coords), x: coords.x,
        y: -1 - coords.y, z: coords.z + 1 });
    },
  });

  /** A base map from the network, moved from its own datum to where it belongs. */
  function tiles(data) {
    const attribution = element("span", "", data.attribution).innerHTML;
    const options = { datum: data.datum, subdomains: data.subdomains, maxZoom: 22,
      maxNativeZoom: data.max_zoom, attribution };
    const layer = new (data.scheme === "baidu" ? BaiduTiles : Tiles)(data.url, options);
    layer.on("add", () => document.body.classList.add("cc-tiles"));
    layer.on("remove", () => document.body.classList.remove("cc-tiles"));
    layer.once("tileerror", () => page.notice && page.notice(word("noTiles")));
    page.tiles = layer;
    return layer;
  }

  /** Stations and other places to find one's way by; places without a point are only found. */
  function places(data) {
    const group = L.featureGroup(), labels = [];
    data.forEach((place) => {
      if (place.lat === null) {
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

  /* The page around the map */

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

  /** A map of others' layers with a title. */
  function entitle(map, config) {
    setLanguage(config.lang);
    addTitle(config);
    map.invalidateSize({ animate: false });
  }

  function showWhole(map, config) {
    map.fitBounds(config.bounds, { padding: [12, 12], animate: false });
  }

  /** Several maps side by side that move together. */
  function compare(maps, config) {
    page.maps = maps;
    page.map = maps[0];
    page.config = config;
    prepare(config);
    document.body.classList.add("cc-compare");
    const across = maps.length === 4 ? 2 : Math.min(maps.length, 3);
    document.body.style.setProperty("--across", across);
    document.body.style.setProperty("--down", maps.length > 3 ? 2 : 1); // on a printed sheet
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
    inEveryLanguage(() => (made.textContent = word(key)));
    return made;
  }

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

  /** A part that folds to one line. */
  function foldable(className, title, content) {
    const made = element("details", className), head = element("summary");
    made.append(head);
    inEveryLanguage(() => {
      head.textContent = title();
      made.replaceChildren(head, ...content());
    });
    return made;
  }

  function prepare(config) {
    setLanguage(config.lang);
    addHatching();
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") page.maps.forEach((map) => map.closePopup());
    });
  }

  /** What every map answers to: its cells under the pointer, and controls in the page's language. */
  function attend(map, config) {
    map.attributionControl.setPrefix(false);
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

  /** Oblique lines for uncovered areas, so that a print in black and white still tells. */
  function addHatching() {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    svg.setAttribute("class", "cc-hatching");
    svg.setAttribute("aria-hidden", "true");
    const pattern = document.createElementNS(space, "pattern");
    const attributes = { id: "cc-hatch", width: 7, height: 7, patternUnits: "userSpaceOnUse",
      patternTransform: "rotate(45)" };
    Object.entries(attributes).forEach(([k, v]) => pattern.setAttribute(k, v));
    [["#fed7aa", 7], [UNCOVERED, 2]].forEach(([fill, width]) => {
      const stripe = document.createElementNS(space, "rect");
      Object.entries({ width, height: 7, fill }).forEach(([k, v]) => stripe.setAttribute(k, v));
      pattern.append(stripe);
    });
    const arrow = document.createElementNS(space, "marker"), head = document.createElementNS(space, "path");
    Object.entries({ id: "cc-arrow", viewBox: "0 0 10 10", refX: 16, refY: 5, markerWidth: 5,
      markerHeight: 5, orient: "auto" }).forEach(([k, v]) => arrow.setAttribute(k, v));
    Object.entries({ d: "M0 0L10 5L0 10z", fill: CHANGED.moved }).forEach(([k, v]) => head.setAttribute(k, v));
    arrow.append(head);
    svg.append(pattern, arrow);
    document.body.append(svg);
  }

  function control(map, position, box) {
    const made = L.control({ position });
    made.onAdd = () => box;
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    return made.addTo(map);
  }

  function addTitle(config) {
    const box = element("header", "cc-title");
    inEveryLanguage(() => {
      const lines = [element("h1", "", say(config.title))];
      if (config.subtitle) lines.push(element("p", "", say(config.subtitle)));
      box.querySelectorAll("h1, p:not(details p)").forEach((old) => old.remove());
      box.prepend(...lines);
    });
    const paragraphs = (some) => () => some.map((line) => element("p", "", say(line)));
    config.assumptions.forEach((line) => box.append(foldable("cc-assumed", () => say(line), () => [])));
    if (config.unstated.length) box.append(foldable("cc-unstated", () => word("unstated"), paragraphs(config.unstated)));
    if (config.remarks) box.append(foldable("cc-remarks", () => word("notes"), paragraphs(config.remarks)));
    document.body.prepend(box);
  }

  function addPanel(map, config) {
    const panel = element("aside", "cc-panel");
    const tools = element("div", "cc-tools");
    tools.append(
      languageButton(),
      button(() => word("print"), null, () => window.print()),
      ...(/^(https?|file):/.test(location.protocol) ? [button(() => word("link"), null, copyLink)] : []),
      button(() => word("fullscreen"), null, toggleFullscreen),
    );
    const body = element("div", "cc-body");
    panel.append(tools, addSearch(map), body);
    if (config.live) tools.after(element("div", "cc-live-panel"));
    inEveryLanguage(() => body.replaceChildren(
      ...(config.live ? [] : [summary(config.summary)]), legend(config.legend),
      ...(config.live ? [] : [placeTable(map, config.table)]), notes(config.notes),
    ));
    const toggle = button(() => word("panel"), "☰", () => {
      document.body.classList.toggle("cc-panel-hidden");
      map.invalidateSize();
    });
    toggle.classList.add("cc-toggle");
    document.querySelector(".cc-title").append(toggle);
    document.querySelector(".cc-title").after(panel);
  }

  const languageButton = () =>
    button(() => word("switchLanguage"), null, () => setLanguage(page.lang === "zh" ? "en" : "zh"));

  function section(title) {
    const made = element("section");
    made.append(element("h2", "", title));
    return made;
  }

  function summary(rows) {
    const made = section(word("summary"));
    const list = element("dl", "cc-figures");
    rows.forEach((row) => list.append(element("dt", "", say(row.label)), element("dd", "", say(row.value))));
    made.append(list);
    return made;
  }

  /** A cell's sign as the background of an element. */
  function hatch(box, { paper, ink, slant }) {
    box.style.background = !slant ? paper
      : `repeating-linear-gradient(${slant > 0 ? 135 : 45}deg, ${ink} 0 2px, ${paper} 2px 6px)`;
  }

  function legend(entries) {
    const made = section(word("legend"));
    const list = element("ul", "cc-legend");
    entries.forEach((entry) => {
      const item = element("li", { share: "cc-share", depth: "cc-depth", uncovered: "cc-gap",
        change: "cc-change" }[entry.sign]);
      const sign = element("span", "cc-sign cc-sign-" + entry.sign);
      if (entry.sign === "depth") sign.style.background = DEPTHS[entry.depth];
      if (entry.sign === "share") sign.style.background = shareColour(entry.share);
      if (entry.sign === "change") hatch(sign, CHANGE_SIGNS[entry.status]);
      if (entry.sign === "gain") hatch(sign, GAIN_SIGNS[entry.gain]);
      if (entry.sign === "changed" && entry.change !== "closed") {
        sign.style.borderColor = CHANGED[entry.change];
        sign.style.background = TINTS[entry.change];
      }
      if (entry.change === "closed") sign.classList.add("cc-sign-closed");
      item.append(sign, element("span", "", say(entry.label)));
      list.append(item);
    });
    made.append(list);
    return made;
  }

  const FORMATS = {
    count, share: percent,
    signed: (n) => (whole(n) > 0 ? "+" : "") + count(n),
    area: (n) => n.toFixed(2),
  };

  /** A table whose rows lead to places on the map: `columns` name keys of the rows and their format. */
  function placeTable(map, { title, columns, rows }) {
    const made = section(say(title));
    const table = element("table", "cc-streets");
    const head = table.createTHead().insertRow();
    columns.forEach((column) => {
      const cell = element("th", "", say(column.label));
      cell.scope = "col";
      head.append(cell);
    });
    const body = table.createTBody();
    rows.forEach((place) => {
      const row = body.insertRow();
      const name = element("th");
      name.scope = "row";
      const show = element("button", "cc-plain", say(place.short_name));
      show.type = "button";
      show.addEventListener("click", () => map.fitBounds(place.bounds));
      name.append(show);
      row.append(name, ...columns.slice(1).map(({ key, format }) => element("td", "", FORMATS[format](place[key]))));
    });
    made.append(table);
    return made;
  }

  function notes(lines) {
    const made = element("section", "cc-notes");
    lines.forEach((line) => made.append(element("p", "", say(line))));
    return made;
  }

  function addSearch(map) {
    const box = element("div", "cc-search");
    const input = element("input");
    input.type = "search";
    inEveryLanguage(() => {
      input.placeholder = word("search");
      input.setAttribute("aria-label", word("search"));
    });
    const found = element("ul");
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLocaleLowerCase();
      const places = page.searchable.flatMap((entry) => (typeof entry === "function" ? entry() : [entry]));
      const matches = wanted ? places.filter((entry) =>
        [entry.text.zh, entry.text.en].some((t) => t && t.toLocaleLowerCase().includes(wanted))) : [];
      found.replaceChildren(...matches.slice(0, 8).map((entry) => {
        const item = element("li"), choose = element("button", "cc-plain", say(entry.text));
        choose.type = "button";
        choose.addEventListener("click", () => entry.show(map));
        item.append(choose);
        return item;
      }));
      if (wanted && !matches.length) found.append(element("li", "", word("nothing")));
    });
    input.addEventListener("keydown", (event) => {
      const first = found.querySelector("button");
      if (event.key === "Enter" && first) first.click();
    });
    box.append(input, found);
    return box;
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

  function copyLink() {
    const centre = page.map.getCenter();
    const hash = "#" + [page.map.getZoom(), centre.lat.toFixed(5), centre.lng.toFixed(5)].join("/");
    try { history.replaceState(null, "", hash); } catch { /* a page without an address of its own */ }
    const link = location.href.split("#")[0] + hash;
    const shown = () => page.notice(word("copied"));
    if (navigator.clipboard) navigator.clipboard.writeText(link).then(shown, () => page.notice(link));
    else page.notice(link);
  }

  /** While printing, the page has the size of the sheet and the maps show what they showed before;
      what the first sheet has no room for stands on the next ones. */
  function fitToPaper(maps) {
    let views = [], folded = [];
    const overleaf = element("section");
    window.addEventListener("beforeprint", () => {
      const { classList, style } = document.body, head = document.querySelector(".cc-title");
      views = maps.map((map) => ({ bounds: map.getBounds(), centre: map.getCenter(), zoom: map.getZoom() }));
      folded = [...document.querySelectorAll("details:not([open])")];
      folded.forEach((part) => (part.open = true));
      classList.add("cc-print");
      style.setProperty("--head", head.offsetHeight + "px");
      style.setProperty("--foot", "0px");
      turnOver(overleaf);
      maps.forEach((map) => {
        map.closePopup();
        map.invalidateSize({ animate: false });
      });
      const { bounds } = views[0], all = page.config.bounds;
      maps[0].fitBounds(bounds.contains(all) ? all : bounds, { animate: false });
    });
    window.addEventListener("afterprint", () => {
      document.body.classList.remove("cc-print");
      folded.forEach((part) => (part.open = false));
      overleaf.remove();
      document.querySelectorAll(".cc-turned").forEach((part) => part.classList.remove("cc-turned"));
      maps.forEach((map, n) => {
        map.invalidateSize({ animate: false });
        map.setView(views[n].centre, views[n].zoom, { animate: false });
      });
    });
  }

  /** Put each part that finds no room beside the map on sheets of its own; the notes below the map, if
      they alone find none. */
  function turnOver(rest) {
    const panel = document.querySelector(".cc-panel");
    if (!panel) return;
    panel.scrollTop = 0;
    const parts = [...panel.querySelectorAll(".cc-live-panel > *, .cc-body > *")].filter((part) => part.offsetHeight);
    const isBeyond = (part) => part.getBoundingClientRect().bottom > panel.getBoundingClientRect().bottom + 1;
    const turned = [];
    parts.forEach((part) => { // those after one that is turned over move up
      if (!isBeyond(part)) return;
      turned.push(part.cloneNode(true));
      part.classList.add("cc-turned");
    });
    if (!turned.length) return;
    rest.className = "cc-foot";
    rest.replaceChildren(...turned);
    document.body.append(rest);
    if (turned.length === 1 && turned[0].matches(".cc-notes")) {
      document.body.style.setProperty("--foot", rest.offsetHeight + "px");
      if (!parts.some(isBeyond)) return;
      document.body.style.setProperty("--foot", "0px");
    }
    rest.className = "cc-overleaf";
    rest.prepend(element("h1", "", document.querySelector("h1").textContent));
  }

  function toggleFullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen();
  }

  /** Leaflet's own controls in the page's language. */
  function nameControls(map, config) {
    const box = map.getContainer();
    const named = [[".leaflet-control-zoom-in", "zoomIn"], [".leaflet-control-zoom-out", "zoomOut"],
      [".leaflet-control-layers-toggle", "layers"]];
    named.forEach(([selector, key]) => {
      const found = box.querySelector(selector);
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

  const fromDatum = Object.fromEntries(Object.entries(DATUMS).map(([name, forward]) =>
    [name, ["wgs84", "cgcs2000"].includes(name) ? forward : (place) => invert(forward, place)]));
  function addWords(words) {
    Object.keys(words).filter((key) => Object.hasOwn(WORDS, key)).forEach((key) => {
      throw new Error("there is already a word " + key);
    });
    Object.assign(WORDS, words);
  }
  const kit = { element, button, passingButton, say, word, WORDS, addWords, count, percent, minutes, inEveryLanguage, section,
    facts, centreFacts, placeTable, FORMATS, Coverage, DEPTH_SIGNS, CHANGE_SIGNS, positionOf, pinRadius };

  return { page, kit, makePanes, start, compare, entitle, setLanguage, toDatum: DATUMS, fromDatum, baiduMercator,
    streets, borders, circles, zones, centres, losses, grid, change, gain, places, tiles };
})();
