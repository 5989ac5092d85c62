"use strict";
const test = require("node:test"), assert = require("node:assert/strict");
const { walk: { Network, Walks, runs }, ways: { Ways }, limits: { told }, reached: { outline } } = require("./load.js");
const { dice } = require("./dice.js");

const near = (one, other) => Math.abs(one - other) < 1e-6;

/** A crooked lattice of streets 100 m apart, some of them missing, and a loop. */
function streets(seed, gone = 0.25) {
  const random = dice(seed), side = 5, lines = [];
  const corner = Array.from({ length: side * side }, (_, n) =>
    [100 * (n % side) + 60 * (random() - 0.5), 100 * Math.floor(n / side) + 60 * (random() - 0.5)]);
  const link = (a, b) => {
    if (random() < gone) return;
    const middle = [0, 1].map((k) => (corner[a][k] + corner[b][k]) / 2 + 30 * (random() - 0.5));
    lines.push({ start: a, end: b, xy: [corner[a], middle, corner[b]] });
  };
  for (let n = 0; n < side * side; n++) {
    if (n % side) link(n - 1, n);
    if (n >= side) link(n - side, n);
  }
  lines.push({ start: 7, end: 7, xy: [corner[7], [corner[7][0] + 20, corner[7][1] + 40], [corner[7][0] - 20, corner[7][1] + 40], corner[7]] });
  return { random, lines };
}

const length = (xy) => xy.slice(1).reduce((sum, [x, y], k) => sum + Math.hypot(x - xy[k][0], y - xy[k][1]), 0);
function flat(lines) {
  const xy = lines.flatMap((line) => line.xy || line), first = [0];
  lines.forEach((line) => first.push(first[first.length - 1] + (line.xy || line).length));
  return { x: xy.map(([x]) => x), y: xy.map(([, y]) => y), first };
}
const waysOf = (lines, barriers = null, isGround = lines.map(() => 1)) => new Ways({ ...flat(lines), isGround }, barriers);
/** Each way as long as it is, and steeper than it looks where told. */
function graphOf(lines, steep = () => 1, isOwn = () => false) {
  return { start: lines.map((l) => l.start), end: lines.map((l) => l.end), along: lines.map((l, n) => steep(n) * length(l.xy)),
    isOwn: lines.map((_, n) => Number(isOwn(n))) };
}
const columns = (places) => ({ edge: places.map((p) => p.edge), share: places.map((p) => p.share),
  off: places.map((p) => p.off), cell: places.map((_, n) => 3 * n) });

/** What every walk costs over some ways, in a graph in which each place is a junction of its own, by Floyd and Warshall. */
function overSome(lines, steep, places, isMeant) {
  const count = 25 + places.length, cost = Array.from({ length: count }, (_, a) =>
    Array.from({ length: count }, (_, b) => (a === b ? 0 : Infinity)));
  lines.forEach(({ start, end, xy }, edge) => {
    if (!isMeant(edge)) return;
    const stops = places.map((place, n) => [place.share, 25 + n, place.edge]).filter(([, , on]) => on === edge)
      .sort((a, b) => a[0] - b[0]);
    const all = [[0, start], ...stops, [1, end]];
    all.slice(1).forEach(([share, b], k) => {
      const [before, a] = all[k], c = (share - before) * steep(edge) * length(xy);
      cost[a][b] = cost[b][a] = Math.min(cost[a][b], c);
    });
  });
  for (let over = 0; over < count; over++) {
    for (let a = 0; a < count; a++) for (let b = 0; b < count; b++) cost[a][b] = Math.min(cost[a][b], cost[a][over] + cost[over][b]);
  }
  return cost;
}
const joined = (one, other) => one.map((row) => row.map((_, b) => Math.min(...row.map((c, over) => c + other[over][b]))));
/** What every walk costs: over ways of one's own, over those of all, and over ways of one's own again. */
function byCutting(lines, steep, places, isOwn) {
  const [own, all] = [true, false].map((which) => overSome(lines, steep, places, (n) => isOwn(n) === which));
  const cost = joined(joined(own, all), own);
  return (a, b) => cost[25 + a][25 + b] + places[a].off + places[b].off;
}

