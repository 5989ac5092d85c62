/* Scenarios on the live page: read and written as carecircles' scenario/read.py does, rule for rule, so
   that a file means the same here and on the command line. Knows nothing of a page or a map. */
"use strict";
carecircles.scenario = (function () {
  const ACTS = ["open", "close", "move", "equip", "enlarge", "standard", "rebuild"];
  const REBUILT = ["crossing", "ramp", "short_wait", "bench", "lift", "handrail", "seat"];
  const POINT = ["street", "lon", "lat", "datum", "basis", "source"];
  const KINDS = ["capacity", "day_places", "beds", "beds_medical", "beds_rehabilitation", "beds_family"];
  const AMOUNTS = [...KINDS, "area_m2"];
  const DETAILS = {
    open: ["name", "name_en", "services", ...KINDS, "state", "area_m2", "floor", "term", ...POINT], close: [], move: POINT,
    equip: ["services"], enlarge: KINDS, standard: ["metres", "minutes", "pace_m_s"],
    rebuild: ["with", "place", "way", "share", "datum", "source"],
  };
  const KEYS = ["name", "name_en", "note", "note_en", "based_on", "as_of", "year", "step"];
  const FIRST_YEAR = 1700, LAST_YEAR = 2200; // of a day
  const FIRST_OF_PEOPLE = 1900;
  const TOGETHER = ["move", "equip", "enlarge"]; // of one centre
  const LEAST = 0.001; // metres, minutes
  const TEXTS = ["name", "name_en", "street", "datum", "basis", "source", "with", "place", "state", "floor", "term"];

  const isText = (value) => typeof value === "string";
  const isNumber = (value) => typeof value === "number";
  const has = (object, key) => Object.hasOwn(object, key);
  const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  const isTable = (value) => isObject(value) && Object.getPrototypeOf(value) === null; // days have one
  const isDay = (value) => isObject(value) && !isTable(value);
  const shown = (value) => {
    const text = isText(value) ? value : isDay(value) ? value.date || value.datetime
      : typeof value === "object" ? JSON.stringify(value) : String(value);
    return `'${text.length > 40 ? text.slice(0, 39) + "…" : text}'`;
  };
  const plain = (text) => text.normalize("NFKC").trim().toLowerCase()
    .replace(/(?<=.)\([^)]*\)$/u, "").replace(/[^\p{L}\p{N}]/gu, "");

  /** Problems found while reading, all of them; thrown at the end. */
  class Problems extends Error {
    constructor(problems) {
      super(problems.map((p) => p.en).join("\n"));
      this.problems = problems;
    }
  }

  /** A sentence about a place in a file, in each language. */
  const at = (where, en, zh) => ({ en: `${where.en}: ${en}`, zh: `${where.zh}：${zh}` });

  /** The texts of files (the scenario and those it is based on) as one list of plans, base first. */
  function chain(files) {
    const problems = [], plans = new Map();
    files.forEach(({ name, text }) => {
      const where = { en: name, zh: name };
      try {
        plans.set(name, carecircles.parseToml(text));
      } catch (error) {
        const said = error.text || { en: error.message, zh: error.message };
        problems.push(at(where, `this is not TOML (line ${error.line || "?"}: ${said.en})`,
          `不是有效的 TOML（第 ${error.line || "?"} 行：${said.zh}）`));
      }
    });
    if (problems.length) throw new Problems(problems);
    const base = (plan) => (isText(plan.based_on) && plan.based_on.trim()
      ? plan.based_on.split(/[\\/]/).pop() : null);
    const used = new Set([...plans.values()].map(base));
    const first = [...plans.keys()].find((name) => !used.has(name)) || files[0].name;
    const list = [], seen = new Set();
    for (let name = first; name; name = base(plans.get(name))) {
      if (seen.has(name)) {
        throw new Problems([at({ en: name, zh: name }, "based_on leads back to this file", "based_on 指回本文件")]);
      }
      if (!plans.has(name)) {
        throw new Problems([{
          en: `The scenario is based on ${shown(name)}; choose that file together with it.`,
          zh: `该方案基于 ${shown(name)}；请同时选择该文件。` }]);
      }
      seen.add(name);
      list.unshift({ file: name, plan: plans.get(name) });
    }
    return list;
  }

  /** A date as YYYY-MM-DD; null where there is none, undefined where it cannot be understood. */
  function day(value, isLast) {
    if (value === undefined || value === "") return null;
    let text = isDay(value) ? value.date || (/^\d{4}-\d\d-\d\d/.exec(value.datetime) || ["?"])[0]
      : isText(value) || Number.isInteger(value) ? String(value) : "?";
    text = text.normalize("NFKC").replace(/\s*([年月日])\s*/gu, "$1")
      .replace(/[ T]([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$/, "").trim();
    if (!text) return null;
    const parts = /^(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?月?)?年?$/.exec(text) ||
      /^(\d{4})(\d{2})(\d{2})$/.exec(text);
    if (!parts) return undefined;
    const [year, month, date] = parts.slice(1).map((part) => (part === undefined ? null : Number(part)));
    if (year < FIRST_YEAR || year > LAST_YEAR || month !== null && (month < 1 || month > 12)) return undefined;
    const lastOf = (m) => new Date(Date.UTC(2000 + (year % 400), m, 0)).getUTCDate();
    if (date !== null && (date < 1 || date > lastOf(month))) return undefined;
    const m = month || (isLast ? 12 : 1), d = date || (isLast ? lastOf(m) : 1);
    return [String(year).padStart(4, "0"), String(m).padStart(2, "0"), String(d).padStart(2, "0")].join("-");
  }

  /** The year whose people are counted; null where none is named, undefined where it is none. */
  function yearOf(value) {
    if (value === undefined) return null;
    return Number.isInteger(value) && value >= FIRST_OF_PEOPLE && value <= LAST_YEAR ? value : undefined;
  }

  function readHeading(plan, where) {
    const problems = [];
    const unknown = Object.keys(plan).filter((key) => !KEYS.includes(key)).map(shown).join(", ");
    if (unknown) problems.push(at(where, `unknown: ${unknown}`, `不认识：${unknown}`));
    if (!isText(plan.name) || !plan.name.trim()) {
      problems.push(at(where, "name is missing; say in a few words what changes", "缺少 name；请用几个字说明变化"));
    }
    ["name_en", "note", "note_en", "based_on"].filter((key) => plan[key] !== undefined && !isText(plan[key]))
      .forEach((key) => problems.push(at(where, `${key} is not text`, `${key} 不是文字`)));
    return problems;
  }

  /** A step as a row, null where it cannot be one; and what is wrong with it.
      @returns {[any, Words[]]} */
  function readStep(step, where, spelled) {
    const acts = ACTS.filter((act) => has(step, act));
    if (acts.length !== 1) {
      return [null, [at(where, `write one of ${ACTS.join(", ")}`, `请写 ${ACTS.join("、")} 之一`)]];
    }
    const act = acts[0], to = step[act], problems = [];
    if (!(isText(to) || Number.isInteger(to)) || !String(to).trim()) {
      return [null, [at(where, `${act} is ${shown(to)}; write an id in quotation marks`,
        `${act} 为 ${shown(to)}；请写带引号的编号`)]];
    }
    const allowed = [act, ...DETAILS[act], "date", "until"];
    const unknown = Object.keys(step).filter((key) => !allowed.includes(key)).map(shown).join(", ");
    if (unknown) problems.push(at(where, `unknown with ${act}: ${unknown}`, `${act} 中不认识：${unknown}`));
    if (act === "open" && /[;\p{Cc}]/u.test(String(to))) {
      problems.push(at(where, `${shown(to)} has a semicolon or a line break in it`, `${shown(to)} 含有分号或换行`));
    }
    /** @type {any} */
    const row = { act, to: String(to).trim(), where };
    DETAILS[act].forEach((key) => { if (has(step, key)) row[key] = step[key]; });
    TEXTS.filter((key) => has(row, key) && !isText(row[key])).forEach((key) => {
      problems.push(at(where, `${key} is not text`, `${key} 不是文字`));
      delete row[key];
    });
    ["date", "until"].forEach((key) => { // of a year or month alone, so that a centre is there no day too long
      row[key] = day(step[key], (key === "until") === (act === "close"));
      if (row[key] === undefined) {
        problems.push(at(where, `${key} is not a date (${shown(step[key])})`, `${key} 不是日期（${shown(step[key])}）`));
        row[key] = null;
      }
    });
    if (row.date && row.until && row.until <= row.date) {
      problems.push(at(where, "until is not after date", "until 不晚于 date"));
    }
    if (act === "open" || act === "move") problems.push(...pointProblems(row, where, spelled));
    if (act === "enlarge") {
      problems.push(...amountProblems(row, where));
      if (!KINDS.some((kind) => has(row, kind))) {
        problems.push(at(where, `write one or more of ${KINDS.join(", ")}`, `请至少写 ${KINDS.join("、")} 之一`));
      }
    }
    if (has(row, "services")) {
      const isList = Array.isArray(row.services) && row.services.every(isText);
      if (!isList && !isText(row.services)) {
        problems.push(at(where, `services is ${shown(row.services)}`, `services 为 ${shown(row.services)}`));
        row.services = "";
      }
      row.services = services(isList ? row.services.join(";") : row.services, spelled.services);
    } else if (act === "equip") {
      problems.push(at(where, "there are no services", "没有 services"));
    }
    if (act === "standard") problems.push(...standardProblems(row, where));
    if (act === "rebuild" && !REBUILT.includes(row.with)) {
      problems.push(at(where, `with is ${shown(row.with)}; write one of ${REBUILT.join(", ")}`,
        `with 为 ${shown(row.with)}；请写 ${REBUILT.join("、")} 之一`));
    }
    return [row, problems];
  }

  /** What is wrong with how much a centre holds, and with its floor area. */
  function amountProblems(row, where) {
    const problems = AMOUNTS.filter((key) => has(row, key) && !Number.isFinite(row[key]))
      .map((key) => at(where, `${key} is ${shown(row[key])}, not a number`, `${key} 为 ${shown(row[key])}，不是数字`));
    if (problems.length) return problems; // what is no number cannot be compared
    AMOUNTS.filter((key) => row[key] < 0).forEach((key) => {
      problems.push(at(where, `${key} is negative`, `${key} 为负`));
    });
    return [...problems, ...kindProblems(row, where)];
  }

  /** Whether beds of the three kinds come to more than there are in all. */
  function kindProblems(holds, where) {
    const kinds = KINDS.slice(3), sum = kinds.reduce((all, kind) => all + (has(holds, kind) ? holds[kind] : 0), 0);
    return sum > holds.beds * (1 + 1e-9) ? [at(where, `${kinds.join(", ")} come to more than beds`,
      `${kinds.join("、")} 合计多于 beds`)] : [];
  }

  function pointProblems(row, where, spelled) {
    const given = ["lon", "lat"].filter((key) => has(row, key));
    if (given.length === 1) return [at(where, `there is ${given[0]} alone`, `只有 ${given[0]}`)];
    if (!given.length && !row.street) {
      return [at(where, "there is no place; write lon and lat, or street", "没有位置；请写 lon 和 lat，或 street")];
    }
    const problems = [...given.filter((key) => !Number.isFinite(row[key]))
      .map((key) => at(where, `${key} is ${shown(row[key])}, not a number`, `${key} 为 ${shown(row[key])}，不是数字`)),
    ...amountProblems(row, where)];
    if (problems.length) return problems;
    [["state", spelled.states], ["term", spelled.terms]].filter(([key]) => has(row, key)).forEach(([key, known]) => {
      const word = plain(row[key]);
      if (word && !has(known, word)) problems.push(at(where, `${key} is ${shown(row[key])}`, `${key} 为 ${shown(row[key])}`));
      row[key] = has(known, word) ? known[word] : "";
    });
    if (given.length && (Math.abs(row.lon) > 180 || Math.abs(row.lat) > 90)) {
      problems.push(at(where, `longitude, latitude are not degrees (${row.lon}, ${row.lat})`,
        `经纬度不是度数（${row.lon}, ${row.lat}）`));
    }
    const named = (row.datum === undefined ? "wgs84" : row.datum).normalize("NFKC").toLowerCase()
      .replace(/[^\p{L}\p{N}]/gu, "").replace(/坐标系$/, "").replace(/坐标$/, "");
    if (!has(spelled.datums, named)) {
      problems.push(at(where, `datum is ${shown(row.datum)}`, `坐标系为 ${shown(row.datum)}`));
    }
    row.datum = has(spelled.datums, named) ? spelled.datums[named] : "wgs84";
    return problems;
  }

  function standardProblems(row, where) {
    const given = DETAILS.standard.filter((key) => has(row, key));
    const problems = given.filter((key) => !isNumber(row[key]) || !(row[key] > 0 && row[key] < 1e6))
      .map((key) => at(where, `${key} is ${shown(row[key])}; write a number above 0 and below a million`,
        `${key} 为 ${shown(row[key])}；请写大于 0 且小于一百万的数`));
    if (!given.length || given.length === 3) {
      problems.push(at(where, "write one or two of metres, minutes and pace_m_s",
        "请写 metres、minutes、pace_m_s 中的一项或两项"));
    }
    return problems;
  }

  /** Services as words of ours (others as written). */
  function services(text, spelled) {
    const words = text.split(/[、，；,|/;]/).map((word) => word.trim()).filter(Boolean);
    return [...new Set(words.map((word) => (has(spelled, plain(word)) ? spelled[plain(word)] : word)))];
  }

  /** Whether two steps hold on one and the same day. */
  const overlap = (one, other) => !(one.until && other.date && one.until <= other.date ||
    other.until && one.date && other.until <= one.date);

  function contradictions(rows) {
    const problems = [];
    const ours = rows.filter((row) => row.act !== "rebuild");
    ours.forEach((one, n) => ours.slice(n + 1).forEach((other) => {
      const isStandard = one.act === "standard" && other.act === "standard";
      const isSame = one.to === other.to && one.act !== "standard" && other.act !== "standard";
      const together = one.act !== other.act && [one, other].every(({ act }) => TOGETHER.includes(act));
      if ((isStandard || isSame && !together) && overlap(one, other)) {
        problems.push(at(other.where, `contradicts step ${one.number} (${one.act}, ${other.act})`,
          `与第 ${one.number} 步矛盾（${one.act}、${other.act}）`));
      }
    }));
    return problems;
  }

  /** The steps of a scenario with what stands above them; `Problems` where it cannot be used. */
  function parse(files, spelled) {
    const problems = [], rows = [];
    let heading = null, asOf = null, year = null;
    chain(files).forEach(({ file, plan }) => {
      const where = { en: file, zh: file };
      problems.push(...readHeading(plan, where));
      const on = day(plan.as_of, true);
      if (on === undefined) problems.push(at(where, `as_of is not a date (${shown(plan.as_of)})`, "as_of 不是日期"));
      asOf = on || asOf;
      const people = yearOf(plan.year);
      if (people === undefined) problems.push(at(where, `year is ${shown(plan.year)}; write a whole year from ${
        FIRST_OF_PEOPLE} to ${LAST_YEAR}`, `year 为 ${shown(plan.year)}；请写 ${FIRST_OF_PEOPLE} 至 ${LAST_YEAR} 之间的整数年份`));
      year = people || year;
      heading = plan;
      const steps = plan.step === undefined ? [] : plan.step;
      if (!Array.isArray(steps) || !steps.every(isTable)) {
        problems.push(at(where, "step is not a table; write [[step]] above it", "step 不是表；请在其上写 [[step]]"));
        return;
      }
      const own = [];
      steps.forEach((step, n) => {
        const here = { en: `${file}, step ${n + 1}`, zh: `${file} 第 ${n + 1} 步` };
        const [row, wrong] = readStep(step, here, spelled);
        problems.push(...wrong);
        if (row) own.push({ ...row, number: n + 1 });
      });
      problems.push(...contradictions(own));
      rows.push(...own);
    });
    if (problems.length) throw new Problems(problems);
    return { heading, rows, asOf, year };
  }

  /** The plan a scenario makes of `world`: its centres by id, metres, minutes and group. */
  function read(files, world) {
    const { heading, rows, asOf, year } = parse(files, world.spelled);
    const problems = [...missing(rows.filter((row) => row.act !== "rebuild"), world), ...notLarger(rows, world)];
    rows.filter((row) => row.act === "rebuild").forEach((row) => {
      problems.push(at(row.where, `this page rebuilds no ways (${shown(row.to)}); carry it out with carecircles whatif`,
        `本页不能改建道路（${shown(row.to)}）；请用 carecircles whatif 计算`));
    });
    if (asOf && world.as_of && asOf !== world.as_of) {
      problems.push({ en: `The scenario looks at ${asOf}, this page at ${world.as_of}.`,
        zh: `方案针对 ${asOf}，本页针对 ${world.as_of}。` });
    }
    if (year && year !== world.year) problems.push(otherYear(year, world.year));
    rows.filter((row) => row.act === "standard").forEach((row) => {
      const { metres, minutes } = changed(world.standard, row);
      if (!(metres >= LEAST && metres < 1e6 && minutes >= LEAST && minutes < 1e6)) {
        const [m, min] = [metres, minutes].map((n) => n.toPrecision(6));
        problems.push(at(row.where, `this makes ${m} m in ${min} min`, `得到 ${m} 米、${min} 分钟`));
      }
    });
    rows.filter((row) => row.act === "open" || row.act === "move")
      .forEach((row) => problems.push(...place(row, world)));
    if (problems.length) throw new Problems(problems);
    const on = asOf || world.as_of;
    const holding = rows.filter((row) => !on || !(row.date && row.date > on) && !(row.until && row.until <= on));
    const centres = new Map(world.centres.map((centre) => [centre.id, centre]));
    let standard = { ...world.standard };
    holding.forEach((row) => {
      const old = centres.get(row.to);
      if (row.act === "open") centres.set(row.to, opened(row));
      if (row.act === "close") centres.delete(row.to);
      if (row.act === "move" && old) {
        centres.set(row.to, { ...old, ...row.place, neighbour: false, basis: row.basis, source: row.source || "" });
      }
      if (row.act === "equip" && old) {
        centres.set(row.to, { ...old, services: row.services, services_basis: "proposed" });
      }
      if (row.act === "enlarge" && old) {
        centres.set(row.to, { ...old, holds: held({ ...old.holds, ...held(row) }), state: "enlarged" });
      }
      if (row.act === "standard") standard = changed(world.standard, row);
    });
    if (asOf) {
      [...centres.values()].filter((c) => c.opened && c.opened > asOf || c.closed && c.closed <= asOf)
        .forEach((c) => centres.delete(c.id));
    }
    const name = { en: heading.name_en || heading.name, zh: heading.name };
    const note = { en: heading.note_en || heading.note || "", zh: heading.note || heading.note_en || "" };
    return { name, note, centres, ...standard };
  }

  /** The page has the people of one year alone, so that it cannot show a plan for those of another. */
  function otherYear(year, own) {
    const [here, local] = own ? [`those of ${own}`, `${own} 年人口`] : ["those of no named year", "未注明年份的人口"];
    return { en: `The scenario counts the people of ${year}, this page ${here}; draw the page with --year ${year}.`,
      zh: `方案按 ${year} 年人口计算，本页为${local}；请用 --year ${year} 重新生成本页。` };
  }

  function missing(rows, world) {
    const names = new Map(world.centres.map((centre) => [centre.id, centre.name.zh]));
    const gone = new Map(), problems = [];
    const groups = ["everyone", ...world.groups];
    rows.forEach(({ act, to, where, until, name }) => {
      if (act === "standard") {
        if (!groups.includes(to)) problems.push(at(where,
          `the population has no ${shown(to)}; use one of ${groups.join(", ")}`,
          `人口中没有 ${shown(to)}；请写 ${groups.join("、")} 之一`));
      } else if (act === "open") {
        if (names.has(to)) {
          problems.push(at(where, `there is already a centre ${shown(to)} (${shown(names.get(to))})`,
            `已有编号为 ${shown(to)} 的中心（${shown(names.get(to))}）`));
        }
        names.set(to, name || to);
        gone.delete(to);
      } else if (gone.has(to)) {
        problems.push(at(where, `centre ${shown(to)} is closed by step ${gone.get(to).en}`,
          `中心 ${shown(to)} 已被关闭：${gone.get(to).zh}`));
      } else if (!names.has(to)) {
        problems.push(at(where, `there is no centre ${shown(to)} on this page`, `本页没有中心 ${shown(to)}`));
      } else if (act === "close" && !until) {
        gone.set(to, where);
        names.delete(to);
      }
    });
    return problems;
  }

  /** How much a row says that a centre holds, in our order. */
  const held = (row) => Object.fromEntries(KINDS.filter((kind) => has(row, kind)).map((kind) => [kind, row[kind]]));

  /** Steps that enlarge a centre to less than it holds, or to more beds of the kinds than in all. */
  function notLarger(rows, world) {
    const holds = new Map(world.centres.map((centre) => [centre.id, centre.holds])), problems = [];
    rows.forEach((row) => {
      const old = holds.get(row.to);
      if (row.act === "open") holds.set(row.to, held(row));
      if (row.act !== "enlarge" || !old) return;
      KINDS.filter((kind) => has(row, kind) && has(old, kind) && row[kind] < old[kind]).forEach((kind) => {
        problems.push(at(row.where, `${kind} is ${row[kind]}, but the centre has ${old[kind]} already`,
          `${kind} 为 ${row[kind]}，而该中心已有 ${old[kind]}`));
      });
      problems.push(...kindProblems({ ...old, ...held(row) }, row.where));
    });
    return problems;
  }

  /** Give a step its point; what is wrong with it. */
  function place(row, world) {
    const isPoint = has(row, "lon");
    const street = (row.street || "").trim(), code = street ? world.street(street) : null;
    if (!code && (street || !isPoint)) {
      return [at(row.where, `there is no street ${shown(row.street)}`, `没有街道 ${shown(row.street)}`)];
    }
    const given = isPoint ? carecircles.datum.fromDatum[row.datum]({ lng: row.lon, lat: row.lat })
      : { lng: world.middles[code].lon, lat: world.middles[code].lat };
    const point = { lon: given.lng, lat: given.lat };
    const metres = world.project(point.lon, point.lat);
    if (!metres || !world.isInside(metres)) {
      return [at(row.where, `${shown(row.name || row.to)} lies outside the study area`,
        `${shown(row.name || row.to)} 位于研究区之外`)];
    }
    const basis = (row.basis || "").trim().toLowerCase();
    row.basis = (has(world.spelled.bases, basis) ? world.spelled.bases[basis] : basis) ||
      (isPoint ? "proposed" : "assumed");
    row.place = { ...point, x: metres.x, y: metres.y };
    return [];
  }

  function opened(row) {
    return { id: row.to, name: { en: row.name_en || row.name || row.to, zh: row.name || row.to },
      services: row.services || [], services_basis: "proposed", basis: row.basis, source: row.source || "",
      holds: held(row), state: row.state || "new", area_m2: has(row, "area_m2") ? row.area_m2 : null,
      floor: row.floor ? row.floor.trim() : "", term: row.term || "", opened: row.date || "", closed: "", ...row.place };
  }

  /** The standard after a step that sets it; where one figure is given, the pace or the time stays. */
  function changed(standard, row) {
    let { metres = null, minutes = null } = row;
    const pace = has(row, "pace_m_s") ? row.pace_m_s : null;
    if (pace !== null && metres !== null) {
      minutes = metres / (60 * pace);
    } else if (pace !== null) {
      minutes = minutes === null ? standard.minutes : minutes;
      metres = 60 * pace * minutes;
    }
    return { ...withStandard(standard, metres, minutes), group: row.to === "everyone" ? null : row.to };
  }
  function withStandard(standard, metres, minutes) {
    const pace = standard.metres / standard.minutes;
    const wide = metres !== null ? metres : minutes === null ? standard.metres : minutes * pace;
    return { metres: wide, minutes: minutes === null ? wide / pace : minutes };
  }

  /* Writing */

  const quoted = (text) => JSON.stringify(text.toWellFormed ? text.toWellFormed() : text)
    .replace(/\x7f/g, "\\u007f");
  const lines = (fields) => fields.filter(([, value]) => value !== null && value !== "")
    .map(([key, value]) => `${key} = ${isText(value) ? quoted(value) : value}`);
  const listed = (words) => (words.length ? `[${words.map(quoted).join(", ")}]` : null);

  /** The steps that lead from `world` to a plan, each as [key, value] lines. */
  function steps(plan, world) {
    const base = new Map(world.centres.map((centre) => [centre.id, centre])), made = [];
    const where = (centre) => [["lon", centre.lon], ["lat", centre.lat], ["datum", "wgs84"],
      ["basis", centre.basis], ["source", centre.source]];
    base.forEach((_, id) => { if (!plan.centres.has(id)) made.push([["close", id]]); });
    plan.centres.forEach((centre, id) => {
      const old = base.get(id);
      if (!old) {
        made.push([["open", id], ["name", centre.name.zh],
          ["name_en", centre.name.en === centre.name.zh ? "" : centre.name.en],
          ...where(centre), ["services", listed(centre.services)], ...Object.entries(centre.holds),
          ["state", centre.state === "new" ? "" : centre.state], ["area_m2", centre.area_m2], ["floor", centre.floor],
          ["term", centre.term], ["date", centre.opened]]);
        return;
      }
      if (old.lon !== centre.lon || old.lat !== centre.lat) made.push([["move", id], ...where(centre)]);
      if (old.services.join(";") !== centre.services.join(";")) {
        made.push([["equip", id], ["services", listed(centre.services) || "[]"]]);
      }
      const more = Object.entries(centre.holds).filter(([kind, n]) => old.holds[kind] !== n);
      if (more.length) made.push([["enlarge", id], ...more]);
    });
    const { metres, minutes, group } = world.standard;
    if (plan.metres !== metres || plan.minutes !== minutes || (plan.group || null) !== (group || null)) {
      made.push([["standard", plan.group || "everyone"], ["metres", plan.metres], ["minutes", plan.minutes]]);
    }
    return made;
  }

  /** A plan as a scenario file. */
  function write(plan, world) {
    const raw = new Set(["services"]);
    const step = (fields) => ["", "[[step]]", ...fields.flatMap(([key, value]) =>
      (value === null || value === "" ? [] : [raw.has(key) ? `${key} = ${value}` : lines([[key, value]])[0]]))];
    const heading = lines([["name", plan.name.zh], ["name_en", plan.name.en === plan.name.zh ? "" : plan.name.en],
      ["note", plan.note.zh], ["note_en", plan.note.en === plan.note.zh ? "" : plan.note.en],
      ["as_of", world.as_of || ""], ["year", world.year || ""]]);
    return [...heading, ...steps(plan, world).flatMap(step), ""].join("\n");
  }

  /* Encodings, by the rule of carecircles' _encoding.py: the numbers and patterns are those. */

  const TWO = "(?<![\\x80-\\xff])[\\xc2-\\xdf][\\x80-\\xbf](?![\\x80-\\xff])";
  const MORE = "\\xe0[\\xa0-\\xbf][\\x80-\\xbf]|[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]{2}|\\xed[\\x80-\\x9f][\\x80-\\xbf]"
    + "|\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}|[\\xf1-\\xf3][\\x80-\\xbf]{3}|\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2}";
  const SEVERAL = new RegExp(`${TWO}|${MORE}`, "g");
  const WORD = new RegExp(`(?<![\\x80-\\xff])(?:${MORE}){2,}(?![\\x80-\\xff])`, "g");
  const MOSTLY = 0.75, PARTLY = 0.01, COMMON = 0.6;
  /** @param {number[]} pair */
  const isUsual = ([lead, trail]) => trail > 0xa0 && lead > 0xa0 && lead < 0xd8 && (lead < 0xaa || lead > 0xaf);

  /** Text of a file and its encoding; `bytes` is a Uint8Array. */
  function decode(bytes, name) {
    const refuse = (en, zh) => new Problems([at({ en: name, zh: name }, en, zh)]);
    const as = (encoding, label) => {
      try {
        return { text: new TextDecoder(encoding, { fatal: true }).decode(bytes), encoding: label };
      } catch { return null; }
    };
    const starts = (...codes) => codes.every((code, k) => bytes[k] === code);
    const none = () => refuse("this is no text in UTF-8 or GB18030; save it as UTF-8.",
      "不是 UTF-8 或 GB18030 文本；请另存为 UTF-8。");
    if (starts(0xff, 0xfe) || starts(0xfe, 0xff)) {
      const found = as(bytes[0] === 0xff ? "utf-16le" : "utf-16be", "UTF-16");
      if (!found || found.text.includes("\0")) throw none();
      return found;
    }
    if (bytes.includes(0)) throw none();
    const sound = as("utf-8", "UTF-8");
    if (sound) return sound;
    const raw = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
    const size = (pattern) => (raw.match(pattern) || []).reduce((sum, found) => sum + found.length, 0);
    const beyond = size(/[\x80-\xff]+/g);
    if (starts(0xef, 0xbb, 0xbf) || size(SEVERAL) >= MOSTLY * beyond || size(WORD) >= PARTLY * beyond) {
      const read = new TextDecoder("utf-8").decode(bytes);
      const line = read.slice(0, read.indexOf("\ufffd")).split("\n").length;
      throw refuse(`line ${line} has a byte that is not UTF-8, as the rest of the file is.`,
        `第 ${line} 行有一个字节不是 UTF-8，而文件其余部分是。`);
    }
    const characters = pairs(bytes), found = characters && as("gb18030", "GB18030");
    if (!found || characters.filter(isUsual).length < COMMON * characters.length) throw none();
    return found;
  }

  /** The characters of several bytes in GB18030, each as its bytes; null where there is one that cannot be. */
  function pairs(bytes) {
    const found = [];
    for (let k = 0; k < bytes.length; k++) {
      if (bytes[k] < 0x80) continue;
      if (bytes[k] === 0x80 || bytes[k] === 0xff) return null;
      const size = bytes[k + 1] >= 0x30 && bytes[k + 1] <= 0x39 ? 4 : 2;
      found.push(size === 2 ? [bytes[k], bytes[k + 1]] : [0, 0]);
      k += size - 1;
    }
    return found;
  }

  return { read, write, steps, withStandard, plain, decode, Problems };
})();
