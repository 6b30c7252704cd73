import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Device } from "./Device.ts"
import type { Verdict } from "./Verdict.ts"

/**
 * The type of sensor that a check needs: any, a particular type, one whose strategies may have a difference, or one
 * whose may not.
 */
export type SensorNeed = "any" | "numeric" | "not numeric" | "timestamp" | SensorType

/** The types of sensors that a check may require. */
type SensorType = "integer" | "float" | "boolean" | "lru" | "discrete" | "address" | "string"

/**
 * The properties that a device must have for a check to apply.
 *
 * @category models
 * @since 0.1.0
 */
export interface Needs {
  /** The major version of the protocol. */
  readonly major?: 4 | 5
  /** A flag that the device announces (Rev 5.1 §4.2). */
  readonly flag?: "B" | "I" | "M" | "T"
  /** A flag that the device does not announce, for devices of version 5. */
  readonly without?: "B" | "I" | "M" | "T"
  /** `true` if it must serve several clients at once, in either version. */
  readonly several?: boolean
  /** Requests that are not standard, as in the example device of this project. */
  readonly requests?: ReadonlyArray<string>
  /** A sensor of that type. */
  readonly sensor?: SensorNeed
  /** A sensor of that type that `?set-sensor` can set. */
  readonly set?: SensorNeed
  /** `true` if the check ends or restarts the device: it runs last, and only if that is allowed. */
  readonly destructive?: boolean
}

/**
 * One requirement of the specification, and a way to test it. It is data: its needs are stated, and nothing runs before
 * it is started.
 *
 * @category models
 * @since 0.1.0
 */
export interface Check {
  /** Its permanent name: a group and a number that is never reused, `wire-017`. */
  readonly id: string
  /** The behaviour of a conforming device. */
  readonly title: string
  /** The clause that requires it, `Rev 5.1 §4.1`; for version 4 alone, `Rev 4 §4.2`. */
  readonly clause: string
  /** The rows of this project's requirements. */
  readonly rows: string
  /** The interpretation of an unclear text. */
  readonly note?: string
  readonly needs?: Needs
  /** `true` if no other check may run at the same time. */
  readonly alone?: boolean
  /** The harm that it may do to an unprepared device: it runs late, alone, and only if that is allowed. */
  readonly harm?: string
  /** Succeeds if the device conforms. */
  readonly run: (device: Device) => Effect.Effect<void, Verdict, Scope.Scope>
}

/** Sections of Rev 5.1 with another number in Rev 4. */
const moved: Readonly<Record<string, string>> = { "2.3": "2.2", "6": "5", "7": "6", "8": "7", "9": "8" }

/** Returns the clause as numbered in the device's revision: Rev 4 for version 4. */
export const clauseIn = (clause: string, major: number): string =>
  major >= 5 || clause.startsWith("Rev 4")
    ? clause
    : clause.replace("Rev 5.1", "Rev 4").replace(/§(\d+)((?:\.\d+)?)/g, (_, section: string, rest: string) => {
        return `§${moved[section + rest] ?? (moved[section] ?? section) + rest}`
      })
