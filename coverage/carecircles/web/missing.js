/* Which services are missing where. */
"use strict";
(function () {
  const { page, say, word, common, addWords } = carecircles.words, { facts } = carecircles.kit;
  const { MISSING_SIGNS } = carecircles.signs, { Grid } = carecircles.grid;

  addWords({
    missing: { en: "Missing", zh: "缺少" },
    withinReach: { en: "Within reach", zh: "可达服务" },
    allThere: { en: "All services within reach", zh: "各项服务均可达" },
    notAll: { en: "Services are missing", zh: "缺少服务" },
  });

  /** Which services are missing at each cell: coloured by how many, named where one points. */
  const Missing = Grid.extend({
    prepare() {
      const { combinations } = /** @type {MissingData} */ (this.data), most = MISSING_SIGNS.length;
      this.shade = Uint8Array.from(this.street, (code, k) =>
        (code ? Math.min(1 + combinations[this.missing[k]].length, most) : 0));
    },
    facts(latlng) {
      const cell = this.at(latlng);
      if (!cell) return null;
      const data = /** @type {MissingData} */ (this.data), { group, label } = data.told;
      const names = (list) => list.map((n) => say(data.services[n])).join(page.lang === "zh" ? "、" : ", ") || "–";
      const lacking = data.combinations[this.missing[cell.index]];
      const there = data.services.map((_, n) => n).filter((n) => !lacking.includes(n));
      return facts(word(lacking.length ? "notAll" : "allThere"), [
        [common("columns", "street"), say(data.streets[this.street[cell.index] - 1].name)],
        [word("missing"), names(lacking)],
        [word("withinReach"), names(there)],
        [say(label), this.peopleAt(cell.index, group).toFixed(1)],
      ]);
    },
  });

  /** @param {MissingData} data */
  function missing(data) {
    return new Missing(data, MISSING_SIGNS);
  }

  carecircles.draw.missing = missing;
})();
