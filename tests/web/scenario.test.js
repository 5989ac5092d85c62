"use strict";
const test = require("node:test"), assert = require("node:assert/strict");
const { scenario: { read, write, steps }, plan: { asItIs, withCentre, without } } = require("./load.js");

const centre = (id, lon, lat, more) => ({ id, name: { en: "Centre " + id, zh: "中心" + id }, services: ["meals"],
  services_basis: "assumed", basis: "assumed", source: "", holds: {}, state: "kept", area_m2: null, floor: "", term: "", opened: "", closed: "", lon, lat, x: lon, y: lat, ...more });
const world = {
  centres: [centre("A", 117.1, 39.1), centre("B", 117.2, 39.1, { opened: "2024-03-01" }), centre("C", 117.3, 39.1)],
  groups: ["people", "people_60", "people_80"], middles: { S1: { lon: 117.25, lat: 39.15 } },
  standard: { metres: 700, minutes: 10, group: null }, as_of: null, year: null,
  spelled: { datums: { wgs84: "wgs84", 高德: "gcj02", gcj02: "gcj02" }, bases: { 已知: "known", known: "known" },
    services: { 就餐: "meals", meals: "meals", medical: "medical" },
    states: { 改建: "converted", converted: "converted", kept: "kept" }, terms: { 远期: "far", far: "far" } },
  project: (lon, lat) => ({ x: lon, y: lat }), isInside: ({ x }) => x > 117 && x < 118,
  street: (written) => (written.startsWith("S") ? "S1" : null),
};
const base = asItIs(world, { en: "As it is", zh: "现状" });
const opened = (text, name = "plan.toml") => read([{ name, text }], world);
const problems = (text) => {
  try {
    opened(text);
  } catch (error) { return error.problems.map((problem) => problem.en); }
  return [];
};

test("what is written is read as the same plan", () => {
  let plan = { ...base, name: { en: 'A "plan"', zh: "方案\\一" }, note: { en: "two\nlines", zh: "备注" } };
  plan = without(plan, "C");
  plan = withCentre(plan, { ...plan.centres.get("A"), lon: 117.1234567, lat: 39.2, x: 117.1234567, y: 39.2,
    services: ["meals", "medical"], services_basis: "proposed", basis: "proposed", source: "", neighbour: false });
  plan = withCentre(plan, { ...plan.centres.get("B"), holds: { capacity: 30, day_places: 8.5 }, state: "enlarged" });
  plan = withCentre(plan, centre("N1", 117.5, 39.3, { name: { en: "New", zh: "新" }, basis: "proposed",
    services_basis: "proposed", holds: { capacity: 40, beds: 12, beds_family: 3 }, state: "converted", area_m2: 850.5,
    floor: "1-2层", term: "far", opened: "2025-01-01" }));
  plan = { ...plan, metres: 500, minutes: 7.5, group: "people_80" };
  assert.deepEqual(opened(write(plan, world)), plan);
  assert.deepEqual(steps(plan, world).map(([[act, id]]) => [act, id]).sort(),
    [["close", "C"], ["enlarge", "B"], ["equip", "A"], ["move", "A"], ["open", "N1"], ["standard", "people_80"]]);
});

test("a plan that changes nothing has no step", () => {
  assert.deepEqual(steps(base, world), []);
  assert.deepEqual(opened(write(base, world)), base);
});

test("places are read in their datum, or are the middle of a street", () => {
  const step = (more) => opened(`name = "x"\n[[step]]\nopen = "N1"\n${more}`).centres.get("N1");
  const there = step('lon = 117.248663703\nlat = 39.06895578\ndatum = "高德"');
  assert.ok(Math.abs(there.lon - 117.2424) < 1e-8 && Math.abs(there.lat - 39.068) < 1e-8);
  assert.deepEqual([there.basis, there.services_basis], ["proposed", "proposed"]);
  const middle = step('street = "S"\nservices = "就餐；medical；swimming"');
  assert.deepEqual([middle.lon, middle.lat, middle.basis], [117.25, 39.15, "assumed"]);
  assert.deepEqual(middle.services, ["meals", "medical", "swimming"]);
});

test("a day leaves out what does not hold on it", () => {
  const plan = opened('name = "x"\nas_of = 2024-01-31\n[[step]]\nclose = "A"\ndate = "2024-02"\n[[step]]\nclose = "C"\ndate = 2024');
  assert.deepEqual([...plan.centres.keys()], ["A"]); // B is not open yet, C closed with the year
});

