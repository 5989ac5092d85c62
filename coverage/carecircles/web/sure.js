/* How sure it is that a cell is covered. */
"use strict";
(function () {
  const { say, common } = carecircles.words, { facts } = carecircles.kit;
  const { SURE_SIGNS } = carecircles.signs, { Grid } = carecircles.grid;

  /** In how many draws of what is not known each cell is covered. */
  const Sure = Grid.extend({
    prepare() {
      const { draws } = /** @type {SureData} */ (this.data), between = [0.05, 0.5, 0.95];
      const classOf = (times) => {
        if (times === 0 || times === draws) return times ? SURE_SIGNS.length : 1;
        return 2 + between.filter((least) => times >= least * draws).length;
      };
      this.shade = Uint8Array.from(this.street, (code, k) => (code ? classOf(this.times[k]) : 0));
    },
    facts(latlng) {
      const cell = this.at(latlng);
      if (!cell) return null;
      const data = /** @type {SureData} */ (this.data), { group, label } = data.told;
      return facts(say(data.heading), [
        [common("columns", "street"), say(data.streets[this.street[cell.index] - 1].name)],
        [say(data.label), `${(100 * this.times[cell.index] / data.draws).toFixed(1)} %`],
        [say(label), this.peopleAt(cell.index, group).toFixed(1)],
      ]);
    },
  });

  /** @param {SureData} data */
  function sure(data) {
    return new Sure(data, SURE_SIGNS);
  }

  carecircles.draw.sure = sure;
})();
