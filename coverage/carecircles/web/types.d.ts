/* What Python hands over to the page, field by field; `maps/` writes it, tests/test_web.py holds both against
   each other. Units: metres, minutes, persons; degrees where a field says lat, lon, half_lat or bounds.
   Only read by people and by tsc: no page contains it. */

/** A text in both languages. */
interface Words { en: string; zh: string }
/** South-west and north-east corner: latitude, longitude. */
type Corners = [[number, number], [number, number]];
type GeoJson = { type: string; coordinates: unknown };
/** Whole numbers, `bytes` each, or fractions of eight bytes, compressed and in base64. */
interface Packed { bytes: 1 | 2 | 4 | 8; packed: string }

/* Layers: one function of `carecircles.draw` each */

/** A figure of a pop-up: its key, what it is called, and the unit in which it is written. */
interface ToldFigure { key: string; label: Words; unit: keyof FigureUnits }
interface FigureUnits { people: number; share: number; number: number; km2: number; m: number; min: number; text: Words }
type Figures = Record<string, number | Words | null>;
/** `covered` colours the street; figures are of the group that comes first. */
interface StreetData { name: Words; geometry: GeoJson; covered: number | null; figures: Figures }
interface StreetsData { told: ToldFigure[]; streets: StreetData[] }
interface BordersData {
  boundary: GeoJson; lines: GeoJson; schematic: boolean;
  streets: { name: Words; short_name: Words; label_at: [number, number]; bounds: Corners }[];
}
interface CircleData { lat: number; lon: number; half_lat: number; half_lon: number; change?: "new" | "gone" | "claimed" }
interface ZoneData { zone: string; streets: Words[]; figures: Figures; geometry: GeoJson }
/** Of the figures told, the first are people; those that are null there are none of. */
interface ZonesData { told: ToldFigure[]; zones: ZoneData[] }
/** What the circle claims and the walk does not reach: zones, and what one is called. */
interface ClaimsData extends ZonesData { name: Words }
/** From where a centre is within some minutes on foot, the fewest first; each holds those before it. */
interface IsochronesData {
  told: ToldFigure[]; isochrones: { name: Words; figures: Figures; geometry: GeoJson }[];
}
interface Service { services: string[]; services_basis: string }
/** How much a centre holds, in the order of words.toml; what is not known is not there. */
type Holds = Partial<Record<"capacity" | "day_places" | "beds" | "beds_medical" | "beds_rehabilitation" | "beds_family", number>>;
interface CentreData extends Service {
  id: string; name: Words; street: Words | ""; opened: string; closed: string; holds: Holds;
  state: string; area_m2: number | null; floor: string; term: string; basis: string; neighbour?: true; source: string; lon: number; lat: number;
  /** On a map of changes: what happens to it, how it was, and from where it moves. */
  change?: "opened" | "closed" | "moved" | "equipped" | "enlarged"; was?: CentreData; from?: [number, number];
}
interface LossesData {
  centres: { name: Words; lat: number; lon: number; neighbour?: true; people: number; figures: [Words, number][] }[];
}
/** Seats that are there (lat, lon), and new ones in the order in which to build. */
interface SeatsData {
  seats: [number, number][];
  benches: { number: number; name: Words; lat: number; lon: number; figures: [Words, number][] }[];
}
/** From a way (lat, lon) to a centre that is far from it, and what is said of it. */
interface FarData { note: Words; line: [number, number][] }
type PlaceData = { name: Words; lat: null; bounds: Corners } | { name: Words; lat: number; lon: number };
interface TilesData {
  url: string; subdomains: string[]; datum: "wgs84" | "cgcs2000" | "gcj02" | "bd09"; attribution: string;
  max_zoom: number; scheme: "xyz" | "baidu";
}

/** A centre whose distance the page measures, in metres of the study area's CRS. */
interface MeasuredCentre extends Service { name: Words; x: number; y: number; basis: string }
/** Persons of a unit of weight by street; `weights` names the array of the cells' weights, null where all are 1. */
interface People { each: number[]; weights: string | null }
type Unit = "m" | "min";

