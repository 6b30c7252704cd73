/**
 * Names and descriptions as they stand in a file. A device may give them any bytes; those that are no UTF-8, and those with a
 * NUL, of which some versions of Node read only the part before it, stand there as blobs. They are converted before they go to
 * the threads, which need nothing else of this library for it.
 */
import { decodeText } from "../../../Message/index.ts"
import type { Gap } from "../../model/Gap.ts"
import type { Definition, Series } from "../../model/Series.ts"
import type { Text } from "../../model/Text.ts"
import { textOf } from "../../model/Value.ts"

/** An object whose names and descriptions are as they are stored. */
type Stored<A, K extends keyof A> = { readonly [Key in keyof A]: Key extends K ? Text : A[Key] }
type Described = "device" | "sensor" | "type" | "units" | "description"

/** A definition as it is stored. */
export type StoredDefinition = Stored<Definition, Described>
/** A series as it is stored. */
export type StoredSeries = Stored<Series, Described>
/** A gap as it is stored. */
export type StoredGap = Stored<Gap, "device" | "sensor">

const stored = (text: string): Text => textOf(text)!
const loaded = (text: Text): string => (typeof text === "string" ? text : decodeText(text))

/** Returns a definition as it is stored. */
export const storedDefinition = (one: Definition): StoredDefinition => ({
  ...one,
  device: stored(one.device),
  sensor: stored(one.sensor),
  type: stored(one.type),
  units: stored(one.units),
  description: stored(one.description)
})

/** Returns the series that was stored. */
export const loadedSeries = (one: StoredSeries): Series => ({
  ...one,
  device: loaded(one.device),
  sensor: loaded(one.sensor),
  type: loaded(one.type),
  units: loaded(one.units),
  description: loaded(one.description)
})

/** Returns a gap as it is stored. */
export const storedGap = (gap: Gap): StoredGap => ({ ...gap, device: stored(gap.device), sensor: stored(gap.sensor) })

/** Returns the gap that was stored. */
export const loadedGap = (gap: StoredGap): Gap => ({ ...gap, device: loaded(gap.device), sensor: loaded(gap.sensor) })
