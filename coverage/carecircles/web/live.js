/* The panel of the map on which people plan: figures, tools, the list of changes and the table by street. */
"use strict";
carecircles.live = (function () {
  const { page, addWords, say, word, common, count, cost, percent, minutes, inEveryLanguage } = carecircles.words;
  const { element, button, passingButton, section, FORMATS, placeTable } = carecircles.kit, { scenario } = carecircles;
  const NEAREST_RADIUS_M = 100, FARTHEST_RADIUS_M = 2000;

  addWords({
    addCentre: { en: "Add a centre", zh: "新增中心" },
    adding: { en: "Click on the map, or press Enter to add at the cross", zh: "点击地图，或按回车键在十字处新增" },
    undo: { en: "Undo", zh: "撤销" },
    redo: { en: "Redo", zh: "重做" },
    reset: { en: "Back to as it is", zh: "恢复现状" },
    save: { en: "Save scenario", zh: "保存方案" },
    load: { en: "Load scenario", zh: "载入方案" },
    radius: { en: "Radius", zh: "半径" },
    min: { en: "min", zh: "分钟" },
    longestWalk: { en: "Walk up to", zh: "步行上限" },
    byClaims: { en: "circle and walk", zh: "圆圈与步行" },
    circle: { en: "circle", zh: "圆圈" },
    onFoot: { en: "Reached on foot", zh: "步行可达" },
    inCircle: { en: "In the circle", zh: "圆圈之内" },
    circlesClaim: { en: "by circles instead", zh: "若按圆圈计" },
    group: { en: "People", zh: "人群" },
    service: { en: "Service", zh: "服务项目" },
    everyService: { en: "all centres", zh: "全部中心" },
    standardOfItsOwn: { en: "its own standard", zh: "该服务自有标准" },
    colours: { en: "Colours", zh: "着色" },
    byDepth: { en: "centres within reach", zh: "可达中心数" },
    byChange: { en: "what changes", zh: "变化" },
    planName: { en: "Name of the plan", zh: "方案名称" },
    myPlan: { en: "My plan", zh: "我的方案" },
    peopleCovered: { en: "covered", zh: "已覆盖" },
    against: { en: "against as it is", zh: "与现状相比" },
    twoOrMore: { en: "with two centres or more", zh: "两处以上" },
    centresNow: { en: "Centres", zh: "中心" },
    remove: { en: "Remove", zh: "移除" },
    restore: { en: "Put back", zh: "恢复" },
    name: { en: "Name", zh: "名称" },
    newCentre: { en: "New centre", zh: "新增中心" },
    changes: { en: "Changes", zh: "变化清单" },
    noChanges: { en: "none yet", zh: "暂无" },
    everyCentre: {
      en: "Other services change no figure while all centres count, whatever they offer; choose a service to count " +
        "only the centres with it.",
      zh: "计入全部中心时，服务调整不影响数字；选择一项服务后只计提供该服务的中心。",
    },
    everyPlace: {
      en: "How much a centre holds changes no figure here. For who finds a place: carecircles load, with --scenario and " +
        "the saved scenario.",
      zh: "扩容不影响本页数字。如需计算谁能得到床位或名额，请对保存的方案运行 carecircles load 并加 --scenario。",
    },
    standard: { en: "standard", zh: "标准" },
    slider: { en: "slider", zh: "滑块" },
    outsideArea: { en: "That is outside the study area; nothing was changed.", zh: "位于研究区之外，未作更改。" },
    notLoaded: { en: "The scenario was not loaded; the plan is as it was.", zh: "方案未载入，当前方案保持不变。" },
    loaded: { en: "Loaded", zh: "已载入" },
    tooLarge: { en: "The file is too large for a scenario.", zh: "文件过大，不是方案文件。" },
    howTo: {
      en: "Drag a centre, or select it and use the arrow keys (Shift for small steps); Delete removes it.",
      zh: "拖动中心，或选中后用方向键移动（按住 Shift 为小步）；Delete 键移除。",
    },
  });

  class Panel {
    /** @param {InstanceType<typeof carecircles.planner.Planner>} planner */
    constructor(planner) {
      this.planner = planner;
      this.group = null; // shown
      this.groupOf = null; // the one the plan's standard is for
      this.wanted = planner.config.group; // the group the reader chose; shown if the plan's standard is for it
      this.buildPanel();
    }
    get plan() { return this.planner.plan; }
    get unit() { return this.planner.grid.data.unit; }

    tell(isSettled = false) {
      const group = this.fitGroup();
      const { area, streets } = this.planner.grid.people(group), was = this.planner.before[group];
      const share = (row) => (row.all > 0 ? row.covered / row.all : null);
      const net = area.covered - was.area.covered;
      this.figures = { area, streets };
      const put = (name, text) => { if (this.texts[name].textContent !== text) this.texts[name].textContent = text; };
      put("covered", count(area.covered));
      put("share", `/ ${count(area.all)} · ${percent(share(area))}`);
      put("net", FORMATS.signed(net));
      put("gained", count(area.gained));
      put("lost", count(area.lost));
      put("backup", percent(area.all > 0 ? area.backup / area.all : null));
      if (this.planner.grid.walks) {
        const claimed = this.planner.grid.claimed(group);
        put("circles", `${count(claimed)} · ${percent(area.all > 0 ? claimed / area.all : null)}`);
      }
      const counted = [...this.plan.centres.values()].filter((centre) => this.planner.counts(centre));
      const beyond = counted.filter((centre) => centre.neighbour).length;
      put("centres", `${counted.length - beyond}` + (beyond ? ` + ${beyond} (${common("marks", "neighbour")})` : ""));
      this.tableCells.forEach((row, n) => {
        const texts = [count(streets[n].all), percent(share(streets[n])),
          FORMATS.signed(streets[n].covered - was.streets[n].covered), count(streets[n].all - streets[n].covered)];
        row.forEach((cell, k) => { if (cell.textContent !== texts[k]) cell.textContent = texts[k]; });
      });
      const held = this.planner.heldTo(this.plan), limit = this.planner.grid.limitOf(held);
      this.radius.disabled = this.metres.disabled = held !== this.plan;
      this.radius.value = limit;
      this.radius.setAttribute("aria-valuetext", cost(limit, this.unit));
      if (isSettled || document.activeElement !== this.metres) this.metres.value = Number(limit.toFixed(1));
      put("minutes", (this.unit === "min" ? "" : minutes(held.minutes)) +
        (held === this.plan ? "" : ` (${word("standardOfItsOwn")})`));
      if (isSettled) this.tellChanges();
    }

    tellChanges() {
      const { area } = this.figures, label = say(this.planner.config.groups[this.group]);
      this.spoken.textContent = `${label}: ${count(area.covered)} ${word("peopleCovered")}`;
      this.undoButton.disabled = !this.planner.history.past.length;
      this.redoButton.disabled = !this.planner.history.future.length;
      this.planName.value = say(this.plan.name);
      this.planLine.textContent = `${say(this.plan.name)} · ${count(this.plan.metres)} m · ${minutes(this.plan.minutes)}`;
      this.planner.drawn.forEach(({ marker }) => { if (marker.isPopupOpen()) marker.getPopup().update(); });
      this.listChanges();
      this.planner.markClosed();
    }

    /** The steps that lead from the baseline to the plan, each of which can be taken back. */
    listChanges() {
      const changes = { open: "opened", close: "closed", move: "moved", equip: "equipped", enlarge: "enlarged" };
      const what = (act) => (act === "standard" ? word("standard") : common("changes", changes[act]));
      const steps = scenario.steps(this.plan, this.planner.world);
      const is = (what) => steps.some(([[act]]) => act === what);
      const idle = [["equip", "everyCentre"], ["enlarge", "everyPlace"]]
        .filter(([act]) => is(act) && !(act === "equip" && this.planner.service));
      this.everyCentre.textContent = idle.map(([, key]) => word(key)).join(" ");
      const rows = steps.map(([[act, id]]) => {
        const item = element("li"), name = act === "standard"
          ? `${count(this.plan.metres)} m, ${minutes(this.plan.minutes)}` +
            (this.plan.group ? ", " + say(this.planner.config.groups[this.plan.group]) : "") : say(this.planner.nameOf(id));
        item.append(element("span", "", `${what(act)}: ${name} `));
        const back = passingButton(() => word("undo") + ": " + name, "✕", () => this.planner.takeBack(act, id));
        item.append(back);
        return item;
      });
      this.changeList.replaceChildren(...(rows.length ? rows : [element("li", "", word("noChanges"))]));
    }

    buildPanel() {
      const panel = document.querySelector(".cc-live-panel");
      this.texts = {};
      const text = (name, className) => (this.texts[name] = element("span", className || ""));
      const big = element("p", "cc-big");
      big.append(text("covered", "cc-covered"), " ", text("share"));
      const net = element("p", "cc-net"), netWord = element("span"), against = element("span", "cc-quiet");
      net.append(netWord, " ", text("net", "cc-covered"), " ", against);
      const more = element("dl", "cc-figures");
      const labels = [
        ["gained", () => common("statuses", "gained")], ["lost", () => common("statuses", "lost")],
        ["backup", () => word("twoOrMore")],
        ...(this.planner.grid.walks ? [["circles", () => word("circlesClaim")]] : []),
        ["centres", () => word("centresNow")]].map(([name, told]) => {
          const label = element("dt"), value = element("dd");
          value.append(text(name));
          more.append(label, value);
          return [label, told];
        });
      this.planLine = element("p", "cc-plan-line");
      this.spoken = element("p", "cc-spoken");
      this.spoken.setAttribute("aria-live", "polite");
      this.changeList = element("ul", "cc-change-list");
      const changes = section(""), howTo = element("p", "cc-quiet");
      this.everyCentre = element("p", "cc-remark");
      this.everyCentre.setAttribute("role", "status");
      changes.append(this.changeList, this.everyCentre);
      howTo.classList.add("cc-how-to");
      panel.append(this.planLine, big, net, this.buildTools(), this.buildControls(), more, this.spoken, howTo, changes, this.buildTable());
      inEveryLanguage(() => {
        this.group = null; // so that it is named anew
        netWord.textContent = common("columns", "net");
        against.textContent = word("against");
        labels.forEach(([label, told]) => (label.textContent = told()));
        howTo.textContent = word("howTo");
        changes.querySelector("h2").textContent = word("changes");
        if (this.plan) {
          this.tell(true);
          this.planner.drawn.forEach(({ marker, name }) => marker.getElement().setAttribute("aria-label", name()));
        }
      });
    }

    buildTools() {
      const tools = element("div", "cc-tools");
      this.addButton = button(() => word("addCentre"), null, () => this.planner.setAdding(!this.planner.isAdding));
      this.addButton.classList.add("cc-add");
      this.addButton.setAttribute("aria-pressed", "false");
      this.undoButton = button(() => word("undo"), "↶", () => this.planner.undo());
      this.redoButton = button(() => word("redo"), "↷", () => this.planner.redo());
      this.undoButton.disabled = this.redoButton.disabled = true;
      const reset = button(() => word("reset"), null, () => this.planner.commit({ ...this.planner.baseline, name: this.plan.name }));
      const save = button(() => word("save"), null, () => this.planner.save());
      const load = button(() => word("load"), null, () => this.file.click());
      this.file = element("input", "cc-file");
      Object.assign(this.file, { type: "file", accept: ".toml,text/plain", multiple: true, tabIndex: -1 });
      this.file.setAttribute("aria-hidden", "true");
      this.file.addEventListener("change", () => {
        const files = [...this.file.files];
        this.planner.load(files).finally(() => (this.file.value = ""));
      });
      this.problems = element("div", "cc-problems");
      this.problems.setAttribute("role", "alert");
      tools.append(this.addButton, this.undoButton, this.redoButton, reset, save, load, this.file);
      const box = element("div");
      box.append(tools, this.problems);
      return box;
    }

    buildControls() {
      const box = element("div", "cc-controls");
      const labelled = (key, ...inputs) => {
        const label = element("label"), name = element("span");
        inEveryLanguage(() => {
          name.textContent = word(key);
          inputs.forEach((input) => input.setAttribute && input.setAttribute("aria-label", word(key)));
        });
        label.append(name, ...inputs);
        box.append(label);
      };
      this.radius = element("input");
      const { walks } = this.planner.grid, isMinutes = this.unit === "min";
      Object.assign(this.radius, { type: "range", ...(isMinutes ? { min: 1, step: 0.5 } : { min: NEAREST_RADIUS_M, step: 10 }),
        max: walks ? walks.farthest : FARTHEST_RADIUS_M });
      this.metres = element("input", "cc-metres");
      Object.assign(this.metres, { type: "number", min: 1, max: this.planner.farthest, step: "any" });
      [[this.radius, "input"], [this.metres, "change"]].forEach(([input, change]) => {
        input.addEventListener(change, () => {
          const limit = Number(input.value), { farthest } = this.planner;
          if (limit > farthest && walks) page.notice(`${word("nearer")} ${cost(farthest, this.unit)}`);
          else if (limit > 0.001 && limit < 1e6) this.planner.setLimit(limit);
          if (change !== "change") return;
          this.planner.settle();
          this.tell(true); // what cannot be a radius gives way to the one that holds
        });
      });
      this.radius.addEventListener("change", () => this.planner.settle());
      this.texts.minutes = element("span", "cc-quiet");
      const key = walks ? "longestWalk" : "radius";
      const unit = element("span");
      labelled(key, this.radius, this.metres, unit, this.texts.minutes);
      inEveryLanguage(() => { unit.textContent = isMinutes ? word("min") : this.unit; });
      inEveryLanguage(() => this.radius.setAttribute("aria-label", `${word(key)}, ${word("slider")}`));
      const choice = (entries, chosen, act) => {
        const select = element("select");
        entries.forEach(([value, label]) => {
          const option = element("option");
          option.value = value;
          inEveryLanguage(() => (option.textContent = label()));
          select.append(option);
        });
        select.value = chosen;
        select.addEventListener("change", () => act(select.value));
        return select;
      };
      this.groupChoice = choice(this.planner.world.groups.map((g) => [g, () => say(this.planner.config.groups[g])]),
        this.wanted, (group) => { this.wanted = group; this.tell(true); });
      labelled("group", this.groupChoice);
      const { services } = this.planner.world;
      if (services.length) {
        labelled("service", choice([["", () => word("everyService")],
          ...services.map(({ key }) => [key, () => common("services", key)])], "", (key) => this.planner.filter(key)));
      }
      labelled("colours", choice([["depth", () => word("byDepth")], ["change", () => word("byChange")],
        ...(walks ? [["claims", () => word("byClaims")]] : [])],
        "depth", (what) => this.planner.colour(what)));
      this.planName = element("input");
      this.planName.addEventListener("change", () => {
        const name = this.planName.value.trim();
        if (name) this.planner.commit({ ...this.plan, name: { en: name, zh: name } });
        else this.tell(true);
      });
      labelled("planName", this.planName);
      return box;
    }

    buildTable() {
      const box = element("div");
      const rows = this.planner.config.table.rows;
      inEveryLanguage(() => {
        box.replaceChildren(placeTable(this.planner.map, { ...this.planner.config.table,
          rows: rows.map((row) => ({ ...row, all: 0, share: null, net: 0, left: 0 })) }));
        this.tableCells = [...box.querySelectorAll("tbody tr")].map((row) => [...row.querySelectorAll("td")]);
        this.tableHead = [...box.querySelectorAll("thead th")];
        this.group = null;
        if (this.plan) this.tell();
      });
      return box;
    }

    /** The group that is shown: the one wanted, unless the plan's standard is for others. */
    fitGroup() {
      const { groups, parts } = this.planner.world, { group: of } = this.plan;
      const told = of ? parts[of] : groups;
      const group = told.includes(this.wanted) ? this.wanted : told[0];
      if (group === this.group && this.plan.group === this.groupOf) return group;
      [this.group, this.groupOf] = [group, this.plan.group];
      const name = this.planner.config.groups[group];
      [...this.groupChoice.options].forEach((option) => (option.disabled = !told.includes(option.value)));
      this.groupChoice.value = group;
      (/** @type {HTMLElement} */ (document.querySelector(".cc-big"))).dataset.label = say(name) + " " + word("peopleCovered");
      this.tableHead[1].textContent = say(name);
      this.planner.grid.shown = this.planner.config.told[group];
      return group;
    }

    /** Say what is wrong with a file; nothing, where there are no problems. */
    complain(problems) {
      if (!problems.length) return this.problems.replaceChildren();
      const list = element("ul"), shown = problems.slice(0, 20);
      shown.forEach((problem) => list.append(element("li", "", say(problem))));
      if (problems.length > shown.length) list.append(element("li", "", `+ ${problems.length - shown.length}`));
      const close = passingButton(() => "✕", null, () => this.problems.replaceChildren());
      this.problems.replaceChildren(element("b", "", word("notLoaded")), close, list);
    }
    tellAdding(on) {
      this.addButton.setAttribute("aria-pressed", String(on));
    }
  }

  /** @param {L.Map} map  @param {LiveConfig} config */
  carecircles.startLive = function (map, config) {
    carecircles.start(map, config);
    document.body.classList.add("cc-live");
    page.grid.ready.then(() => { page.live = new carecircles.planner.Planner(map, page.grid, config); }, () => {});
  };

  return { Panel };
})();