interface GridData {
  rows: number; cols: number; cell: number; x0: number; y0: number;
  lattice: { n: number; x0: number; x1: number; y0: number; y1: number; col: number[]; row: number[] };
  /** By cell: street (from 1, 0 for none), depth, weights1, weights2 ..., and where reach is no straight line
      nearest (number of the centre from 1, 0 for none) and distance (thousandths of a metre or minute). */
  arrays: Record<string, Packed>;
  people: Record<string, People>;
  streets: { name: Words }[];
}
interface Pace { metres: number; minutes: number }
/** The group whose people are told of a cell, and in which words. */
interface Told { group: string; label: Words }
/** `by` is how costs are measured, null for straight lines. */
interface CoverageData extends GridData { told: Told; unit: Unit; by: Words | null; standard: Pace; centres: MeasuredCentre[] }
/** Before and after. */
interface ChangeData extends GridData { told: Told; unit: [Unit, Unit]; centres: [MeasuredCentre[], MeasuredCentre[]] }
interface GainData extends GridData { classes: number[]; label: Words }
/** Which of some services are missing where: by cell the number of a combination, by combination those missing. */
interface MissingData extends GridData { told: Told; services: Words[]; combinations: number[][] }
/** In how many of the draws each cell is covered, by cell `times`. */
interface SureData extends GridData { told: Told; draws: number; heading: Words; label: Words }

/** `arrays.near`: by cell, a bit for each of `kinds` that is within reach; `group` is what its people are called. */
interface CircleLayerData extends GridData { told: Told; group: Words; kinds: { key: string; name: Words; places: number }[] }
/** Facilities of one kind, the `number`th of the map. */
interface AmenitiesData {
  kind: Words; number: number; places: { name: Words; lat: number; lon: number; basis: string; source: string }[];
}
/** A day: which of the arrays are its own, which of the centres (and circles) are there, what opened and closed. */
interface TimelineDay { name: string; state: number; open: number[]; happened: Words; share: number | null; figures: Figures }
/** `arrays` has depth0, depth1 ... (and nearest0, distance0 ... of `measured` where reach is no straight line). */
interface TimelineData extends GridData {
  told: ToldFigure[]; unit: Unit; by: Words | null; days: TimelineDay[]; centres: CentreData[]; measured: MeasuredCentre[]; circles: CircleData[];
}

interface Projection { bounds: [number, number, number, number]; degree: number; x0: number; y0: number; x: number[]; y: number[] }
interface LiveCentre extends CentreData { x: number; y: number }
interface LiveData extends CoverageData {
  projection: Projection; outline: [number, number][][]; rim_m: number; codes: string[]; spellings: [string, string][];
  world: WorldData;
  /** Null where reach is a straight line. */
  walk: WalkData | null;
}
/** A walking network, cut to what walks of at most `farthest` from the study area can use. That, `measured` and
    reached_cost are in the unit of the cost table, of which a metre of level ground takes `per_metre`; the other costs
    are such metres. Lines have `_vertices` each, their `_x` and `_y` are differences of whole units from x0, y0.
    way_start, way_end (junctions), way_along (cost), way_is_ground (may be come onto), way_is_own where some are walked at
    the start or end of a walk alone; wall_shape (of each ring or
    line), wall_is_area (of each shape); cell (differences of numbers), cell_edge, cell_share, cell_off, and cell_stairs
    where stairs inside houses count; centre_edge (from 1, 0 for none), centre_share, centre_off; of each centre
    reached_count cells up to `measured`: reached_cell (differences), reached_cost. */
interface WalkData {
  per_metre: number; cost_unit: Unit; farthest: number; measured: number; unit: number; x0: number; y0: number;
  arrays: Record<string, Packed>;
}
interface WorldData {
  centres: LiveCentre[]; groups: string[]; parts: Record<string, string[]>; middles: Record<string, { lon: number; lat: number }>;
  standard: Pace & { group: string | null }; as_of: string | null;
  /** Whose people the page counts; null where the population file names no years. */
  year: number | null;
  spelled: Record<"datums" | "bases" | "services" | "states" | "terms", Record<string, string>>;
  /** Services that alone can be counted, each with its own standard if it has one; and the one that alone is there. */
  services: { key: string; own: Pace | null }[]; counting: string | null;
}

