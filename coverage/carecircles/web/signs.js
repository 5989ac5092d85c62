/* Colours and hatching: how cells, streets and centres look on the map and in its legend. */
"use strict";
carecircles.signs = (function () {

  const UNCOVERED = "#c2410c";
  const DEPTHS = ["#fed7aa", "#c7dcf5", "#85b4ea", "#4f86d6", "#2f5bab"];
  const SHARES = [
    [0.95, "#08519c"],
    [0.85, "#3182bd"],
    [0.7, "#6baed6"],
    [0.5, "#bdd7e7"],
    [0, "#eff3ff"],
  ];
  const shareColour = (share) => (SHARES.find(([least]) => share >= least) || SHARES[4])[1];

  const UNCOVERED_SIGN = { paper: DEPTHS[0], ink: UNCOVERED, slant: 1 };
  const DEPTH_SIGNS = [UNCOVERED_SIGN, ...DEPTHS.slice(1).map((paper) => ({ paper }))];
  const CHANGE_SIGNS = {
    covered: { paper: "#dbe7f3" },
    gained: { paper: "#0072b2" },
    lost: { paper: "#e8702a", ink: "#5f1d00", slant: -1 },
    uncovered: { paper: "#ffe9cf", ink: "#c9a27c", slant: 1 },
  };
  /** What a circle claims beside what the walk reaches. */
  const CLAIM_SIGNS = {
    both: { paper: "#85b4ea" },
    circle: { paper: "#f5d0fe", ink: "#86198f", slant: -1 },
    walk: { paper: "#5eead4" },
    neither: UNCOVERED_SIGN,
  };
  const GAIN_SIGNS = ["#f1f5f9", "#d9f0d3", "#a6dba0", "#5aae61", "#1b7837", "#00441b"]
    .map((paper) => ({ paper }));

  /** By how many services are missing. */
  const MISSING_SIGNS = [{ paper: "#c7dcf5" }, { paper: "#fee391" }, { paper: "#fe9929" }, { paper: "#d95f0e" },
    { paper: "#7f2704", ink: "#d95f0e", slant: 1 }];

  /** By how often a cell is covered: never, seldom, below half, above half, nearly always, always. */
  const SURE_SIGNS = [UNCOVERED_SIGN, { paper: "#fdae61" }, { paper: "#fee8a8" }, { paper: "#c7dcf5" },
    { paper: "#85b4ea" }, { paper: "#2f5bab" }];

  /** From where a centre is near, the nearest first. */
  const ISOCHRONES = ["#00441b", "#41ab5d", "#c7e9c0"];

  const CHANGED = { opened: "#004b75", closed: "#9a3412", moved: "#7e22ce", equipped: "#047857", enlarged: "#92400e" };

  const TINTS = { opened: "#bfe3f5", moved: "#ead6fb", equipped: "#d1fae5", enlarged: "#fde68a" };
  const CLOSED = "#5f1d00";
  const CENTRE = "#be123c";
  /** Ink and fill of a centre by what its position rests on; what is not stated is not assumed. */
  const POSITIONS = {
    known: ["#ffffff", CENTRE], assumed: [CENTRE, "#ffffff"], proposed: [CHANGED.opened, TINTS.opened],
    unstated: [CENTRE, "#f0a3b4"],
  };
  const positionOf = (basis) => (Object.hasOwn(POSITIONS, basis) ? basis : "unstated");

  const NEIGHBOUR = "#475569";

  /** A cell's sign as the background of an element.
      @param {HTMLElement} box  @param {{ paper: string, ink?: string, slant?: number }} sign */
  function hatch(box, { paper, ink, slant }) {
    box.style.background = !slant ? paper
      : `repeating-linear-gradient(${slant > 0 ? 135 : 45}deg, ${ink} 0 2px, ${paper} 2px 6px)`;
  }

  /** Oblique lines for uncovered areas, so that a print in black and white still tells. */
  function addHatching() {
    const space = "http://www.w3.org/2000/svg";
    const svg = document.createElementNS(space, "svg");
    svg.setAttribute("class", "cc-hatching");
    svg.setAttribute("aria-hidden", "true");
    const patterns = Object.entries({ "cc-hatch": UNCOVERED_SIGN, "cc-hatch-claim": CLAIM_SIGNS.circle })
      .map(([id, { paper, ink, slant }]) => {
        const pattern = document.createElementNS(space, "pattern");
        const attributes = { id, width: 7, height: 7, patternUnits: "userSpaceOnUse",
          patternTransform: `rotate(${45 * slant})` };
        Object.entries(attributes).forEach(([k, v]) => pattern.setAttribute(k, String(v)));
        [[paper, 7], [ink, 2]].forEach(([fill, width]) => {
          const stripe = document.createElementNS(space, "rect");
          Object.entries({ width, height: 7, fill }).forEach(([k, v]) => stripe.setAttribute(k, String(v)));
          pattern.append(stripe);
        });
        return pattern;
      });
    const arrow = document.createElementNS(space, "marker"), head = document.createElementNS(space, "path");
    Object.entries({ id: "cc-arrow", viewBox: "0 0 10 10", refX: 16, refY: 5, markerWidth: 5,
      markerHeight: 5, orient: "auto" }).forEach(([k, v]) => arrow.setAttribute(k, String(v)));
    Object.entries({ d: "M0 0L10 5L0 10z", fill: CHANGED.moved }).forEach(([k, v]) => head.setAttribute(k, String(v)));
    arrow.append(head);
    svg.append(...patterns, arrow);
    document.body.append(svg);
  }

  return { UNCOVERED, UNCOVERED_SIGN, DEPTHS, DEPTH_SIGNS, CHANGE_SIGNS, CLAIM_SIGNS, GAIN_SIGNS, MISSING_SIGNS, SURE_SIGNS, ISOCHRONES, CHANGED, TINTS, CLOSED, POSITIONS,
    NEIGHBOUR, shareColour, positionOf, hatch, addHatching };
})();
