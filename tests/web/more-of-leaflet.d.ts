// What the page's scripts use of Leaflet beyond its declared types.
import "leaflet";

declare module "leaflet" {
  interface Map {
    carecirclesGrid?: any; // the grid layer that is shown
    carecirclesNames?: any[];
  }
  interface ZoomPanOptions { reset?: boolean }
  interface CircleMarker { _updatePath(): void }
  interface TileLayer { initialize(url: string, options: object): void }
}
