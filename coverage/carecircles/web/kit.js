/* Elements of the page that every part of it is made of. */
"use strict";
carecircles.kit = (function () {
  const { page, say, inEveryLanguage, count, percent, whole, metres, minutes } = carecircles.words;

  function element(tag, className, text) {
    const made = document.createElement(tag);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  function facts(title, rows) {
    const box = element("div", "cc-facts");
    if (title) box.append(element("div", "cc-facts-title", title));
    const table = element("table");
    rows.forEach(([label, value, className]) => {
      const row = table.insertRow();
      row.append(element("th", "", label), element("td", className || "", value));
    });
    box.append(table);
    return box;
  }

  /** A button that stays on the page. */
  function button(label, shown, act) {
    const [made, name] = namedButton(label, shown, act);
    inEveryLanguage(name);
    return made;
  }
  /** A button in what is made anew whenever it is shown, in the language of that moment. */
  function passingButton(label, shown, act) {
    const [made, name] = namedButton(label, shown, act);
    name();
    return made;
  }
  /** A button, and what names it in the page's language.
      @returns {[HTMLButtonElement, () => void]} */
  function namedButton(label, shown, act) {
    const made = element("button", "cc-button");
    made.type = "button";
    made.addEventListener("click", act);
    return [made, () => {
      made.textContent = shown || label();
      made.title = label();
      made.setAttribute("aria-label", label());
    }];
  }

  function control(map, position, box) {
    const made = new L.Control({ position });
    made.onAdd = () => box;
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    return made.addTo(map);
  }

  /** Put a box of a layer's at the top of what stands beside the map, which may come later than the layer. */
  function beside(box) {
    const holder = document.querySelector(".cc-boxes");
    if (holder) holder.append(box);
    else page.waiting.push(box);
  }

  function section(title) {
    const made = element("section");
    made.append(element("h2", "", title));
    return made;
  }

  /** A part that folds to one line. */
  function foldable(className, title, content) {
    const made = element("details", className), head = element("summary");
    made.append(head);
    inEveryLanguage(() => {
      head.textContent = title();
      made.replaceChildren(head, ...content());
    });
    return made;
  }

  const FORMATS = {
    count, share: percent,
    signed: (n) => (whole(n) > 0 ? "+" : "") + count(n),
    area: (n) => n.toFixed(2),
    tenths: (n) => n.toFixed(1),
  };
  /** Figures with their units.
      @type {{ [unit in keyof FigureUnits]: (n: any) => string }} */
  const WITH_UNIT = { people: count, number: count, share: percent, km2: (n) => n.toFixed(2) + " km²", m: metres, min: minutes, text: say };

  /** Rows of `facts`: what is told, by the values of its keys.
      @param {ToldFigure[]} told  @param {Figures} values  @returns {[string, string][]} */
  const figures = (told, values) => told.map(({ key, label, unit }) =>
    [say(label), values[key] === null ? "–" : WITH_UNIT[unit](values[key])]);

  /** A table whose rows lead to places on the map: `columns` name keys of the rows and their format.
      @param {L.Map} map  @param {TableData} table */
  function placeTable(map, { title, columns, rows }) {
    const made = section(say(title));
    const table = element("table", "cc-streets");
    const head = table.createTHead().insertRow();
    columns.forEach((column) => {
      const cell = element("th", "", say(column.label));
      cell.scope = "col";
      head.append(cell);
    });
    const body = table.createTBody();
    rows.forEach((place) => {
      const row = body.insertRow();
      const name = element("th");
      name.scope = "row";
      const show = element("button", "cc-plain", say(place.short_name));
      show.type = "button";
      show.addEventListener("click", () => map.fitBounds(place.bounds));
      name.append(show);
      row.append(name, ...columns.slice(1).map(({ key, format }) => element("td", "", FORMATS[format](place[key]))));
    });
    made.append(table);
    return made;
  }

  return { element, facts, figures, button, passingButton, control, beside, section, foldable, FORMATS, placeTable };
})();
