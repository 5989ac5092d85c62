/* Ways and what nobody crosses: where a place comes onto the walking network, by the rule of carecircles'
   network/places.py. Knows nothing of a page or a map. Units: metres. */
"use strict";
carecircles.ways = (function () {
  const BIN_M = 100; // side of the squares in which straight parts are looked for
  const SEARCHED_M = 1000; // around a place that a barrier cuts off from its nearest way
  const HAIR_M = 0.001; // by which a line to a way ends before it, which may itself lie on a barrier

  /** Straight parts of lines, found by where they are. Line n has the vertices from `first[n]` to before `first[n + 1]`. */
  class Parts {
    /** @param {Lines} lines  @param {(line: number) => boolean} isWanted */
    constructor({ x, y, first }, isWanted) {
      const from = [], line = [];
      for (let n = 0; n + 1 < first.length; n++) {
        if (!isWanted(n)) continue;
        for (let k = first[n]; k + 1 < first[n + 1]; k++) { from.push(k); line.push(n); }
      }
      this.x = x;
      this.y = y;
      this.from = Uint32Array.from(from);
      this.line = Uint32Array.from(line);
      this.seen = new Uint32Array(from.length);
      this.look = 0;
      let left = Infinity, right = -Infinity, bottom = Infinity, top = -Infinity;
      from.forEach((k) => {
        left = Math.min(left, x[k], x[k + 1]);
        right = Math.max(right, x[k], x[k + 1]);
        bottom = Math.min(bottom, y[k], y[k + 1]);
        top = Math.max(top, y[k], y[k + 1]);
      });
      this.left = left;
      this.bottom = bottom;
      this.cols = from.length ? Math.floor((right - left) / BIN_M) + 1 : 0;
      this.rows = from.length ? Math.floor((top - bottom) / BIN_M) + 1 : 0;
      const squares = (part, act) => {
        const k = this.from[part];
        const [a, b, c, d] = this.squaresOf(Math.min(x[k], x[k + 1]), Math.min(y[k], y[k + 1]),
          Math.max(x[k], x[k + 1]), Math.max(y[k], y[k + 1]));
        for (let row = b; row <= d; row++) for (let col = a; col <= c; col++) act(row * this.cols + col);
      };
      this.starts = new Uint32Array(this.rows * this.cols + 1);
      for (let part = 0; part < from.length; part++) squares(part, (n) => this.starts[n + 1]++);
      for (let n = 0; n + 1 < this.starts.length; n++) this.starts[n + 1] += this.starts[n];
      const next = this.starts.slice();
      this.inside = new Uint32Array(this.starts[this.starts.length - 1]);
      for (let part = 0; part < from.length; part++) squares(part, (n) => { this.inside[next[n]++] = part; });
    }

    /** Columns and rows of the squares that a rectangle meets.
        @returns {[number, number, number, number]} */
    squaresOf(left, bottom, right, top) {
      const at = (value, low, most) => Math.min(Math.max(Math.floor((value - low) / BIN_M), 0), most);
      return [at(left, this.left, this.cols - 1), at(bottom, this.bottom, this.rows - 1),
        at(right, this.left, this.cols - 1), at(top, this.bottom, this.rows - 1)];
    }

    /** Each part in some squares, once; up to the first for which `act` is true. */
    some([a, b, c, d], act) {
      this.look++;
      for (let row = b; row <= d; row++) {
        for (let col = a; col <= c; col++) {
          const n = row * this.cols + col;
          for (let k = this.starts[n]; k < this.starts[n + 1]; k++) {
            const part = this.inside[k];
            if (this.seen[part] === this.look) continue;
            this.seen[part] = this.look;
            if (act(part)) return true;
          }
        }
      }
      return false;
    }

    /** The nearest point on a part. */
    foot(part, px, py) {
      const k = this.from[part], { x, y } = this, dx = x[k + 1] - x[k], dy = y[k + 1] - y[k];
      const squared = dx * dx + dy * dy;
      const t = squared ? Math.min(1, Math.max(0, ((px - x[k]) * dx + (py - y[k]) * dy) / squared)) : 0;
      const fx = x[k] + t * dx, fy = y[k] + t * dy;
      return { part, x: fx, y: fy, t, off: Math.hypot(px - fx, py - fy) };
    }

    /** The nearest point on any part, of equally near ones that of the first; null where there is none. */
    nearest(px, py) {
      /** @type {ReturnType<Parts["foot"]>} */
      let best = null;
      const beside = Math.max(this.left - px, px - this.left - this.cols * BIN_M,
        this.bottom - py, py - this.bottom - this.rows * BIN_M, 0);
      const farthest = beside + BIN_M * (this.rows + this.cols + 1);
      for (let wide = beside + BIN_M; this.rows; wide = Math.min(2 * wide, farthest)) {
        this.some(this.squaresOf(px - wide, py - wide, px + wide, py + wide), (part) => {
          const foot = this.foot(part, px, py);
          if (!best || foot.off < best.off || foot.off === best.off && part < best.part) best = foot;
        });
        if (best && best.off <= wide || wide === farthest) break;
      }
      return best;
    }
  }

  class Ways {
    /** @param {Lines & { isGround: Uint8Array }} ways  come onto where they are on the ground
        @param {(Lines & { shape: Uint16Array | Uint8Array | Uint32Array, isArea: Uint8Array }) | null} barriers
          rings and lines, with the barrier each belongs to (`shape`), by which `isArea` goes */
    constructor(ways, barriers) {
      this.ways = ways;
      this.barriers = barriers;
      this.parts = new Parts(ways, (line) => Boolean(ways.isGround[line]));
      this.walls = barriers && new Parts(barriers, () => true);
    }

    /** Where a place comes onto the network: way, share of it from its start, and metres off it; null where
        barriers cut it off from every way near.
        @returns {OnWay | null} */
    onto(x, y) {
      const near = this.parts.nearest(x, y);
      const foot = near && this.isCutOff(x, y, near) ? this.around(x, y) : near;
      if (!foot) return null;
      const edge = this.parts.line[foot.part], first = this.ways.first;
      let before = 0, whole = 0;
      for (let k = first[edge]; k + 1 < first[edge + 1]; k++) {
        const long = Math.hypot(this.ways.x[k + 1] - this.ways.x[k], this.ways.y[k + 1] - this.ways.y[k]);
        if (k < this.parts.from[foot.part]) before += long;
        else if (k === this.parts.from[foot.part]) before += foot.t * long;
        whole += long;
      }
      return { edge, share: whole ? before / whole : 0, off: foot.off };
    }

    /** The nearest of the straight parts that are not cut off: a way may be here and not there. */
    around(x, y) {
      const feet = [], { parts } = this;
      parts.some(parts.squaresOf(x - SEARCHED_M, y - SEARCHED_M, x + SEARCHED_M, y + SEARCHED_M), (part) => {
        const foot = parts.foot(part, x, y);
        if (foot.off <= SEARCHED_M) feet.push(foot);
      });
      return feet.sort((a, b) => a.off - b.off || a.part - b.part).find((foot) => !this.isCutOff(x, y, foot)) || null;
    }

    /** Whether a barrier lies between a place and its foot; an area that the place lies in lets it out. */
    isCutOff(x, y, foot) {
      const { walls } = this;
      if (!walls || foot.off <= HAIR_M || !walls.rows) return false;
      const share = 1 - HAIR_M / foot.off, ex = x + share * (foot.x - x), ey = y + share * (foot.y - y);
      const left = Math.min(x, ex), right = Math.max(x, ex), bottom = Math.min(y, ey), top = Math.max(y, ey);
      if (left > walls.left + walls.cols * BIN_M || right < walls.left || bottom > walls.bottom + walls.rows * BIN_M
        || top < walls.bottom) return false;
      const isOut = new Map();
      return walls.some(walls.squaresOf(left, bottom, right, top), (part) => {
        const k = walls.from[part];
        if (!isCrossed(x, y, ex, ey, walls.x[k], walls.y[k], walls.x[k + 1], walls.y[k + 1])) return false;
        const shape = this.barriers.shape[walls.line[part]];
        if (!isOut.has(shape)) isOut.set(shape, !this.barriers.isArea[shape] || !this.isIn(shape, x, y));
        return isOut.get(shape);
      });
    }

    /** Whether a place lies in an area: its rings are passed an odd number of times on the way out. */
    isIn(shape, px, py) {
      const { x, y, first, shape: shapes } = this.barriers;
      let isIn = false;
      for (let n = 0; n < shapes.length; n++) {
        if (shapes[n] !== shape) continue;
        for (let k = first[n]; k + 1 < first[n + 1]; k++) {
          if (y[k] > py !== y[k + 1] > py && px < ((x[k + 1] - x[k]) * (py - y[k])) / (y[k + 1] - y[k]) + x[k]) isIn = !isIn;
        }
      }
      return isIn;
    }
  }

  /** Whether two straight lines cross; one that ends on the other does so on one of its sides only. */
  function isCrossed(ax, ay, bx, by, cx, cy, dx, dy) {
    const side = (px, py, qx, qy, rx, ry) => (qx - px) * (ry - py) - (qy - py) * (rx - px) > 0;
    return side(ax, ay, bx, by, cx, cy) !== side(ax, ay, bx, by, dx, dy) &&
      side(cx, cy, dx, dy, ax, ay) !== side(cx, cy, dx, dy, bx, by);
  }

  return { Ways };
})();
