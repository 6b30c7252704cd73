import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Device } from "./Device.ts"
import type { Verdict } from "./Verdict.ts"

/** Which sensor a check needs: of any type, of one, one whose strategies may have a difference, or one that may not. */
export type SensorNeed = "any" | "numeric" | "not numeric" | "timestamp" | SensorType

/** The types of sensors that a check may ask for. */
type SensorType = "integer" | "float" | "boolean" | "lru" | "discrete" | "address" | "string"

/**
 * What a device must be or have for a check to say something of it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Needs {
  /** The major version of the protocol. */
  readonly major?: 4 | 5
  /** A flag that is announced (Rev 5.1 §4.2). */
  readonly flag?: "B" | "I" | "M" | "T"
  /** A flag that is not announced, on a device of version 5. */
  readonly without?: "B" | "I" | "M" | "T"
  /** Whether it must serve several clients at once, in either version. */
  readonly several?: boolean
  /** Requests that are not standard, as the example device of this project has them. */
  readonly requests?: ReadonlyArray<string>
  /** A sensor of that type. */
  readonly sensor?: SensorNeed
  /** A sensor of that type that `?set-sensor` can set. */
  readonly set?: SensorNeed
  /** Whether the check ends the device or has it restart: it runs last, and only where that is allowed. */
  readonly destructive?: boolean
}

/**
 * One thing that the specification asks of a device, and how to find out. It is data: what it needs is stated, and
 * nothing runs before it is started.
 *
 * @category models
 * @since 0.1.0
 */
export interface Check {
  /** What it is called for ever: a group and a number that is never given to another one, `wire-017`. */
  readonly id: string
  /** What a device that conforms does. */
  readonly title: string
  /** What asks for it, `Rev 5.1 §4.1`; of version 4 alone, `Rev 4 §4.2`. */
  readonly clause: string
  /** The rows of this project's requirements. */
  readonly rows: string
  /** Which readings of a text that is not clear are taken. */
  readonly note?: string
  readonly needs?: Needs
  /** Whether no other check may run meanwhile. */
  readonly alone?: boolean
  /** The harm that it may do to a device that is not prepared: it runs late, alone, and only if that is allowed. */
  readonly harm?: string
  /** Succeeds where the device does it. */
  readonly run: (device: Device) => Effect.Effect<void, Verdict, Scope.Scope>
}

/** The sections of Rev 5.1 that Rev 4 has under another number. */
const moved: Readonly<Record<string, string>> = { "2.3": "2.2", "6": "5", "7": "6", "8": "7", "9": "8" }

/** The clause as the revision numbers it that the device follows: Rev 4 for version 4. */
export const clauseIn = (clause: string, major: number): string =>
  major >= 5 || clause.startsWith("Rev 4")
    ? clause
    : clause.replace("Rev 5.1", "Rev 4").replace(/§(\d+)((?:\.\d+)?)/g, (_, section: string, rest: string) => {
        return `§${moved[section + rest] ?? (moved[section] ?? section) + rest}`
      })
