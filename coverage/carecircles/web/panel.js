/* What stands beside the map: title, search, summary, legend, tables and notes. */
"use strict";
carecircles.panel = (function () {
  const { page, say, word, inEveryLanguage, setLanguage } = carecircles.words;
  const { element, button, section, foldable, placeTable } = carecircles.kit;
  const { DEPTHS, CHANGE_SIGNS, CLAIM_SIGNS, GAIN_SIGNS, MISSING_SIGNS, SURE_SIGNS, ISOCHRONES, CHANGED, TINTS, shareColour, hatch } = carecircles.signs;

  /** @param {TitleConfig} config */
  function addTitle(config) {
    const box = element("header", "cc-title");
    inEveryLanguage(() => {
      const lines = [element("h1", "", say(config.title))];
      if (config.subtitle) lines.push(element("p", "", say(config.subtitle)));
      box.querySelectorAll("h1, p:not(details p)").forEach((old) => old.remove());
      box.prepend(...lines);
    });
    const paragraphs = (some) => () => some.map((line) => element("p", "", say(line)));
    config.assumptions.forEach((line) => box.append(foldable("cc-assumed", () => say(line), () => [])));
    if (config.unstated.length) box.append(foldable("cc-unstated", () => word("unstated"), paragraphs(config.unstated)));
    if (config.remarks) box.append(foldable("cc-remarks", () => word("notes"), paragraphs(config.remarks)));
    document.body.prepend(box);
  }

  /** @param {L.Map} map  @param {MapConfig | LiveConfig} config */
  function addPanel(map, config) {
    const panel = element("aside", "cc-panel");
    const tools = element("div", "cc-tools");
    tools.append(
      languageButton(),
      button(() => word("print"), null, () => window.print()),
      ...(/^(https?|file):/.test(location.protocol) ? [button(() => word("link"), null, copyLink)] : []),
      button(() => word("fullscreen"), null, toggleFullscreen),
    );
    const body = element("div", "cc-body"), boxes = element("div", "cc-boxes");
    boxes.append(...page.waiting);
    panel.append(tools, addSearch(map), boxes, body);
    if (config.live) tools.after(element("div", "cc-live-panel"));
    inEveryLanguage(() => body.replaceChildren(
      ...(config.live ? [] : [summary(config.summary)]), legend(config.legend),
      ...(config.live ? [] : [placeTable(map, config.table)]), notes(config.notes),
    ));
    const toggle = button(() => word("panel"), "☰", () => {
      document.body.classList.toggle("cc-panel-hidden");
      map.invalidateSize();
    });
    toggle.classList.add("cc-toggle");
    document.querySelector(".cc-title").append(toggle);
    document.querySelector(".cc-title").after(panel);
  }

  const languageButton = () =>
    button(() => word("switchLanguage"), null, () => setLanguage(page.lang === "zh" ? "en" : "zh"));

  /** @param {Figure[]} rows */
  function summary(rows) {
    const made = section(word("summary"));
    const list = element("dl", "cc-figures");
    rows.forEach((row) => list.append(element("dt", "", say(row.label)), element("dd", "", say(row.value))));
    made.append(list);
    return made;
  }

  /** @param {LegendEntry[]} entries */
  function legend(entries) {
    const made = section(word("legend"));
    const list = element("ul", "cc-legend");
    entries.forEach((entry) => {
      const item = element("li", { share: "cc-share", depth: "cc-depth", uncovered: "cc-gap",
        change: "cc-change", claim: "cc-claim", isochrone: "cc-isochrone" }[entry.sign]);
      const sign = element("span", "cc-sign cc-sign-" + entry.sign);
      if (entry.sign === "depth") sign.style.background = DEPTHS[entry.depth];
      if (entry.sign === "share") sign.style.background = shareColour(entry.share);
      if (entry.sign === "change") hatch(sign, CHANGE_SIGNS[entry.status]);
      if (entry.sign === "claim") hatch(sign, CLAIM_SIGNS[entry.claim]);
      if (entry.sign === "isochrone") sign.style.background = ISOCHRONES[entry.isochrone];
      if (entry.sign === "gain") hatch(sign, GAIN_SIGNS[entry.gain]);
      if (entry.sign === "missing") hatch(sign, MISSING_SIGNS[entry.missing]);
      if (entry.sign === "sure") hatch(sign, SURE_SIGNS[entry.sure]);
      if (entry.sign === "changed" && entry.change !== "closed") {
        sign.style.borderColor = CHANGED[entry.change];
        sign.style.background = TINTS[entry.change];
      }
      if (entry.change === "closed") sign.classList.add("cc-sign-closed");
      item.append(sign, element("span", "", say(entry.label)));
      list.append(item);
    });
    made.append(list);
    return made;
  }

  /** @param {Words[]} lines */
  function notes(lines) {
    const made = element("section", "cc-notes");
    lines.forEach((line) => made.append(element("p", "", say(line))));
    return made;
  }

  function addSearch(map) {
    const box = element("div", "cc-search");
    const input = element("input");
    input.type = "search";
    inEveryLanguage(() => {
      input.placeholder = word("search");
      input.setAttribute("aria-label", word("search"));
    });
    const found = element("ul");
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLocaleLowerCase();
      const places = page.searchable.flatMap((entry) => (typeof entry === "function" ? entry() : [entry]));
      const matches = wanted ? places.filter((entry) =>
        [entry.text.zh, entry.text.en].some((t) => t && t.toLocaleLowerCase().includes(wanted))) : [];
      found.replaceChildren(...matches.slice(0, 8).map((entry) => {
        const item = element("li"), choose = element("button", "cc-plain", say(entry.text));
        choose.type = "button";
        choose.addEventListener("click", () => entry.show(map));
        item.append(choose);
        return item;
      }));
      if (wanted && !matches.length) found.append(element("li", "", word("nothing")));
    });
    input.addEventListener("keydown", (event) => {
      const first = found.querySelector("button");
      if (event.key === "Enter" && first) first.click();
    });
    box.append(input, found);
    return box;
  }

  function copyLink() {
    const centre = page.map.getCenter();
    const hash = "#" + [page.map.getZoom(), centre.lat.toFixed(5), centre.lng.toFixed(5)].join("/");
    try { history.replaceState(null, "", hash); } catch { /* a page without an address of its own */ }
    const link = location.href.split("#")[0] + hash;
    const shown = () => page.notice(word("copied"));
    if (navigator.clipboard) navigator.clipboard.writeText(link).then(shown, () => page.notice(link));
    else page.notice(link);
  }

  function toggleFullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else document.documentElement.requestFullscreen();
  }

  return { addTitle, addPanel, legend, languageButton };
})();
