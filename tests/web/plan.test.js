"use strict";
const test = require("node:test"), assert = require("node:assert/strict");
const { plan: { asItIs, withCentre, without, placed, fresh, stateOf, takenBack, History } } = require("./load.js");

const home = { id: "A", name: { en: "Old", zh: "旧" }, services: ["meals"], services_basis: "assumed", basis: "assumed",
  source: "survey", lon: 117.2, lat: 39.1, x: 0, y: 0 };
const world = { centres: [home], standard: { metres: 700, minutes: 10, group: null },
  project: (lon, lat) => ({ x: lon, y: lat }), isInside: ({ x }) => x < 118 };
const base = asItIs(world, { en: "Mine", zh: "我的" });

test("a centre back at its place has not moved, and keeps services it has been given", () => {
  const there = placed(home, { lng: 117.3, lat: 39.2 }, world, base);
  assert.deepEqual([there.basis, there.source, stateOf(there, base)], ["proposed", "", "moved"]);
  assert.equal(placed(there, { lng: 117.2, lat: 39.1 }, world, base), home);
  const other = placed({ ...there, services: ["medical"], services_basis: "proposed" }, { lng: 117.2, lat: 39.1 }, world, base);
  assert.deepEqual(other, { ...home, services: ["medical"], services_basis: "proposed" });
  assert.equal(stateOf(other, base), "same");
});

test("places are rounded as a file has them, and none lies outside", () => {
  assert.equal(placed(home, { lng: 117.123456789, lat: 39 }, world, base).lon, 117.1234568);
  assert.equal(placed(home, { lng: 118.5, lat: 39 }, world, base), null);
});

test("new centres have a number that nobody has or had", () => {
  const one = { ...home, ...fresh(base, base, { en: "New centre", zh: "新增中心" }) };
  assert.deepEqual([one.id, one.name.en, one.name.zh], ["N1", "New centre 1", "新增中心 1"]);
  assert.equal(fresh(withCentre(base, one), base, one.name).id, "N2");
  assert.equal(fresh(base, withCentre(base, one), one.name).id, "N2"); // though it was removed
});

test("each step can be taken back alone", () => {
  const other = { ...home, lon: 117.3, services: ["culture"], services_basis: "proposed" };
  const moved = withCentre({ ...base, metres: 500, minutes: 7 }, other);
  const back = (act) => takenBack(moved, base, act, "A");
  assert.deepEqual([back("move").centres.get("A").lon, back("move").centres.get("A").services], [117.2, ["culture"]]);
  assert.deepEqual([back("equip").centres.get("A").lon, back("equip").centres.get("A").services], [117.3, ["meals"]]);
  assert.deepEqual([back("standard").metres, back("standard").minutes], [700, 10]);
  assert.equal(takenBack(without(base, "A"), base, "close", "A").centres.get("A"), home);
  assert.equal(takenBack(withCentre(base, { ...home, id: "N1" }), base, "open", "N1").centres.size, 1);
  assert.equal(base.centres.size, 1); // and no plan was changed
});

test("a drag is undone to where it began", () => {
  const history = new History("a"), at = () => history.present;
  history.commit("b");
  ["c", "d", "e"].forEach((plan) => history.preview(plan));
  assert.equal(history.settled, "b");
  history.undo();
  assert.equal(at(), "b");
  history.redo();
  assert.equal(at(), "e");
  history.undo();
  history.undo();
  history.undo(); // there is nothing more
  assert.equal(at(), "a");
  history.redo();
  history.commit("x");
  history.redo(); // what was undone is gone
  assert.deepEqual([at(), history.past], ["x", ["a", "b"]]);
  history.preview("y");
  history.giveUp();
  assert.deepEqual([at(), history.past.length], ["x", 2]);
});
