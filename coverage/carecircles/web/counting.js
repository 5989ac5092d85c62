/* Who is covered, counted cell by cell: how many centres reach each cell, and what that makes of the
   people of each street. Knows nothing of a page or a map. Units: metres, persons. */
"use strict";
carecircles.counting = (function () {
  const NAMES = ["all", "covered", "backup", "gained", "lost"];
  const MOST = 4; // centres within reach that are told apart; more look like so many

  /** The first and last cell of a row whose centres lie within reach of a point, the limit included.
      @param {Lattice} grid  @param {{ x: number, y: number }} centre */
  function span({ cell, x0, y0, cols }, { x, y }, metres, row) {
    const dy = y0 + (row + 0.5) * cell - y, half = Math.sqrt(Math.max(0, metres * metres - dy * dy)) / cell;
    const isWithin = (col) => {
      const dx = x0 + (col + 0.5) * cell - x;
      return Math.sqrt(dx * dx + dy * dy) <= metres;
    };
    const u = (x - x0) / cell - 0.5;
    let first = Math.max(0, Math.floor(u - half) - 1), last = Math.min(cols - 1, Math.ceil(u + half) + 1);
    while (first <= last && !isWithin(first)) first++;
    while (last >= first && !isWithin(last)) last--;
    return [first, last];
  }

  /** The rows that hold every cell within reach of a point. */
  function rowsAround({ cell, y0, rows }, { y }, metres) {
    const v = (y - y0) / cell - 0.5, wide = metres / cell;
    return [Math.max(0, Math.floor(v - wide)), Math.min(rows - 1, Math.ceil(v + wide))];
  }

  /** The cells whose centres lie within reach of a point: first and last of each run of them.
      @param {Lattice} grid  @param {{ x: number, y: number }} centre */
  function circle(grid, centre, metres) {
    const [from, to] = rowsAround(grid, centre, metres), runs = new Uint32Array(2 * Math.max(0, to - from + 1));
    let size = 0;
    for (let row = from; row <= to; row++) {
      const [first, last] = span(grid, centre, metres, row);
      if (first > last) continue;
      runs[size++] = row * grid.cols + first;
      runs[size++] = row * grid.cols + last;
    }
    return runs.subarray(0, size);
  }

  /** Cells counted by street; `street` holds a street's number from 1 for each cell, 0 where there is
      none, and `weights` by name what else a cell counts for. All are whole numbers, so that adding
      and taking away leaves no error. */
  class Counting {
    /** @param {Uint8Array | Uint16Array} street  @param {Record<string, Uint32Array>} weights */
    constructor(street, weights = {}) {
      this.street = street;
      this.weights = Object.values(weights);
      this.measures = ["", ...Object.keys(weights)]; // the first counts cells
      const size = street.length;
      let streets = 1; // the first counts nothing
      for (let k = 0; k < size; k++) streets = Math.max(streets, street[k] + 1);
      this.depth = new Uint16Array(size);
      this.wasCovered = new Uint8Array(size);
      this.shade = new Uint8Array(size); // a sign for each cell, 0 for none
      this.tally = Object.fromEntries(NAMES.map((name) =>
        [name, this.measures.map(() => new Float64Array(streets))]));
      for (let k = 0; k < size; k++) this.count(this.tally.all, k, street[k], 1);
      this.look = new Uint8Array(2 * (MOST + 1)); // by what was covered and the depth
    }

    count(measures, k, code, sign) {
      measures[0][code] += sign;
      for (let n = 0; n < this.weights.length; n++) measures[n + 1][code] += sign * this.weights[n][k];
    }

    /** Give cells the signs of `uncovered` and `covered` before, by their depth up to four. */
    lookAs(uncovered, covered) {
      this.look = Uint8Array.from([...uncovered, ...covered]);
      for (let k = 0; k < this.street.length; k++) {
        this.shade[k] = this.street[k] ? this.look[(MOST + 1) * this.wasCovered[k] + Math.min(this.depth[k], MOST)] : 0;
      }
    }

    /** Keep what is covered now as what is compared with. */
    setBaseline() {
      for (let k = 0; k < this.street.length; k++) this.wasCovered[k] = this.depth[k] > 0 ? 1 : 0;
      [...this.tally.gained, ...this.tally.lost].forEach((streets) => streets.fill(0));
    }

    /** Add (1) or take away (-1) a centre that reaches some runs of cells: first and last of each.
        @param {ArrayLike<number>} runs  @param {1 | -1} sign */
    reach(runs, sign) {
      const { street, depth, wasCovered, shade, look } = this;
      const { covered, backup, gained, lost } = this.tally;
      for (let n = 0; n < runs.length; n += 2) {
        for (let k = runs[n], end = runs[n + 1]; k <= end; k++) {
          const code = street[k];
          if (!code) continue;
          const now = (depth[k] += sign), crossed = sign > 0 ? now : now + 1;
          if (crossed === 1) {
            this.count(covered, k, code, sign);
            if (wasCovered[k]) this.count(lost, k, code, -sign);
            else this.count(gained, k, code, sign);
          } else if (crossed === 2) {
            this.count(backup, k, code, sign);
          }
          shade[k] = look[(MOST + 1) * wasCovered[k] + (now > MOST ? MOST : now)];
        }
      }
    }

    /** People by what happens to them: for the area, and for each street. A group has persons a unit of
        weight by street (`each`), and the name of its weights or null. */
    people({ each, weights }) {
      const measure = this.measures.indexOf(weights || ""), area = {}, streets = each.map(() => ({}));
      NAMES.forEach((name) => {
        area[name] = 0;
        each.forEach((persons, n) => {
          streets[n][name] = (this.tally[name][measure][n + 1] || 0) * persons;
          area[name] += streets[n][name];
        });
      });
      return { area, streets };
    }
  }

  return { Counting, span, circle };
})();
