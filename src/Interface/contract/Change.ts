/** What differs between two contracts. */

/**
 * What a change is of: the contract as a whole, a request, one of its arguments (of the request, the reply or the
 * informs), or a sensor.
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
 * What became of it. `signature`: a request has types no more, or has some now; `presence`: an argument must be there,
 * or need not; `moved`: it stands elsewhere; `component`: a version of one of the device's roles.
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
 * One difference between two contracts, as the clients of the first meet it at a device of the second.
 *
 * @category models
 * @since 0.1.0
 */
export interface Change {
  /** `breaking`: what works with the first may fail with the second. */
  readonly impact: "breaking" | "compatible"
  readonly subject: ChangeSubject
  readonly kind: ChangeKind
  /** How it was, for people; undefined where it was not there. */
  readonly before: string | undefined
  /** How it is. */
  readonly after: string | undefined
  /** Why it breaks clients, or why not. */
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

/** Characters of a text that are shown of a change. Not measured: two of them stand on a line. */
const longest = 60
const shown = (text: string): string => {
  const line = JSON.stringify(text.length > longest ? `${text.slice(0, longest)}...` : text)
  return line
}

/**
 * A change in a line: `breaking: ?track args az: type "float" -> "integer" (the device refuses some of what clients send)`.
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
 * All changes as text, a line each, those that break first.
 *
 * @category formatting
 * @since 0.1.0
 */
export const formatChanges = (changes: ReadonlyArray<Change>): string =>
  [...changes.filter(isBreaking), ...changes.filter((change) => !isBreaking(change))].map(formatChange).join("\n")

/**
 * Whether clients of the first contract may fail at a device of the second.
 *
 * @category predicates
 * @since 0.1.0
 */
export const isBreaking = (change: Change): boolean => change.impact === "breaking"