test("a place comes onto the nearest point of any way, of equally near ones onto the first", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const { random, lines } = streets(seed), ways = waysOf(lines);
    for (let k = 0; k < 40; k++) {
      const [x, y] = [700 * random() - 150, 700 * random() - 150], { edge, share, off } = ways.onto(x, y);
      let least = Infinity; // many points on every way
      lines.forEach(({ xy }) => xy.slice(1).forEach(([bx, by], n) => {
        for (let k = 0; k <= 1000; k++) least = Math.min(least, Math.hypot(xy[n][0] + (k * (bx - xy[n][0])) / 1000 - x, xy[n][1] + (k * (by - xy[n][1])) / 1000 - y));
      }));
      assert.ok(off <= least + 1e-9 && off > least - 0.1);
      const { xy } = lines[edge];
      let left = share * length(xy), n = 0; // the point at that share is so far off
      while (n < xy.length - 2 && left > length(xy.slice(n, n + 2))) left -= length(xy.slice(n, ++n + 1));
      const t = left / length(xy.slice(n, n + 2)), at = [0, 1].map((c) => xy[n][c] + t * (xy[n + 1][c] - xy[n][c]));
      assert.ok(near(Math.hypot(at[0] - x, at[1] - y), off));
    }
  }
  const cross = waysOf([{ xy: [[0, 0], [100, 0]] }, { xy: [[0, 0], [0, 100]] }]);
  assert.deepEqual(cross.onto(-3, -4), { edge: 0, share: 0, off: 5 });
  assert.deepEqual(cross.onto(30, 30), { edge: 0, share: 0.3, off: 30 });
  assert.equal(cross.onto(5000, 40000).off, Math.hypot(5000, 39900)); // from far away, too
});

test("a bridge is walked and never come onto", () => {
  const ways = waysOf([{ xy: [[0, 0], [100, 0]] }, { xy: [[0, 10], [100, 10]] }], null, [1, 0]);
  assert.deepEqual(ways.onto(50, 9), { edge: 0, share: 0.5, off: 9 });
});

// Streets north (y = 100) and south (y = 0) of a river, one bridge at x = 300, as tests/test_network.py has them
const LADDER = [
  { start: 0, end: 1, xy: [[0, 0], [300, 0]] }, { start: 1, end: 2, xy: [[300, 0], [400, 0]] },
  { start: 3, end: 4, xy: [[0, 100], [300, 100]] }, { start: 4, end: 5, xy: [[300, 100], [400, 100]] },
  { start: 1, end: 4, xy: [[300, 0], [300, 100]] },
];
const box = (west, south, east, north) => [[west, south], [east, south], [east, north], [west, north], [west, south]];
const barrier = (lines, isArea, shape = lines.map(() => 0)) => ({ ...flat(lines), shape, isArea });

test("nobody wades to the nearest way, be the river a line or an area", () => {
  const river = barrier([[[-50, 60], [250, 60]]], [0]), wide = barrier([box(-50, 55, 250, 65)], [1]);
  assert.deepEqual(waysOf(LADDER).onto(100, 54), { edge: 2, share: 1 / 3, off: 46 });
  [river, wide].forEach((one) => assert.deepEqual(waysOf(LADDER, one).onto(100, 54), { edge: 0, share: 1 / 3, off: 54 }));
});

test("who stands in a lake gets out, who is fenced in does not, and an island in it is not the lake", () => {
  const lake = barrier([box(90, 40, 110, 60)], [1]), fence = barrier([box(90, 40, 110, 60)], [0]);
  assert.deepEqual(waysOf(LADDER, lake).onto(100, 49), { edge: 0, share: 1 / 3, off: 49 });
  assert.equal(waysOf(LADDER, fence).onto(100, 49), null);
  assert.deepEqual(waysOf(LADDER, fence).onto(0, 10), { edge: 0, share: 0, off: 10 });
  const moat = barrier([box(80, 30, 120, 70), box(90, 40, 110, 60)], [1], [0, 0]);
  assert.equal(waysOf(LADDER, moat).onto(100, 49), null);
  const two = barrier([box(90, 40, 110, 60), [[0, 20], [400, 20]]], [1, 0], [0, 1]); // out of the lake, not over the line
  assert.deepEqual(waysOf(LADDER, two).onto(100, 49), { edge: 2, share: 1 / 3, off: 51 });
});

