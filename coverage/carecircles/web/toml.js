/* TOML 1.0 for the browser: `carecircles.parseToml(text)` gives plain objects without a prototype,
   arrays, strings, numbers and booleans; dates as {date: "2023-12-31"}, times as {datetime: "..."}.
   What is wrong is thrown as an Error with `line` (from 1) and `text` ({en, zh}). */
carecircles.parseToml = (function () {
  "use strict";
  const DEEPEST = 100; // levels of lists and tables in one another; no stack runs out before that

  const NOT_ALLOWED = /[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]/u; // the last: half characters only
  const BLANK = /[ \t\n]+/y;
  const SPACES = /[ \t]*/y;
  const COMMENT = /#[^\n]*/y;
  const BARE = /[A-Za-z0-9_-]+/y;
  const PLAIN = { '"': /[^"\\\n]*/y, "'": /[^'\n]*/y, '"""': /[^"\\]*/y, "'''": /[^']*/y };
  const MORE_QUOTES = { '"""': /"{0,2}/y, "'''": /'{0,2}/y };
  const LINE_END = /\\[ \t]*\n[ \t\n]*/y;
  const ESCAPE = /\\(?:[btnfr"\\]|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})/y;
  const ESCAPED = { b: "\b", t: "\t", n: "\n", f: "\f", r: "\r", '"': '"', "\\": "\\" };
  const WORD = /\d{4}-\d\d-\d\d \d[^\s,\]}#]*|[^\s,\]}#]+/y;
  const SPECIAL = /^[+-]?(?:inf|nan)$/;
  const INTEGER = /^(?:[+-]?(?:0|[1-9]\d*)|0x[0-9A-Fa-f]+|0o[0-7]+|0b[01]+)$/;
  const FLOAT = /^[+-]?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
  const CLOCK = "(?:[01]\\d|2[0-3]):[0-5]\\d";
  const TIME = CLOCK + ":[0-5]\\d(?:\\.\\d+)?";
  const DAY = "(\\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])";
  const LOCAL_TIME = RegExp(`^${TIME}$`);
  const DATE = RegExp(`^${DAY}([Tt ]${TIME}(?:[Zz]|[+-]${CLOCK})?)?$`);

  // How a table came about settles what may add to it; nothing may to a table in { }.
  const IMPLIED = 1; // by the [header] of a table inside it
  const DOTTED = 2; // by a dotted name
  const HEADED = 3; // by its own [header] or [[header]]

  function parse(text) {
    const source = text.replace(/\r\n/g, "\n");
    const lists = new Set(); // those made by [[headers]]
    const kinds = new Map(); // of the tables that may still be added to
    let at = 0;

    function fail(en, zh, place = at) {
      const line = source.slice(0, place).split("\n").length;
      throw Object.assign(new Error(`line ${line}: ${en}`), { line, text: { en, zh } });
    }
    function twice(name, place) {
      const shown = JSON.stringify(name);
      fail(`${shown} is given twice`, `${shown} 重复出现`, place);
    }
    function mind(depth) {
      if (depth > DEEPEST) fail("too many lists and tables in one another", "列表和表的嵌套层数过多");
    }

    function take(pattern) {
      pattern.lastIndex = at;
      const found = pattern.exec(source);
      if (found) at += found[0].length;
      return found ? found[0] : "";
    }
    function eat(mark) {
      const isThere = source.startsWith(mark, at);
      if (isThere) at += mark.length;
      return isThere;
    }
    function blank() {
      while (take(BLANK) || take(COMMENT));
    }

    /** The table `name` in `inside` on the way to another, made where there is none. */
    function enter(inside, name, kind, place) {
      const old = inside[name];
      if (kind === IMPLIED && lists.has(old)) return old[old.length - 1];
      if (old === undefined) inside[name] = Object.create(null);
      else if (!kinds.has(old)) twice(name, place);
      else if (kind === DOTTED && kinds.get(old) === HEADED) twice(name, place);
      if (old === undefined || kind === DOTTED) kinds.set(inside[name], kind);
      return inside[name];
    }

    /** A [header] or [[header]]: the table it opens, and how deep that is. */
    function heading(root) {
      const isList = source.startsWith("[[", at);
      const close = isList ? "]]" : "]";
      at += close.length;
      const path = names();
      const depth = path.length;
      mind(depth);
      if (!eat(close)) fail(`end the header with ${close}`, `表头须以 ${close} 结尾`);
      const last = path.pop();
      const parent = path.reduce((inside, name) => enter(inside, name, IMPLIED), root);
      const old = parent[last];
      const table = !isList && kinds.get(old) === IMPLIED ? old : Object.create(null);
      if (isList && lists.has(old)) old.push(table);
      else if (isList && old === undefined) lists.add((parent[last] = [table]));
      else if (old === undefined) parent[last] = table;
      else if (old !== table) twice(last);
      kinds.set(table, HEADED);
      return [table, depth];
    }

    function pair(inside, depth) {
      const start = at;
      const path = names();
      if (!eat("=")) fail("an = is missing after the name", "名称之后缺少 =");
      take(SPACES);
      const found = value(depth + path.length);
      const last = path.pop();
      const table = path.reduce((outer, name) => enter(outer, name, DOTTED, start), inside);
      if (last in table) twice(last, start);
      table[last] = found;
    }

    function names() {
      const path = [];
      do {
        take(SPACES);
        const isQuoted = source[at] === '"' || source[at] === "'";
        const name = isQuoted ? string(source[at]) : take(BARE);
        if (!name && !isQuoted) {
          fail('a name is missing; one not made of A-Z a-z 0-9 _ - needs "quotation marks"',
            '缺少名称；含有 A-Z a-z 0-9 _ - 以外字符的名称须放在英文双引号 " 内');
        }
        path.push(name);
        take(SPACES);
      } while (eat("."));
      return path;
    }

    function value(depth) {
      const mark = source[at];
      mind(depth);
      if (mark === "[") return list(depth);
      if (mark === "{") return inlineTable(depth);
      if (mark !== '"' && mark !== "'") return word();
      return string(source.startsWith(mark.repeat(3), at) ? mark.repeat(3) : mark);
    }

    function list(depth) {
      const made = [];
      at += 1;
      for (blank(); !eat("]"); blank()) {
        made.push(value(depth + 1));
        const end = at;
        blank();
        if (!eat(",") && source[at] !== "]") fail("a comma or ] is missing", "缺少英文逗号或 ]", end);
      }
      return made;
    }

    function inlineTable(depth) {
      const made = Object.create(null);
      at += 1;
      take(SPACES);
      for (let more = !eat("}"); more; ) {
        pair(made, depth);
        take(SPACES);
        more = eat(",");
        take(SPACES);
        if (more && source[at] === "}") fail("delete the comma before }", "请删除 } 前的逗号");
        if (!more && !eat("}")) {
          fail("a comma or } is missing; { } must be in one line", "缺少逗号或 }；{ } 须写在同一行");
        }
      }
      return made;
    }

    function string(quote) {
      const start = at;
      const isLong = quote.length === 3;
      let made = "";
      at += quote.length;
      if (isLong) eat("\n");
      for (;;) {
        made += take(PLAIN[quote]);
        if (eat(quote)) return isLong ? made + take(MORE_QUOTES[quote]) : made;
        if (source[at] === "\\") made += escaped(isLong);
        else if (isLong && eat(quote[0])) made += quote[0];
        else fail(`the text is not closed; end it with ${quote}`, `文字没有以 ${quote} 结尾`, start);
      }
    }

    function escaped(isLong) {
      if (isLong && take(LINE_END)) return "";
      const found = take(ESCAPE);
      const code = found.length > 2 ? parseInt(found.slice(2), 16) : 0;
      if (!found || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) {
        fail("a single \\ may not stand here; write \\\\, or put the text in '...'",
          "\\ 之后的字符无效；反斜杠请写作 \\\\，或将文字放在英文单引号 ' 内");
      }
      return found.length > 2 ? String.fromCodePoint(code) : ESCAPED[found[1]];
    }

    /** A value without quotation marks or brackets. */
    function word() {
      const found = take(WORD);
      if (!found) fail("a value is missing", "缺少值");
      if (found === "true" || found === "false") return found === "true";
      if (SPECIAL.test(found)) return Number(found.replace("inf", "Infinity")); // or NaN
      const pairs = found.startsWith("0x") ? /([0-9A-Fa-f])_(?=[0-9A-Fa-f])/g : /(\d)_(?=\d)/g;
      const digits = found.replace(pairs, "$1");
      if (INTEGER.test(digits)) {
        if (!Number.isSafeInteger(Number(digits))) fail("the whole number is too large", "整数过大");
        return Number(digits) + 0; // -0 is 0
      }
      if (FLOAT.test(digits)) return Number(digits);
      if (LOCAL_TIME.test(found)) return Object.freeze({ datetime: found });
      const date = DATE.exec(found);
      if (date && isDay(Number(date[1]), Number(date[2]), Number(date[3]))) {
        return Object.freeze(date[4] ? { datetime: found } : { date: found });
      }
      if (/^\d{1,4}[-:/.]\d+[-:/.]/.test(found)) {
        fail("there is no such date or time; write dates as 2023-12-31",
          "日期或时间无效；日期请写作 2023-12-31 的形式");
      }
      if (/^[+-]?\.?\d/.test(found)) {
        fail("this is no number; write numbers as 1200 or 0.5", "数字无效；请写作 1200 或 0.5 的形式");
      }
      return fail('text needs straight "quotation marks"', '文字须放在英文双引号 " 内');
    }
    function isDay(year, month, day) {
      // Date takes years before 100 for 19.., which are as long
      return year > 0 && day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
    }

    const wrong = source.search(NOT_ALLOWED);
    if (wrong >= 0) fail("delete the invisible character", "请删除不可见字符", wrong);
    const root = Object.create(null);
    let header = root;
    let depth = 0;
    for (blank(); at < source.length; blank()) {
      if (source[at] === "[") [header, depth] = heading(root);
      else pair(header, depth);
      take(SPACES);
      take(COMMENT);
      if (at < source.length && source[at] !== "\n") {
        fail("this is too much for one line; begin a new one, or a comment with #",
          "此行有多余的内容；请另起一行，或用 # 开始注释");
      }
    }
    return root;
  }
  return parse;
})();
