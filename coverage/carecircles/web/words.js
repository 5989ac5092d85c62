/* What the page says, in its language, and figures as carecircles writes them. The first of the
   page's scripts: each adds what it offers to `carecircles`. Every text from a data file reaches the
   page through `textContent` or an attribute value, never as HTML. Units: metres, minutes, persons. */
"use strict";
var carecircles = {}; // eslint-disable-line no-var -- the one name that the page's scripts share
carecircles.words = (function () {

  const page = { lang: "en", maps: [], grid: null, searchable: [], pins: [], waiting: [] };
  const translated = [];
  const SIDES = ["before", "after"];

  const WORDS = {
    servicesThere: { en: "Services there", zh: "该中心服务" },
    inStreet: { en: "somewhere in the street shown; its position is not known", zh: "位于所示街道内，具体位置不详" },
    distance: { en: "Distance", zh: "距离" },
    within: { en: "Centres within reach", zh: "可达中心数" },
    openHere: { en: "A new centre here", zh: "在此新开中心" },
    neighbourHere: { en: "beyond the border; it counts, and stays where it is", zh: "位于边界之外，计入覆盖，位置不变" },
    showChange: { en: "What changes", zh: "变化" },
    showBoth: { en: "Before | after", zh: "前后对比" },
    swipe: { en: "Border between before and after", zh: "前后方案分界线" },
    outside: { en: "Outside the study area", zh: "不在研究区内" },
    services: { en: "Services", zh: "服务" },
    opened: { en: "Opened", zh: "开业" },
    closed: { en: "Closed", zh: "关闭" },
    persons: { en: "persons", zh: "人" },
    state: { en: "State", zh: "状态" },
    floorArea: { en: "Floor area", zh: "建筑面积" },
    floor: { en: "Floor", zh: "楼层" },
    term: { en: "Term", zh: "期限" },
    position: { en: "Position", zh: "位置" },
    source: { en: "Source", zh: "来源" },
    notKnown: { en: "not known", zh: "不详" },
    noCentre: { en: "no centre", zh: "没有中心" },
    nearer: { en: "within", zh: "不超过" },
    legend: { en: "Legend", zh: "图例" },
    summary: { en: "Summary", zh: "汇总" },
    search: { en: "Find a centre, street or community", zh: "查找中心、街道或社区" },
    nothing: { en: "nothing found", zh: "没有找到" },
    switchLanguage: { en: "中文", zh: "English" },
    fullscreen: { en: "Full screen", zh: "全屏" },
    print: { en: "Print", zh: "打印" },
    link: { en: "Copy link", zh: "复制链接" },
    copied: { en: "Link copied", zh: "链接已复制" },
    panel: { en: "Show or hide the panel", zh: "显示或隐藏面板" },
    layers: { en: "Layers", zh: "图层" },
    zoomIn: { en: "Zoom in", zh: "放大" },
    zoomOut: { en: "Zoom out", zh: "缩小" },
    whole: { en: "Whole district", zh: "显示全区" },
    unstated: { en: "What some of this rests on is not stated", zh: "部分数据未说明依据" },
    notes: { en: "Notes", zh: "说明" },
    zone: { en: "Uncovered zone", zh: "未覆盖区" },
    noTiles: {
      en: "The base map could not be loaded; everything else is shown.",
      zh: "底图无法加载；其他内容照常显示。",
    },
    oldBrowser: {
      en: "This browser is too old to draw the grid; the other layers are shown.",
      zh: "浏览器版本过旧，无法绘制网格；其他图层照常显示。",
    },
  };
  /** What Python shows too, from words.toml.
      @type {SharedWords} */
  const shared = { services: {}, bases: {}, kinds: {}, states: {}, terms: {}, marks: {}, changes: {}, statuses: {},
    sides: {}, columns: {} };
  /** @param {SharedWords} words */
  const learn = (words) => { Object.assign(shared, words); };

  /** A text of ours or from data in the page's language. */
  function say(text) {
    return typeof text === "object" && text !== null ? text[page.lang] || text.en || text.zh : text;
  }
  const word = (key) => say(WORDS[key]);
  /** A word that Python shows too; what is none of ours as it is.
      @param {keyof SharedWords} kind  @param {string} key  @returns {string} */
  const common = (kind, key) => {
    const own = kind === "services" && page.config && page.config.services; // of the study area
    return own && Object.hasOwn(own, key) ? say(own[key]) : Object.hasOwn(shared[kind], key) ? say(shared[kind][key]) : key;
  };

  /** Keep `update` to run now and whenever the language changes. */
  function inEveryLanguage(update) {
    translated.push(update);
    update();
  }
  function setLanguage(lang) {
    page.lang = lang;
    if (page.config) document.title = say(page.config.title);
    page.maps.forEach((map) => map.closePopup());
    document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
    translated.forEach((update) => update());
  }

  /** Rounded as the tables and files of carecircles are: to three decimals, then halves to even. */
  function whole(n) {
    const near = Math.round(n * 1000) / 1000, below = Math.floor(near);
    return near - below === 0.5 ? below + (below % 2 ? 1 : 0) : Math.round(near);
  }
  const grouped = new Intl.NumberFormat("en-US");
  const count = (n) => grouped.format(whole(n) + 0);
  const metres = (n) => count(n) + " m";
  const percent = (n) => (n === null ? "–" : (whole(1000 * n) / 10).toFixed(1) + " %");
  const minutes = (n) => n.toFixed(1) + (page.lang === "zh" ? " 分钟" : " min");
  /** A cost in the unit of its table.
      @param {Unit} unit */
  const cost = (n, unit) => (unit === "min" ? minutes : metres)(n);

  function addWords(words) {
    Object.keys(words).filter((key) => Object.hasOwn(WORDS, key)).forEach((key) => {
      throw new Error("there is already a word " + key);
    });
    Object.assign(WORDS, words);
  }

  return { page, SIDES, WORDS, learn, say, word, common, addWords, inEveryLanguage, setLanguage, whole, count, metres, percent, minutes, cost };
})();
carecircles.page = carecircles.words.page;
carecircles.draw = {}; // one function for each kind of layer that Python hands over