test("a way along a barrier is come onto", () => {
  const found = waysOf(LADDER, barrier([[[0, 0], [300, 0]]], [0])).onto(123.4, 7);
  assert.deepEqual([found.edge, found.off], [0, 7]);
  assert.ok(near(300 * found.share, 123.4));
});

test("over the bridge: 300 m to it, 100 m over it, 300 m back", () => {
  const homes = [{ edge: 0, share: 0, off: 0 }, { edge: 0, share: 280 / 300, off: 5 }];
  const net = new Network(graphOf(LADDER), columns(homes)), centre = { edge: 2, share: 0, off: 0 };
  assert.deepEqual(net.reached(centre, 700), { limit: 700, cells: Uint32Array.of(0, 3), costs: Float64Array.of(700, 425) });
  assert.deepEqual([...net.reached(centre, 699.999).cells], [3]); // the limit itself is within reach
  assert.deepEqual([...net.reached(null, 700).cells], []);
});

test("every walk is the shortest path of the ways cut at every place, on the level, up stairs, through no yard of others", () => {
  for (let seed = 1; seed <= 30; seed++) {
    const { random, lines } = streets(seed), ways = waysOf(lines);
    const steep = (n) => (seed % 2 ? 1 : n % 7 ? 1 + (n % 3) : Infinity), isOwn = (n) => seed % 3 === 0 && n * seed % 4 < 2;
    const every = Array.from({ length: 14 }, () => ways.onto(560 * random() - 80, 560 * random() - 80));
    const places = every.map((place) => (steep(place.edge) < Infinity ? place : { ...place, edge: 1 }));
    const homes = places.slice(0, 10), centres = places.slice(10), truth = byCutting(lines, steep, places, isOwn);
    const net = new Network(graphOf(lines, steep, isOwn), columns(homes));
    [120, 400, 5000].forEach((limit) => {
      centres.forEach((centre, c) => {
        const { cells, costs } = net.reached(centre, limit), found = new Map([...cells].map((cell, k) => [cell / 3, costs[k]]));
        homes.forEach((_, h) => {
          const expected = truth(h, 10 + c);
          if (Math.abs(expected - limit) < 1e-6) return;
          assert.equal(found.has(h), expected <= limit, `seed ${seed}`);
          if (found.has(h)) assert.ok(near(found.get(h), expected));
        });
      });
      homes.forEach((home, h) => {
        const least = Math.min(...centres.map((_, c) => truth(h, 10 + c))), found = net.nearest(home, centres, limit);
        if (Math.abs(least - limit) < 1e-6) return;
        assert.equal(Boolean(found), least <= limit);
        if (found) assert.ok(near(found.metres, least) && near(truth(h, 10 + found.number), least));
      });
    });
  }
});

test("of centres at one place the first is nearest, and one on no way is none", () => {
  const net = new Network(graphOf(LADDER), columns([])), at = { edge: 4, share: 0.5, off: 0 };
  assert.deepEqual(net.nearest({ edge: 0, share: 0.5, off: 0 }, [null, at, at], 700), { number: 1, metres: 200 });
});

test("costs of Python's are taken as far as they go, where the centre stands where it stood", () => {
  const homes = [{ edge: 0, share: 0, off: 0 }, { edge: 0, share: 280 / 300, off: 5 }];
  const net = new Network(graphOf(LADDER), columns(homes)), place = { edge: 2, share: 0, off: 0 };
  const told = { limit: 500, cells: Uint32Array.of(3), costs: Float64Array.of(499) };
  const walks = new Walks(net, waysOf(LADDER), new Map([["a", { x: 0, y: 100, place, reached: told }]]), { unit: "m", perMetre: 1, farthest: 2000 });
  const old = { id: "a", x: 0, y: 100 };
  assert.deepEqual([...walks.runs(old, 499)], [3, 3]);
  assert.deepEqual([...walks.runs(old, 498)], []);
  assert.deepEqual([...walks.runs(old, 700)], [0, 0, 3, 3]); // beyond them our own
  assert.deepEqual([...walks.runs({ ...old, x: 100 }, 325)], [3, 3]); // Python's are of another place
  assert.deepEqual([...walks.runs({ ...old, x: 100, y: 4 }, 104)], [0, 0]);
  assert.equal(walks.nearest(3, [old]).cost, 425);
  assert.deepEqual([walks.placeAt(1), walks.nearest(1, [old])], [null, null]);
});

