/* Centres far from any way. */
"use strict";
(function () {
  const { say } = carecircles.words, { element } = carecircles.kit, { nameForReaders } = carecircles.layers;

  /** Lines from centres that are far from any way to the nearest one.
      @param {FarData[]} data */
  function far(data) {
    return L.featureGroup(data.map(({ line, note }) => {
      const layer = L.polyline(line, { pane: "cc-lines", className: "cc-far", color: "#0f172a", weight: 2.5, dashArray: "2 5" });
      layer.bindTooltip(() => element("span", "", say(note)), { sticky: true, className: "cc-tip" });
      nameForReaders(layer, () => say(note));
      return layer;
    }));
  }

  carecircles.draw.far = far;
})();
