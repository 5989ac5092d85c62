/* Names on the map that make room for each other: of those that would lie upon one another the first stays. */
"use strict";
carecircles.names = (function () {
  const { inEveryLanguage } = carecircles.words;

  /** Names of a layer, the larger thing first; `left` says that they stand beside their point. */
  function named(group, labels, { rank = 0, left = false } = {}) {
    const made = labels.map((label) => ({ wide: Infinity, ...label, rank, left, width: 0 }));
    inEveryLanguage(() => made.forEach((name) => (name.width = 0)));
    group.on("add", ({ target }) => {
      const map = target._map;
      map.carecirclesNames = [...(map.carecirclesNames || []), ...made].sort((a, b) => a.rank - b.rank);
      makeRoom(map);
    });
    group.on("remove", ({ target }) => {
      const map = target._map || target._mapToAdd;
      if (map) map.carecirclesNames = map.carecirclesNames.filter((name) => !made.includes(name));
      if (map) makeRoom(map);
    });
  }

  const NAME_HEIGHT = 15, NAME_GAP = 3;
  const WIDEST_NAME = 3; // times as wide as what it names

  function makeRoom(map) {
    const names = map.carecirclesNames, size = map.getSize();
    if (!names || !size.x || !size.y) return;
    names.forEach((name) => { name.width = name.width || name.text.offsetWidth; });
    const taken = [];
    const degree = (256 * Math.pow(2, map.getZoom())) / 360;
    names.forEach(({ marker, text, width, left, wide }) => {
      const { x, y } = map.latLngToContainerPoint(marker.getLatLng());
      const from = left ? x - 5 : x - width / 2, box = [from - NAME_GAP, y - NAME_HEIGHT / 2, from + width + NAME_GAP, y + NAME_HEIGHT / 2];
      const isNear = box[2] > -size.x / 2 && box[0] < 1.5 * size.x && box[3] > -size.y / 2 && box[1] < 1.5 * size.y;
      const isFree = isNear && width <= WIDEST_NAME * wide * degree && !taken.some((other) =>
        box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3]);
      if (isFree) taken.push(box);
      text.classList.toggle("cc-crowded", !isFree);
    });
  }

  return { named, makeRoom };
})();
