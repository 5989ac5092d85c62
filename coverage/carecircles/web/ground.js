/* The ground of the live page: degrees and metres, inside and outside, and what streets are called.
   Knows nothing of a page or a map. */
"use strict";
carecircles.ground = (function () {

  /** Metres of the study area's CRS from degrees, by Chebyshev polynomials that carecircles fitted.
      @param {Projection} projection */
  function projector({ bounds, degree, x, y, x0, y0 }) {
    const [west, south, east, north] = bounds, n = degree + 1;
    const terms = (t) => {
      const made = [1, t];
      for (let k = 2; k < n; k++) made.push(2 * t * made[k - 1] - made[k - 2]);
      return made;
    };
    return (lon, lat) => {
      const u = (2 * lon - west - east) / (east - west), v = (2 * lat - south - north) / (north - south);
      if (!(Math.abs(u) <= 1 && Math.abs(v) <= 1)) return null;
      const tu = terms(u), tv = terms(v);
      let px = 0, py = 0;
      for (let i = 0, k = 0; i < n; i++) {
        for (let j = 0; j < n; j++, k++) {
          px += x[k] * tu[i] * tv[j];
          py += y[k] * tu[i] * tv[j];
        }
      }
      return { x: x0 + px, y: y0 + py };
    };
  }

  /** Whether a point lies in rings of metres, or within `rim` of them.
      @param {[number, number][][]} rings  @param {number} rim */
  function insider(rings, rim) {
    return ({ x, y }) => {
      let isInside = false, nearest = Infinity;
      rings.forEach((ring) => {
        for (let k = 0, j = ring.length - 1; k < ring.length; j = k++) {
          const [ax, ay] = ring[j], [bx, by] = ring[k];
          if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) isInside = !isInside;
          const dx = bx - ax, dy = by - ay, length = dx * dx + dy * dy;
          const t = length ? Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
          nearest = Math.min(nearest, Math.hypot(x - ax - t * dx, y - ay - t * dy));
        }
      });
      return isInside || nearest <= rim;
    };
  }

  /** What does not change while people plan.
      @param {LiveData} data  @returns {World} */
  function makeWorld(data) {
    const spelled = new Map(data.spellings), short = (key) => key.replace(/街道$/, "");
    return {
      ...data.world,
      project: projector(data.projection),
      isInside: insider(data.outline, data.rim_m),
      street: (written) => {
        const key = carecircles.scenario.plain(written).replace(/办事处$/, "");
        return data.codes.includes(written.trim()) ? written.trim()
          : [key, short(key), key.replace(/街$/, "")].map((k) => spelled.get(k)).find(Boolean) || null;
      },
    };
  }

  /** From metres east and north of a point to degrees, by the projection's slopes there.
      @param {any} centre  @param {World["project"]} project
      @returns {(dx: number, dy: number) => [number, number]} */
  function slopes({ lon, lat, x, y }, project) {
    const d = 1e-4, east = project(lon + d, lat), north = project(lon, lat + d);
    const [a, c] = [(east.x - x) / d, (east.y - y) / d], [b, e] = [(north.x - x) / d, (north.y - y) / d];
    const det = a * e - b * c;
    return (dx, dy) => [lat + (a * dy - c * dx) / det, lon + (e * dx - b * dy) / det];
  }

  return { projector, insider, makeWorld, slopes };
})();