test("minutes are metres of level ground at a pace, and stairs inside a house count on the way out of it", () => {
  const homes = { ...columns([{ edge: 0, share: 0, off: 0 }, { edge: 0, share: 280 / 300, off: 5 }]), stairs: [0, 75] };
  const walks = new Walks(new Network(graphOf(LADDER), homes), waysOf(LADDER), new Map(), { unit: "min", perMetre: 1 / 50, farthest: 40 });
  const centre = { id: "a", x: 0, y: 100 }; // 700 m and 425 + 75 m
  assert.deepEqual([...walks.runs(centre, 14)], [0, 0, 3, 3]);
  assert.deepEqual([...walks.runs(centre, 13.9)], [3, 3]);
  assert.deepEqual([...walks.runs(centre, 9.9)], []);
  assert.deepEqual([0, 3].map((number) => walks.nearest(number, [centre]).cost), [14, 10]);
});

test("a walk of exactly the limit is covered, and one a tenth of a millimetre longer is not", () => {
  const random = dice(31), whole = (most) => 1 + Math.floor(most * random());
  for (let k = 0; k < 400; k++) {
    const pace = 4 + whole(296), minutes = 99 + whole(3900); // hundredths
    const metres = 60 * pace * minutes, limit = minutes / 100; // ten-thousandths of a metre, a whole number
    const count = whole(12), cut = [0, ...Array.from({ length: count - 1 }, () => whole(metres - 1)).sort((a, b) => a - b), metres, metres + 50_000];
    const lines = cut.slice(1).map((end, n) => ({ start: n, end: n + 1, along: (end - cut[n]) / 10_000 }));
    const graph = { start: lines.map((l) => l.start), end: lines.map((l) => l.end), along: lines.map((l) => l.along) };
    const homes = { ...columns([{ edge: count, share: 0, off: 0 }, { edge: count, share: 0, off: 1e-4 }]), stairs: [0, 0] };
    const place = { edge: 0, share: 0, off: 0 }, far = { limit: 0, cells: new Uint32Array(0), costs: new Float64Array(0) };
    const walks = new Walks(new Network(graph, homes), null, new Map([["a", { x: 0, y: 0, place, reached: far }]]),
      { unit: "min", perMetre: 1 / (60 * (pace / 100)), farthest: 200 });
    const centre = { id: "a", x: 0, y: 0 };
    assert.deepEqual([...walks.runs(centre, limit)], [0, 0], `${pace} ${minutes} ${cut}`);
    assert.equal(walks.nearest(0, [centre]).cost, limit);
    assert.ok(walks.nearest(3, [centre]).cost > limit);
  }
});

test("costs are told to the decimals of their unit, halves to the even", () => {
  assert.deepEqual([15.000000000000002, 0.123456784999, 0.001953125].map((n) => told(n, "min")), [15, 0.12345678, 0.00195312]);
  assert.deepEqual([699.9999996, 0.5000005, 0.0000015].map((n) => told(n, "m")), [700, 0.5, 0.000002]);
});

test("runs of cells and their border", () => {
  const reached = { limit: 9, cells: Uint32Array.of(1, 2, 5, 6, 7), costs: Float64Array.of(1, 2, 9, 3, 4) };
  assert.deepEqual([...runs(reached, 9)], [1, 2, 5, 7]);
  assert.deepEqual([...runs(reached, 8)], [1, 2, 6, 7]);
  // in rows of four: two cells in the middle of the first row, and the last three of the second
  const border = outline(runs(reached, 9), 4).map((line) => line.join(" ")).sort();
  assert.deepEqual(border, ["1 0 1 2", "1 0 3 0", "1 2 4 2", "3 0 3 1", "3 1 4 1", "4 1 4 2"]);
  assert.deepEqual(outline([5, 5], 6).map((line) => line.join(" ")).sort(), ["5 0 5 1", "5 0 6 0", "5 1 6 1", "6 0 6 1"]);
  assert.equal(outline([3, 4], 4).length, 8); // the end of one row and the start of the next touch nowhere
});
