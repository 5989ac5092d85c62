/* The comprehensive circle: cells by how many kinds of facilities are near, with a switch for each kind. */
"use strict";
carecircles.circle = (function () {
  const { page, say, word, common, addWords, inEveryLanguage, count, percent } = carecircles.words;
  const { element, facts, beside } = carecircles.kit, { nameForReaders } = carecircles.layers;
  const { UNCOVERED_SIGN, GAIN_SIGNS, hatch } = carecircles.signs, { Grid } = carecircles.grid;

  addWords({
    kinds: { en: "Kinds within reach", zh: "可达设施类别" },
    kindsNear: { en: "Kinds near", zh: "可达类数" },
    kindsMissing: { en: "Missing", zh: "缺少" },
    kindsNone: { en: "nothing", zh: "无" },
    kindsAll: { en: "All chosen kinds near", zh: "所选各类俱全" },
    kindsOf: { en: "of", zh: "/" },
    basisOf: { en: "Position", zh: "位置" },
  });

  const SIGNS = [UNCOVERED_SIGN, ...GAIN_SIGNS.slice(1)]; // none, then from few to all
  const SHADES = SIGNS.length - 1;

  /** The number of the sign for so many kinds of so many, from 1. */
  const signOf = (near, most) => (near && most ? 1 + Math.max(1, Math.round((SHADES * near) / most)) : 1);

  function bitsIn(mask) {
    let bits = 0;
    for (let left = mask; left; left &= left - 1) bits += 1;
    return bits;
  }

  const Circle = Grid.extend({
    prepare() {
      const { kinds } = /** @type {CircleLayerData} */ (this.data);
      this.active = 2 ** kinds.length - 1;
      this.count();
    },
    /** What is near of the kinds that are switched on: the sign of each cell. */
    count() {
      const most = bitsIn(this.active);
      const signs = {}, { near, street, active } = this;
      this.shade = Uint8Array.from(street, (code, k) => {
        if (!code) return 0;
        const mask = near[k] & active;
        return (signs[mask] = signs[mask] || signOf(bitsIn(mask), most));
      });
    },
    /** People for whom all kinds that are switched on are near, and all people. */
    told() {
      const { group } = /** @type {CircleLayerData} */ (this.data).told, { active, near } = this;
      let all = 0, whole = 0;
      this.street.forEach((code, k) => {
        if (!code) return;
        const people = this.peopleAt(k, group);
        whole += people;
        if ((near[k] & active) === active) all += people;
      });
      return { all, whole };
    },
    choose(active) {
      this.active = active;
      this.count();
      if (this.image) this.paint();
    },
    facts(latlng) {
      const cell = this.at(latlng);
      if (!cell) return null;
      const data = /** @type {CircleLayerData} */ (this.data), mask = this.near[cell.index];
      const chosen = data.kinds.filter((_, n) => (this.active >> n) & 1);
      const missing = data.kinds.filter((_, n) => (this.active >> n) & 1 && !((mask >> n) & 1));
      const near = chosen.length - missing.length;
      return facts(`${word("kindsNear")}: ${near} ${word("kindsOf")} ${chosen.length}`, [
        [common("columns", "street"), say(data.streets[this.street[cell.index] - 1].name)],
        [word("kindsMissing"), missing.map(({ name }) => say(name)).join(page.lang === "zh" ? "、" : ", ") || word("kindsNone"), "cc-missing"],
        [say(data.told.label), this.peopleAt(cell.index, data.told.group).toFixed(1)],
      ]);
    },
    onAdd(map) {
      Grid.prototype.onAdd.call(this, map);
      this.box = this.box || switches(this);
      beside(this.box);
    },
    onRemove(map) {
      this.box.remove();
      Grid.prototype.onRemove.call(this, map);
    },
  });

  /** A switch for each kind, what the colours mean, and for how many people all of them are near. */
  function switches(layer) {
    const box = element("div", "cc-kinds"), data = /** @type {CircleLayerData} */ (layer.data);
    const told = element("p", "cc-kinds-told"), legend = element("ul", "cc-legend"), title = element("h2");
    told.setAttribute("role", "status");
    const show = () => {
      const most = bitsIn(layer.active);
      title.textContent = word("kinds");
      legend.replaceChildren(...Array.from({ length: most + 1 }, (_, n) => {
        const item = element("li"), sign = element("span", "cc-sign");
        hatch(sign, SIGNS[signOf(most - n, most) - 1]);
        item.append(sign, element("span", "", `${most - n} ${word("kindsOf")} ${most}`));
        return item;
      }));
      const { all, whole } = layer.told();
      told.replaceChildren(word("kindsAll") + ": ", element("b", "", count(all)),
        ` (${say(data.group)}, ${percent(whole ? all / whole : null)})`);
    };
    const list = element("div", "cc-kinds-list");
    data.kinds.forEach((kind, n) => {
      const label = element("label"), input = element("input"), name = element("span");
      Object.assign(input, { type: "checkbox", checked: true });
      input.dataset.kind = kind.key;
      inEveryLanguage(() => (name.textContent = ` ${say(kind.name)} (${count(kind.places)})`));
      input.addEventListener("change", () => {
        layer.choose(input.checked ? layer.active | (1 << n) : layer.active & ~(1 << n));
        show();
      });
      label.append(input, name);
      list.append(label);
    });
    box.append(title, list, legend, told);
    layer.ready.then(() => inEveryLanguage(show), () => {});
    return box;
  }

  /** Cells by how many kinds are near.
      @param {CircleLayerData} data */
  function circle(data) {
    return new Circle(data, SIGNS);
  }

  const INKS = ["#be123c", "#b45309", "#0369a1", "#7e22ce", "#15803d", "#334155"];

  /** Facilities of one kind; hollow where the position is assumed.
      @param {AmenitiesData} data */
  function amenities({ kind, number, places }) {
    return L.featureGroup(places.map((place) => {
      const ink = INKS[number % INKS.length];
      const layer = L.circleMarker([place.lat, place.lon], {
        pane: "cc-centres", radius: 4.5, weight: 2, color: ink, fillColor: place.basis === "known" ? ink : "#ffffff",
        fillOpacity: 1, className: "cc-amenity",
      });
      const name = () => say(place.name) || say(kind);
      layer.bindTooltip(() => element("span", "", name()), { className: "cc-tip" });
      layer.bindPopup(() => facts(name(), [
        [word("kindsNear"), say(kind)], [word("basisOf"), common("bases", place.basis)],
        ...(place.source ? [[word("source"), place.source]] : []),
      ]), { maxWidth: 320 });
      nameForReaders(layer, name);
      if (say(place.name)) {
        page.searchable.push({ text: place.name, show: (map) => map.setView([place.lat, place.lon], 16) });
      }
      return layer;
    }));
  }

  Object.assign(carecircles.draw, { circle, amenities });
  return { signOf, bitsIn };
})();
