/**
 * A site distributed over several machines: exactly one runner holds each device, and another one takes it over when
 * its runner dies.
 *
 * @since 0.1.0
 */
export { Directory } from "./Directory.ts"
export { FleetFailed } from "./errors.ts"
export { type FleetTask, Runner, type RunnerOptions, type RunnerShape, runRunner } from "./Fleet.ts"
export {
  type Answer,
  type Claim,
  type FleetChanges,
  FleetStore,
  type Release,
  type Signature,
  type StateReport
} from "./FleetStore.ts"
export type { Resolve, ResolvedDevice } from "./Holdings.ts"
export { layerMemory } from "./memory.ts"
export type { Placement, RunnerAddresses, RunnerEntry, RunnerFigures, Wish } from "./model.ts"
export { FleetSection, isDatabase, placesOf, type RunnerPlaces } from "./section.ts"
export {
  type LinkOptions,
  linkOptions,
  makeView,
  type ViewDirectory,
  type ViewOptions,
  type ViewRunner
} from "./view/index.ts"
