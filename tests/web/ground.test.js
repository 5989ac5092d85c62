"use strict";
const test = require("node:test"), assert = require("node:assert/strict");
const { ground: { projector, insider, slopes } } = require("./load.js");

// x = 1000 + 30 u + 2 v, y = 2000 + 40 v in u, v from -1 to 1 over two degrees by one
const PROJECTION = { bounds: [116, 39, 118, 40], degree: 1, x0: 1000, y0: 2000, x: [0, 2, 30, 0], y: [0, 40, 0, 0] };

test("degrees become metres by the terms they were given, and none outside", () => {
  const project = projector(PROJECTION);
  assert.deepEqual(project(117, 39.5), { x: 1000, y: 2000 });
  assert.deepEqual(project(118, 40), { x: 1032, y: 2040 });
  assert.deepEqual(project(116, 39), { x: 968, y: 1960 });
  assert.equal(project(118.001, 39.5), null);
  assert.equal(project(NaN, 39.5), null);
});

test("metres lead back to degrees by the slopes at a point", () => {
  const project = projector(PROJECTION), place = slopes({ lon: 117, lat: 39.5, x: 1000, y: 2000 }, project);
  const [lat, lon] = place(15, 20), there = project(lon, lat);
  assert.ok(Math.abs(there.x - 1015) < 1e-6 && Math.abs(there.y - 2020) < 1e-6);
});

test("inside is within the outer ring, not in its hole, and on the rim", () => {
  const square = (from, to) => [[from, from], [to, from], [to, to], [from, to], [from, from]];
  const isInside = insider([square(0, 100), square(40, 60)], 5);
  assert.deepEqual([[10, 10], [50, 50], [50, 44], [104.9, 50], [105.1, 50], [103, 103], [104, 104]]
    .map(([x, y]) => isInside({ x, y })), [true, false, true, true, false, true, false]);
});
