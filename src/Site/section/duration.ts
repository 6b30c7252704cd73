import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/** The units of the command's flags, in milliseconds. Others are those of Effect: `7 days`. */
const units: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["min", 60_000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000]
])

/**
 * Returns the milliseconds of a span of time; `undefined` if the text is malformed.
 *
 * @category sections
 * @since 0.1.0
 */
export const millisecondsOf = (span: string | number): number | undefined => {
  if (typeof span === "number") return span >= 0 && Number.isFinite(span) ? span * 1000 : undefined
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(span.trim()) ?? []
  const factor = unit === "" ? 1000 : units.get(unit ?? "")
  if (number !== undefined && factor !== undefined) return Number(number) * factor
  const duration = Duration.fromInput(span.trim() as Duration.Input)
  return Option.isSome(duration) && !Duration.isNegative(duration.value) ? Duration.toMillis(duration.value) : undefined
}

/**
 * The Schema of a span of time in a site file: seconds, or text with a unit (`500ms`, `10s`, `5min`, `2h`, `7 days`).
 * {@link millisecondsOf} reads it.
 *
 * @category sections
 * @since 0.1.0
 */
export const Span = Schema.Union([Schema.Number, Schema.String]).check(
  Schema.makeFilter(
    (span: string | number) =>
      millisecondsOf(span) !== undefined || "expected a span of time: seconds, or 500ms, 10s, 5min, 2h, 7 days",
    { description: "A span of time: seconds, or text with a unit, like 500ms, 10s, 5min, 2h or 7 days." }
  )
)

/**
 * The Schema of a span of time of more than 0: a {@link Span} where 0 has no meaning, like a time limit.
 *
 * @category sections
 * @since 0.1.0
 */
export const PositiveSpan = Span.check(
  Schema.makeFilter((span: string | number) => millisecondsOf(span) !== 0 || "expected a time of more than 0, like 1h")
)