/* What stands around the layers: `carecircles.start`, `startLive`, `compare` and `entitle` */

type Sign = { status?: string; change?: string; depth?: number; share?: number; gain?: number; claim?: string; isochrone?: number; missing?: number; sure?: number } & (
  | { sign: "uncovered" | "circle" | "none" | "known" | "assumed" | "proposed" | "unstated" | "neighbour" | "border" | "new" | "gone" | "loss" | "bench" | "seat" | "reached" | "claimed" }
  | { sign: "depth"; depth: number } | { sign: "share"; share: number } | { sign: "gain"; gain: number }
  | { sign: "isochrone"; isochrone: number } | { sign: "missing"; missing: number } | { sign: "sure"; sure: number }
  | { sign: "claim"; claim: "both" | "circle" | "walk" | "neither" }
  | { sign: "change"; status: "covered" | "gained" | "lost" | "uncovered" }
  | { sign: "changed"; change: "opened" | "closed" | "moved" | "equipped" | "enlarged" });
type LegendEntry = Sign & { label: Words };
interface TableData {
  title: Words;
  columns: { label: Words; key?: string; format?: "count" | "share" | "signed" | "area" | "tenths" }[];
  rows: ({ short_name: Words; bounds: Corners } & Record<string, unknown>)[];
}
interface Figure { label: Words; value: Words }
interface TitleConfig {
  lang: "en" | "zh"; title: Words; subtitle?: Words | ""; assumptions: Words[]; unstated: Words[]; remarks?: Words[];
}
/** `services` are what those are called that the study area declares. */
interface AroundConfig extends TitleConfig {
  services: Record<string, Words>; bounds: Corners; legend: LegendEntry[]; layers: { name: Words; layers: Words[] }[];
  credits: string[];
}
interface MapConfig extends AroundConfig {
  standard: Pace; notes: Words[]; table: TableData; summary?: Figure[]; swipe?: true; live?: true;
}
/** By group: its name, and in which words its people are told of a cell. */
interface LiveConfig extends MapConfig {
  live: true; groups: Record<string, Words>; told: Record<string, Told>; group: string;
}
interface CompareConfig extends AroundConfig {
  maps: { title: Words; subtitle: Words; summary: Figure[] }[];
}

/** Of words.toml, handed to `carecircles.words.learn`. */
type SharedWords = Record<"services" | "bases" | "kinds" | "states" | "terms" | "marks" | "changes" | "statuses" | "sides" | "columns",
  Record<string, Words>>;

/* What the page makes of it */

/** A layer class of ours: Leaflet makes it from its methods. */
interface Drawn { new (data: GridData, signs: object[]): any; extend(methods: any): Drawn; prototype: any }


interface LatLng { lat: number; lng: number }
interface World extends WorldData {
  project(lon: number, lat: number): { x: number; y: number } | null;
  isInside(metres: { x: number; y: number }): boolean;
  street(written: string): string | null;
}
type PlanCentre = Omit<LiveCentre, "street"> & { street?: Words | "" };
type Unplaced = Omit<PlanCentre, "lon" | "lat" | "x" | "y" | "basis" | "source">;
interface Plan {
  name: Words; note: Words; centres: Map<string, PlanCentre>; metres: number; minutes: number; group: string | null;
}
interface Lattice { cell: number; x0: number; y0: number; rows: number; cols: number }

/** Where a place comes onto the network: way, share of it from its start, metres off it. */
interface OnWay { edge: number; share: number; off: number }
interface Graph { start: ArrayLike<number>; end: ArrayLike<number>; along: ArrayLike<number>; isOwn?: ArrayLike<number> }
interface Places { edge: ArrayLike<number>; share: ArrayLike<number>; off: ArrayLike<number>; cell: ArrayLike<number>; stairs?: ArrayLike<number> }
/** Line n has the vertices from `first[n]` to before `first[n + 1]`. */
interface Lines { x: ArrayLike<number>; y: ArrayLike<number>; first: ArrayLike<number> }
/** Cells within a limit of a centre, ascending, and what it costs to come to each. */
interface Reached { limit: number; cells: Uint32Array; costs: Float64Array }
interface Known { x: number; y: number; place: OnWay | null; reached: Reached }
