/* Plans as values: {name, note, centres (by id), metres, minutes, group}. Nothing here changes one; every act
   makes another. Knows nothing of a page or a map. Units: metres, minutes, degrees. */
"use strict";
carecircles.plan = (function () {
  const DECIMALS = 7; // of a degree: 1 cm, as the scenario file has it

  /** The plan that a world starts from.
      @type {(world: World, name: Words) => Plan} */
  const asItIs = (world, name) => ({ name: { ...name }, note: { en: "", zh: "" }, ...world.standard,
    centres: new Map(world.centres.map((centre) => [centre.id, centre])) });

  /** @type {(plan: Plan, centre: PlanCentre) => Plan} */
  const withCentre = (plan, centre) => ({ ...plan, centres: new Map(plan.centres).set(centre.id, centre) });

  /** @param {Plan} plan  @param {string} id  @returns {Plan} */
  function without(plan, id) {
    const centres = new Map(plan.centres);
    centres.delete(id);
    return { ...plan, centres };
  }

  /** A centre at a place, rounded as a file has it, as it was where that is its old place; null outside
      the study area.
      @param {PlanCentre | Unplaced} centre  @param {LatLng} place  @param {World} world  @param {Plan} baseline
      @returns {PlanCentre | null} */
  function placed(centre, { lat, lng }, world, baseline) {
    const lon = Number(lng.toFixed(DECIMALS)), north = Number(lat.toFixed(DECIMALS));
    const metres = world.project(lon, north);
    if (!metres || !world.isInside(metres)) return null;
    const old = baseline.centres.get(centre.id);
    if (old && old.lon === lon && old.lat === north) return asItOffers(old, centre);
    return { ...centre, lon, lat: north, x: metres.x, y: metres.y, basis: "proposed", source: "" };
  }
  const withServices = (centre, { services, services_basis }) =>
    (services === centre.services ? centre : { ...centre, services, services_basis });
  const withPlaces = (centre, { holds, state }) =>
    (holds === centre.holds && state === centre.state ? centre : { ...centre, holds, state });
  const asItOffers = (centre, other) => withPlaces(withServices(centre, other), other);

  /** A centre that is new, without a place; `name` is what new ones are called. */
  function fresh(plan, baseline, name) {
    let number = 1;
    while (plan.centres.has("N" + number) || baseline.centres.has("N" + number)) number++;
    return { id: "N" + number, name: { en: `${name.en} ${number}`, zh: `${name.zh} ${number}` }, services: [],
      services_basis: "proposed", holds: {}, state: "new", area_m2: null, floor: "", term: "", opened: "", closed: "" };
  }

  const isElsewhere = (centre, old) => centre.lon !== old.lon || centre.lat !== old.lat;

  /** What happened to a centre of a plan: new, moved or same. */
  function stateOf(centre, baseline) {
    const old = baseline.centres.get(centre.id);
    return !old ? "new" : isElsewhere(centre, old) ? "moved" : "same";
  }

  /** A plan without one of the steps that lead to it from a baseline.
      @param {Plan} plan  @param {Plan} baseline  @returns {Plan} */
  function takenBack(plan, baseline, act, id) {
    const old = baseline.centres.get(id), now = plan.centres.get(id);
    if (act === "standard") {
      const { metres, minutes, group } = baseline;
      return { ...plan, metres, minutes, group };
    }
    if (act === "open") return without(plan, id);
    if (act === "equip") return withCentre(plan, withServices(now, old));
    if (act === "enlarge") return withCentre(plan, withPlaces(now, old));
    return withCentre(plan, act === "move" ? asItOffers(old, now) : old);
  }

  /** The present plan and those before and after it. A preview is still changing, as while dragging; what is
      committed next is undone to what was before it. */
  class History {
    /** @param {Plan} plan */
    constructor(plan) {
      this.present = plan;
      this.before = null;
      this.past = [];
      this.future = [];
    }
    get settled() { return this.before || this.present; }
    commit(plan) {
      this.past.push(this.settled);
      this.future = [];
      [this.before, this.present] = [null, plan];
    }
    preview(plan) {
      [this.before, this.present] = [this.settled, plan];
    }
    /** Go back from a preview to what was before it. */
    giveUp() {
      [this.before, this.present] = [null, this.settled];
    }
    undo() { this.turn("past", "future"); }
    redo() { this.turn("future", "past"); }
    turn(from, to) {
      if (this.before) this.commit(this.present);
      if (!this[from].length) return;
      this[to].push(this.present);
      this.present = this[from].pop();
    }
  }

  return { asItIs, withCentre, without, placed, fresh, isElsewhere, stateOf, takenBack, History };
})();
