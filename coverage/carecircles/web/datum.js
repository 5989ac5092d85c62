/* Datums of China and Baidu's Mercator; places are {lat, lng} in degrees. Knows nothing of a page or a map. */
"use strict";
carecircles.datum = (function () {

  const SEMI_MAJOR = 6378245.0, ECCENTRICITY = 0.006693421622965943, WAVE = (Math.PI * 3000) / 180;

  /** @param {LatLng} place  @returns {LatLng} */
  function wgs84ToGcj02({ lat, lng }) {
    if (lng < 72.004 || lng > 137.8347 || lat < 0.8293 || lat > 55.8271) return { lat, lng };
    const x = lng - 105, y = lat - 35, pi = Math.PI, sin = Math.sin;
    const ripple = 20 * sin(6 * pi * x) + 20 * sin(2 * pi * x);
    const north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * Math.sqrt(Math.abs(x)) +
      (ripple + 20 * sin(pi * y) + 40 * sin((pi * y) / 3) + 160 * sin((pi * y) / 12) + 320 * sin((pi * y) / 30)) * 2 / 3;
    const east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * Math.sqrt(Math.abs(x)) +
      (ripple + 20 * sin(pi * x) + 40 * sin((pi * x) / 3) + 150 * sin((pi * x) / 12) + 300 * sin((pi * x) / 30)) * 2 / 3;
    const phi = (lat * pi) / 180, squared = 1 - ECCENTRICITY * sin(phi) ** 2, w = Math.sqrt(squared);
    return {
      lat: lat + (north * 180) / (((SEMI_MAJOR * (1 - ECCENTRICITY)) / (squared * w)) * pi),
      lng: lng + (east * 180) / ((SEMI_MAJOR / w) * Math.cos(phi) * pi),
    };
  }

  function gcj02ToBd09({ lat, lng }) {
    const radius = Math.hypot(lng, lat) + 2e-5 * Math.sin(lat * WAVE);
    const angle = Math.atan2(lat, lng) + 3e-6 * Math.cos(lng * WAVE);
    return { lat: radius * Math.sin(angle) + 0.006, lng: radius * Math.cos(angle) + 0.0065 };
  }

  const DATUMS = {
    wgs84: (place) => place,
    cgcs2000: (place) => place,
    gcj02: wgs84ToGcj02,
    bd09: (place) => gcj02ToBd09(wgs84ToGcj02(place)),
  };

  /** Where `forward` lands on `target`; the shifts change little from step to step. */
  function invert(forward, target) {
    let place = target;
    for (let round = 0; round < 8; round++) {
      const there = forward(place);
      place = { lat: place.lat - there.lat + target.lat, lng: place.lng - there.lng + target.lng };
    }
    return place;
  }

  /** Baidu counts its tiles northwards from the equator on a Mercator of its own: by bands of
     latitude, a polynomial of degree six. The coefficients are those of Baidu's public script.
      @type {[number, number[]][]} */
  const BAIDU_BANDS = [
    [60, [0.0008277824516172526, 111320.7020463578, 647795574.6671607, -4082003173.641316, 10774905663.51142, -15171875531.51559, 12053065338.62167, -5124939663.577472, 913311935.9512032, 67.5]],
    [45, [0.00337398766765, 111320.7020202162, 4481351.045890365, -23393751.19931662, 79682215.47186455, -115964993.2797253, 97236711.15602145, -43661946.33752821, 8477230.501135234, 52.5]],
    [30, [0.00220636496208, 111320.7020209128, 51751.86112841131, 3796837.749470245, 992013.7397791013, -1221952.21711287, 1340652.697009075, -620943.6990984312, 144416.9293806241, 37.5]],
    [15, [-0.0003441963504368392, 111320.7020576856, 278.2353980772752, 2485758.690035394, 6070.750963243378, 54821.18345352118, 9540.606633304236, -2710.55326746645, 1405.483844121726, 22.5]],
    [0, [-0.0003218135878613132, 111320.7020701615, 0.00369383431289, 823725.6402795718, 0.46104986909093, 2351.343141331292, 1.58060784298199, 8.77738589078284, 0.37238884252424, 7.45]],
  ];
  const BAIDU_METRES_A_DEGREE = 111320.7;

  /** @param {LatLng} place  @returns {{ x: number, y: number }} */
  function baiduMercator({ lat, lng }) {
    const [, c] = BAIDU_BANDS.find(([least]) => Math.abs(lat) >= least) || BAIDU_BANDS[0];
    const t = Math.abs(lat) / c[9];
    const y = c[2] + t * (c[3] + t * (c[4] + t * (c[5] + t * (c[6] + t * (c[7] + t * c[8])))));
    return { x: (c[0] + c[1] * Math.abs(lng)) * Math.sign(lng), y: y * Math.sign(lat) };
  }

  const fromDatum = Object.fromEntries(Object.entries(DATUMS).map(([name, forward]) =>
    [name, ["wgs84", "cgcs2000"].includes(name) ? forward : (place) => invert(forward, place)]));

  return { toDatum: DATUMS, fromDatum, invert, baiduMercator, BAIDU_METRES_A_DEGREE };
})();
