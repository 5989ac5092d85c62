/* Base maps from the network, each in its own datum.

   `toPixels` and `fromPixels` lead between WGS84 and the provider's own pixels; every tile is put
   where its corners belong on the ground. */
"use strict";
carecircles.tiles = (function () {
  const { page, word } = carecircles.words, { element } = carecircles.kit;
  const { toDatum, invert, baiduMercator, BAIDU_METRES_A_DEGREE } = carecircles.datum;

  /** @type {any} */
  const Tiles = /** @type {any} */ (L.TileLayer).extend({
    options: { noWrap: true, updateWhenZooming: false },

    initialize(url, options) {
      L.TileLayer.prototype.initialize.call(this, url, options);
      this.on("tileloadstart", ({ tile, coords }) => {
        const size = this.getTileSize(), origin = this._getTilePos(coords);
        const east = this.place(coords, 1, 0).subtract(this.place(coords, 0, 0)).unscaleBy(size);
        const south = this.place(coords, 0, 1).subtract(this.place(coords, 0, 0)).unscaleBy(size);
        tile.style.transformOrigin = "0 0";
        tile.style.transform =
          `matrix(${east.x}, ${(east.y * size.y) / size.x}, ${(south.x * size.x) / size.y}, ${south.y}, ` +
          `${origin.x}, ${origin.y})`; // BD-09 turns and shears by up to 2 %
      });
    },
    /** Where a corner of a tile belongs on the map; (0, 0) is its north-west. */
    place(coords, east, south) {
      const pixels = L.point(coords.x + east, coords.y + south).scaleBy(this.getTileSize());
      return this._map.project(this.fromPixels(pixels, coords.z), coords.z);
    },
    toPixels(place, zoom) {
      return this._map.project(toDatum[this.options.datum](place), zoom);
    },
    fromPixels(pixels, zoom) {
      return invert(toDatum[this.options.datum], this._map.unproject(pixels, zoom));
    },
    _getTiledPixelBounds(centre) {
      const map = this._map;
      const zoom = map._animatingZoom ? Math.max(map._animateToZoom, map.getZoom()) : map.getZoom();
      const scale = map.getZoomScale(zoom, this._tileZoom);
      const middle = this.toPixels(centre, this._tileZoom).floor();
      const half = map.getSize().divideBy(scale * 2);
      return L.bounds(middle.subtract(half), middle.add(half));
    },
    _getTilePos(coords) {
      return this.place(coords, 0, 0).subtract(this._level.origin);
    },
    _isValidTile: () => true,
    /** As Leaflet's own, but not rounded to whole pixels, which are 30 m at zoom 12. */
    _setZoomTransform(level, centre, zoom) {
      const scale = this._map.getZoomScale(zoom, level.zoom);
      const offset = level.origin.multiplyBy(scale).subtract(this._map._getNewPixelOrigin(centre, zoom));
      L.DomUtil.setTransform(level.el, offset, scale);
    },
  });

  const BaiduTiles = Tiles.extend({
    /** Baidu's zoom 18 has a metre a pixel; ours is the next coarser one, shown a little smaller. */
    scaleAt: (zoom) => (256 * 2 ** zoom) / 360 / BAIDU_METRES_A_DEGREE, // pixels a metre
    getTileSize() {
      const side = 256 * 2 ** (18 - (this._tileZoom + 1)) * this.scaleAt(this._tileZoom);
      return L.point(side, side);
    },
    toPixels(place, zoom) {
      const there = baiduMercator(toDatum.bd09(place)), scale = this.scaleAt(zoom);
      return L.point(there.x * scale, -there.y * scale);
    },
    fromPixels(pixels, zoom) {
      const scale = this.scaleAt(zoom), wanted = L.point(pixels.x / scale, -pixels.y / scale);
      let place = { lat: wanted.y / BAIDU_METRES_A_DEGREE / 1.2, lng: wanted.x / BAIDU_METRES_A_DEGREE };
      for (let round = 0; round < 12; round++) {
        const there = baiduMercator(place);
        const steep = (baiduMercator({ lat: place.lat + 1e-4, lng: place.lng }).y - there.y) / 1e-4;
        place = { lat: place.lat - (there.y - wanted.y) / steep,
          lng: place.lng - (there.x - wanted.x) / BAIDU_METRES_A_DEGREE };
      }
      return invert(toDatum.bd09, place);
    },
    getTileUrl(coords) {
      return L.Util.template(this._url, { s: this._getSubdomain(coords), x: coords.x,
        y: -1 - coords.y, z: coords.z + 1 });
    },
  });

  /** A base map from the network, moved from its own datum to where it belongs.
      @param {TilesData} data */
  function tiles(data) {
    const attribution = element("span", "", data.attribution).innerHTML;
    const options = { datum: data.datum, subdomains: data.subdomains, maxZoom: 22,
      maxNativeZoom: data.max_zoom, attribution };
    const layer = new (data.scheme === "baidu" ? BaiduTiles : Tiles)(data.url, options);
    layer.on("add", () => document.body.classList.add("cc-tiles"));
    layer.on("remove", () => document.body.classList.remove("cc-tiles"));
    layer.once("tileerror", () => page.notice && page.notice(word("noTiles")));
    page.tiles = layer;
    return layer;
  }

  carecircles.draw.tiles = tiles;
  return { Tiles };
})();
