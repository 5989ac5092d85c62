/* The grid: cells painted pixel by pixel on one canvas.

   `lattice` gives the grid column and row of nodes regular in Web Mercator; between them both are
   interpolated. Painting, hover and click ask the same function, so they cannot disagree. */
"use strict";
carecircles.grid = (function () {
  const { page, SIDES, say, word, common, count, minutes, cost } = carecircles.words, { element, facts } = carecircles.kit;
  const { DEPTHS, DEPTH_SIGNS, CHANGE_SIGNS, GAIN_SIGNS } = carecircles.signs;
  const { servicesOf, basis } = carecircles.centres;

  const mercatorX = (lon) => lon / 360 + 0.5;
  const mercatorY = (lat) =>
    0.5 - Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360)) / (2 * Math.PI);

  /** @param {Packed} packed */
  async function unpack({ packed: text, bytes }) {
    const packed = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    const buffer = await new Response(stream).arrayBuffer();
    return new { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array, 8: Float64Array }[bytes](buffer);
  }
  /** @param {Record<string, Packed>} arrays */
  async function unpackAll(arrays) {
    const names = Object.keys(arrays), unpacked = await Promise.all(names.map((name) => unpack(arrays[name])));
    return Object.fromEntries(unpacked.map((array, n) => [names[n], array]));
  }

  /** Cells painted in `signs`: `shade` holds for each cell the number of its sign, 0 for none.
      Left of `split` (pixels of the map) `shadeBefore` is painted instead.
      @type {Drawn} */
  const Grid = /** @type {any} */ (L.Layer).extend({
    options: { pane: "cc-grid", padding: 0.2 },

    initialize(data, signs) {
      this.data = data;
      this.split = 0;
      const every = [{ paper: "#000000" }, ...signs];
      this.papers = Uint32Array.from(every.map((sign) => rgba(sign.paper, 255)));
      this.inks = Uint32Array.from(every.map((sign) => rgba(sign.ink || sign.paper, 255)));
      this.slants = Int8Array.from(every.map((sign) => sign.slant || 0));
      this.ready = typeof DecompressionStream === "undefined" ? Promise.reject(new Error("old"))
        : Promise.all([unpackAll(data.arrays), unpackAll(data.walk ? data.walk.arrays : {})])
          .then(([arrays, ways]) => {
            Object.assign(this, arrays);
            this.prepare(ways);
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
      const t = /** @type {GridData} */ (this.data).lattice, n = t.n;
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
      const col = Math.floor(u), row = Math.floor(v), data = /** @type {GridData} */ (this.data);
      if (col < 0 || row < 0 || col >= data.cols || row >= data.rows) return null;
      const index = row * data.cols + col;
      if (!this.shade[index]) return null;
      return { index, row, col, x: data.x0 + (col + 0.5) * data.cell, y: data.y0 + (row + 0.5) * data.cell };
    },

    /** People of a group in a cell. */
    peopleAt(index, group) {
      const data = /** @type {GridData} */ (this.data), { each, weights } = data.people[group];
      return each[this.street[index] - 1] * (weights ? this[weights][index] : 1);
    },

    /** The nearest of `centres` to a cell and how far it is: as Python found it, or in a straight line. */
    nearestAt(cell, centres, which = "") {
      const numbers = this["nearest" + which];
      if (!numbers) return nearestTo(centres, cell.x, cell.y);
      const nearest = centres[numbers[cell.index] - 1] || null;
      return { nearest, distance: nearest && this["distance" + which][cell.index] / 1000 };
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
      const data = /** @type {GridData} */ (this.data), t = data.lattice, n = t.n, { rows, cols } = data;
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

  /** The sign of each cell by depth: 1 uncovered, then one, two, three, four centres or more. */
  function shadeByDepth(street, depth) {
    const most = DEPTHS.length - 1;
    return Uint8Array.from(street, (code, k) => (code ? Math.min(depth[k], most) + 1 : 0));
  }

  /** The nearest centre in a straight line, and how far it is.
      @param {MeasuredCentre[]} centres  @param {number} x  @param {number} y */
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
      this.shown = /** @type {CoverageData} */ (this.data).told; // whose people are told
      this.shade = shadeByDepth(this.street, this.depth);
    },
    /** The cell at a place with what is known of it, or null where there is none. */
    cellAt(latlng) {
      const cell = this.at(latlng);
      if (!cell) return null;
      const data = /** @type {CoverageData} */ (this.data), street = data.streets[this.street[cell.index] - 1];
      const { group, label } = this.shown;
      return { ...cell, depth: this.depth[cell.index], street: street.name, label,
        people: this.peopleAt(cell.index, group), ...this.nearestAt(cell, data.centres) };
    },
    facts(latlng) {
      const cell = this.cellAt(latlng);
      return cell && cellFacts(cell, this.data);
    },
  });

  /** The grid's cells by depth.
      @param {CoverageData} data */
  function grid(data) {
    return new Coverage(data, DEPTH_SIGNS);
  }

  /** @param {any} cell  @param {CoverageData & { walk?: WalkData }} data */
  function cellFacts(cell, { standard, unit, by, walk }) {
    const far = cell.nearest && cost(cell.distance, unit) + (by ? " " + say(by) : "");
    const rows = [
      [common("columns", "street"), say(cell.street)],
      [word("within"), String(cell.depth)],
      [common("columns", "nearest"), cell.nearest ? say(cell.nearest.name)
        : word("noCentre") + (walk ? " " + word("nearer") + " " + cost(walk.farthest, unit) : "")],
    ];
    if (cell.nearest) {
      rows.push(
        [word("distance"), far + (unit === "min" ? "" : " · " + minutes((cell.distance / standard.metres) * standard.minutes))],
        [word("position"), basis(cell.nearest.basis)],
        [word("servicesThere"), servicesOf(cell.nearest)],
      );
    }
    rows.push([say(cell.label), cell.people.toFixed(1)]);
    return facts(common("statuses", cell.depth > 0 ? "covered" : "uncovered"), rows);
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
      const data = /** @type {ChangeData} */ (this.data), street = data.streets[this.street[cell.index] - 1];
      const both = [this.before, this.after].map((depth, n) => {
        const { nearest, distance } = this.nearestAt(cell, data.centres[n], "_" + SIDES[n]);
        const far = nearest && cost(distance, data.unit[n]);
        return { depth: depth[cell.index], nearest, far };
      });
      const status = ["covered", "gained", "lost", "uncovered"][this.changed[cell.index] - 1];
      const tell = ({ depth, nearest, far }) => nearest
        ? `${depth} · ${say(nearest.name)}, ${far}` : word("noCentre");
      return facts(common("statuses", status), [
        [common("columns", "street"), say(street.name)],
        [common("sides", "before"), tell(both[0])],
        [common("sides", "after"), tell(both[1])],
        [say(data.told.label), this.peopleAt(cell.index, data.told.group).toFixed(1)],
      ]);
    },
  });

  /** @param {ChangeData} data */
  function change(data) {
    return new Change(data, [...Object.values(CHANGE_SIGNS), ...DEPTH_SIGNS]);
  }

  /** How many people a centre at each cell would gain, in classes. */
  const Gain = Grid.extend({
    prepare() {
      const { classes } = /** @type {GainData} */ (this.data);
      this.shade = Uint8Array.from(this.street, (code, k) =>
        (code ? 1 + classes.filter((least) => this.gain[k] >= least).length : 0));
    },
    facts(latlng) {
      const cell = this.at(latlng);
      if (!cell) return null;
      const data = /** @type {GainData} */ (this.data);
      return facts(word("openHere"), [
        [common("columns", "street"), say(data.streets[this.street[cell.index] - 1].name)],
        [say(data.label), count(this.gain[cell.index])],
      ]);
    },
  });

  /** @param {GainData} data */
  function gain(data) {
    return new Gain(data, GAIN_SIGNS);
  }

  Object.assign(carecircles.draw, { grid, change, gain });
  return { Grid, Coverage, nearestTo, shadeByDepth };
})();
