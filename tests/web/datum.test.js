"use strict";
const test = require("node:test"), assert = require("node:assert/strict");
const { datum: { toDatum, fromDatum, baiduMercator } } = require("./load.js");

const near = (found, [lng, lat], within) => {
  assert.ok(Math.abs(found.lng - lng) < within && Math.abs(found.lat - lat) < within, JSON.stringify([found, lng, lat]));
};

// WGS84, GCJ-02 and BD-09 as prcoords 1.0.2 has them: Hexi, Shenzhen, Harbin, Shanghai
const KNOWN = [
  [[117.2424, 39.068], [117.248663703, 39.06895578], [117.255049775, 39.075269093]],
  [[114.0579, 22.5431], [114.063013999, 22.540382814], [114.069563987, 22.546041559]],
  [[126.53, 45.8], [126.536058577, 45.801995449], [126.542675888, 45.807617678]],
  [[121.47, 31.23], [121.4745349, 31.228067482], [121.481076208, 31.233986716]],
];

test("known points lie where another library has them, there and back", () => {
  KNOWN.forEach(([[lng, lat], gcj02, bd09]) => {
    near(toDatum.gcj02({ lng, lat }), gcj02, 2e-9);
    near(toDatum.bd09({ lng, lat }), bd09, 5e-8); // half a centimetre: the constants differ
    near(fromDatum.gcj02({ lng: gcj02[0], lat: gcj02[1] }), [lng, lat], 2e-9);
    near(fromDatum.bd09(toDatum.bd09({ lng, lat })), [lng, lat], 1e-10);
    near(toDatum.cgcs2000({ lng, lat }), [lng, lat], 1e-15);
  });
});

test("outside China GCJ-02 is WGS84", () => {
  near(toDatum.gcj02({ lng: 2.35, lat: 48.85 }), [2.35, 48.85], 1e-15);
});

// BD-09 and metres as geocoordinates-rs has them, in four of Baidu's bands of latitude
const METRES = [
  [[117.229, 39.074], [13050014.579, 4705091.794]],
  [[113.3, 23.1], [12612635.543, 2627201.382]],
  [[126.6, 45.8], [14093200.879, 5717432.815]],
  [[109.5, 12.2], [12189616.876, 1359368.867]],
];

test("Baidu's Mercator is the one others compute", () => {
  METRES.forEach(([[lng, lat], [x, y]]) => {
    const found = baiduMercator({ lng, lat });
    assert.ok(Math.hypot(found.x - x, found.y - y) < 0.01, JSON.stringify([found, x, y]));
  });
});
