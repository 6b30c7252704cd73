/** The differences between two contracts. */

/**
 * The subject of a change: the contract as a whole, a request, an argument (of the request, the reply or the informs),
 * or a sensor.
 *
 * @category models
 * @since 0.1.0
 */
export type ChangeSubject =
  | { readonly _tag: "Contract" }
  | { readonly _tag: "Request"; readonly request: string }
  | {
      readonly _tag: "Argument"
      readonly request: string
      readonly list: "args" | "reply" | "informs"
      readonly argument: string
    }
  | { readonly _tag: "Sensor"; readonly sensor: string }

/**
 * The kind of change. `signature`: a request lost or gained types; `presence`: an argument became required or optional;
 * `moved`: it has another position; `component`: a version of one of the device's components.
 *
 * @category models
 * @since 0.1.0
 */
export type ChangeKind =
  | "added"
  | "removed"
  | "moved"
  | "renamed"
  | "type"
  | "presence"
  | "default"
  | "signature"
  | "requires"
  | "hidden"
  | "role"
  | "concurrency"
  | "timeout-hint"
  | "usage"
  | "doc"
  | "units"
  | "nominal-range"
  | "warn-range"
  | "initial"
  | "id"
  | "version"
  | "build"
  | "protocol"
  | "component"

/**
 * One difference between two contracts, as seen by clients of the first at a device of the second.
 *
 * @category models
 * @since 0.1.0
 */
export interface Change {
  /** `breaking`: clients of the first may fail with the second. */
  readonly impact: "breaking" | "compatible"
  readonly subject: ChangeSubject
  readonly kind: ChangeKind
  /** The former state, for people; `undefined` if it did not exist. */
  readonly before: string | undefined
  /** The new state. */
  readonly after: string | undefined
  /** The reason why it breaks clients, or why not. */
  readonly reason: string
}

const subjectText = (subject: ChangeSubject): string => {
  switch (subject._tag) {
    case "Contract":
      return "contract"
    case "Request":
      return `?${subject.request}`
    case "Argument":
      return `?${subject.request} ${subject.list} ${subject.argument}`
    case "Sensor":
      return `sensor ${subject.sensor}`
  }
}

/** Characters of a text that a change shows. Not measured: two of them fit on a line. */
const longest = 60
const shown = (text: string): string => {
  const line = JSON.stringify(text.length > longest ? `${text.slice(0, longest)}...` : text)
  return line
}

/**
 * Returns a change as one line: `breaking: ?track args az: type "float" -> "integer" (the device refuses some of what
 * clients send)`.
 *
 * @category formatting
 * @since 0.1.0
 */
export const formatChange = ({ after, before, impact, kind, reason, subject }: Change): string => {
  const values =
    before === undefined
      ? after === undefined
        ? ""
        : ` ${shown(after)}`
      : after === undefined
        ? ` ${shown(before)}`
        : ` ${shown(before)} -> ${shown(after)}`
  return `${impact}: ${subjectText(subject)}: ${kind}${values} (${reason})`
}

/**
 * Returns all changes as text, one line each, breaking ones first.
 *
 * @category formatting
 * @since 0.1.0
 */
export const formatChanges = (changes: ReadonlyArray<Change>): string =>
  [...changes.filter(isBreaking), ...changes.filter((change) => !isBreaking(change))].map(formatChange).join("\n")

/**
 * Returns `true` if clients of the first contract may fail at a device of the second.
 *
 * @category predicates
 * @since 0.1.0
 */
export const isBreaking = (change: Change): boolean => change.impact === "breaking"
