/**
 * The form of names and descriptions in a file. A device can give them any bytes. Those that are not UTF-8, and those
 * with a NUL, where some versions of Node stop reading, are stored as blobs. They are converted before they are sent to
 * the threads, which then need nothing else of this library.
 */
import { decodeText } from "../../../Message/index.ts"
import type { Gap } from "../../model/Gap.ts"
import type { Definition, Series } from "../../model/Series.ts"
import type { Text } from "../../model/Text.ts"
import { textOf } from "../../model/Value.ts"

/** An object with names and descriptions in their stored form. */
type Stored<A, K extends keyof A> = { readonly [Key in keyof A]: Key extends K ? Text : A[Key] }
type Described = "device" | "sensor" | "type" | "units" | "description"

/** A definition in its stored form. */
export type StoredDefinition = Stored<Definition, Described>
/** A series in its stored form. */
export type StoredSeries = Stored<Series, Described>
/** A gap in its stored form. */
export type StoredGap = Stored<Gap, "device" | "sensor">

const stored = (text: string): Text => textOf(text)!
const loaded = (text: Text): string => (typeof text === "string" ? text : decodeText(text))

/** Returns the stored form of a definition. */
export const storedDefinition = (one: Definition): StoredDefinition => ({
  ...one,
  device: stored(one.device),
  sensor: stored(one.sensor),
  type: stored(one.type),
  units: stored(one.units),
  description: stored(one.description)
})

/** Returns a series from its stored form. */
export const loadedSeries = (one: StoredSeries): Series => ({
  ...one,
  device: loaded(one.device),
  sensor: loaded(one.sensor),
  type: loaded(one.type),
  units: loaded(one.units),
  description: loaded(one.description)
})

/** Returns the stored form of a gap. */
export const storedGap = (gap: Gap): StoredGap => ({ ...gap, device: stored(gap.device), sensor: stored(gap.sensor) })

/** Returns a gap from its stored form. */
export const loadedGap = (gap: StoredGap): Gap => ({ ...gap, device: loaded(gap.device), sensor: loaded(gap.sensor) })
