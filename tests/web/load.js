// The page's scripts that know nothing of a page, as node runs them.
"use strict";
const fs = require("node:fs"), path = require("node:path"), vm = require("node:vm");

const WEB = path.join(__dirname, "..", "..", "coverage", "carecircles", "web");
globalThis.carecircles = {};
for (const name of ["limits", "counting", "datum", "ways", "walk", "reached", "ground", "plan", "toml", "scenario"]) {
  const file = path.join(WEB, name + ".js");
  vm.runInThisContext(fs.readFileSync(file, "utf-8"), { filename: file });
}
module.exports = globalThis.carecircles;
