import * as Equal from "effect/Equal"
import * as Schema from "effect/Schema"
import { encodeText, expectValue } from "../../Message/index.ts"
import type { Dialect } from "../Dialect.ts"
import { type Any, type Arg, Invalid } from "./Arg.ts"
import { expected, shownValue } from "./expected.ts"
import { isArg, make } from "./make.ts"
import type { TypeDescription } from "./TypeDescription.ts"

type ValueOf<Member> = Member extends Arg<infer A> ? A : never

/** A member that accepts any bytes would make every argument ambiguous, so such a union is opaque itself. */
const describe = (members: ReadonlyArray<Any>): TypeDescription | undefined => {
  const descriptions = members.map((member) => member.description)
  return descriptions.some(({ kind }) => kind === "opaque") ? undefined : { kind: "union", members: descriptions }
}

/**
 * One of several types: the type that reads the argument. The argument is refused if no type or more than one reads it,
 * so `union(Arg.Int, Arg.Float)` does not read `1`. A value is sent only if its argument will be read as the same
 * value. A sensor of this type takes its name and initial value from the first member.
 *
 * @example
 * ```ts
 * import { Arg } from "katcp/Codec"
 *
 * const Level = Arg.union(Arg.SafeInt, Arg.Discrete("off", "auto")) // Arg<number | "off" | "auto">
 * ```
 *
 * @category combinators
 * @since 0.1.0
 */
export const union = <const Members extends readonly [Any, Any, ...ReadonlyArray<Any>]>(
  ...members: Members
): Arg<ValueOf<Members[number]>> => unionOf(members)

/** {@link union} with the members as a list. */
export const unionOf = <const Members extends readonly [Any, Any, ...ReadonlyArray<Any>]>(
  members: Members
): Arg<ValueOf<Members[number]>> => {
  type A = ValueOf<Members[number]>
  if (members.length === 0) throw new TypeError("Arg.union: a union needs a member")
  for (const member of members) expectValue("Arg.union", isArg(member), "a type like Arg.Int", member)
  const name = members.map((member) => member.name).join(" or ")
  /** Returns the members that read the bytes, each with its value. */
  const readings = (bytes: Uint8Array, start: number, end: number, dialect: Dialect) =>
    members.flatMap((member) => {
      const value: A | Invalid = member.decode(bytes, start, end, dialect)
      return value instanceof Invalid ? [] : [{ member, value }]
    })
  const ambiguous = (found: ReadonlyArray<{ readonly member: Any }>): string =>
    `it is ambiguous: ${found.map(({ member }) => member.name).join(" and ")}`
  return make<A>({
    name,
    sensorType: members[0].sensorType,
    initial: members[0].initial,
    parameters: members[0].parameters,
    description: describe(members),
    decode: (bytes, start, end, dialect) => {
      const found = readings(bytes, start, end, dialect)
      if (found.length === 1) return found[0]!.value
      return found.length === 0 ? expected(name, bytes, start, end) : new Invalid(ambiguous(found))
    },
    encode: (value, dialect) => {
      let several: ReturnType<typeof readings> | undefined
      for (const member of members) {
        const argument = member.encode(value, dialect)
        if (argument instanceof Invalid) continue
        const bytes = typeof argument === "string" ? encodeText(argument) : argument
        const found = readings(bytes, 0, bytes.length, dialect)
        if (found.length === 1) return argument
        several ??= found
      }
      return new Invalid(several === undefined ? `expected ${name}, got ${shownValue(value)}` : ambiguous(several))
    },
    equals: Equal.equals,
    schema: (dialect) => {
      const once = Schema.Uint8Array.check(
        Schema.makeFilter((bytes: Uint8Array) => {
          const found = readings(bytes, 0, bytes.length, dialect)
          return found.length > 1 ? ambiguous(found) : undefined
        })
      )
      return Schema.Union(
        members.map((member): Schema.Codec<A, Uint8Array> => once.pipe(Schema.decodeTo(member.schema(dialect))))
      )
    }
  })
}
