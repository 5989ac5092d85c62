/* Walks along the ways of a network, of places at most so far away, as carecircles' network/walks.py measures them:
   the same sums in the same order. Knows nothing of a page or a map. Units: metres on level ground, as far as a walk
   is long or takes as long; only what is asked of `Walks` is in the unit of the cost table. */
"use strict";
carecircles.walk = (function () {
  const { told, farthest: farthestOf } = carecircles.limits;

  /** Junctions still to be left, the cheapest first; one may stand in it more than once. */
  class Heap {
    constructor(most) {
      this.costs = new Float64Array(most);
      this.junctions = new Uint32Array(most);
      this.size = 0;
    }
    push(junction, cost) {
      const { costs, junctions } = this;
      let k = this.size++;
      while (k > 0) {
        const up = (k - 1) >> 1;
        if (costs[up] <= cost) break;
        costs[k] = costs[up];
        junctions[k] = junctions[up];
        k = up;
      }
      costs[k] = cost;
      junctions[k] = junction;
    }
    /** The cheapest, taken out. */
    pop() {
      const { costs, junctions } = this, top = junctions[0], size = --this.size;
      const cost = costs[size], junction = junctions[size];
      let k = 0;
      for (let down = 1; down < size; down = 2 * k + 1) {
        if (down + 1 < size && costs[down + 1] < costs[down]) down++;
        if (cost <= costs[down]) break;
        costs[k] = costs[down];
        junctions[k] = junctions[down];
        k = down;
      }
      costs[k] = cost;
      junctions[k] = junction;
      return top;
    }
  }

  /** What of `members` there is at each of `count` things: those of n from `starts[n]` to before `starts[n + 1]`. */
  function grouped(of, count) {
    const starts = new Uint32Array(count + 1), members = new Uint32Array(of.length);
    for (let k = 0; k < of.length; k++) starts[of[k] + 1]++;
    for (let n = 0; n < count; n++) starts[n + 1] += starts[n];
    const next = starts.slice();
    for (let k = 0; k < of.length; k++) members[next[of[k]]++] = k;
    return { starts, members };
  }

  const ALL = 0, BEGINS = 1, ENDS = 2;

  class Network {
    /** @param {Graph} graph  `isOwn` says which ways are walked at the start or end of a walk alone
        @param {Places} places  where cells come onto it, in the order of their numbers */
    constructor({ start, end, along, isOwn }, places) {
      this.start = start;
      this.end = end;
      this.along = along;
      this.isOwn = isOwn || new Uint8Array(start.length);
      this.places = places;
      let junctions = 0;
      for (let n = 0; n < start.length; n++) junctions = Math.max(junctions, start[n] + 1, end[n] + 1);
      this.junctions = junctions;
      // Each way twice: way n leaves its start as 2n and its end as 2n + 1.
      const leaves = new Uint32Array(2 * start.length);
      for (let n = 0; n < start.length; n++) [leaves[2 * n], leaves[2 * n + 1]] = [start[n], end[n]];
      this.links = grouped(leaves, junctions);
      this.onWay = grouped(places.edge, start.length);
      // Where there are such ways every junction is one of three: come to by all, over ways of one's own that a walk
      // begins with, over those that it ends with.
      const times = Array.from(this.isOwn).some(Boolean) ? 3 : 1;
      this.heap = new Heap(times * leaves.length + 2);
      this.cost = new Float64Array(times * junctions).fill(Infinity);
      this.touched = new Uint32Array(times * junctions); // in the order in which they were first come to
      this.count = 0;
      this.byPlace = new Float64Array(places.edge.length).fill(Infinity);
    }

    /** In which of its three roles a junction is come to over a way, from one in a role; -1 where nobody walks so. */
    role(way, from) {
      if (this.isOwn[way]) return from === BEGINS ? BEGINS : ENDS;
      return from === ENDS ? -1 : ALL;
    }

    come(junction, cost, limit) {
      if (!(cost <= limit) || cost >= this.cost[junction]) return;
      if (this.cost[junction] === Infinity) this.touched[this.count++] = junction;
      this.cost[junction] = cost;
      this.heap.push(junction, cost);
    }

    /** Walk from a place to every junction within a limit; `leave` is told of each junction as it is left, and
        ends the walk by true. */
    walk({ edge, share, off }, limit, leave) {
      const { start, end, along, cost, heap, links, junctions } = this;
      for (let k = 0; k < this.count; k++) cost[this.touched[k]] = Infinity;
      this.count = heap.size = 0;
      const first = this.role(edge, BEGINS) * junctions;
      this.come(first + start[edge], share * along[edge] + off, limit);
      this.come(first + end[edge], (1 - share) * along[edge] + off, limit);
      while (heap.size) {
        const now = heap.costs[0], at = heap.pop();
        if (now > cost[at]) continue; // come to more cheaply since
        const role = Math.floor(at / junctions), junction = at - role * junctions;
        if (leave(junction, now, role)) return;
        for (let k = links.starts[junction]; k < links.starts[junction + 1]; k++) {
          const way = links.members[k] >> 1, to = links.members[k] & 1 ? start[way] : end[way];
          const next = this.role(way, role);
          if (next >= 0) this.come(next * junctions + to, now + along[way], limit);
        }
      }
    }

    /** What it costs from one place to another of the same way, along it. */
    between(one, share, off) {
      return Math.abs(share - one.share) * this.along[one.edge] + (off + one.off);
    }

    /** The cells within a limit of a place in ascending order, and what it costs to come to each.
        @param {OnWay | null} place  @param {number} limit  @returns {Reached} */
    reached(place, limit) {
      if (!place) return { limit, cells: new Uint32Array(0), costs: new Float64Array(0) };
      const { places, byPlace, onWay, links, along } = this, found = [];
      const take = (n, cost) => {
        if (!(cost <= limit) || cost >= byPlace[n]) return;
        if (byPlace[n] === Infinity) found.push(n);
        byPlace[n] = cost;
      };
      this.walk(place, limit, (junction, now, role) => {
        for (let k = links.starts[junction]; k < links.starts[junction + 1]; k++) {
          const way = links.members[k] >> 1, isEnd = links.members[k] & 1;
          if (this.role(way, role) < 0) continue;
          for (let m = onWay.starts[way]; m < onWay.starts[way + 1]; m++) {
            const n = onWay.members[m], share = isEnd ? 1 - places.share[n] : places.share[n];
            take(n, now + (share * along[way] + places.off[n]));
          }
        }
      });
      for (let m = onWay.starts[place.edge]; m < onWay.starts[place.edge + 1]; m++) {
        const n = onWay.members[m];
        take(n, this.between(place, places.share[n], places.off[n]));
      }
      const upstairs = (n) => byPlace[n] + (places.stairs ? places.stairs[n] : 0);
      const order = Uint32Array.from(found.filter((n) => upstairs(n) <= limit)).sort();
      const costs = Float64Array.from(order, upstairs);
      found.forEach((n) => { byPlace[n] = Infinity; });
      return { limit, cells: order.map((n) => places.cell[n]), costs };
    }

    /** The nearest of some places within a limit of another one, by number, and what it costs; null where there is
        none. Of equally near ones the first.
        @param {OnWay} place  @param {(OnWay | null)[]} others  @param {number} limit */
    nearest(place, others, limit) {
      const { links, along } = this, at = new Map();
      let best = null;
      const take = (number, cost) => {
        if (cost <= limit && (!best || cost < best.metres || cost === best.metres && number < best.number)) best = { number, metres: cost };
      };
      others.forEach((other, number) => {
        if (!other) return;
        at.set(other.edge, [...(at.get(other.edge) || []), number]);
        if (other.edge === place.edge) take(number, this.between(place, other.share, other.off));
      });
      this.walk(place, limit, (junction, now, role) => {
        if (best && now > best.metres) return true;
        for (let k = links.starts[junction]; k < links.starts[junction + 1]; k++) {
          const way = links.members[k] >> 1, isEnd = links.members[k] & 1;
          if (this.role(way, role) < 0) continue;
          (at.get(way) || []).forEach((number) => {
            const { share, off } = others[number];
            take(number, now + ((isEnd ? 1 - share : share) * along[way] + off));
          });
        }
        return false;
      });
      return best;
    }
  }

  /** Cells in ascending order as first and last of each run.
      @param {Reached} reached  @param {number} limit */
  function runs({ cells, costs }, limit) {
    const made = [];
    cells.forEach((cell, k) => {
      if (!(costs[k] <= limit)) return;
      if (made.length && made[made.length - 1] === cell - 1) made[made.length - 1] = cell;
      else made.push(cell, cell);
    });
    return Uint32Array.from(made);
  }

  const AHEAD = 1.25; // how much farther is measured than asked for, for the next step of a slider

  /** Which cells centres reach: of those Python measured its costs, as far as they go, of others our own. */
  class Walks {
    /** @param {Network} network  @param {InstanceType<typeof carecircles.ways.Ways>} ways
        @param {Map<string, Known>} known  centres by id, where they were
        @param {{ unit: Unit, perMetre: number, farthest: number }} costs  of the table, and the most that can be
          asked for */
    constructor(network, ways, known, { unit, perMetre, farthest }) {
      this.network = network;
      this.ways = ways;
      this.known = known;
      this.unit = unit;
      this.perMetre = perMetre;
      this.farthest = farthest;
      this.places = new WeakMap(); // by centre
      this.rows = new WeakMap();
    }

    /** Where a centre comes onto the network; null where it does not.
        @returns {OnWay | null} */
    placeOf(centre) {
      const known = this.knownOf(centre);
      if (known) return known.place;
      if (!this.places.has(centre)) {
        const place = this.ways.onto(centre.x, centre.y);
        this.places.set(centre, place && Number.isFinite(this.network.along[place.edge]) ? place : null);
      }
      return this.places.get(centre);
    }
    knownOf(centre) {
      const known = this.known.get(centre.id);
      return known && known.x === centre.x && known.y === centre.y ? known : null;
    }

    /** Metres on level ground as they are told in the unit of the cost table. */
    costOf(metres) { return told(metres * this.perMetre, this.unit); }
    /** As many metres as have to be searched. */
    metresOf(limit) { return farthestOf(limit, this.unit) / this.perMetre; }

    /** The cells within a limit of a centre, as first and last of each run. */
    runs(centre, limit) {
      const known = this.knownOf(centre), most = told(limit, this.unit);
      if (known && most <= known.reached.limit) return runs(known.reached, most);
      let row = this.rows.get(centre);
      if (!row || row.limit < most) {
        const far = row || known ? Math.max(most, Math.min(this.farthest, AHEAD * most)) : most;
        const { cells, costs } = this.network.reached(this.placeOf(centre), this.metresOf(far));
        row = { limit: far, cells, costs: costs.map((metres) => this.costOf(metres)) };
        this.rows.set(centre, row);
      }
      return runs(row, most);
    }

    /** Where a cell comes onto the network, by its number; null where it does not. */
    placeAt(number) {
      const { cell, edge, share, off, stairs } = this.network.places;
      let low = 0, high = cell.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (cell[middle] < number) low = middle + 1;
        else high = middle;
      }
      const at = { edge: edge[low], share: share[low], off: off[low] };
      return cell[low] !== number ? null : { ...at, stairs: stairs ? stairs[low] : 0 };
    }

    /** The centre nearest to a cell, and what it costs to walk there; null where none is near enough. */
    nearest(number, centres) {
      const place = this.placeAt(number), most = this.metresOf(this.farthest);
      const found = place && this.network.nearest(place, centres.map((centre) => this.placeOf(centre)), most - place.stairs);
      return found ? { nearest: centres[found.number], cost: this.costOf(found.metres + place.stairs) } : null;
    }
  }

  /** Running sums of differences, modulo 2 ** 32. */
  function summed(differences) {
    const made = new Uint32Array(differences.length);
    for (let k = 0, sum = 0; k < made.length; k++) made[k] = sum = (sum + differences[k]) >>> 0;
    return made;
  }
  const starts = (counts) => Uint32Array.from([0, ...summed(counts)]);

  /** What Python hands over, as values; `arrays` are those of `data`, unpacked.
      @param {WalkData} data  @param {Record<string, any>} arrays  @param {LiveCentre[]} centres
      @returns {InstanceType<typeof Walks>} */
  function read({ per_metre: perMetre, cost_unit: costUnit, farthest, measured, unit, x0, y0 }, arrays, centres) {
    const places = (of) => ({ edge: arrays[of + "_edge"], share: arrays[of + "_share"], off: arrays[of + "_off"] });
    const lines = (of) => ({ first: starts(arrays[of + "_vertices"]),
      x: Float64Array.from(summed(arrays[of + "_x"]), (n) => x0 + unit * n),
      y: Float64Array.from(summed(arrays[of + "_y"]), (n) => y0 + unit * n) });
    const network = new Network({ start: arrays.way_start, end: arrays.way_end, along: arrays.way_along, isOwn: arrays.way_is_own },
      { ...places("cell"), cell: summed(arrays.cell), stairs: arrays.cell_stairs });
    const barriers = arrays.wall_shape.length
      ? { ...lines("wall"), shape: arrays.wall_shape, isArea: arrays.wall_is_area } : null;
    const ways = new carecircles.ways.Ways({ ...lines("way"), isGround: arrays.way_is_ground }, barriers);
    const own = places("centre"), first = starts(arrays.reached_count), reached = summed(arrays.reached_cell);
    const known = new Map(centres.map(({ id, x, y }, n) => [id, { x, y,
      place: own.edge[n] ? { edge: own.edge[n] - 1, share: own.share[n], off: own.off[n] } : null,
      reached: { limit: measured, cells: reached.subarray(first[n], first[n + 1]),
        costs: arrays.reached_cost.subarray(first[n], first[n + 1]) } }]));
    return new Walks(network, ways, known, { unit: costUnit, perMetre, farthest });
  }

  return { Network, Walks, runs, read };
})();
