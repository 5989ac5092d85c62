/* The page on paper. */
"use strict";
carecircles.print = (function () {
  const { page } = carecircles.words, { element } = carecircles.kit;

  /** While printing, the page has the size of the sheet and the maps show what they showed before;
      what the first sheet has no room for stands on the next ones. */
  function fitToPaper(maps) {
    let views = [], folded = [];
    const overleaf = element("section");
    window.addEventListener("beforeprint", () => {
      const { classList, style } = document.body, head = /** @type {HTMLElement} */ (document.querySelector(".cc-title"));
      views = maps.map((map) => ({ bounds: map.getBounds(), centre: map.getCenter(), zoom: map.getZoom() }));
      folded = [.../** @type {NodeListOf<HTMLDetailsElement>} */ (document.querySelectorAll("details:not([open])"))];
      folded.forEach((part) => (part.open = true));
      classList.add("cc-print");
      style.setProperty("--head", head.offsetHeight + "px");
      style.setProperty("--foot", "0px");
      turnOver(overleaf);
      maps.forEach((map) => {
        map.closePopup();
        map.invalidateSize({ animate: false });
      });
      const { bounds } = views[0], all = page.config.bounds;
      maps[0].fitBounds(bounds.contains(all) ? all : bounds, { animate: false });
    });
    window.addEventListener("afterprint", () => {
      document.body.classList.remove("cc-print");
      folded.forEach((part) => (part.open = false));
      overleaf.remove();
      document.querySelectorAll(".cc-turned").forEach((part) => part.classList.remove("cc-turned"));
      maps.forEach((map, n) => {
        map.invalidateSize({ animate: false });
        map.setView(views[n].centre, views[n].zoom, { animate: false });
      });
    });
  }

  /** Put each part that finds no room beside the map on sheets of its own; the notes below the map, if
      they alone find none. */
  function turnOver(rest) {
    const panel = document.querySelector(".cc-panel");
    if (!panel) return;
    panel.scrollTop = 0;
    const parts = [.../** @type {NodeListOf<HTMLElement>} */ (panel.querySelectorAll(".cc-live-panel > *, .cc-body > *"))].filter((part) => part.offsetHeight);
    const isBeyond = (part) => part.getBoundingClientRect().bottom > panel.getBoundingClientRect().bottom + 1;
    const turned = [];
    parts.forEach((part) => { // those after one that is turned over move up
      if (!isBeyond(part)) return;
      turned.push(part.cloneNode(true));
      part.classList.add("cc-turned");
    });
    if (!turned.length) return;
    rest.className = "cc-foot";
    rest.replaceChildren(...turned);
    document.body.append(rest);
    if (turned.length === 1 && turned[0].matches(".cc-notes")) {
      document.body.style.setProperty("--foot", rest.offsetHeight + "px");
      if (!parts.some(isBeyond)) return;
      document.body.style.setProperty("--foot", "0px");
    }
    rest.className = "cc-overleaf";
    rest.prepend(element("h1", "", document.querySelector("h1").textContent));
  }

  return { fitToPaper };
})();
