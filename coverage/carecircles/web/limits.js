/* How exactly costs and limits are told, by the rule of carecircles' _limits.py: whoever is at the limit is not lost
   by rounding. Knows nothing of a page or a map. */
"use strict";
carecircles.limits = (function () {
  const DECIMALS = { m: 6, min: 8 };

  /** A cost or a limit as it is told; of two equally near numbers the even one.
      @param {number} value  @param {Unit} unit */
  function told(value, unit) {
    const scale = 10 ** DECIMALS[unit], whole = value * scale, near = Math.round(whole);
    return (near - whole === 0.5 && near % 2 ? near - 1 : near) / scale;
  }

  /** The largest cost that is told as no more than a limit: as far as has to be searched.
      @param {number} limit  @param {Unit} unit */
  const farthest = (limit, unit) => told(limit, unit) + 0.5 * 10 ** -DECIMALS[unit];

  return { told, farthest };
})();
