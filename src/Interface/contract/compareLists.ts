/** What differs between two lists of arguments. */
import * as Equal from "effect/Equal"
import type { Change } from "./Change.ts"
import type { FieldDescription } from "./ContractDescription.ts"
import { fits, typeText } from "./fits.ts"

type List = ReadonlyArray<FieldDescription>
type Difference = Pick<Change, "impact" | "kind" | "before" | "after" | "reason"> & { readonly argument: string }
/** Whether it breaks clients, and why. */
type Judgement = readonly [impact: Change["impact"], reason: string]

/** How differences are judged: of what clients send, or of what they read. */
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
      ? ["breaking", "clients do not send it, and it must be there"]
      : ["compatible", "clients that do not send it are served as before"],
  removed: () => ["breaking", "the device refuses requests that have it"],
  presence: (before, after) =>
    isRequired(after) && !isRequired(before)
      ? ["breaking", "the device refuses requests that leave it out"]
      : ["compatible", "what clients send is still taken"],
  type: (before, after) =>
    fits(before.type, after.type)
      ? ["compatible", "all that clients send is still taken"]
      : ["breaking", "the device may refuse what clients send, or take it for something else"]
}

const read: Rules = {
  added: () => ["breaking", "clients that expect no more refuse the answer"],
  removed: (field) =>
    isRequired(field)
      ? ["breaking", "clients wait for it, and refuse an answer without it"]
      : ["compatible", "clients can do without it"],
  presence: (before, after) =>
    isRequired(before) && !isRequired(after)
      ? ["breaking", "clients refuse an answer without it"]
      : ["compatible", "clients read all that may come"],
  type: (before, after) =>
    fits(after.type, before.type)
      ? ["compatible", "clients read all that may come"]
      : ["breaking", "clients may refuse what comes, or take it for something else"]
}

/** A place of two lists with what stands there. A rest stands in all places from its own on. */
interface Place {
  readonly was: FieldDescription | undefined
  readonly is: FieldDescription | undefined
  /** Whether one of them is a rest that stood in the place before too. */
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

/** What differs, place by place: on the wire arguments have no names. */
export function* compareLists(before: List, after: List, way: "sent" | "read"): Generator<Difference> {
  const rules = way === "sent" ? sent : read
  for (const { again, is, was } of places(before, after)) {
    if (was === undefined || is === undefined) {
      const judgement = is !== undefined ? rules.added(is) : rules.removed(was!)
      // where it does no harm, it was told in the place before
      if (again && judgement[0] === "compatible") continue
      yield is !== undefined
        ? difference(is, "added", judgement, undefined, typeText(is.type))
        : difference(was!, "removed", judgement, typeText(was!.type), undefined)
      continue
    }
    if (was.name !== is.name && !again) {
      const moved = has(after, was.name) || has(before, is.name)
      const judgement: Judgement = moved
        ? ["breaking", "what stands in this place means something else"]
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
