/** The differences between two lists of arguments. */
import * as Equal from "effect/Equal"
import type { Change } from "./Change.ts"
import type { FieldDescription } from "./ContractDescription.ts"
import { fits, typeText } from "./fits.ts"

type List = ReadonlyArray<FieldDescription>
type Difference = Pick<Change, "impact" | "kind" | "before" | "after" | "reason"> & { readonly argument: string }
/** The impact of a difference, and the reason. */
type Judgement = readonly [impact: Change["impact"], reason: string]

/** The rules for judging differences in arguments that clients send, or that they read. */
interface Rules {
  readonly added: (field: FieldDescription) => Judgement
  readonly removed: (field: FieldDescription) => Judgement
  readonly presence: (before: FieldDescription, after: FieldDescription) => Judgement
  readonly type: (before: FieldDescription, after: FieldDescription) => Judgement
}

const isRequired = (field: FieldDescription): boolean => field.presence === undefined

const sent: Rules = {
  added: (field) =>
    isRequired(field)
      ? ["breaking", "clients do not send it, and it is required"]
      : ["compatible", "clients that do not send it are served as before"],
  removed: () => ["breaking", "the device refuses requests that have it"],
  presence: (before, after) =>
    isRequired(after) && !isRequired(before)
      ? ["breaking", "the device refuses requests without it"]
      : ["compatible", "everything that clients send is still accepted"],
  type: (before, after) =>
    fits(before.type, after.type)
      ? ["compatible", "everything that clients send is still accepted"]
      : ["breaking", "the device may refuse or misread arguments that clients send"]
}

const read: Rules = {
  added: () => ["breaking", "clients refuse an answer with more arguments"],
  removed: (field) =>
    isRequired(field)
      ? ["breaking", "clients wait for it, and refuse an answer without it"]
      : ["compatible", "clients can do without it"],
  presence: (before, after) =>
    isRequired(before) && !isRequired(after)
      ? ["breaking", "clients refuse an answer without it"]
      : ["compatible", "clients can read every answer"],
  type: (before, after) =>
    fits(after.type, before.type)
      ? ["compatible", "clients can read every answer"]
      : ["breaking", "clients may refuse or misread answers"]
}

/** One position in two lists, with the argument there. A rest is in all positions from its own on. */
interface Place {
  readonly was: FieldDescription | undefined
  readonly is: FieldDescription | undefined
  /** `true` if one of them is a rest that was in the position before too. */
  readonly again: boolean
}

const places = (before: List, after: List): ReadonlyArray<Place> => {
  const rests = [before, after].map((list) => (list.at(-1)?.presence === "rest" ? list.at(-1) : undefined))
  const singles = [before, after].map((list, which) => list.length - (rests[which] === undefined ? 0 : 1))
  const count = Math.max(...singles) + (rests.some((rest) => rest !== undefined) ? 1 : 0)
  return Array.from({ length: count }, (_, at) => ({
    was: before[at] ?? rests[0],
    is: after[at] ?? rests[1],
    again: (before[at] === undefined && rests[0] !== undefined) || (after[at] === undefined && rests[1] !== undefined)
  }))
}

const presence = (field: FieldDescription): string => field.presence ?? "required"
const has = (list: List, name: string): boolean => list.some((field) => field.name === name)
const valueText = (value: FieldDescription["default"]): string | undefined =>
  value === undefined || typeof value === "string" ? value : `hex ${value.hex}`

/** Yields the differences, position by position: arguments have no names on the wire. */
export function* compareLists(before: List, after: List, way: "sent" | "read"): Generator<Difference> {
  const rules = way === "sent" ? sent : read
  for (const { again, is, was } of places(before, after)) {
    if (was === undefined || is === undefined) {
      const judgement = is !== undefined ? rules.added(is) : rules.removed(was!)
      // a harmless change was reported for the position before
      if (again && judgement[0] === "compatible") continue
      yield is !== undefined
        ? difference(is, "added", judgement, undefined, typeText(is.type))
        : difference(was!, "removed", judgement, typeText(was!.type), undefined)
      continue
    }
    if (was.name !== is.name && !again) {
      const moved = has(after, was.name) || has(before, is.name)
      const judgement: Judgement = moved
        ? ["breaking", "the argument in this position has another meaning"]
        : ["compatible", "on the wire arguments have no names"]
      yield difference(is, moved ? "moved" : "renamed", judgement, was.name, is.name)
    }
    if (!Equal.equals(was.type, is.type))
      yield difference(is, "type", rules.type(was, is), typeText(was.type), typeText(is.type))
    if (was.presence !== is.presence)
      yield difference(is, "presence", rules.presence(was, is), presence(was), presence(is))
    if (!Equal.equals(was.default, is.default))
      yield difference(
        is,
        "default",
        ["compatible", "it may be left out as before"],
        valueText(was.default),
        valueText(is.default)
      )
  }
}

const difference = (
  { name }: FieldDescription,
  kind: Change["kind"],
  [impact, reason]: Judgement,
  before: string | undefined,
  after: string | undefined
): Difference => ({ argument: name, impact, kind, before, after, reason })
