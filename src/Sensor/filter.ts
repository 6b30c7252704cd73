import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { RE2JS } from "re2js"
import { errorText } from "../Message/index.ts"
import { InvalidFilter } from "./errors.ts"

/** Characters of the longest expression. Not measured: people write a few dozen. */
const longestPattern = 4096
/**
 * Instructions of the largest program: repeat counts turn short expressions into large programs. Measured: one of 2002
 * takes 11 ms to make.
 */
const largestProgram = 5000
/**
 * Milliseconds of computation that matching may take in all. Not measured: other requests are served in between, so
 * this bounds the processor time of one request.
 */
const longestMatching = 2000
/**
 * Names that are matched in one turn, divided by the size of the program. Measured: a turn takes 0.3 to 0.4 ms for
 * programs of 6 and 21 instructions.
 */
const work = 20_000

/**
 * The names that a name in a request selects: one name, or every name that `matches` accepts.
 *
 * @category filters
 * @since 0.1.0
 */
export type NameFilter =
  | { readonly _tag: "Name"; readonly name: string }
  | {
      readonly _tag: "Pattern"
      readonly pattern: string
      readonly cost: number
      readonly matches: (name: string) => boolean
    }

/**
 * Parses the name argument of `?sensor-list` and `?sensor-value`: `/…/` is a regular expression that must match
 * somewhere in a name, `//` matches all, and everything else is a name, even a single `/`. Expressions have the
 * syntax of RE2: that of Python, including `(?i)` and `(?P<n>…)`, without back-references and look-around. Matching
 * therefore takes linear time. They need the package `re2js`, which is loaded at first use.
 *
 * @category filters
 * @since 0.1.0
 */
export const nameFilter = (text: string): Effect.Effect<NameFilter, InvalidFilter> => {
  if (text.length < 2 || !text.startsWith("/") || !text.endsWith("/"))
    return Effect.succeed({ _tag: "Name", name: text })
  const pattern = text.slice(1, -1)
  if (pattern === "") return Effect.succeed({ _tag: "Pattern", pattern, cost: 1, matches: () => true })
  return Effect.flatMap(engine, (RE2JS) =>
    typeof RE2JS === "string" ? Effect.fail(invalid(pattern, RE2JS)) : Effect.fromResult(compilePattern(RE2JS, pattern))
  )
}

const invalid = (pattern: string, detail: string) => new InvalidFilter({ pattern: pattern.slice(0, 200), detail })

/**
 * Compiles a regular expression, without slashes, by the engine of the package `re2js`: for synchronous code that has
 * loaded the engine. {@link nameFilter} loads it at first use. Fails with {@link InvalidFilter} if the text is not an
 * RE2 expression, is longer than 4096 characters, or makes a program of more than 5000 instructions.
 *
 * @category filters
 * @since 0.1.0
 */
export const compilePattern = (
  engine: { readonly compile: typeof RE2JS.compile },
  pattern: string
): Result.Result<Extract<NameFilter, { readonly _tag: "Pattern" }>, InvalidFilter> => {
  if (pattern.length > longestPattern)
    return Result.fail(invalid(pattern, `it has ${pattern.length} characters, more than ${longestPattern}`))
  let compiled: RE2JS
  try {
    compiled = engine.compile(pattern)
  } catch (error) {
    return Result.fail(invalid(pattern, errorText(error).slice(0, 200)))
  }
  const cost = compiled.programSize()
  return cost > largestProgram
    ? Result.fail(invalid(pattern, "it is too large after expanding its repeats"))
    : Result.succeed({ _tag: "Pattern", pattern, cost, matches: (name) => compiled.test(name) })
}

let loaded: typeof RE2JS | undefined
/** The engine, or the reason for its absence. */
const engine: Effect.Effect<typeof RE2JS | string> = Effect.suspend(() =>
  loaded === undefined ? Effect.promise(load) : Effect.succeed(loaded)
)
const load = async (): Promise<typeof RE2JS | string> => {
  try {
    return (loaded = (await import("re2js")).RE2JS)
  } catch (cause) {
    const { code, message } = cause as Error & { readonly code?: string }
    return code === "ERR_MODULE_NOT_FOUND"
      ? "the package re2js is not installed"
      : `the package re2js cannot be loaded: ${message}`
  }
}

/** Returns the values whose name the filter matches. Other fibers run between slices. */
export const matching = Effect.fnUntraced(function* <A extends { readonly name: string }>(
  filter: Extract<NameFilter, { readonly _tag: "Pattern" }>,
  values: ReadonlyArray<A>
) {
  const clock = yield* Clock.Clock
  const slice = Math.max(1, Math.floor(work / filter.cost))
  const found: Array<A> = []
  let spent = 0
  for (let from = 0; from < values.length; from += slice) {
    if (from > 0) yield* Effect.yieldNow
    const start = clock.monotonicTimeNanosUnsafe()
    const end = Math.min(values.length, from + slice)
    for (let at = from; at < end; at++) if (filter.matches(values[at]!.name)) found.push(values[at]!)
    spent += Number(clock.monotonicTimeNanosUnsafe() - start) / 1e6
    if (spent > longestMatching)
      return yield* new InvalidFilter({ pattern: filter.pattern.slice(0, 200), detail: "matching takes too long" })
  }
  return found
})
