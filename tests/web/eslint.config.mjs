// What holds for the page's scripts: plain files, each after those it uses (see maps/drawing.py).
import js from "@eslint/js";

const LANGUAGE = { ecmaVersion: 2023, sourceType: "script" };
const named = (names) => Object.fromEntries(names.split(" ").map((name) => [name, "readonly"]));
const EVERYWHERE = named("carecircles TextDecoder");
const BROWSER = named("L document window location history navigator performance requestAnimationFrame cancelAnimationFrame " +
  "setTimeout clearTimeout setInterval clearInterval Blob Response DecompressionStream ResizeObserver URL atob");

const asText = (name) => ({ selector: `AssignmentExpression[left.property.name='${name}']`,
  message: "Text is never HTML: use textContent." });

export default [
  js.configs.recommended,
  {
    files: ["coverage/carecircles/web/*.js"],
    languageOptions: { ...LANGUAGE, globals: { ...EVERYWHERE, ...BROWSER } },
    rules: {
      eqeqeq: "error", "no-var": "error", "prefer-const": ["error", { destructuring: "all" }], "max-lines": ["error", 600],
      "no-eval": "error", "no-implied-eval": "error", "no-new-func": "error", "no-control-regex": "off",
      "no-restricted-syntax": ["error", asText("innerHTML"), asText("outerHTML"),
        { selector: "CallExpression[callee.property.name='insertAdjacentHTML'], CallExpression[callee.object.name='document'][callee.property.name=/^write/]", message: "Text is never HTML." }],
    },
  },
  {
    files: ["coverage/carecircles/web/words.js"], // declares what the others use
    rules: { "no-redeclare": "off" },
  },
  { // know nothing of a page or a map
    files: ["counting", "datum", "ground", "plan", "scenario", "toml"].map((name) => `coverage/carecircles/web/${name}.js`),
    languageOptions: { ...LANGUAGE, globals: { ...EVERYWHERE, ...Object.fromEntries(Object.keys(BROWSER).map((name) => [name, "off"])) } },
    rules: { "no-restricted-syntax": ["error",
      { selector: "MemberExpression[object.name='carecircles'][property.name=/^(words|page|kit|grid|layers|around)$/]",
        message: "This file knows nothing of a page." }] },
  },
  {
    files: ["tests/web/*.js"],
    languageOptions: { ecmaVersion: 2023, sourceType: "commonjs",
      globals: { ...EVERYWHERE, ...named("require __dirname globalThis console process") } },
  },
  { ignores: ["tests/web/node_modules/"] },
];
