/* A plan over time: a slider over days, the cells, centres and figures of each, and a chart of the share. */
"use strict";
carecircles.timeline = (function () {
  const { say, word, common, addWords, inEveryLanguage, cost } = carecircles.words;
  const { element, facts, figures, passingButton, beside } = carecircles.kit, { Grid, nearestTo, shadeByDepth } = carecircles.grid;
  const { DEPTH_SIGNS } = carecircles.signs;

  addWords({
    day: { en: "Day", zh: "日期" },
    dayBefore: { en: "Earlier", zh: "上一时点" },
    dayAfter: { en: "Later", zh: "下一时点" },
    dayPlay: { en: "Play", zh: "播放" },
    dayPause: { en: "Stop", zh: "停止" },
    dayChart: { en: "Share covered over time", zh: "覆盖率随时间变化" },
  });

  const WIDE = 320, HIGH = 74, PAD = 6, PACE_MS = 900;
  const SPACE = "http://www.w3.org/2000/svg";

  const Timeline = Grid.extend({
    prepare() {
      const { days, centres, circles } = /** @type {TimelineData} */ (this.data);
      this.shades = {};
      this.pins = carecircles.draw.centres(centres).getLayers();
      this.rounds = carecircles.draw.circles(circles).getLayers();
      this.drawn = L.featureGroup();
      this.number = days.length - 1;
      this.turn(this.number);
    },
    /** Show a day: its cells, and the centres that are open then. */
    turn(number) {
      const day = /** @type {TimelineData} */ (this.data).days[number], state = day.state;
      this.number = number;
      this.depth = this["depth" + state];
      this.shades[state] = this.shades[state] || shadeByDepth(this.street, this.depth);
      this.shade = this.shades[state];
      const open = new Set(day.open);
      [this.rounds, this.pins].forEach((layers) => layers.forEach((layer, n) => {
        if (open.has(n)) this.drawn.addLayer(layer);
        else this.drawn.removeLayer(layer);
      }));
      if (this.image) this.paint();
    },
    facts(latlng) {
      const cell = this.at(latlng);
      if (!cell) return null;
      const data = /** @type {TimelineData} */ (this.data), day = data.days[this.number];
      const depth = this.depth[cell.index], numbers = this["nearest" + day.state];
      let { nearest, distance } = numbers ? { nearest: data.measured[numbers[cell.index] - 1] || null, distance: null }
        : nearestTo(day.open.map((n) => data.measured[n]), cell.x, cell.y);
      if (numbers && nearest) distance = this["distance" + day.state][cell.index] / 1000;
      const far = nearest && `${say(nearest.name)}, ${cost(distance, data.unit)}${data.by ? " " + say(data.by) : ""}`;
      return facts(common("statuses", depth > 0 ? "covered" : "uncovered"), [
        [word("day"), day.name],
        [common("columns", "street"), say(data.streets[this.street[cell.index] - 1].name)],
        [word("within"), String(depth)],
        [common("columns", "nearest"), far || word("noCentre")],
      ]);
    },
    onAdd(map) {
      Grid.prototype.onAdd.call(this, map);
      this.ready.then(() => {
        if (!this._map) return;
        this.drawn.addTo(map);
        this.box = this.box || dayBox(this);
        beside(this.box);
      }, () => {});
    },
    onRemove(map) {
      if (this.box) this.box.remove();
      if (this.drawn) this.drawn.remove();
      Grid.prototype.onRemove.call(this, map);
    },
  });

  /** The slider with the figures of its day. */
  function dayBox(layer) {
    const { days, told } = /** @type {TimelineData} */ (layer.data), box = element("div", "cc-days");
    const slider = element("input"), head = element("div", "cc-days-head"), shown = element("div", "cc-days-told");
    const name = element("output", "cc-day"), happened = element("span", "cc-happened"), chart = drawnChart(days);
    Object.assign(slider, { type: "range", min: 0, max: days.length - 1, step: 1, value: layer.number });
    let timer = null;
    const stop = () => { clearInterval(timer); timer = null; };
    const show = () => {
      const day = days[layer.number];
      slider.value = String(layer.number);
      slider.setAttribute("aria-label", word("day"));
      slider.setAttribute("aria-valuetext", day.name);
      name.textContent = day.name;
      happened.textContent = say(day.happened);
      shown.replaceChildren(facts("", figures(told, day.figures)));
      chart.mark(layer.number);
      head.replaceChildren(
        passingButton(() => word("dayBefore"), "◀", () => { stop(); turn(layer.number - 1); }),
        passingButton(() => word(timer ? "dayPause" : "dayPlay"), timer ? "❚❚" : "▶", play),
        passingButton(() => word("dayAfter"), "▶❙", () => { stop(); turn(layer.number + 1); }),
        name, happened,
      );
    };
    const turn = (number) => {
      layer.turn(Math.min(Math.max(number, 0), days.length - 1));
      show();
    };
    const play = () => {
      if (timer) {
        stop();
        show();
        return;
      }
      const next = () => {
        if (layer.number === days.length - 1) stop();
        else layer.turn(layer.number + 1);
        show();
      };
      if (layer.number === days.length - 1) layer.turn(0);
      timer = setInterval(next, PACE_MS);
      show();
    };
    slider.addEventListener("input", () => { stop(); turn(Number(slider.value)); });
    box.append(head, slider, shown, chart.box);
    inEveryLanguage(show);
    return box;
  }

  /** The share covered over the days as a line of steps, with a mark at the day that is shown.
      @param {TimelineDay[]} days */
  function drawnChart(days) {
    const box = document.createElementNS(SPACE, "svg"), shares = days.map(({ share }) => share ?? 0);
    const low = Math.max(0, Math.min(...shares) - 0.01), high = Math.min(1, Math.max(...shares) + 0.01);
    const x = (n) => PAD + ((WIDE - 2 * PAD) * n) / Math.max(1, days.length - 1);
    const y = (share) => HIGH - PAD - ((HIGH - 2 * PAD - 12) * (share - low)) / (high - low || 1);
    const steps = shares.map((share, n) => (n ? `H${x(n)}V${y(share)}` : `M${x(0)} ${y(share)}`)).join("");
    const made = (kind, attributes) => {
      const part = document.createElementNS(SPACE, kind);
      Object.entries(attributes).forEach(([key, value]) => part.setAttribute(key, String(value)));
      box.append(part);
      return part;
    };
    Object.entries({ viewBox: `0 0 ${WIDE} ${HIGH}`, class: "cc-days-chart", role: "img" }).forEach(([k, v]) => box.setAttribute(k, v));
    made("path", { d: steps, fill: "none", stroke: "#1d4ed8", "stroke-width": 2 });
    days.forEach(({ happened }, n) => happened.en && made("line", { x1: x(n), x2: x(n), y1: 12, y2: HIGH - PAD, stroke: "#94a3b8", "stroke-dasharray": "2 2" }));
    const dot = made("circle", { r: 4, fill: "#be123c" }), label = made("text", { y: 10, "font-size": 10, fill: "#0f172a" });
    inEveryLanguage(() => box.setAttribute("aria-label", word("dayChart")));
    return {
      box,
      mark(number) {
        dot.setAttribute("cx", String(x(number)));
        dot.setAttribute("cy", String(y(shares[number])));
        label.textContent = (100 * shares[number]).toFixed(1) + " %";
        const isRight = x(number) > WIDE / 2;
        label.setAttribute("text-anchor", isRight ? "end" : "start");
        label.setAttribute("x", String(x(number)));
      },
    };
  }

  /** A plan on several days.
      @param {TimelineData} data */
  function timeline(data) {
    return new Timeline(data, DEPTH_SIGNS);
  }

  Object.assign(carecircles.draw, { timeline });
  return { timeline };
})();