test("a scenario for the people of a year is read where the page has them, and written again", () => {
  const then = { ...world, year: 2030 }, text = 'name = "x"\nyear = 2030\n[[step]]\nclose = "A"\n';
  const plan = read([{ name: "plan.toml", text }], then);
  assert.match(write(plan, then), /^year = 2030$/m);
  assert.deepEqual(read([{ name: "plan.toml", text: write(plan, then) }], then), plan);
  assert.throws(() => read([{ name: "plan.toml", text }], { ...world, year: 2020 }), /draw the page with --year 2030/);
  assert.match(problems(text)[0], /counts the people of 2030, this page those of no named year/);
  for (const value of ["2030.5", '"2030"', "true", "1800", "nan"]) {
    assert.match(problems(`name = "x"\nyear = ${value}\n`)[0], /^plan\.toml: year is .*; write a whole year from 1900 to 2200/);
  }
  const later = [{ name: "b.toml", text: 'name = "b"\nbased_on = "a.toml"\n' }, { name: "a.toml", text }];
  assert.match(write(read(later, then), then), /^year = 2030$/m); // that of the file it builds on
});

test("everything that is wrong is told at once, and nothing is read", () => {
  assert.deepEqual(problems('nam = "x"\n[[step]]\nclose = "Z"\n'), [
    "plan.toml: unknown: 'nam'", "plan.toml: name is missing; say in a few words what changes"]);
  assert.deepEqual(problems('name = "x"\n[[step]]\nclose = "Z"\n[[step]]\nopen = "A"\nlon = 117.5\nlat = 39\n'), [
    "plan.toml, step 1: there is no centre 'Z' on this page",
    "plan.toml, step 2: there is already a centre 'A' ('中心A')"]);
  assert.match(problems("name = ")[0], /^plan\.toml: this is not TOML \(line 1: /);
  assert.match(problems('name = "x"\n[[step]]\nopen = "N1"\nlon = 120\nlat = 39\n')[0], /lies outside the study area/);
  assert.match(problems('name = "x"\n[[step]]\nclose = "A"\n[[step]]\nmove = "A"\nstreet = "S"\n')[0], /contradicts step 1/);
});

test("a file that builds on another wants it, and comes after it", () => {
  const first = { name: "first.toml", text: 'name = "one"\n[[step]]\nclose = "A"\n' };
  const second = { name: "second.toml", text: 'name = "two"\nbased_on = "first.toml"\n[[step]]\nclose = "B"\n' };
  const plan = read([second, first], world);
  assert.deepEqual([plan.name.en, [...plan.centres.keys()]], ["two", ["C"]]);
  assert.throws(() => read([second], world), /choose that file together with it/);
});

test("ways are not rebuilt on a page, and it says what does it", () => {
  const step = (more) => 'name = "x"\n[[step]]\nrebuild = "bridge"\nplace = "POINT (117.2 39.1)"\n' + more;
  for (const made of ["crossing", "ramp", "short_wait", "bench", "lift", "handrail", "seat"]) {
    assert.deepEqual(problems(step(`with = "${made}"`)),
      ["plan.toml, step 1: this page rebuilds no ways ('bridge'); carry it out with carecircles whatif"]);
  }
  assert.match(problems(step('with = "tunnel"'))[0], /with is 'tunnel'; write one of crossing, ramp/);
  assert.match(problems(step('with = "bench"\nlon = 1'))[0], /unknown with rebuild: 'lon'/);
});

test("a centre is enlarged to what it holds then, and to no less than it holds", () => {
  const step = (more) => `name = "x"\n[[step]]\nenlarge = "A"\n${more}\n`;
  const held = { ...world, centres: [centre("A", 117.1, 39.1, { holds: { capacity: 40, beds: 10, beds_medical: 6 } })] };
  const wrong = (text) => {
    try { read([{ name: "plan.toml", text }], held); } catch (error) { return error.problems.map(({ en }) => en); }
    return [];
  };
  const larger = read([{ name: "plan.toml", text: step("beds = 20\nbeds_family = 4") }], held).centres.get("A");
  assert.deepEqual([larger.holds, larger.state], [{ capacity: 40, beds: 20, beds_medical: 6, beds_family: 4 }, "enlarged"]);
  assert.match(wrong(step(""))[0], /^plan\.toml, step 1: write one or more of capacity, day_places, beds, /);
  assert.match(wrong(step("capacity = 39"))[0], /capacity is 39, but the centre has 40 already/);
  assert.match(wrong(step("beds_family = 4.5"))[0], /come to more than beds/);
  assert.match(wrong(step('beds = "many"'))[0], /beds is 'many', not a number/);
  assert.match(wrong(step("beds = -1"))[0], /beds is negative/);
  assert.match(wrong(step("beds = 20\narea_m2 = 3"))[0], /unknown with enlarge: 'area_m2'/);
  assert.deepEqual(wrong(`${step("beds = 20")}[[step]]\nequip = "A"\nservices = "meals"\n`), []);
  assert.match(wrong(`${step("beds = 20")}[[step]]\nenlarge = "A"\nbeds = 30\n`)[0], /contradicts step 1/);
});
