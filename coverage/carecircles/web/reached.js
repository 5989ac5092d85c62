/* The border of cells that a centre reaches. Knows nothing of a page or a map. */
"use strict";
carecircles.reached = (function () {

  /** Where cells end: straight lines from column, row to column, row (of corners), each as long as it can be.
      @param {ArrayLike<number>} runs  first and last of each run of cells  @param {number} cols
      @returns {[number, number, number, number][]} */
  function outline(runs, cols) {
    const cells = new Set(), made = [], open = new Map();
    for (let n = 0; n < runs.length; n += 2) for (let k = runs[n]; k <= runs[n + 1]; k++) cells.add(k);
    /** A line of one cell's length, from `line[end - 2]` to `line[end]`, continues the one before it on the same
        side of the same row or column, where that ends here. */
    const put = (key, line, end) => {
      const before = open.get(key);
      if (before && before[end] === line[end - 2]) before[end] = line[end];
      else { made.push(line); open.set(key, line); }
    };
    cells.forEach((k) => {
      const col = k % cols, row = (k - col) / cols;
      if (!cells.has(k - cols)) put("s" + row, [col, row, col + 1, row], 2);
      if (!cells.has(k + cols)) put("n" + row, [col, row + 1, col + 1, row + 1], 2);
      if (col === 0 || !cells.has(k - 1)) put("w" + col, [col, row, col, row + 1], 3);
      if (col === cols - 1 || !cells.has(k + 1)) put("e" + col, [col + 1, row, col + 1, row + 1], 3);
    });
    return made;
  }

  return { outline };
})();
