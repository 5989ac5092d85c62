"use strict";
const test = require("node:test"), assert = require("node:assert/strict");
const { counting: { Counting, circle, span } } = require("./load.js");
const { dice } = require("./dice.js");

const GRID = { cell: 50, x0: 500000, y0: 4300000, rows: 37, cols: 29 };

/** A district of three streets with holes in it, and weights up to the largest there are. */
function district(seed) {
  const random = dice(seed), size = GRID.rows * GRID.cols;
  const street = Uint8Array.from({ length: size }, () => Math.floor(4 * random()));
  const weights1 = Uint32Array.from({ length: size }, () => Math.floor(2 ** 32 * random()));
  return { random, street, weights1 };
}

/** Depth of every cell, each centre measured to each cell. */
function depths(centres) {
  return Array.from({ length: GRID.rows * GRID.cols }, (_, k) => {
    const x = GRID.x0 + ((k % GRID.cols) + 0.5) * GRID.cell, y = GRID.y0 + (Math.floor(k / GRID.cols) + 0.5) * GRID.cell;
    return centres.filter((c) => Math.sqrt((x - c.x) ** 2 + (y - c.y) ** 2) <= c.metres).length;
  });
}

test("a centre exactly in the middle of a cell reaches those exactly on the limit", () => {
  const centre = { x: 500525, y: 4300525 }; // of column and row 10
  assert.deepEqual(span(GRID, centre, 150, 10), [7, 13]);
  assert.deepEqual(span(GRID, centre, 149.999, 10), [8, 12]);
  assert.deepEqual(span(GRID, centre, 250, 14), [7, 13]); // 3-4-5
  const [first, last] = span(GRID, centre, 150, 14);
  assert.ok(first > last); // no cell of that row
});

test("what is counted by spans is what is counted cell by cell, whatever comes and goes", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { random, street, weights1 } = district(seed), count = new Counting(street, { weights1 });
    const centres = [];
    const place = () => ({ x: GRID.x0 + 2200 * random() - 300, y: GRID.y0 + 2500 * random() - 300, metres: 20 + 900 * random() });
    for (let k = 0; k < 6; k++) centres.push(place());
    centres.forEach((centre) => count.reach(circle(GRID, centre, centre.metres), 1));
    count.setBaseline();
    const before = depths(centres);
    for (let k = 0; k < 12; k++) {
      const [gone] = centres.splice(Math.floor(centres.length * random()), 1), come = place();
      count.reach(circle(GRID, gone, gone.metres), -1);
      count.reach(circle(GRID, come, come.metres), 1);
      centres.push(come);
    }
    const after = depths(centres);
    const isHere = { all: () => true, covered: (k) => after[k] > 0, backup: (k) => after[k] > 1,
      gained: (k) => after[k] > 0 && !before[k], lost: (k) => !after[k] && before[k] > 0 };
    [[null, () => 1], ["weights1", (k) => weights1[k]]].forEach(([weights, weight]) => {
      const told = count.people({ each: [1, 1, 1], weights });
      Object.entries(isHere).forEach(([name, is]) => [1, 2, 3].forEach((code) => {
        let expected = 0; // whole numbers below 2^53, so nothing is rounded
        street.forEach((s, k) => { if (s === code && is(k)) expected += weight(k); });
        assert.equal(told.streets[code - 1][name], expected, `${name} in street ${code}, seed ${seed}`);
      }));
    });
    street.forEach((code, k) => assert.equal(count.depth[k], code ? after[k] : 0));
  }
});

test("signs follow the depth up to four, and what was covered before", () => {
  const street = new Uint8Array(GRID.rows * GRID.cols).fill(1), count = new Counting(street);
  const middle = { x: 500525, y: 4300525 }, at = 10 * GRID.cols + 10;
  count.lookAs([10, 11, 12, 13, 14], [20, 21, 22, 23, 24]);
  for (const sign of [10, 11, 12, 13, 14, 14]) {
    assert.equal(count.shade[at], sign);
    count.reach(circle(GRID, middle, 100), 1);
  }
  count.setBaseline();
  count.lookAs([10, 11, 12, 13, 14], [20, 21, 22, 23, 24]);
  assert.deepEqual([count.shade[at], count.shade[0]], [24, 10]);
});

test("persons are weights times what a unit of them is", () => {
  const grid = { cell: 1, x0: 0, y0: 0, rows: 1, cols: 4 };
  const count = new Counting(Uint8Array.of(1, 1, 2, 0), { weights1: Uint32Array.of(3, 1, 5, 9) });
  count.reach(circle(grid, { x: 0.5, y: 0.5 }, 0), 1); // the limit itself: the cell it stands in
  const { area, streets } = count.people({ each: [2, 4], weights: "weights1" });
  assert.deepEqual(streets.map((row) => [row.all, row.covered]), [[8, 6], [20, 0]]);
  assert.deepEqual([area.all, area.covered, area.backup], [28, 6, 0]);
});
